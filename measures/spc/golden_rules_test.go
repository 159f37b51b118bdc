package spc

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// eachGolden runs a test for every case of a family: those copied here, and
// those of the shared folder. It fails if there are fewer than there were when
// it was written.
func eachGolden[Case any](t *testing.T, family string, copied, shared int, check func(*testing.T, string, *Case)) {
	t.Run("copied", func(t *testing.T) {
		goldenIn(t, filepath.Join("testdata", "golden"), family, copied, check)
	})
	t.Run("shared", func(t *testing.T) {
		goldenIn(t, filepath.Join(sharedFolder(t, "golden"), "*"), family, shared, check)
	})
}

func goldenIn[Case any](t *testing.T, folder, family string, atLeast int, check func(*testing.T, string, *Case)) {
	files, err := filepath.Glob(filepath.Join(folder, family+"_*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			var g Case
			readGolden(t, file, &g)
			check(t, name, &g)
		})
	}
	if len(files) < atLeast {
		t.Errorf("%d cases of %s, want at least %d", len(files), family, atLeast)
	}
}

func readGolden(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// computeBuilt is Compute, but a kind that is still to come cannot be run.
func computeBuilt(t *testing.T, in Input, p Parameters) measures.Chart {
	t.Helper()
	c, err := Compute(in, p)
	if errors.Is(err, ErrNotBuilt) {
		notRunnable(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numbered makes a series whose points are numbered from 1.
func numbered(y []float64) Input {
	in := Input{Y: y}
	for i := range y {
		in.X = append(in.X, int32(i+1))
	}
	return in
}

func TestGoldenTableOfTheRunsTest(t *testing.T) {
	eachGolden(t, "anhoej", 1, 1, func(t *testing.T, _ string, g *struct {
		Input struct {
			N []int32 `json:"n_useful"`
		}
		Expect struct {
			Longest   []int32 `json:"longest_run_max"`
			Crossings []int32 `json:"crossings_min"`
		}
	}) {
		for i, n := range g.Input.N {
			if l, c := longestRunMax(n), crossingsMin(n); l != g.Expect.Longest[i] || c != g.Expect.Crossings[i] {
				t.Errorf("n = %d: %d, %d; want %d, %d", n, l, c, g.Expect.Longest[i], g.Expect.Crossings[i])
			}
		}
		if len(g.Input.N) < 150 {
			t.Errorf("%d rows, want 150", len(g.Input.N))
		}
	})
}

func TestGoldenTableOfConstantsForSubgroups(t *testing.T) {
	eachGolden(t, "constants", 1, 1, func(t *testing.T, _ string, g *struct {
		Input  struct{ N []float64 }
		Expect struct{ C4, A3, B3, B4 []float64 }
	}) {
		var c4 unbiased
		for i, n := range g.Input.N {
			c := c4.of(n)
			width := 3 * math.Sqrt(1-c*c) / c
			got := [...]float64{c, 3 / (c * math.Sqrt(n)), max(0, 1-width), 1 + width}
			for k, want := range [...]float64{g.Expect.C4[i], g.Expect.A3[i], g.Expect.B3[i], g.Expect.B4[i]} {
				if !close9(got[k], want) {
					t.Errorf("n = %g: %s = %.12g, want %.12g", n, [...]string{"c4", "A3", "B3", "B4"}[k], got[k], want)
				}
			}
		}
		if len(g.Input.N) < 99 {
			t.Errorf("%d rows, want 99", len(g.Input.N))
		}
	})
}

// Other tools rebase by themselves where a run is long. We never do: a person
// decides that a process has changed, and advice may propose it.
func TestGoldenCasesOfAutomaticRebase(t *testing.T) {
	eachGolden(t, "runcharter", 0, 1, func(t *testing.T, _ string, _ *struct{}) {
		notRunnable(t, "a chart is never rebased by itself; a person decides, advice may propose it")
	})
}

func TestGoldenCasesOfIHI(t *testing.T) {
	eachGolden(t, "ihi", 7, 11, func(t *testing.T, _ string, g *struct {
		Input  struct{ Y []*float64 }
		Expect struct {
			Centre       float64
			Side         []int
			Useful       int32 `json:"n_useful"`
			Shift, Trend []bool
			Runs         int32
			RunsLow      *int32 `json:"runs_low"`
			RunsHigh     *int32 `json:"runs_high"`
			RunsSignal   *bool  `json:"runs_signal"`
		}
	}) {
		e := &g.Expect
		c := compute(t, numbered(numbers(g.Input.Y)), Defaults(measures.Run, measures.IHI))
		for i, s := range c.Signals {
			if c.Centre[i] != e.Centre || order(c.Y[i], c.Centre[i]) != e.Side[i] {
				t.Errorf("point %d: %g about %g, want side %d of %g", i+1, c.Y[i], c.Centre[i], e.Side[i], e.Centre)
			}
			shift := s&(measures.ShiftAbove|measures.ShiftBelow) != 0
			trend := s&(measures.TrendIncreasing|measures.TrendDecreasing) != 0
			if shift != e.Shift[i] || trend != e.Trend[i] {
				t.Errorf("point %d: shift %v, trend %v; want %v, %v", i+1, shift, trend, e.Shift[i], e.Trend[i])
			}
		}
		want := measures.PhaseStatistics{Useful: e.Useful, Runs: e.Runs, RunsLow: measures.NoNumber, RunsHigh: measures.NoNumber}
		if e.RunsLow != nil {
			want.RunsLow, want.RunsHigh, want.Signal = *e.RunsLow, *e.RunsHigh, *e.RunsSignal
		}
		if want.Useful == 0 {
			want.Runs = measures.NoNumber // no runs of nothing, rather than 0 of them
		}
		got := c.Phases[0]
		if got.Useful != want.Useful || got.Runs != want.Runs || got.RunsLow != want.RunsLow || got.RunsHigh != want.RunsHigh || got.Signal != want.Signal {
			t.Errorf("runs test %+v, want %+v", got, want)
		}
	})
}

// qccGolden is a case of qcc: one array of flags for every rule.
type qccGolden struct {
	Chart string
	Input struct {
		Y json.RawMessage
		N []float64
	}
	Expect struct {
		Y, Centre, Lower, Upper []*float64
		WesternElectric         map[string][]bool `json:"western_electric"`
		Nelson                  map[string][]bool
	}
}

func TestGoldenCasesOfZoneRules(t *testing.T) {
	kinds := map[string]measures.Kind{"xbar.one": measures.XmR, "xbar": measures.XBar, "S": measures.S,
		"np": measures.NP, "p": measures.P, "u": measures.U, "c": measures.C}
	eachGolden(t, "qcc", 13, 33, func(t *testing.T, name string, g *qccGolden) {
		if g.Chart == "cusum" || g.Chart == "ewma" {
			t.SkipNow() // golden_cusum_test.go has these
		}
		kind, known := kinds[g.Chart]
		if !known {
			notRunnable(t, "there is no chart of kind "+g.Chart)
		}
		in := g.input(t)
		we := computeBuilt(t, in, Defaults(kind, measures.WesternElectric))
		nelson := computeBuilt(t, in, Defaults(kind, measures.Nelson))
		same(t, "y", we.Y, g.Expect.Y)
		same(t, "centre", we.Centre, g.Expect.Centre)
		if g.Chart == "xbar" {
			deviates(t, "11: qcc takes sigma of an xbar chart from ranges, we from standard deviations")
			wantXBar(t, &we)
		} else {
			same(t, "lower", we.Lower, g.Expect.Lower)
			same(t, "upper", we.Upper, g.Expect.Upper)
		}
		wantRules(t, "we", g.Expect.WesternElectric, &we, measures.WE1)
		wantRules(t, "nelson", g.Expect.Nelson, &nelson, measures.Nelson1)
	})
}

// input numbers the points; rows of a subgroup share a number.
func (g *qccGolden) input(t *testing.T) Input {
	t.Helper()
	var plain []*float64
	if json.Unmarshal(g.Input.Y, &plain) == nil {
		in := numbered(numbers(plain))
		in.N = g.Input.N
		return in
	}
	var groups [][]float64
	if err := json.Unmarshal(g.Input.Y, &groups); err != nil {
		t.Fatal(err)
	}
	var in Input
	for i, group := range groups {
		for _, y := range group {
			in.X, in.Y = append(in.X, int32(i+1)), append(in.Y, y)
		}
	}
	return in
}

// wantRules compares the rules of a set, from the first one on, with a case.
func wantRules(t *testing.T, set string, want map[string][]bool, c *measures.Chart, first measures.Signals) {
	t.Helper()
	for k := range len(want) {
		rule, flags := first<<k, want["rule"+strconv.Itoa(k+1)]
		if len(flags) != c.Len() && len(flags) != 0 { // qcc tells nothing of a rule where the series is too short for it
			t.Errorf("%s: %d flags for %d points", rule.Names(), len(flags), c.Len())
			continue
		}
		for i, w := range flags {
			if got := c.Signals[i]&rule != 0; got != w {
				t.Errorf("%s %d at point %d: %v, want %v", set, k+1, i+1, got, w)
			}
		}
	}
	for i, s := range c.Signals {
		if s&^((first<<len(want))-first) != 0 {
			t.Errorf("point %d has %q under %s", i+1, s.Names(), set)
		}
	}
}

// wantXBar checks limits at A3 mean standard deviations, reckoned another way:
// the table has A3 = 1.427 for subgroups of five, to three decimals.
func wantXBar(t *testing.T, c *measures.Chart) {
	t.Helper()
	const meanOfSD = 3.3479354 // of the twenty subgroups: 3.56169 (the qcc S case) times c4 = 0.939986
	if !near(c.Upper[0]-c.Centre[0], 1.427299*meanOfSD, 1e-6) || !near(c.Centre[0]-c.Lower[0], 1.427299*meanOfSD, 1e-6) {
		t.Errorf("limits %g and %g about %g", c.Lower[0], c.Upper[0], c.Centre[0])
	}
}
