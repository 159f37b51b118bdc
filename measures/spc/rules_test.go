package spc

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

const (
	anyTrend = measures.TrendIncreasing | measures.TrendDecreasing
	anyShift = measures.ShiftAbove | measures.ShiftBelow
)

// flagged are the points, from 1, that have a signal of a set.
func flagged(c *measures.Chart, any measures.Signals) (points []int) {
	for i, s := range c.Signals {
		if s&any != 0 {
			points = append(points, i+1)
		}
	}
	return points
}

func wantFlagged(t *testing.T, c *measures.Chart, what string, any measures.Signals, want ...int) {
	t.Helper()
	if got := flagged(c, any); !slices.Equal(got, want) {
		t.Errorf("%s, %s: %s at points %v, want %v", c.Kind, c.Rules, what, got, want)
	}
}

// Trap 1: where limits come from what the points do, a series that does not vary
// has no signal under any rule set.
func TestConstantSeriesHasNoSignalUnderAnyRuleSet(t *testing.T) {
	thirds, sevens := repeat(1.0/3, 30), repeat(7, 30)
	groups := slices.Repeat([][]float64{{0.1, 0.1, 0.1}}, 30)
	for kind, in := range map[measures.Kind]Input{
		measures.XmR: months(thirds...), measures.MR: months(thirds...), measures.Run: months(thirds...), measures.T: months(thirds...),
		measures.PPrime: outOf(sevens, thirds...), measures.UPrime: outOf(thirds, sevens...), measures.IPrime: outOf(thirds, sevens...),
		measures.XBar: subgrouped(groups...), measures.S: subgrouped(groups...),
	} {
		for _, rules := range everyRuleSet {
			c := compute(t, in, Defaults(kind, rules))
			wantFlagged(t, &c, "any signal", measures.AllSignals)
		}
	}
}

// Where limits come from chance alone, counts that never vary are closer to
// their mean than chance allows. That is what Nelson's seventh rule is for, and
// no other rule may fire.
func TestCountsThatNeverVaryHugTheirCentre(t *testing.T) {
	fives, fifties := repeat(5, 16), repeat(50, 16)
	for kind, in := range map[measures.Kind]Input{measures.C: months(fives...), measures.P: outOf(fifties, fives...),
		measures.U: outOf(fifties, fives...), measures.NP: outOf(fifties, fives...)} {
		for _, rules := range everyRuleSet {
			c := compute(t, in, Defaults(kind, rules))
			wantFlagged(t, &c, "another rule", measures.AllSignals&^measures.Nelson7)
			if rules == measures.Nelson {
				wantFlagged(t, &c, "hugging", measures.Nelson7, 15, 16)
			}
		}
	}
}

// Trap 2 under the other rule sets: screening may not leave limits so narrow
// that the points of a nearly constant series lie outside or beyond one sigma.
func TestNearlyConstantSeriesFlagsOnlyTheOddPointUnderAnyRuleSet(t *testing.T) {
	outside := measures.OutsideUpper | measures.OutsideLower | measures.WE1 | measures.Nelson1
	zones := measures.WE2 | measures.WE3 | measures.Nelson5 | measures.Nelson6 | measures.TwoInThreeAbove | measures.TwoInThreeBelow
	y := append(repeat(100, 15), 90, 100, 100, 100, 100)
	for _, rules := range everyRuleSet[1:] {
		p := Defaults(measures.XmR, rules)
		p.Screen = true
		c := compute(t, months(y...), p)
		wantFlagged(t, &c, "outside", outside, 16)
		wantFlagged(t, &c, "a zone", zones)
	}
}

// Trap 8: a tie ends a trend of Making Data Count, and nothing of IHI's; a point
// on the centre ends a shift of the one, and not of the other.
func TestTieAndPointOnTheCentreEndNothingUnderIHI(t *testing.T) {
	tie := months(1, 2, 3, 3, 4, 5, 1, 9, 1, 9, 1, 9)
	on := months(1, 1, 1, 5, 1, 1, 1, 9, 9, 9, 9, 9, 9, 5)
	for _, rules := range everyRuleSet[1:] {
		p := Defaults(measures.Run, rules)
		p.Trend = 5
		c, d := compute(t, tie, p), compute(t, on, p)
		if rules == measures.IHI {
			wantFlagged(t, &c, "trend", anyTrend, 1, 2, 3, 5, 6)
			wantFlagged(t, &d, "shift", anyShift, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13)
			continue
		}
		wantFlagged(t, &c, "trend", anyTrend|measures.Nelson3)
		wantFlagged(t, &d, "shift", anyShift|measures.WE4|measures.Nelson2)
	}
}

