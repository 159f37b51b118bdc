package spc

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func sumsOf(kind measures.Kind, edit func(*Parameters)) Parameters {
	p := Defaults(kind, measures.Anhoej)
	if edit != nil {
		edit(&p)
	}
	return p
}

func wantColumn(t *testing.T, name string, got []float64, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d numbers, want %d", name, len(got), len(want))
	}
	for i := range got {
		if !near(got[i], want[i], 1e-12) {
			t.Errorf("%s[%d] = %.15g, want %.15g", name, i, got[i], want[i])
		}
	}
}

// Ranges of 1.128 make a standard deviation of 1, so that the sums can be
// reckoned in the head.
func TestCusumByHand(t *testing.T) {
	const step = 1.128
	in := months(0, step, 0, step, 4, measures.Missing, 4, -9)
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 4}}
	p := sumsOf(measures.CUSUM, func(p *Parameters) { p.Centre, p.Decision = 0, 6 })
	c := compute(t, in, p)
	wantColumn(t, "upper sum", c.CusumHigh, 0, 0.628, 0.128, 0.756, 4.256, measures.Missing, 7.756, 0)
	wantColumn(t, "lower sum", c.CusumLow, 0, 0, 0, 0, 0, measures.Missing, 0, -8.5)
	if c.Upper[2] != 6 || c.Lower[2] != -6 || c.Centre[2] != 0 || c.Y[4] != 4 {
		t.Errorf("limits %g and %g, centre %g, y %g", c.Lower[2], c.Upper[2], c.Centre[2], c.Y[4])
	}
	for i, want := range []measures.Signals{0, 0, 0, 0, 0, 0, measures.OutsideUpper, measures.OutsideLower} {
		if c.Signals[i] != want {
			t.Errorf("point %d: %q", i+1, c.Signals[i].Names())
		}
	}
	for i, v := range c.CusumLow {
		if v == 0 && math.Signbit(v) {
			t.Errorf("point %d has a lower sum of minus nothing", i+1)
		}
	}
}

// unitSeries has a baseline of two points with a standard deviation of 1.
func unitSeries(y ...float64) Input {
	in := months(append([]float64{0, 1.128}, y...)...)
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 2}}
	return in
}

func TestCusumSignalsBeyondItsLimitAndNotOnIt(t *testing.T) {
	p := sumsOf(measures.CUSUM, func(p *Parameters) { p.Centre = 0 })
	in := unitSeries(3)
	p.Decision = compute(t, in, p).CusumHigh[2]
	if c := compute(t, in, p); c.CusumHigh[2] != c.Upper[2] || c.Signals[2] != 0 {
		t.Errorf("sum %g, limit %g, signals %q", c.CusumHigh[2], c.Upper[2], c.Signals[2].Names())
	}
	p.Decision = math.Nextafter(p.Decision, 0)
	if c := compute(t, in, p); c.Signals[2] != measures.OutsideUpper {
		t.Errorf("just beyond the limit: %q", c.Signals[2].Names())
	}
}

func TestHeadStartIsWhereBothSumsOfEveryPhaseBegin(t *testing.T) {
	p := sumsOf(measures.CUSUM, func(p *Parameters) { p.Centre, p.HeadStart = 0, 2.5 })
	in := unitSeries(1, 1)
	in.Phases = append(in.Phases, measures.Phase{Start: measures.Date(in.X[2])})
	in.Y[3] = 3.256 // a range of 2.256, twice 1.128
	c := compute(t, in, p)
	wantColumn(t, "upper sum", c.CusumHigh, 2, 2.628, 2.5, 3.628)
	wantColumn(t, "lower sum", c.CusumLow, -2, -0.372, -1.5, 0)
}

func TestExcludedPointLeavesSumsAsTheyAre(t *testing.T) {
	for _, kind := range []measures.Kind{measures.CUSUM, measures.EWMA} {
		in := unitSeries(1, 50, 1)
		in.States = []measures.State{measures.Final, measures.Final, measures.Final, measures.Excluded, measures.Final}
		c := compute(t, in, sumsOf(kind, nil))
		column := c.EWMA
		if kind == measures.CUSUM {
			column = c.CusumHigh
		}
		if column[3] != column[2] || measures.IsMissing(column[3]) || c.Signals[3] != c.Signals[2] {
			t.Errorf("%s: %g, then %g at the excluded point", kind, column[2], column[3])
		}
	}
}

