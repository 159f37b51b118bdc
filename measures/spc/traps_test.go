package spc

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// The traps that the peers' users have fallen into, each with a test.

const increase = measures.Increase

// months makes a series from January 2021.
func months(y ...float64) Input {
	in := Input{Y: y, XIsDate: true}
	for i := range y {
		in.X = append(in.X, int32(measures.DateOf(2021, 1+i, 1)))
	}
	return in
}

func repeat(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

func compute(t *testing.T, in Input, p Parameters) measures.Chart {
	t.Helper()
	c, err := Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func xmr(rules measures.RuleSet) Parameters {
	p := Defaults(measures.XmR, rules)
	p.Direction = increase
	return p
}

func TestConstantSeriesHasLimitsOnItsMeanAndAnAssurance(t *testing.T) {
	for _, rules := range []measures.RuleSet{measures.MDC, measures.MDCR022, measures.Anhoej} {
		for _, v := range []float64{100, 0.1, 1.0 / 3, 0, -7.7} {
			in := months(repeat(v, 24)...)
			in.Targets = []measures.Target{{Value: v - 5}}
			p := xmr(rules)
			p.Screen = true
			c := compute(t, in, p)
			if c.Centre[0] != v || c.Lower[0] != v || c.Upper[0] != v {
				t.Errorf("%s, constant %g: lines %g %g %g", rules, v, c.Centre[0], c.Lower[0], c.Upper[0])
			}
			wantNoSignals(t, &c)
			if c.Variation != measures.CommonCause || c.Assurance != measures.Pass {
				t.Errorf("%s, constant %g: icons %s, %s", rules, v, c.Variation, c.Assurance)
			}
			if len(c.Notes) != 1 || c.Notes[0].Code != NoteFlat {
				t.Errorf("%s: notes %v", rules, c.Notes)
			}
		}
	}
}

func TestNearlyConstantSeriesFlagsOnlyTheOddPoint(t *testing.T) {
	y := append(repeat(100, 15), 90, 100, 100, 100, 100)
	c := compute(t, months(y...), xmr(measures.MDCR022))
	for i, s := range c.Signals {
		if s&(measures.OutsideLower|measures.OutsideUpper) != 0 && y[i] == 100 {
			t.Errorf("point %d, %g, is outside", i+1, y[i])
		}
	}
	if c.Signals[15]&measures.OutsideLower == 0 {
		t.Error("the odd point is inside")
	}
	if len(c.Notes) != 1 || c.Notes[0].Code != NoteScreeningOff {
		t.Errorf("notes %v", c.Notes)
	}
}

func TestScreeningIsASettingAndLeavesLargeRangesOut(t *testing.T) {
	y := []float64{5, 7, 6, 8, 5, 6, 7, 6, 5, 40, 7, 6, 5, 7, 6, 8}
	p := xmr(measures.Anhoej)
	wide := compute(t, months(y...), p)
	p.Screen = true
	narrow := compute(t, months(y...), p)
	if !(narrow.Upper[0] < wide.Upper[0]) || narrow.Centre[0] != wide.Centre[0] {
		t.Errorf("upper limit %g screened, %g unscreened", narrow.Upper[0], wide.Upper[0])
	}
	if len(narrow.Notes) != 1 || narrow.Notes[0].Code != NoteScreened || len(wide.Notes) != 0 {
		t.Errorf("notes %v and %v", narrow.Notes, wide.Notes)
	}
}

func TestVariationSpeaksOfTheLastMeasuredPoint(t *testing.T) {
	y := append(repeat(5, 6), 6, 5, 6, 5, 6, 5, 6, 5, 6, 30, measures.Missing)
	c := compute(t, months(y...), xmr(measures.MDC))
	if c.Variation != measures.ImprovementHigh {
		t.Errorf("variation %s, want improvement_high from the point before the missing one", c.Variation)
	}
	if c.Causes[16] != measures.NoCause || c.Last() != 15 {
		t.Errorf("cause of the missing point %q, last %d", c.Causes[16], c.Last())
	}
	if len(c.Notes) != 1 || c.Notes[0].Code != NoteLastMissing {
		t.Errorf("notes %v", c.Notes)
	}
}

func TestPhaseBeginsAtTheFirstPointAtOrAfterItsDate(t *testing.T) {
	in := months(1, 2, 1, 2, 8, 9, 8, 9)
	in.Phases = []measures.Phase{{Start: measures.DateOf(2021, 4, 15)}}
	c := compute(t, in, xmr(measures.MDCR022))
	if want := []int32{1, 1, 1, 1, 2, 2, 2, 2}; !slices.Equal(c.Phase, want) {
		t.Errorf("phases %v, want %v", c.Phase, want)
	}
	if c.Centre[0] != 1.5 || c.Centre[4] != 8.5 {
		t.Errorf("centres %g and %g", c.Centre[0], c.Centre[4])
	}
	if len(c.Notes) != 1 || c.Notes[0].Code != NotePhaseMoved {
		t.Errorf("notes %v", c.Notes)
	}
}

func TestPhasesWithoutPointsVanish(t *testing.T) {
	in := months(1, 2, 3, 4)
	in.Phases = []measures.Phase{
		{Start: measures.DateOf(2019, 1, 1)}, {Start: measures.DateOf(2020, 1, 1), Baseline: 2}, // before the data: the later holds
		{Start: measures.DateOf(2021, 2, 2)}, {Start: measures.DateOf(2021, 2, 20)}, // both at March
		{Start: measures.DateOf(2030, 1, 1)}, // after the data
	}
	c := compute(t, in, xmr(measures.NoRules))
	if want := []int32{1, 1, 2, 2}; !slices.Equal(c.Phase, want) || len(c.Phases) != 2 {
		t.Errorf("phases %v, %d of them; want %v", c.Phase, len(c.Phases), want)
	}
}

func TestPhaseOfOnePointHasNoLimitsAndNoAssurance(t *testing.T) {
	in := months(append(repeat(5, 13), 9)...)
	in.Phases = []measures.Phase{{Start: measures.DateOf(2022, 2, 1)}}
	in.Targets = []measures.Target{{Value: 7}}
	c := compute(t, in, xmr(measures.MDCR022))
	if c.Centre[13] != 9 || !measures.IsMissing(c.Upper[13]) || c.Assurance != measures.AssuranceEmpty {
		t.Errorf("centre %g, upper %g, assurance %s", c.Centre[13], c.Upper[13], c.Assurance)
	}
}

func TestMDCShowsLimitsAndIconsFromThirteenMeasuredPoints(t *testing.T) {
	y := []float64{1, 2, 3, 4, 5, 6, 7, 8, 7, 8, 7, 8, 7}
	for _, test := range []struct {
		name  string
		in    Input
		shown bool
	}{
		{"thirteen", months(y...), true},
		{"twelve", months(y[:12]...), false},
		{"thirteen and one missing", months(append(y[:12:12], measures.Missing)...), false},
		{"one excluded", func() Input {
			in := months(y...)
			in.States = make([]measures.State, 13)
			in.States[4] = measures.Excluded
			return in
		}(), false},
	} {
		test.in.Targets = []measures.Target{{Value: 100}}
		c := compute(t, test.in, xmr(measures.MDC))
		shown := !measures.IsMissing(c.Upper[0]) && !measures.IsMissing(c.NearLower[0])
		icons := c.Variation != measures.VariationEmpty && c.Assurance != measures.AssuranceEmpty
		if shown != test.shown || icons != test.shown {
			t.Errorf("%s: limits shown %v, icons %v, want %v", test.name, shown, icons, test.shown)
		}
		if c.Signals[0]&measures.TrendIncreasing == 0 && test.name != "one excluded" {
			t.Errorf("%s: the trend is not said", test.name)
		}
		if measures.IsMissing(c.Centre[0]) {
			t.Errorf("%s: no centre", test.name)
		}
	}
	if c := compute(t, months(y[:12]...), xmr(measures.MDCR022)); measures.IsMissing(c.Upper[0]) {
		t.Error("mdc-r022 has limits from two points")
	}
}

func TestShortEarlierPhaseLeavesTheIconsOfTheLast(t *testing.T) {
	in := months(append([]float64{9, 9, 8}, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)...)
	in.Phases = []measures.Phase{{Start: measures.DateOf(2021, 4, 1)}}
	c := compute(t, in, xmr(measures.MDC))
	if !measures.IsMissing(c.Upper[0]) || measures.IsMissing(c.Upper[3]) || c.Variation != measures.CommonCause {
		t.Errorf("upper limits %g and %g, variation %s", c.Upper[0], c.Upper[3], c.Variation)
	}
}

func TestTieBreaksATrendAndPointOnTheMeanBreaksAShift(t *testing.T) {
	tie := compute(t, months(1, 2, 3, 4, 4, 5, 6, 7, 8, 1, 2, 1, 2, 1, 2), xmr(measures.MDC))
	for i, s := range tie.Signals {
		if s&(measures.TrendIncreasing|measures.TrendDecreasing) != 0 {
			t.Errorf("trend at point %d, across a tie", i+1)
		}
	}
	// Six above, one on the mean of 5, six above, and as much below.
	y := []float64{6, 6, 6, 6, 6, 6, 5, 6, 6, 6, 6, 6, 6, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4}
	c := compute(t, months(y...), xmr(measures.MDC))
	for i, s := range c.Signals {
		if s&(measures.ShiftAbove|measures.ShiftBelow) != 0 {
			t.Errorf("shift at point %d, across a point on the mean", i+1)
		}
	}
	run := compute(t, months(y...), Defaults(measures.Run, measures.Anhoej))
	if got := run.Phases[0]; got.LongestRun != 12 || got.Useful != 24 || got.Crossings != 1 || !got.Signal {
		t.Errorf("runs test %+v: a point on the median neither adds nor breaks", got)
	}
}

// A mean that is off by its last bit would put points on the mean beside it.
func TestMeanIsRightToTheLastBit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 5000 {
		y := make([]float64, 1+r.IntN(40))
		sum := new(big.Float).SetPrec(500)
		for i := range y {
			y[i] = float64(r.IntN(2000)-500) / 1000
			sum.Add(sum, big.NewFloat(y[i]))
		}
		want, _ := sum.Quo(sum, big.NewFloat(float64(len(y)))).Float64()
		if c := compute(t, months(y...), xmr(measures.Anhoej)); c.Centre[0] != want {
			t.Fatalf("mean of %v = %.20g, want %.20g", y, c.Centre[0], want)
		}
	}
}

func TestAssuranceUsesTheLatestTargetThatHasBegun(t *testing.T) {
	in := months(5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6)
	in.Targets = []measures.Target{{Value: 100}, {From: measures.DateOf(2021, 6, 1), Value: 1}, {From: measures.DateOf(2031, 1, 1), Value: 100}}
	c := compute(t, in, xmr(measures.MDC))
	if c.Target != 1 || c.Assurance != measures.Pass {
		t.Errorf("target %g, assurance %s; want 1, pass", c.Target, c.Assurance)
	}
}

func TestAssuranceByDirectionAndTarget(t *testing.T) {
	in := months(5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6) // limits 5.5 ± 2.66
	for _, test := range []struct {
		direction measures.Direction
		target    float64
		want      measures.Assurance
	}{
		{measures.Increase, 9, measures.Fail}, {measures.Increase, 2, measures.Pass}, {measures.Increase, 6, measures.HitOrMiss},
		{measures.Decrease, 9, measures.Pass}, {measures.Decrease, 2, measures.Fail}, {measures.Decrease, 6, measures.HitOrMiss},
		{measures.Increase, 5.5 + 2.66, measures.HitOrMiss}, {measures.Neutral, 9, measures.AssuranceEmpty},
	} {
		in.Targets = []measures.Target{{Value: test.target}}
		p := xmr(measures.MDC)
		p.Direction = test.direction
		if c := compute(t, in, p); c.Assurance != test.want {
			t.Errorf("%s, target %g: %s, want %s", test.direction, test.target, c.Assurance, test.want)
		}
	}
	p := Defaults(measures.Run, measures.Anhoej)
	p.Direction = measures.Increase
	if c := compute(t, in, p); c.Assurance != measures.AssuranceEmpty {
		t.Errorf("run chart: %s", c.Assurance)
	}
}

func TestZeroDenominatorIsMissing(t *testing.T) {
	in := months(1, 2, 3, 4)
	in.N = []float64{10, 0, measures.Missing, 10}
	p := Defaults(measures.XmR, measures.NoRules)
	p.Multiply = 100
	c := compute(t, in, p)
	if c.Y[0] != 10 || !measures.IsMissing(c.Y[1]) || !measures.IsMissing(c.Y[2]) || c.Y[3] != 40 || c.Centre[0] != 25 {
		t.Errorf("plotted %v around %g", c.Y, c.Centre[0])
	}
}

func TestStatesWithoutAMeasurementAreMissing(t *testing.T) {
	in := months(1, 2, 3, 4)
	in.States = []measures.State{measures.Final, measures.NotMeasured, measures.Suppressed, measures.Provisional}
	c := compute(t, in, Defaults(measures.Run, measures.Anhoej))
	if !measures.IsMissing(c.Y[1]) || !measures.IsMissing(c.Y[2]) || c.Centre[0] != 2.5 || c.Phases[0].N != 4 {
		t.Errorf("plotted %v around %g", c.Y, c.Centre[0])
	}
}

func TestBaselineCountsRowsMissingOnesIncluded(t *testing.T) {
	in := months(1, measures.Missing, 2, 9, 9, 9)
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 3}}
	if c := compute(t, in, Defaults(measures.XmR, measures.Anhoej)); c.Centre[0] != 1.5 {
		t.Errorf("centre %g, want the mean of the first three rows", c.Centre[0])
	}
}

