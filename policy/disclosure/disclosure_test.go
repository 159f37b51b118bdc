package disclosure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

var national = policy.Disclosure{MinCellCount: 8, RoundTo: 5, Secondary: true, ZeroVisible: true}

var gone = measures.Missing

// figure makes an XmR chart of counts or, with denominators, of percentages,
// with its limits computed on the true figures.
func figure(numerator, denominator []float64) Figure {
	n := len(numerator)
	f := Figure{Organisation: "RQW", Numerator: numerator, Denominator: denominator, Multiply: 1}
	c := &f.Chart
	c.Kind, c.Rules, c.Direction, c.XIsDate, c.Target = measures.XmR, measures.MDC, measures.Increase, true, gone
	c.N = make([]float64, n)
	c.Signals, c.Causes, c.States = make([]measures.Signals, n), make([]measures.Cause, n), make([]measures.State, n)
	sum, ranges, measured, last := 0.0, 0.0, 0, gone
	for i := range numerator {
		y := numerator[i]
		c.N[i] = gone
		if denominator != nil {
			f.Multiply = 100
			y, c.N[i] = y/denominator[i]*100, denominator[i]
		}
		c.X, c.Y, c.Phase = append(c.X, int32(measures.DateOf(2024, i+1, 1))), append(c.Y, y), append(c.Phase, 1)
		if measures.IsMissing(y) {
			continue
		}
		c.Causes[i] = measures.Common
		sum, measured = sum+y, measured+1
		if !measures.IsMissing(last) {
			ranges += math.Abs(y - last)
		}
		last = y
	}
	mean, reach := sum/float64(measured), 2.66*ranges/float64(measured-1)
	for range numerator {
		c.Centre, c.Lower, c.Upper = append(c.Centre, mean), append(c.Lower, mean-reach), append(c.Upper, mean+reach)
		c.NearLower, c.NearUpper = append(c.NearLower, mean-reach*2/3), append(c.NearUpper, mean+reach*2/3)
	}
	c.Phases = []measures.PhaseStatistics{{N: int32(n), Useful: int32(n), LongestRun: 3, LongestRunMax: 7, Crossings: 5, CrossingsMin: 3}}
	c.Variation = measures.CommonCause
	return f
}

func apply(t *testing.T, terms policy.Disclosure, f Figure) Figure {
	t.Helper()
	released, _ := Apply(terms, []Figure{f})
	return released[0]
}

// same compares columns, with missing equal to missing.
func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
}