func TestEWMAByHand(t *testing.T) {
	p := sumsOf(measures.EWMA, func(p *Parameters) { p.Centre, p.Lambda, p.Multiply = 0, 0.5, 10 })
	c := compute(t, unitSeries(2, measures.Missing, 6), p)
	wantColumn(t, "weighted mean", c.EWMA, 0, 5.64, 12.82, measures.Missing, 36.41)
	// sigma_i^2 = 1/3 of (1 - 4^-i)
	for i, steps := range []float64{1, 2, 3, 4, 4} {
		sigma := 10 * math.Sqrt((1-math.Pow(0.25, steps))/3)
		if !near(c.Upper[i], 3*sigma, 1e-12) || !near(c.Lower[i], -3*sigma, 1e-12) || !near(c.NearUpper[i], 2*sigma, 1e-12) {
			t.Errorf("point %d: limits %g and %g, want +-%g", i+1, c.Lower[i], c.Upper[i], 3*sigma)
		}
	}
	for i, want := range []measures.Signals{0, 0, 0, 0, measures.OutsideUpper} {
		if c.Signals[i] != want {
			t.Errorf("point %d: %q", i+1, c.Signals[i].Names())
		}
	}
}

func TestEWMAOfOneIsAChartOfIndividuals(t *testing.T) {
	in := months(4, 7, 5, 9, 6, 30, 5, 8, 7, 6)
	p := sumsOf(measures.EWMA, func(p *Parameters) { p.Lambda = 1 })
	c, x := compute(t, in, p), compute(t, in, Defaults(measures.XmR, measures.Anhoej))
	for i := range c.Y {
		if c.EWMA[i] != c.Y[i] || !near(c.Upper[i], x.Upper[i], 1e-12) || c.Signals[i] != x.Signals[i] {
			t.Errorf("point %d: %g of %g, limit %g of %g", i+1, c.EWMA[i], c.Y[i], c.Upper[i], x.Upper[i])
		}
	}
}

func TestLimitsOfSumsDoNotJudgeATarget(t *testing.T) {
	for _, kind := range []measures.Kind{measures.CUSUM, measures.EWMA} {
		in := months(4, 7, 5, 9, 6, 8, 5, 8, 7, 6)
		in.Targets = []measures.Target{{Value: 100}}
		c := compute(t, in, sumsOf(kind, func(p *Parameters) { p.Direction = measures.Increase }))
		if c.Assurance != measures.AssuranceEmpty || c.Variation != measures.CommonCause {
			t.Errorf("%s: %s, %s", kind, c.Variation, c.Assurance)
		}
	}
}

func TestSeriesThatDoesNotVaryHasNoStandardDeviationToSumIn(t *testing.T) {
	c := compute(t, months(repeat(5, 14)...), Defaults(measures.CUSUM, measures.MDC))
	for i := range c.Y {
		if !measures.IsMissing(c.CusumHigh[i]) || !measures.IsMissing(c.Upper[i]) || c.Signals[i] != 0 || c.Centre[i] != 5 {
			t.Errorf("point %d: sum %g, limit %g", i+1, c.CusumHigh[i], c.Upper[i])
		}
	}
	if !slices.Contains(noteCodes(&c), NoteNoLimits) {
		t.Errorf("notes %v", noteCodes(&c))
	}
}

func TestTooFewPointsUnderMDCHaveSumsWithoutLimits(t *testing.T) {
	c := compute(t, months(4, 7, 5, 9, 40, 60), Defaults(measures.CUSUM, measures.MDC))
	if measures.IsMissing(c.CusumHigh[5]) || !measures.IsMissing(c.Upper[5]) || c.Signals[5] != 0 || c.Variation != measures.VariationEmpty {
		t.Errorf("sum %g, limit %g, signals %q, %s", c.CusumHigh[5], c.Upper[5], c.Signals[5].Names(), c.Variation)
	}
}

