package spc

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// outOf gives a series denominators.
func outOf(n []float64, y ...float64) Input {
	in := months(y...)
	in.N = n
	return in
}

// subgrouped makes a series of subgroups numbered from 1.
func subgrouped(groups ...[]float64) Input {
	var in Input
	for i, group := range groups {
		for _, y := range group {
			in.X, in.Y = append(in.X, int32(i+1)), append(in.Y, y)
		}
	}
	return in
}

func noteCodes(c *measures.Chart) []string {
	var codes []string
	for _, note := range c.Notes {
		codes = append(codes, note.Code)
	}
	return codes
}

func TestKindsRefuseWhatTheyCannotChart(t *testing.T) {
	nan := measures.Missing
	for _, test := range []struct {
		name, says string
		kind       measures.Kind
		in         Input
	}{
		{"p above its denominator", "point 2: its numerator, 7, is above its denominator, 5", measures.P, outOf([]float64{5, 5}, 1, 7)},
		{"pp above its denominator", "point 2", measures.PPrime, outOf([]float64{5, 5}, 1, 7)},
		{"np above its denominator", "point 2", measures.NP, outOf([]float64{5, 5}, 1, 7)},
		{"a count below zero", "point 1: its count is -1", measures.C, months(-1, 2)},
		{"events below zero", "point 2", measures.U, outOf([]float64{5, 5}, 1, -7)},
		{"cases below zero", "point 1", measures.G, months(-3)},
		{"a time of zero", "finer units", measures.T, months(3, 0, 4)},
		{"a time below zero", "point 1", measures.T, months(-3, 1, 4)},
		{"p alone", "kind p needs a denominator", measures.P, months(1)},
		{"u alone", "kind u needs a denominator", measures.U, months(1)},
		{"pp alone", "kind pp needs a denominator", measures.PPrime, months(1)},
		{"up alone", "kind up needs a denominator", measures.UPrime, months(1)},
		{"np alone", "kind np needs a denominator", measures.NP, months(1)},
		{"ip alone", "kind ip needs a denominator", measures.IPrime, months(1)},
		{"c with denominators", "draw u or up", measures.C, outOf([]float64{5}, 1)},
		{"g with denominators", "draw u or up", measures.G, outOf([]float64{5}, 1)},
		{"t with denominators", "draw u or up", measures.T, outOf([]float64{5}, 1)},
		{"xbar with denominators", "single measurements", measures.XBar, outOf([]float64{5}, 1)},
		{"x twice", "x must rise", measures.C, Input{X: []int32{1, 1}, Y: []float64{1, 2}}},
		{"x falling in subgroups", "x must rise", measures.XBar, Input{X: []int32{2, 1}, Y: []float64{1, 2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Compute(test.in, Defaults(test.kind, measures.Anhoej))
			if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want an error that says %q", err, test.says)
			}
		})
	}
	// What is missing is missing, and not above, below or beside anything.
	compute(t, outOf([]float64{0, nan, 5}, 3, 4, nan), Defaults(measures.P, measures.Anhoej))
	compute(t, months(nan, 4), Defaults(measures.T, measures.Anhoej))
}

func TestSettingsThatDoNotSuitTheirKind(t *testing.T) {
	for _, test := range []struct {
		name string
		kind measures.Kind
		edit func(*Parameters)
	}{
		{"median of p", measures.P, func(p *Parameters) { p.Median = true }},
		{"median of g", measures.G, func(p *Parameters) { p.Median = true }},
		{"median of xbar", measures.XBar, func(p *Parameters) { p.Median = true }},
		{"proportion above 1", measures.P, func(p *Parameters) { p.Centre = 1.1 }},
		{"percentage above 100", measures.PPrime, func(p *Parameters) { p.Centre, p.Multiply = 101, 100 }},
		{"rate below 0", measures.U, func(p *Parameters) { p.Centre = -1 }},
		{"time of 0", measures.T, func(p *Parameters) { p.Centre = 0 }},
		{"floor at ceiling", measures.XmR, func(p *Parameters) { p.Floor, p.Ceiling = 1, 1 }},
		{"floor above ceiling", measures.C, func(p *Parameters) { p.Floor, p.Ceiling = 2, 1 }},
		{"infinite floor", measures.C, func(p *Parameters) { p.Floor = math.Inf(-1) }},
	} {
		p := Defaults(test.kind, measures.Anhoej)
		if err := p.Check(); err != nil {
			t.Fatalf("%s: before the change: %v", test.name, err)
		}
		if test.edit(&p); !errors.Is(p.Check(), ErrInput) {
			t.Errorf("%s: %v", test.name, p.Check())
		}
	}
	p := Defaults(measures.PPrime, measures.Anhoej)
	p.Centre, p.Multiply = 99, 100
	if err := p.Check(); err != nil {
		t.Errorf("99 percent: %v", err)
	}
}