func TestOwnDataPassesThroughUncopied(t *testing.T) {
	figures := []Figure{figure([]float64{1, 2, 3}, nil)}
	released, hidden := Apply(policy.Disclosure{RoundTo: 1, ZeroVisible: true}, figures)
	if hidden != 0 || &released[0] != &figures[0] {
		t.Errorf("hidden %d, copied %v", hidden, &released[0] != &figures[0])
	}
	if allocs := testing.AllocsPerRun(10, func() { Apply(policy.Disclosure{ZeroVisible: true}, figures) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestCountsAreHiddenAndRounded(t *testing.T) {
	for _, test := range []struct {
		name  string
		terms policy.Disclosure
		in    []float64
		want  []float64
	}{
		{"one to seven hidden, others to the nearest five", national,
			[]float64{0, 1, 7, 8, 12, 13, 62, 63}, []float64{0, gone, gone, 10, 10, 15, 60, 65}},
		{"decimals count as small", national, []float64{0.4, 7.9, 8.1, 12.5}, []float64{gone, gone, 10, 15}},
		{"missing stays missing", national, []float64{gone, 40, 41}, []float64{gone, 40, 40}},
		{"zero hidden on demand", policy.Disclosure{MinCellCount: 8, RoundTo: 5}, []float64{0, 40, 41}, []float64{gone, 40, 40}},
		{"hidden but not rounded", policy.Disclosure{MinCellCount: 6, RoundTo: 1, ZeroVisible: true}, []float64{5, 6, 41}, []float64{gone, 6, 41}},
		{"rounded but not hidden", policy.Disclosure{RoundTo: 10, ZeroVisible: true}, []float64{4, 5, 41}, []float64{0, 10, 40}},
	} {
		f := apply(t, test.terms, figure(test.in, nil))
		if !same(f.Numerator, test.want) || !same(f.Chart.Y, test.want) {
			t.Errorf("%s: numerator %v, plotted %v, want %v", test.name, f.Numerator, f.Chart.Y, test.want)
		}
		for i := range test.in {
			hidden := measures.IsMissing(test.want[i]) && !measures.IsMissing(test.in[i])
			if (f.Chart.States[i] == measures.Suppressed) != hidden {
				t.Errorf("%s: point %d is %v", test.name, i, f.Chart.States[i])
			}
		}
	}
}

func TestPercentagesAreMadeFromRoundedCounts(t *testing.T) {
	for _, test := range []struct {
		name                   string
		numerator, denominator float64
		wantN, wantD, wantY    float64
	}{
		{"both rounded", 93, 198, 95, 200, 47.5},
		{"small numerator", 3, 198, gone, gone, gone},
		{"small denominator", 0, 5, gone, gone, gone},
		{"small rest gives the numerator away", 195, 198, gone, gone, gone},
		{"all of them", 198, 198, 200, 200, 100},
		{"none of them", 0, 198, 0, 200, 0},
	} {
		f := apply(t, national, figure([]float64{test.numerator, 50, 60}, []float64{test.denominator, 100, 120}))
		got := []float64{f.Numerator[0], f.Denominator[0], f.Chart.Y[0], f.Chart.N[0]}
		if !same(got, []float64{test.wantN, test.wantD, test.wantY, test.wantD}) {
			t.Errorf("%s: numerator, denominator, plotted, n = %v", test.name, got)
		}
	}
}

func TestSecondStratumIsHiddenBesideOneHidden(t *testing.T) {
	strata := func(values ...float64) []Figure {
		var list []Figure
		for i, v := range values {
			f := figure([]float64{v, 100, 110}, nil)
			f.Stratum = fmt.Sprint("type ", i+1)
			list = append(list, f)
		}
		return list
	}
	for _, test := range []struct {
		name   string
		values []float64
		hidden []int
	}{
		{"the next smallest goes too", []float64{3, 40, 20, 90}, []int{0, 2}},
		{"two small ones would tell that neither is a seven", []float64{3, 4, 20}, []int{0, 1, 2}},
		{"the smallest that leaves room for a seven", []float64{3, 4, 20, 14, 13}, []int{0, 1, 3}},
		{"a nine beside a one leaves no room for a seven", []float64{1, 9, 30, 20}, []int{0, 3}},
		{"two small ones alone are not safe, whatever they are", []float64{4, 4, 20}, []int{0, 1, 2}},
		{"a zero protects nothing if there is another", []float64{3, 0, 20}, []int{0, 2}},
		{"unless there is nothing else", []float64{3, 0}, []int{0, 1}},
		{"none small, none hidden", []float64{30, 40, 20}, nil},
	} {
		released, _ := Apply(national, strata(test.values...))
		var got []int
		for i, f := range released {
			if f.Chart.States[0] == measures.Suppressed {
				got = append(got, i)
			}
			if f.Chart.States[1] == measures.Suppressed {
				t.Errorf("%s: another period is hidden", test.name)
			}
		}
		if !slices.Equal(got, test.hidden) {
			t.Errorf("%s: hidden %v, want %v", test.name, got, test.hidden)
		}
	}
}

func TestStrataOfAnotherOrganisationAreLeftAlone(t *testing.T) {
	mine, other := figure([]float64{3, 100, 110}, nil), figure([]float64{20, 100, 110}, nil)
	mine.Stratum, other.Stratum, other.Organisation = "a", "b", "RWG"
	released, hidden := Apply(national, []Figure{mine, other})
	if hidden != 1 || released[1].Chart.States[0] != measures.Final {
		t.Errorf("hidden %d, other %v", hidden, released[1].Chart.States)
	}
}

func TestNothingIsSaidOfAHiddenPoint(t *testing.T) {
	f := figure([]float64{30, 25, 20, 15, 10, 9, 6, 60, 62, 61, 63, 80, 62}, nil)
	for i := range 7 {
		f.Chart.Signals[i], f.Chart.Causes[i] = measures.TrendDecreasing, measures.Concern
	}
	f.Chart.Signals[11], f.Chart.Causes[11] = measures.OutsideUpper, measures.Improvement
	f.Chart.Notes = []measures.Note{{Code: "plugin", Text: "the seventh value is 6"}}
	out := apply(t, national, f).Chart
	for i := range 7 {
		if out.Signals[i] != 0 {
			t.Errorf("point %d still says %v", i, out.Signals[i].Names())
		}
	}
	if out.Causes[0] != measures.Common || out.Causes[6] != measures.NoCause {
		t.Errorf("causes %v", out.Causes)
	}
	if out.Signals[11] != measures.OutsideUpper || out.Causes[11] != measures.Improvement {
		t.Error("a signal that touches no hidden point is gone")
	}
	if p := out.Phases[0]; p.LongestRun != measures.NoNumber || p.Crossings != measures.NoNumber || p.N != 13 {
		t.Errorf("phase %+v", p)
	}
	for _, note := range out.Notes {
		if note.Code == "plugin" {
			t.Error("the plugin's own words are released")
		}
	}
	if f.Chart.Signals[0] == 0 || f.Chart.States[6] != measures.Final || f.Chart.Phases[0].Crossings != 5 {
		t.Error("the true chart was changed")
	}
}

func TestIconIsWithheldWhenItSpeaksOfAHiddenPoint(t *testing.T) {
	f := figure([]float64{30, 31, 29, 33, 5}, nil)
	f.Chart.Variation = measures.ConcernLow
	if out := apply(t, national, f); out.Chart.Variation != measures.VariationEmpty {
		t.Errorf("variation %v", out.Chart.Variation)
	}
}

func TestOverAThirdHiddenOffersALongerPeriod(t *testing.T) {
	has := func(f Figure) bool {
		return slices.ContainsFunc(f.Chart.Notes, func(n measures.Note) bool { return n.Code == ManyHidden })
	}
	if !has(apply(t, national, figure([]float64{3, 4, 50, 60, 70}, nil))) || has(apply(t, national, figure([]float64{3, 50, 60}, nil))) {
		t.Error("the note must come above a third, not at it")
	}
}

func TestChartThatIsNotMadeOfCountsIsWithheld(t *testing.T) {
	odd := figure([]float64{40, 50, 60}, nil)
	odd.Chart.Y[1] = 51 // not what the counts make
	kind := figure([]float64{40, 50, 60}, nil)
	kind.Chart.Kind = measures.EWMA
	bare := figure([]float64{40, 50, 60}, nil)
	bare.Numerator = nil
	for name, f := range map[string]Figure{"odd value": odd, "kind that plots something else": kind, "no counts": bare} {
		c := apply(t, national, f).Chart
		for _, column := range [][]float64{c.Y, c.N, c.Centre, c.Lower, c.Upper, c.NearLower, c.NearUpper} {
			for _, v := range column {
				if !measures.IsMissing(v) {
					t.Errorf("%s: released %v", name, v)
				}
			}
		}
		if len(c.Notes) != 1 || c.Notes[0].Code != ChartWithheld {
			t.Errorf("%s: notes %+v", name, c.Notes)
		}
	}
}

func TestMovingRangesReachNoHiddenPoint(t *testing.T) {
	f := figure([]float64{40, 5, 62, 80}, nil)
	f.Chart.Kind, f.Chart.Y = measures.MR, []float64{gone, 35, 57, 18}
	out := apply(t, national, f)
	if !same(out.Chart.Y, []float64{gone, gone, gone, 20}) || out.Chart.States[2] != measures.Suppressed {
		t.Errorf("%v %v", out.Chart.Y, out.Chart.States)
	}
}

func TestVaryingLimitsDoNotTellAHiddenDenominator(t *testing.T) {
	f := figure([]float64{500, 4, 520, 515}, []float64{1000, 1100, 1200, 1300})
	f.Chart.Kind = measures.P
	for i := range f.Chart.Upper {
		f.Chart.Upper[i] += 100 / math.Sqrt(f.Denominator[i])
	}
	c := apply(t, national, f).Chart
	if !measures.IsMissing(c.Upper[1]) || measures.IsMissing(c.Upper[0]) {
		t.Errorf("upper %v", c.Upper)
	}
}

// TestEverySmallNumberExplainsTheRelease attacks a released chart: whoever
// holds it tries each small number in the place of the hidden one, with the
// visible counts anywhere in their rounding. If any number could not have made
// the same release, in any column, it would be ruled out.
func TestEverySmallNumberExplainsTheRelease(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for trial := range 20 {
		truth := make([]float64, 24)
		for i := range truth {
			truth[i] = float64(20 + random.IntN(60))
		}
		at := random.IntN(24)
		truth[at] = float64(1 + random.IntN(7))
		released := apply(t, national, figure(truth, nil))
		for guess := 1.0; guess <= 7; guess++ {
			if !explains(t, random, released, at, guess) {
				t.Errorf("trial %d: %v hidden, and %v is ruled out", trial, truth[at], guess)
			}
		}
	}
}

func explains(t *testing.T, random *rand.Rand, released Figure, at int, guess float64) bool {
	for range 2000 {
		candidate := make([]float64, len(released.Numerator))
		for i, rounded := range released.Numerator {
			candidate[i] = max(8, rounded+float64(random.IntN(5)-2))
		}
		candidate[at] = guess
		again := apply(t, national, figure(candidate, nil))
		if equalColumns(again.Chart, released.Chart) && same(again.Numerator, released.Numerator) {
			return true
		}
	}
	return false
}

func equalColumns(a, b measures.Chart) bool {
	for _, pair := range [][2][]float64{{a.Y, b.Y}, {a.N, b.N}, {a.Centre, b.Centre}, {a.Lower, b.Lower}, {a.Upper, b.Upper},
		{a.NearLower, b.NearLower}, {a.NearUpper, b.NearUpper}} {
		if !same(pair[0], pair[1]) {
			return false
		}
	}
	return slices.Equal(a.States, b.States) && slices.Equal(a.Signals, b.Signals) && slices.Equal(a.Causes, b.Causes) &&
		reflect.DeepEqual(a.Phases, b.Phases) && a.Variation == b.Variation
}

func BenchmarkApply(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	var figures []Figure
	for range 139 {
		n, d := make([]float64, 122), make([]float64, 122)
		for i := range n {
			d[i] = float64(5 + random.IntN(20000))
			n[i] = math.Floor(d[i] * random.Float64())
		}
		figures = append(figures, figure(n, d))
	}
	b.ReportAllocs()
	for b.Loop() {
		Apply(national, figures)
	}
}