// Trap 9: the last point of a rise before a flat step and another trend belongs
// to the rise.
func TestFlatStepBetweenTrendsLeavesEachItsDirection(t *testing.T) {
	y := []float64{1, 2, 3, 4, 5, 6, 7, 7, 6, 5, 4, 3, 2, 1}
	for rules, turn := range map[measures.RuleSet]measures.Signals{measures.MDC: measures.TrendIncreasing,
		measures.MDCR022: measures.TrendIncreasing, measures.PowerBI: measures.TrendIncreasing,
		measures.IHI: measures.TrendDecreasing} { // to IHI the flat step is no step, so the 7 is a turning point
		c := compute(t, months(y...), Defaults(measures.XmR, rules))
		if got := c.Signals[6] & anyTrend; got != turn {
			t.Errorf("%s: point 7 has %q", rules, got.Names())
		}
		if c.Signals[5]&anyTrend != measures.TrendIncreasing || c.Signals[8]&anyTrend != measures.TrendDecreasing {
			t.Errorf("%s: points 6 and 9 have %q and %q", rules, c.Signals[5].Names(), c.Signals[8].Names())
		}
	}
}

// Trap 10: a baseline holds in every phase, whatever the rules.
func TestBaselineHoldsInEveryPhase(t *testing.T) {
	in := months(1, 2, 3, 100, 11, 12, 13, 200)
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 3}, {Start: measures.Date(in.X[4]), Baseline: 3}}
	for _, rules := range []measures.RuleSet{measures.Anhoej, measures.IHI, measures.WesternElectric, measures.Nelson, measures.PowerBI} {
		c := compute(t, in, Defaults(measures.XmR, rules))
		if c.Centre[0] != 2 || c.Centre[7] != 12 {
			t.Errorf("%s: centres %g and %g, want 2 and 12", rules, c.Centre[0], c.Centre[7])
		}
		wantFlagged(t, &c, "outside", measures.OutsideUpper|measures.WE1|measures.Nelson1, 4, 8)
	}
}

// Trap 13: limits at 2.66 and at 3/1.128 mean ranges differ in the fourth digit,
// and a chart has those of its constant.
func TestTheTwoConstantsDifferInTheFourthDigit(t *testing.T) {
	in := months(1000, 2000, 1000, 2000, 1000, 2000)
	for constant, want := range map[float64]float64{Constant266: 1500 + 2660, Constant1128: 1500 + 3000/1.128} {
		p := Defaults(measures.XmR, measures.WesternElectric)
		p.Constant = constant
		if c := compute(t, in, p); !near(c.Upper[0], want, 1e-12) {
			t.Errorf("constant %g: upper limit %.9g, want %.9g", constant, c.Upper[0], want)
		}
	}
}

// Trap 16: tools that keep settings by view show a table and a chart that do not
// agree. Here the icons, the limits and the signals are of one chart, and what
// it was made with says the rest: twice the same settings, twice the same chart.
func TestSameSettingsGiveTheSameChart(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for _, kind := range everyKind(t) {
		for range 50 {
			in, p := anySeries(r, kind), anyRules(r, kind)
			a, b := compute(t, in, p), compute(t, in, p)
			whole := columnsOf(&b)
			for name, column := range columnsOf(&a) {
				if !sameBits(column, whole[name]) {
					t.Fatalf("%s: %s differs", kind, name)
				}
			}
			if !slices.Equal(a.Signals, b.Signals) || !slices.Equal(a.Causes, b.Causes) || a.Variation != b.Variation || a.Assurance != b.Assurance {
				t.Fatalf("%s: signals or icons differ", kind)
			}
		}
	}
}

// Trap 19: dates are days, so that no clock change or time zone moves one.
func TestDatesAreDaysWhateverTheClockDoes(t *testing.T) {
	days := []string{"2021-03-27", "2021-03-28", "2021-03-29", "2021-10-30", "2021-10-31", "2021-11-01"}
	in := Input{Y: repeat(5, len(days)), XIsDate: true}
	for _, day := range days {
		x, _ := xOf(t, day)
		in.X = append(in.X, x)
	}
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0])}, {Start: measures.Date(in.X[4])}}
	c := compute(t, in, xmr(measures.IHI))
	for i, day := range days {
		if c.XText(i) != day || (c.Phase[i] == 2) != (i >= 4) {
			t.Errorf("%s became %s, phase %d", day, c.XText(i), c.Phase[i])
		}
	}
}