// Trap 11: a count nobody took is not a count of 0.
func TestMissingCountIsNotZero(t *testing.T) {
	c := compute(t, months(4, measures.Missing, 4), Defaults(measures.C, measures.Anhoej))
	wantLines(t, &c, 0, 4, 0, 10)
	if !measures.IsMissing(c.Y[1]) || c.Causes[1] != measures.NoCause {
		t.Errorf("the missing count is %g, %s", c.Y[1], c.Causes[1])
	}
}

// Trap 12: the drawn centre of a g chart is a median, its limits come from the mean.
func TestCentreOfGIsTheMedianAndItsLimitsComeFromTheMean(t *testing.T) {
	c := compute(t, months(1, 2, 12), Defaults(measures.G, measures.Anhoej))
	wantLines(t, &c, 0, 2, 0, 5+3*math.Sqrt(30))
	p := Defaults(measures.G, measures.Anhoej)
	p.Centre, p.Multiply = 50, 10
	c = compute(t, months(1, 2, 12), p)
	wantLines(t, &c, 0, 0.693*50, 0, 10*(5+3*math.Sqrt(30)))
}

// Trap 14: a limit cut to 0 or 1 can equal the point, which is not beyond it.
func TestPointOnAClampedLimitIsInside(t *testing.T) {
	c := compute(t, outOf(repeat(10, 12), 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0), Defaults(measures.P, measures.Anhoej))
	if c.Lower[0] != 0 || c.NearLower[0] != 0 || c.Signals[0] != 0 {
		t.Errorf("limit %g, near %g, signals %q", c.Lower[0], c.NearLower[0], c.Signals[0].Names())
	}
	c = compute(t, outOf([]float64{4, 400}, 4, 300), Defaults(measures.P, measures.Anhoej))
	if c.Upper[0] != 1 || c.Signals[0] != 0 {
		t.Errorf("limit %g, signals %q", c.Upper[0], c.Signals[0].Names())
	}
}

// Trap 18: a month without anyone to count is missing, not 0.
func TestZeroDenominatorIsMissingInEveryKindThatHasOne(t *testing.T) {
	for _, kind := range []measures.Kind{measures.P, measures.U, measures.PPrime, measures.UPrime, measures.NP, measures.IPrime} {
		c := compute(t, outOf([]float64{10, 0, 20, 10}, 3, 0, 5, 2), Defaults(kind, measures.Anhoej))
		if !measures.IsMissing(c.Y[1]) || !measures.IsMissing(c.Lower[1]) || !measures.IsMissing(c.Upper[1]) {
			t.Errorf("%s: %g within %g and %g", kind, c.Y[1], c.Lower[1], c.Upper[1])
		}
		if kind != measures.NP && !close9(c.Centre[1], 0.25) {
			t.Errorf("%s: the centre is %g", kind, c.Centre[1])
		}
	}
}

// Traps 1 and 2 in the ranges inside the other kinds: a constant series has
// limits on its centre, and no point of it lies outside.
func TestConstantSeriesOfEveryKindHasNoSignals(t *testing.T) {
	thirds, sevens := repeat(1.0/3, 20), repeat(7, 20)
	groups := slices.Repeat([][]float64{{0.1, 0.1, 0.1}}, 20)
	for kind, in := range map[measures.Kind]Input{
		measures.T: months(thirds...), measures.PPrime: outOf(sevens, thirds...), measures.UPrime: outOf(thirds, sevens...),
		measures.IPrime: outOf(thirds, sevens...), measures.XBar: subgrouped(groups...), measures.S: subgrouped(groups...),
	} {
		for _, screen := range []bool{true, false} {
			p := Defaults(kind, measures.MDC)
			p.Screen = screen
			c := compute(t, in, p)
			wantNoSignals(t, &c)
			if c.Y[0] != c.Centre[0] || c.Lower[0] != c.Centre[0] || c.Upper[0] != c.Centre[0] {
				t.Errorf("%s: %g about %g within %g and %g", kind, c.Y[0], c.Centre[0], c.Lower[0], c.Upper[0])
			}
			if codes := noteCodes(&c); !slices.Equal(codes, []string{NoteFlat}) {
				t.Errorf("%s: notes %v", kind, codes)
			}
		}
	}
}

func TestNearlyConstantSeriesOfEveryKindFlagsOnlyTheOddPoint(t *testing.T) {
	y := append(repeat(50, 19), 2)
	n := repeat(100, 20)
	for kind, in := range map[measures.Kind]Input{measures.T: months(y...), measures.PPrime: outOf(n, y...),
		measures.UPrime: outOf(n, y...), measures.IPrime: outOf(n, y...)} {
		p := Defaults(kind, measures.Anhoej)
		p.Screen = true
		c := compute(t, in, p)
		for i, s := range c.Signals {
			if outside := s&(measures.OutsideLower|measures.OutsideUpper) != 0; outside != (i == 19) {
				t.Errorf("%s: outside[%d] = %v", kind, i, outside)
			}
		}
		if codes := noteCodes(&c); !slices.Equal(codes, []string{NoteScreeningOff}) {
			t.Errorf("%s: notes %v", kind, codes)
		}
	}
}