// With odds to double from a half: an event weighs ln(2/1.5), none ln(1/1.5); to
// halve: ln(2/3) and ln(4/3), turned round.
func TestBernoulliSumsByHand(t *testing.T) {
	more, less := math.Log(4.0/3), math.Log(2.0/3)
	p := sumsOf(measures.Bernoulli, func(p *Parameters) { p.Centre, p.Decision = 0.5, 0.5 })
	c := compute(t, months(1, 1, 1, 0, 0, measures.Missing, 0), p)
	wantColumn(t, "upper sum", c.CusumHigh, more, 2*more, more, max(0, more+less), 0, measures.Missing, 0)
	wantColumn(t, "lower sum", c.CusumLow, 0, 0, 0, -more, -2*more, measures.Missing, -more)
	for i, want := range []measures.Signals{0, measures.OutsideUpper, 0, 0, measures.OutsideLower, 0, 0} {
		if c.Signals[i] != want {
			t.Errorf("point %d: %q, sums %g and %g", i+1, c.Signals[i].Names(), c.CusumHigh[i], c.CusumLow[i])
		}
	}
	if c.Centre[0] != 0.5 || c.Upper[0] != 0.5 || c.Lower[0] != -0.5 || c.Phases[0].N != 7 || c.Phases[0].LongestRun != measures.NoNumber {
		t.Errorf("centre %g, limits %g and %g, %+v", c.Centre[0], c.Lower[0], c.Upper[0], c.Phases[0])
	}
	p.OddsRatio = 0.5
	if half := compute(t, months(1, 1, 1, 0, 0, measures.Missing, 0), p); half.CusumHigh[2] != c.CusumHigh[2] || half.CusumLow[4] != c.CusumLow[4] {
		t.Error("to halve the odds asks for other sums than to double them")
	}
}

func TestBernoulliSignalsWhenItReachesItsLimit(t *testing.T) {
	p := sumsOf(measures.Bernoulli, func(p *Parameters) { p.Centre = 0.5 })
	in := months(1, 1)
	p.Decision = compute(t, in, p).CusumHigh[1]
	if c := compute(t, in, p); c.Signals[1] != measures.OutsideUpper {
		t.Errorf("sum %g, limit %g: %q", c.CusumHigh[1], c.Upper[1], c.Signals[1].Names())
	}
}

func TestBernoulliTakesItsRateFromTheBaseline(t *testing.T) {
	in := months(1, 0, 0, 0, 1, 1, 1, 1)
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 4}}
	c := compute(t, in, sumsOf(measures.Bernoulli, nil))
	if c.Centre[7] != 0.25 || !near(c.CusumHigh[0], math.Log(2/1.25), 1e-12) {
		t.Errorf("rate %g, first sum %g", c.Centre[7], c.CusumHigh[0])
	}
	c = compute(t, months(0, 0, 0), sumsOf(measures.Bernoulli, nil))
	if !measures.IsMissing(c.CusumHigh[0]) || !slices.Contains(noteCodes(&c), NoteNoLimits) {
		t.Errorf("outcomes all alike: sum %g, notes %v", c.CusumHigh[0], noteCodes(&c))
	}
}

func TestVLADByHand(t *testing.T) {
	in := outOf([]float64{0.1, 0.5, 0.2, 0, 0.5}, 0, 1, 0, 0, measures.Missing)
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0])}}
	c := compute(t, in, sumsOf(measures.VLAD, nil))
	wantColumn(t, "vlad", c.VLAD, 0.1, -0.4, -0.2, measures.Missing, measures.Missing)
	// Steiner: of a death ln(2/(1+p)), of a survivor -ln(1+p); for half the odds
	// ln(0.5/(1-p/2)) and -ln(1-p/2).
	up := math.Log(2 / 1.5)
	down := -max(0, -math.Log(1-0.05)+math.Log(0.5/0.75)) + math.Log(1-0.1)
	wantColumn(t, "upper sum", c.CusumHigh, 0, up, max(0, up-math.Log(1.2)), measures.Missing, measures.Missing)
	wantColumn(t, "lower sum", c.CusumLow, math.Log(0.95), 0, down, measures.Missing, measures.Missing)
	if c.Upper[0] != 4.5 || c.Centre[1] != 0.5 || c.Y[1] != 1 || c.N[1] != 0.5 {
		t.Errorf("limit %g, centre %g, y %g of %g", c.Upper[0], c.Centre[1], c.Y[1], c.N[1])
	}
}

