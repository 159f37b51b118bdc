package spc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// golden is one case computed by another tool, or by a reference calculation.
type golden struct {
	Tool  string
	Chart string
	Input struct {
		X           []any
		Y, N        []*float64
		Direction   string
		Target      *float64
		Rebase      []string
		Fix         int  `json:"fix_after_n_points"`
		Screen      bool `json:"screen_outliers"`
		ScreenedMR  bool `json:"screened_mr"`
		Part        any
		Freeze      int
		Exclude     []int
		Centre      *float64 `json:"cl"`
		Multiply    float64
		Method      string
		Period      string `json:"x.period"`
		NoNegatives *bool  `json:"y.neg"`
	}
	Expect struct {
		Error                any
		X                    []any
		Y                    []*float64
		Phase, Part          []int32
		Centre, Lower, Upper any      // one number a chart in mdc2023, one a point elsewhere
		NearLower            any      `json:"near_lower"`
		NearUpper            any      `json:"near_upper"`
		Lower2               any      `json:"lower_2sigma"`
		Upper2               any      `json:"upper_2sigma"`
		Sigma                []bool   `json:"sigma_signal"`
		SpecialCause         []string `json:"special_cause"`
		PointType            []string `json:"point_type"`
		Variation            *string  `json:"variation_icon"`
		Assurance            *string  `json:"assurance_icon"`
		TwoInThree           []bool   `json:"two_in_three"`
		RunsSignal           []bool   `json:"runs_signal"`
		NObs                 []*int32 `json:"n_obs"`
		Useful               []*int32 `json:"n_useful"`
		Longest              []*int32 `json:"longest_run"`
		LongestMax           []*int32 `json:"longest_run_max"`
		Crossings            []*int32
		CrossingsMin         []*int32 `json:"crossings_min"`
	}
}

// sharedFolder holds the golden cases and real data that may not be copied here.
func sharedFolder(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("SIGNALBOX_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not there: put the reference data beside the checkout or name it in SIGNALBOX_SHARED", path)
	}
	return path
}

func TestGoldenCasesOfInventedSeries(t *testing.T) {
	runGolden(t, filepath.Join("testdata", "golden"), 114)
}

func TestGoldenCasesOfSharedInventedSeries(t *testing.T) {
	runGolden(t, sharedFolder(t, "golden", "invented"), 114)
}

func TestGoldenCasesOfRealSeries(t *testing.T) {
	runGolden(t, sharedFolder(t, "golden", "real"), 140)
}

// runGolden checks every case of the families and kinds built so far.
func runGolden(t *testing.T, folder string, atLeast int) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		family, _, _ := strings.Cut(name, "_")
		if family != "ptd" && family != "mdc2023" && family != "qic" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if err := json.Unmarshal(text, &g); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		kind := kindOf(t, g.Chart)
		ran++
		t.Run(name, func(t *testing.T) { checkGolden(t, name, family, kind, &g) })
	}
	if ran < atLeast {
		t.Errorf("%d cases ran, want at least %d", ran, atLeast)
	}
}

// kindOf reads the peers' name of a kind: ours, but for their charts of
// individual values.
func kindOf(t *testing.T, chart string) measures.Kind {
	t.Helper()
	kind := measures.XmR
	if chart != "i" {
		if err := kind.UnmarshalText([]byte(chart)); err != nil {
			t.Fatal(err)
		}
	}
	return kind
}