// Trap 4 for the other icon: a month that is still to come takes no assurance
// away from a chart whose limits hang on its denominators.
func TestMissingLastPointLeavesTheAssurance(t *testing.T) {
	for _, kind := range []measures.Kind{measures.P, measures.U, measures.PPrime, measures.IPrime, measures.C} {
		in := kindSeries(kind, 20)
		in.Y[18], in.Y[19] = measures.Missing, measures.Missing
		p := Defaults(kind, measures.MDC)
		p.Direction = increase
		free := compute(t, in, p)
		in.Targets = []measures.Target{{Value: free.Upper[17] + 0.5}}
		if c := compute(t, in, p); c.Assurance != measures.Fail || c.Variation == measures.VariationEmpty {
			t.Errorf("%s: %s, %s", kind, c.Assurance, c.Variation)
		}
	}
	// A last phase without any limits has no assurance: those of the phase before are not its own.
	in := kindSeries(measures.P, 20)
	in.Y[19] = measures.Missing
	in.Phases = []measures.Phase{{Start: 1}, {Start: 20}}
	in.Targets = []measures.Target{{Value: 0.9}}
	p := Defaults(measures.P, measures.Anhoej)
	p.Direction = increase
	if c := compute(t, in, p); c.Assurance != measures.AssuranceEmpty {
		t.Errorf("an empty phase: %s", c.Assurance)
	}
}

func TestPrimedChartOfNothingButZerosSaysWhyItHasNoLimits(t *testing.T) {
	for _, kind := range []measures.Kind{measures.PPrime, measures.UPrime} {
		c := compute(t, outOf(repeat(20, 12), repeat(0, 12)...), Defaults(kind, measures.Anhoej))
		if c.Centre[0] != 0 || !measures.IsMissing(c.Lower[0]) || !slices.Equal(noteCodes(&c), []string{NoteNoLimits}) {
			t.Errorf("%s: centre %g, lower limit %g, notes %v", kind, c.Centre[0], c.Lower[0], c.Notes)
		}
	}
}

func TestCentreGivenFromOutsideMakesSigmaToo(t *testing.T) {
	p := Defaults(measures.P, measures.Anhoej)
	p.Centre, p.Multiply = 20, 100
	c := compute(t, outOf([]float64{100, 400}, 50, 60), p)
	wantLines(t, &c, 0, 20, 8, 32)
	wantLines(t, &c, 1, 20, 14, 26)
	p = Defaults(measures.C, measures.Anhoej)
	p.Centre = 16
	c = compute(t, months(3, 4), p)
	wantLines(t, &c, 0, 16, 4, 28)
	p = Defaults(measures.NP, measures.Anhoej)
	p.Centre = 50 // of 250 on average: one in five
	c = compute(t, outOf([]float64{100, 400}, 50, 60), p)
	wantLines(t, &c, 0, 20, 8, 32)
	wantLines(t, &c, 1, 80, 56, 104)
	p.Centre = 251
	if _, err := Compute(outOf([]float64{100, 400}, 50, 60), p); !errors.Is(err, ErrInput) {
		t.Errorf("a centre above the mean denominator: %v", err)
	}
}

func TestBaselineAndExclusionsHoldInEveryKind(t *testing.T) {
	for _, kind := range []measures.Kind{measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C, measures.NP, measures.G,
		measures.T, measures.XBar, measures.S, measures.IPrime} {
		in := kindSeries(kind, 40)
		in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 24}}
		in.States = make([]measures.State, len(in.X))
		for i, x := range in.X {
			if x == in.X[0]+5 {
				in.States[i] = measures.Excluded
			}
		}
		p := Defaults(kind, measures.Anhoej)
		p.Screen = true
		before := compute(t, in, p)
		for i, x := range in.X { // what lies outside the baseline must not move it
			if x == in.X[0]+5 || x >= in.X[0]+24 {
				in.Y[i] *= 0.5
			}
		}
		after := compute(t, in, p)
		for i := range before.Centre {
			if before.Centre[i] != after.Centre[i] || before.Upper[i] != after.Upper[i] || before.Lower[i] != after.Lower[i] {
				t.Errorf("%s: the lines of point %d moved", kind, i+1)
				break
			}
		}
		if before.States[5] != measures.Excluded || before.Phases[0].N != 39 {
			t.Errorf("%s: point 6 is %s, and %d points count", kind, before.States[5], before.Phases[0].N)
		}
	}
}

func TestTwelvePointsHaveNoLimitsUnderMDCInAnyKind(t *testing.T) {
	for _, kind := range []measures.Kind{measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C, measures.NP, measures.G,
		measures.T, measures.XBar, measures.S, measures.IPrime} {
		for n, limits := range map[int]bool{12: false, 13: true} {
			c := compute(t, kindSeries(kind, n), Defaults(kind, measures.MDC))
			if c.Len() != n || measures.IsMissing(c.Upper[0]) == limits || measures.IsMissing(c.Centre[0]) ||
				(c.Variation == measures.VariationEmpty) == limits {
				t.Errorf("%s with %d points: centre %g, upper limit %g, %s", kind, n, c.Centre[0], c.Upper[0], c.Variation)
			}
		}
	}
}