func TestBaselineBelowTwelveIsRefusedUnderMDC(t *testing.T) {
	in := months(repeat(1, 20)...)
	in.Phases = []measures.Phase{{Baseline: 11}}
	for rules, refused := range map[measures.RuleSet]bool{measures.MDC: true, measures.MDCR022: true, measures.Anhoej: false} {
		if _, err := Compute(in, xmr(rules)); errors.Is(err, ErrInput) != refused {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

func TestExcludedPointIsDrawnAndCheckedButCountsForNothing(t *testing.T) {
	y := []float64{1, 2, 1, 2, 1, 2, 99, 1, 2, 1, 2, 1, 2, 1, 2}
	in := months(y...)
	in.States = make([]measures.State, len(y))
	in.States[6] = measures.Excluded
	c := compute(t, in, xmr(measures.MDC))
	rest := compute(t, months(slices.Delete(slices.Clone(y), 6, 7)...), xmr(measures.MDC))
	if c.Centre[0] != rest.Centre[0] || c.Upper[0] != rest.Upper[0] {
		t.Errorf("lines %g, %g; without the point %g, %g", c.Centre[0], c.Upper[0], rest.Centre[0], rest.Upper[0])
	}
	if c.Y[6] != 99 || c.Signals[6] != measures.OutsideUpper || c.Phases[0].N != 14 {
		t.Errorf("excluded point %g, signals %q, n %d", c.Y[6], c.Signals[6].Names(), c.Phases[0].N)
	}
}

func TestExcludedPointBreaksNoTrend(t *testing.T) {
	in := months(1, 2, 3, 4, 0, 5, 6, 7, 3, 4, 3, 4, 3, 4)
	in.States = make([]measures.State, 14)
	in.States[4] = measures.Excluded
	c := compute(t, in, xmr(measures.MDC))
	for _, i := range []int{0, 3, 5, 7} {
		if c.Signals[i]&measures.TrendIncreasing == 0 {
			t.Errorf("point %d is in no trend", i+1)
		}
	}
	if c.Signals[4]&measures.TrendIncreasing != 0 {
		t.Error("the excluded point is in the trend")
	}
}

func TestImprovementWinsUnderMDCOnly(t *testing.T) {
	// A rising trend from far below the mean: outside the lower limit (concern)
	// and increasing (improvement) at once.
	y := append([]float64{1, 2, 3, 4, 5, 6, 7}, repeat(40, 20)...)
	for rules, want := range map[measures.RuleSet]measures.Cause{measures.MDC: measures.Improvement, measures.MDCR022: measures.Concern} {
		p := xmr(rules)
		p.Screen = false
		c := compute(t, months(y...), p)
		if s := c.Signals[0]; s&measures.OutsideLower == 0 || s&measures.TrendIncreasing == 0 {
			t.Fatalf("signals %q", s.Names())
		}
		if c.Causes[0] != want {
			t.Errorf("%s: cause %s, want %s", rules, c.Causes[0], want)
		}
	}
}

func TestTurningPointBelongsToTheLaterTrend(t *testing.T) {
	c := compute(t, months(1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1), xmr(measures.MDC))
	if c.Signals[5]&measures.TrendIncreasing == 0 || c.Signals[6]&measures.TrendDecreasing == 0 || c.Signals[6]&measures.TrendIncreasing != 0 {
		t.Errorf("signals %q and %q", c.Signals[5].Names(), c.Signals[6].Names())
	}
}

func TestRangesHaveNoSignalsButOutside(t *testing.T) {
	y := make([]float64, 30)
	for i := range y {
		y[i] = float64(i * i)
	}
	y[25] = 5000
	c := compute(t, months(y...), Defaults(measures.MR, measures.MDC))
	if !measures.IsMissing(c.Y[0]) || c.Y[3] != 5 || c.Lower[3] != 0 {
		t.Errorf("ranges %v, lower %g", c.Y[:4], c.Lower[3])
	}
	for i, s := range c.Signals {
		if s&^measures.OutsideUpper != 0 {
			t.Errorf("point %d has %q", i+1, s.Names())
		}
	}
	if c.Signals[25] != measures.OutsideUpper || c.Phases[0].Signal {
		t.Errorf("signals %q, runs signal %v", c.Signals[25].Names(), c.Phases[0].Signal)
	}
}

func TestNoPointsAtAll(t *testing.T) {
	for _, in := range []Input{{}, months(repeat(measures.Missing, 14)...)} {
		in.Targets = []measures.Target{{Value: 1}}
		c := compute(t, in, xmr(measures.MDC))
		if c.Variation != measures.VariationEmpty || c.Assurance != measures.AssuranceEmpty || c.Last() != -1 {
			t.Errorf("icons %s, %s", c.Variation, c.Assurance)
		}
	}
}

func TestSeriesThatCannotBeCharted(t *testing.T) {
	inf := math.Inf(1)
	for name, test := range map[string]struct {
		in   Input
		edit func(*Parameters)
		want error
	}{
		"x twice":              {Input{X: []int32{1, 1}, Y: []float64{1, 2}}, nil, ErrInput},
		"x falling":            {Input{X: []int32{2, 1}, Y: []float64{1, 2}}, nil, ErrInput},
		"unequal columns":      {Input{X: []int32{1}, Y: nil}, nil, ErrInput},
		"infinite":             {Input{X: []int32{1}, Y: []float64{inf}}, nil, ErrInput},
		"too large":            {Input{X: []int32{1}, Y: []float64{-1e101}}, nil, ErrInput},
		"negative denominator": {Input{X: []int32{1}, Y: []float64{1}, N: []float64{-1}}, nil, ErrInput},
		"unknown state":        {Input{X: []int32{1}, Y: []float64{1}, States: []measures.State{77}}, nil, ErrInput},
		"phases falling":       {Input{Phases: []measures.Phase{{Start: 2}, {Start: 1}}}, nil, ErrInput},
		"target missing":       {Input{Targets: []measures.Target{{Value: measures.Missing}}}, nil, ErrInput},
		"odd constant":         {Input{}, func(p *Parameters) { p.Constant = 3 }, ErrInput},
		"no multiplier":        {Input{}, func(p *Parameters) { p.Multiply = 0 }, ErrInput},
		"trend of two":         {Input{}, func(p *Parameters) { p.Trend = 2 }, ErrInput},
		"kind of later":        {Input{}, func(p *Parameters) { p.Kind = measures.Custom }, ErrNotBuilt},
		"rules unknown":        {Input{}, func(p *Parameters) { p.Rules = 200 }, ErrNotBuilt},
	} {
		p := xmr(measures.MDC)
		if test.edit != nil {
			test.edit(&p)
		}
		if _, err := Compute(test.in, p); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestComputeSharesNothingWithItsInput(t *testing.T) {
	in := months(1, 2, 3, 4)
	in.States = make([]measures.State, 4)
	c := compute(t, in, xmr(measures.MDC))
	in.X[0], in.Y[0], in.States[0] = 0, 0, measures.Suppressed
	if c.X[0] == 0 || c.Y[0] == 0 || c.States[0] != measures.Final {
		t.Error("the chart changed with its input")
	}
}