func checkGolden(t *testing.T, name, family string, kind measures.Kind, g *golden) {
	if reason := unanswerable[name]; reason != "" {
		notRunnable(t, reason)
	}
	in, p := g.question(t, family, kind)
	c, err := Compute(in, p)
	if g.Expect.Error != nil {
		if err == nil {
			t.Errorf("no error, want one like %q", g.Expect.Error)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if d, known := deviations[name]; known {
		deviates(t, d.reason)
		d.check(t, &c)
		return
	}
	g.checkLines(t, family, &c)
	g.checkFlags(t, family, &c)
}

// question turns a case into what Compute is asked.
func (g *golden) question(t *testing.T, family string, kind measures.Kind) (Input, Parameters) {
	rules := map[string]measures.RuleSet{"ptd": measures.MDCR022, "mdc2023": measures.MDC, "qic": measures.Anhoej}[family]
	p := Defaults(kind, rules)
	p.Screen = kind != measures.MR && kind != measures.Run && (g.Input.Screen || g.Input.ScreenedMR)
	if g.Input.Direction != "" {
		if err := p.Direction.UnmarshalText([]byte(g.Input.Direction)); err != nil {
			t.Fatal(err)
		}
	}
	if g.Input.Multiply != 0 {
		p.Multiply = g.Input.Multiply
	}
	if g.Input.Centre != nil {
		p.Centre = *g.Input.Centre
	}
	in := Input{Y: numbers(g.Input.Y)}
	if g.Input.N != nil {
		in.N = numbers(g.Input.N)
	}
	for i := range in.Y {
		in.X = append(in.X, int32(i+1))
	}
	for i, x := range g.Input.X {
		in.X[i], in.XIsDate = xOf(t, x)
	}
	in.sort()
	g.decisions(t, &in)
	return in, p
}

func (g *golden) decisions(t *testing.T, in *Input) {
	if g.Input.Target != nil {
		in.Targets = []measures.Target{{Value: *g.Input.Target}}
	}
	baseline := g.Input.Fix + g.Input.Freeze
	if baseline > 0 || g.Input.Rebase != nil || g.Input.Part != nil {
		in.Phases = append(in.Phases, measures.Phase{Start: measures.Date(in.X[0]), Baseline: baseline})
	}
	for _, text := range g.Input.Rebase {
		start, _ := xOf(t, text)
		in.Phases = append(in.Phases, measures.Phase{Start: measures.Date(start), Baseline: baseline})
	}
	x := slices.Compact(slices.Clone(in.X)) // of the points, which may be subgroups
	parts, several := g.Input.Part.([]any)
	if !several && g.Input.Part != nil {
		parts = []any{g.Input.Part}
	}
	for _, part := range parts { // each the last point of a part
		in.Phases = append(in.Phases, measures.Phase{Start: measures.Date(x[int(part.(float64))]), Baseline: baseline})
	}
	if g.Input.Exclude != nil {
		in.States = make([]measures.State, len(in.X))
		for _, i := range g.Input.Exclude {
			for row := range in.X {
				if in.X[row] == x[i-1] {
					in.States[row] = measures.Excluded
				}
			}
		}
	}
}

// sort puts the points in order of x, as the intake does.
func (in *Input) sort() {
	for i := range in.X {
		for k := i; k > 0 && in.X[k] < in.X[k-1]; k-- {
			in.X[k], in.X[k-1] = in.X[k-1], in.X[k]
			in.Y[k], in.Y[k-1] = in.Y[k-1], in.Y[k]
			if in.N != nil {
				in.N[k], in.N[k-1] = in.N[k-1], in.N[k]
			}
		}
	}
}

func (g *golden) checkLines(t *testing.T, family string, c *measures.Chart) {
	t.Helper()
	e := &g.Expect
	nearLower, nearUpper := e.NearLower, e.NearUpper
	if family == "qic" {
		nearLower, nearUpper = e.Lower2, e.Upper2
	}
	same(t, "y", c.Y, e.Y)
	same(t, "centre", c.Centre, e.Centre)
	same(t, "lower", c.Lower, e.Lower)
	same(t, "upper", c.Upper, e.Upper)
	same(t, "near lower", c.NearLower, nearLower)
	same(t, "near upper", c.NearUpper, nearUpper)
	for i, phase := range e.Phase {
		if c.Phase[i] != phase+1 {
			t.Errorf("phase[%d] = %d, want %d", i, c.Phase[i], phase+1)
		}
	}
	for i, part := range e.Part {
		if c.Phase[i] != part {
			t.Errorf("phase[%d] = %d, want %d", i, c.Phase[i], part)
		}
	}
}

// reasons are the peer's words for the first rule that fired.
var reasons = map[string]measures.Signals{
	"Above UCL": measures.OutsideUpper, "Below LCL": measures.OutsideLower,
	"7 Point Trend (Increasing)": measures.TrendIncreasing, "7 Point Trend (Decreasing)": measures.TrendDecreasing,
	"2 in 3 Above CL": measures.TwoInThreeAbove, "2 in 3 Below CL": measures.TwoInThreeBelow,
	"7 Points Above CL": measures.ShiftAbove, "7 Points Below CL": measures.ShiftBelow, "Common Cause": 0,
}

func (g *golden) checkFlags(t *testing.T, family string, c *measures.Chart) {
	t.Helper()
	e := &g.Expect
	outside := measures.OutsideUpper | measures.OutsideLower
	for i, want := range e.Sigma {
		if got := c.Signals[i]&outside != 0; got != want {
			t.Errorf("outside[%d] = %v, want %v", i, got, want)
		}
	}
	for i, want := range e.TwoInThree {
		if got := c.Signals[i]&(measures.TwoInThreeAbove|measures.TwoInThreeBelow) != 0; got != want {
			t.Errorf("two in three [%d] = %v, want %v", i, got, want)
		}
	}
	for i, words := range e.SpecialCause {
		want, known := reasons[words]
		if got := c.Signals[i] & -c.Signals[i]; !known || got != want {
			t.Errorf("first signal[%d] = %v, want %q", i, got.Names(), words)
		}
	}
	for i, want := range e.PointType {
		got := strings.Replace("special_cause_"+c.Causes[i].String(), "special_cause_common", "common_cause", 1)
		if measures.IsMissing(c.Y[i]) { // the peer says common cause of a missing point
			got, want = c.Causes[i].String(), ""
		}
		if got != want {
			t.Errorf("cause[%d] = %q, want %q", i, got, want)
		}
	}
	if family == "ptd" {
		g.checkIcons(t, c)
	}
	if family == "qic" {
		g.checkRuns(t, c)
	}
}

func (g *golden) checkIcons(t *testing.T, c *measures.Chart) {
	t.Helper()
	variation := orEmpty(g.Expect.Variation)
	if c.Last() < 0 {
		variation = "empty" // the peer says common cause of nothing at all
	}
	if got := c.Variation.String(); got != variation {
		t.Errorf("variation = %s, want %s", got, variation)
	}
	want := strings.Replace(orEmpty(g.Expect.Assurance), "inconsistent", "hit_or_miss", 1)
	if measures.IsMissing(c.Upper[c.Len()-1]) {
		want = "empty" // the peer says hit or miss without limits: trap 6
	}
	if got := c.Assurance.String(); got != want {
		t.Errorf("assurance = %s, want %s", got, want)
	}
}

func (g *golden) checkRuns(t *testing.T, c *measures.Chart) {
	t.Helper()
	if len(c.Phases) != len(g.Expect.NObs) {
		t.Fatalf("%d phases, want %d", len(c.Phases), len(g.Expect.NObs))
	}
	for i, got := range c.Phases {
		if g.Input.Method == "" && got.Signal != g.Expect.RunsSignal[i] { // another method, another signal
			t.Errorf("phase %d: signal %v, want %v", i+1, got.Signal, g.Expect.RunsSignal[i])
		}
		for _, n := range []struct {
			what string
			got  int32
			want *int32
		}{
			{"n", got.N, g.Expect.NObs[i]}, {"useful", got.Useful, g.Expect.Useful[i]},
			{"longest run", got.LongestRun, g.Expect.Longest[i]}, {"longest run max", got.LongestRunMax, g.Expect.LongestMax[i]},
			{"crossings", got.Crossings, g.Expect.Crossings[i]}, {"crossings min", got.CrossingsMin, g.Expect.CrossingsMin[i]},
		} {
			want := int32(measures.NoNumber)
			if n.want != nil {
				want = *n.want
			}
			if n.got != want {
				t.Errorf("phase %d: %s = %d, want %d", i+1, n.what, n.got, want)
			}
		}
	}
}

// same compares one column with one expected number for all, or one for each.
func same(t *testing.T, what string, got []float64, want any) {
	t.Helper()
	for i, g := range got {
		w := measures.Missing
		switch want := want.(type) {
		case nil:
			if what == "y" {
				return
			}
		case float64:
			w = want
		case []any:
			if v, ok := want[i].(float64); ok {
				w = v
			}
		case []*float64:
			if want == nil {
				return
			}
			if want[i] != nil {
				w = *want[i]
			}
		}
		if !close9(g, w) {
			t.Errorf("%s[%d] = %.12g, want %.12g", what, i, g, w)
			return
		}
	}
}

// close9 is equality to 1e-9 relative, and to 1e-12 beside zero.
func close9(a, b float64) bool { return near(a, b, 1e-9) }

func near(a, b, relative float64) bool {
	if measures.IsMissing(a) || measures.IsMissing(b) {
		return measures.IsMissing(a) && measures.IsMissing(b)
	}
	d := max(a-b, b-a)
	return d <= relative*max(a, -a, b, -b) || d <= 1e-12
}

func numbers(from []*float64) []float64 {
	to := make([]float64, len(from))
	for i, v := range from {
		to[i] = measures.Missing
		if v != nil {
			to[i] = *v
		}
	}
	return to
}

func xOf(t *testing.T, x any) (int32, bool) {
	t.Helper()
	if n, ok := x.(float64); ok {
		return int32(n), false
	}
	d, err := measures.ParseDate(x.(string))
	if err != nil {
		t.Fatal(err)
	}
	return int32(d), true
}

func orEmpty(s *string) string {
	if s == nil {
		return "empty"
	}
	return *s
}