func TestKindsWithoutPatternsAreFlaggedOutsideOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	for _, kind := range everyKind(t) {
		switch kind {
		case measures.MR, measures.EWMA, measures.CUSUM, measures.Bernoulli, measures.VLAD:
		default:
			continue
		}
		for range 300 {
			in, p := anySeries(r, kind), anyRules(r, kind)
			c := compute(t, in, p)
			for i, s := range c.Signals {
				if s&^(measures.OutsideUpper|measures.OutsideLower) != 0 {
					t.Fatalf("%s, %s: point %d has %q", kind, p.Rules, i+1, s.Names())
				}
			}
			for _, phase := range c.Phases {
				if phase.Signal {
					t.Fatalf("%s, %s: a runs signal among sums", kind, p.Rules)
				}
			}
		}
	}
}

// The cause of a zone rule follows the side of the point that completes it, and
// of a trend the way it goes.
func TestCauseOfAZoneRule(t *testing.T) {
	for _, test := range []struct {
		name      string
		rules     measures.RuleSet
		direction measures.Direction
		y         []float64
		want      measures.Signals
		cause     measures.Cause
	}{
		{"eight above, wanted high", measures.WesternElectric, increase, []float64{0, 10, 0, 10, 0, 10, 0, 10, 6, 7, 6, 7, 6, 7, 6, 7}, measures.WE4, measures.Improvement},
		{"eight above, wanted low", measures.WesternElectric, measures.Decrease, []float64{0, 10, 0, 10, 0, 10, 0, 10, 6, 7, 6, 7, 6, 7, 6, 7}, measures.WE4, measures.Concern},
		{"eight below, no wish", measures.WesternElectric, measures.Neutral, []float64{0, 10, 0, 10, 0, 10, 0, 10, 4, 3, 4, 3, 4, 3, 4, 3}, measures.WE4, measures.NeutralLow},
		{"a rise that is still below", measures.Nelson, increase, []float64{30, 40, 30, 40, 30, 40, 30, 40, 5, 6, 7, 8, 9, 10}, measures.Nelson3, measures.Improvement},
		{"alternating, wanted high", measures.Nelson, increase, []float64{1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9}, measures.Nelson4, measures.NeutralHigh},
		{"alternating, wanted low", measures.Nelson, measures.Decrease, []float64{9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1}, measures.Nelson4, measures.NeutralLow},
	} {
		p := Defaults(measures.XmR, test.rules)
		p.Direction = test.direction
		c := compute(t, months(test.y...), p)
		last := c.Last()
		if s := c.Signals[last]; s&-s != test.want || c.Causes[last] != test.cause {
			t.Errorf("%s: %q, %s; want %q, %s", test.name, s.Names(), c.Causes[last], test.want.Names(), test.cause)
		}
	}
}

// Of one patient a month, sigma is half of all there is: no month is beyond it.
func TestZonesOfASmallGroupTakeSigmaBeforeLinesAreCut(t *testing.T) {
	in := outOf(repeat(1, 14), 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1)
	for _, kind := range []measures.Kind{measures.P, measures.NP} {
		c := compute(t, in, Defaults(kind, measures.Nelson))
		if c.Upper[0] != 1 || c.NearUpper[0] != 1 || c.Lower[0] != 0 {
			t.Fatalf("%s: limits %g and %g are not cut", kind, c.Lower[0], c.Upper[0])
		}
		wantFlagged(t, &c, "four in five", measures.Nelson6)
	}
}

func TestTimesHaveTheirZonesOnNelsonsScale(t *testing.T) {
	p := Defaults(measures.T, measures.WesternElectric)
	c := compute(t, months(4, 9, 2, 7, 3, 8, 5, 6, 4, 9), p)
	w := work{p: p, c: c}
	lower, upper := w.inner(0)
	x := [...]float64{toNelson(lower), toNelson(c.Centre[0]), toNelson(upper), toNelson(c.NearUpper[0])}
	if sigma := x[2] - x[1]; !near(x[1]-x[0], sigma, 1e-9) || !near(x[3]-x[1], 2*sigma, 1e-9) || !(lower > c.NearLower[0]) {
		t.Errorf("lines at one sigma %g and %g about %g", lower, upper, c.Centre[0])
	}
}

func TestThirdOfTwoInThreeLiesAnywhereUnderPowerBIOnly(t *testing.T) {
	y := append(slices.Repeat([]float64{9, 11}, 12), 15, 8, 15, 10, 10, 10)
	for rules, want := range map[measures.RuleSet][]int{measures.PowerBI: {25, 27}, measures.MDC: nil} {
		p := Defaults(measures.XmR, rules)
		p.Screen = false
		c := compute(t, months(y...), p)
		if !(c.NearUpper[0] < 15) {
			t.Fatalf("the near line is %g", c.NearUpper[0])
		}
		wantFlagged(t, &c, "two in three", measures.TwoInThreeAbove, want...)
	}
}