func TestVLADOfGroupsOfCasesHasNoRiskAdjustedSums(t *testing.T) {
	c := compute(t, outOf([]float64{3.2, 4.1}, 3, 6), sumsOf(measures.VLAD, nil))
	wantColumn(t, "vlad", c.VLAD, 0.2, -1.7)
	if c.CusumHigh != nil || !measures.IsMissing(c.Upper[0]) || !slices.Equal(noteCodes(&c), []string{NoteAggregated}) {
		t.Errorf("sums %v, limit %g, notes %v", c.CusumHigh, c.Upper[0], noteCodes(&c))
	}
}

func TestManyDeathsMoreThanExpectedSignalWorse(t *testing.T) {
	n, y := repeat(0.1, 60), repeat(0, 60)
	for i := 30; i < 60; i += 2 {
		y[i] = 1
	}
	c := compute(t, outOf(n, y...), sumsOf(measures.VLAD, func(p *Parameters) { p.Direction = measures.Decrease }))
	first := slices.IndexFunc(c.Signals, func(s measures.Signals) bool { return s&measures.OutsideUpper != 0 })
	if first < 30 || c.Causes[first] != measures.Concern || !(c.CusumHigh[first] >= 4.5) || !(c.CusumHigh[first+1] < 1) {
		t.Errorf("first signal at %d", first)
	}
}

func TestSettingsOfSumsThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		says string
		kind measures.Kind
		edit func(*Parameters)
	}{
		{"lambda", measures.EWMA, func(p *Parameters) { p.Lambda = 0 }},
		{"lambda", measures.EWMA, func(p *Parameters) { p.Lambda = 1.01 }},
		{"lambda", measures.EWMA, func(p *Parameters) { p.Lambda = math.NaN() }},
		{"shift", measures.CUSUM, func(p *Parameters) { p.Shift = 0 }},
		{"decision", measures.CUSUM, func(p *Parameters) { p.Decision = math.Inf(1) }},
		{"head start", measures.CUSUM, func(p *Parameters) { p.HeadStart = 5 }},
		{"head start", measures.CUSUM, func(p *Parameters) { p.HeadStart = -1 }},
		{"odds ratio", measures.Bernoulli, func(p *Parameters) { p.OddsRatio = 1 }},
		{"odds ratio", measures.VLAD, func(p *Parameters) { p.OddsRatio = -2 }},
		{"decision", measures.VLAD, func(p *Parameters) { p.Decision = 0 }},
		{"multiplied", measures.Bernoulli, func(p *Parameters) { p.Multiply = 100 }},
		{"above 0 and below 1", measures.Bernoulli, func(p *Parameters) { p.Centre = 1 }},
		{"expected numbers", measures.VLAD, func(p *Parameters) { p.Centre = 0.5 }},
	} {
		p := sumsOf(test.kind, test.edit)
		if err := p.Check(); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want an error that says %q", test.kind, err, test.says)
		}
	}
	for _, test := range []struct {
		says string
		kind measures.Kind
		in   Input
	}{
		{"point 2: its outcome is 2", measures.Bernoulli, months(1, 2)},
		{"point 1: its outcome is 0.5", measures.Bernoulli, months(0.5, 1)},
		{"draw vlad", measures.Bernoulli, outOf([]float64{1}, 1)},
		{"needs the expected number", measures.VLAD, months(1)},
		{"point 1: its count is -1", measures.VLAD, outOf([]float64{1}, -1)},
	} {
		if _, err := Compute(test.in, Defaults(test.kind, measures.MDC)); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want an error that says %q", test.kind, err, test.says)
		}
	}
}
