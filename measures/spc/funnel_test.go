package spc

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// groups makes the input of a funnel from pairs of numerator and denominator.
func groups(pairs ...float64) Input {
	var in Input
	for i := 0; i < len(pairs); i += 2 {
		in.X = append(in.X, int32(i/2+1))
		in.Y, in.N = append(in.Y, pairs[i]), append(in.N, pairs[i+1])
	}
	return in
}

func funnelSettings(edit func(*Parameters)) Parameters {
	p := Defaults(measures.Funnel, measures.MDC)
	if edit != nil {
		edit(&p)
	}
	return p
}

// everyForm are all settings of a funnel that go together.
func everyForm() []Parameters {
	var list []Parameters
	for _, ratio := range []Ratio{Proportion, Standardised, Rate} {
		for _, transform := range []Transform{Sqrt, Log} {
			for _, form := range []struct{ additive, exact bool }{{}, {additive: true}, {exact: true}} {
				p := funnelSettings(func(p *Parameters) {
					p.Ratio, p.Transform, p.Additive, p.Exact = ratio, transform, form.additive, form.exact
				})
				if p.Check() == nil {
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// anyGroups makes groups that suit a form: whole denominators, some missing or 0.
func anyGroups(r *rand.Rand, p *Parameters, n int) Input {
	var pairs []float64
	for range n {
		d := math.Ceil(math.Exp(r.Float64() * 9))
		y := math.Floor(d * r.Float64())
		switch r.IntN(12) {
		case 0:
			d = 0
		case 1:
			y = measures.Missing
		case 2:
			y = 0
		}
		pairs = append(pairs, y, d)
	}
	return groups(pairs...)
}

func TestEveryFormOfFunnelIsTried(t *testing.T) {
	if n := len(everyForm()); n != 11 {
		t.Errorf("%d forms, want 3 of proportions, 6 of standardised ratios and 2 of rates", n)
	}
}

func TestFunnelOfProportionsByHand(t *testing.T) {
	// 20 of 100 and 60 of 300: a fifth of all. Arcsine, 95 percent, 100: the sine
	// of asin(sqrt(0.2)) plus and less 1.96/20, squared.
	c := compute(t, groups(20, 100, 60, 300, 40, 0, 5, measures.Missing), funnelSettings(func(p *Parameters) { p.Multiply = 100 }))
	angle := math.Asin(math.Sqrt(0.2))
	for _, line := range []struct{ got, z float64 }{
		{c.NearLower[0], -1.959963984540054}, {c.NearUpper[0], 1.959963984540054}, {c.Lower[0], -3.090232306167813541}, {c.Upper[0], 3.090232306167813541},
	} {
		if want := 100 * math.Pow(math.Sin(angle+line.z/20), 2); off(line.got, want) > 1e-14 {
			t.Errorf("limit %.15g, want %.15g", line.got, want)
		}
	}
	if c.Y[0] != 20 || c.Centre[3] != 20 || math.Abs(c.Z[0]) > 1e-12 || c.Phi > 1e-20 || c.Tau2 != 0 {
		t.Errorf("y %g, centre %g, z %g, phi %g, tau2 %g", c.Y[0], c.Centre[3], c.Z[0], c.Phi, c.Tau2)
	}
	for _, i := range []int{2, 3} { // a denominator of 0, and none
		if !measures.IsMissing(c.Y[i]) || !measures.IsMissing(c.Lower[i]) || !measures.IsMissing(c.Z[i]) || c.Causes[i] != measures.NoCause {
			t.Errorf("group %d: y %g, limit %g, z %g, cause %s", i+1, c.Y[i], c.Lower[i], c.Z[i], c.Causes[i])
		}
	}
}

func TestGroupsBeyondTheOuterLimitsAreSignals(t *testing.T) {
	// One group of 1000 of seven is far up, one far down, one between the limits.
	in := groups(200, 1000, 200, 1000, 300, 1000, 100, 1000, 228, 1000, 190, 1000, 190, 1000)
	p := funnelSettings(func(p *Parameters) { p.Direction, p.Centre = measures.Decrease, 0.2 })
	c := compute(t, in, p)
	if !(c.Y[4] > c.NearUpper[4]) {
		t.Fatal("the fifth group ought to lie between the limits")
	}
	for i, want := range []measures.Signals{0, 0, measures.OutsideUpper, measures.OutsideLower, 0, 0, 0} {
		cause := measures.Common
		if i == 2 {
			cause = measures.Concern
		} else if i == 3 {
			cause = measures.Improvement
		}
		if c.Signals[i] != want || c.Causes[i] != cause {
			t.Errorf("group %d: %q, %s; want %q, %s", i+1, c.Signals[i].Names(), c.Causes[i], want.Names(), cause)
		}
	}
	if c.Variation != measures.VariationEmpty || c.Assurance != measures.AssuranceEmpty || len(c.Phases) != 1 ||
		c.Phases[0].N != 7 || c.Phases[0].LongestRun != measures.NoNumber || c.Phases[0].Signal {
		t.Errorf("a funnel has no last point and no runs: %s, %s, %+v", c.Variation, c.Assurance, c.Phases)
	}
	p.Rules = measures.NoRules
	if c = compute(t, in, p); c.Signals[2] != 0 {
		t.Error("without rules there are no signals")
	}
}

func TestOrderOfGroupsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for _, p := range everyForm() {
		in := anyGroups(r, &p, 40)
		a := compute(t, in, p)
		slices.Reverse(in.Y)
		slices.Reverse(in.N)
		b := compute(t, in, p)
		for i := range a.Y {
			k := len(a.Y) - 1 - i
			if !near(a.Upper[i], b.Upper[k], 1e-12) || !near(a.Lower[i], b.Lower[k], 1e-12) || !near(a.Z[i], b.Z[k], 1e-9) || a.Signals[i] != b.Signals[k] {
				t.Fatalf("%+v: group %d: %g %g, in reverse %g %g", p, i+1, a.Lower[i], a.Upper[i], b.Lower[k], b.Upper[k])
			}
		}
	}
}

func TestLinesOfAFunnelPassThroughTheLimitsOfItsGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for _, p := range everyForm() {
		for _, multiply := range []float64{1, 1000.0 / 7} {
			p.Multiply, p.Ceiling = multiply, 2*multiply
			in := anyGroups(r, &p, 30)
			c := compute(t, in, p)
			for i := range c.Y {
				lower998, lower95, upper95, upper998 := FunnelLimits(&c, p, c.N[i])
				for _, line := range [][2]float64{{lower998, c.Lower[i]}, {lower95, c.NearLower[i]}, {upper95, c.NearUpper[i]}, {upper998, c.Upper[i]}} {
					if !near(line[0], line[1], 1e-12) {
						t.Fatalf("%s %s, n %g: the line is at %.15g, the group's limit at %.15g", p.Ratio, p.Transform, c.N[i], line[0], line[1])
					}
				}
			}
		}
	}
}

func TestLimitsOfAFunnelNarrowAsGroupsGrow(t *testing.T) {
	for _, p := range everyForm() {
		c := compute(t, groups(3, 10, 30, 100, 350, 1000, 2900, 10000, 310, 1000), p)
		before := [4]float64{math.Inf(-1), math.Inf(-1), math.Inf(1), math.Inf(1)}
		most := 2e6
		if p.Exact {
			most = 1e4 // its sums take longer
		}
		for n := 1.0; n < most; n = math.Ceil(n * 1.1) {
			a, b, d, e := FunnelLimits(&c, p, n)
			now := [4]float64{a, b, d, e}
			if !slices.IsSorted(now[:]) || c.Centre[0] < b || c.Centre[0] > d {
				t.Fatalf("%s at %g: %v about %g", p.Ratio, n, now, c.Centre[0])
			}
			if p.Exact {
				continue // counts are whole, so that these limits step
			}
			for i := range now {
				if slack := 1e-12; i < 2 && now[i] < before[i]-slack || i >= 2 && now[i] > before[i]+slack {
					t.Fatalf("%s %s additive %v at %g: limit %d goes from %g to %g", p.Ratio, p.Transform, p.Additive, n, i, before[i], now[i])
				}
			}
			before = now
		}
	}
}

// Where few are expected the arcsine passes its end, and its sine turns round.
func TestArcsineLimitsOfSmallGroupsStopAtNothingAndAtAll(t *testing.T) {
	p := funnelSettings(func(p *Parameters) { p.Centre = 0.1 })
	c := compute(t, groups(0, 1, 1, 4, 2, 9, 3, 20, 10, 200), p)
	if c.Lower[0] != 0 || c.Lower[1] != 0 || c.Lower[2] != 0 || !(c.Lower[4] > 0) || c.Upper[0] != 1 || !(c.Upper[4] < 1) {
		t.Errorf("lower %v, upper %v", c.Lower, c.Upper)
	}
	for i, s := range c.Signals {
		if s != 0 {
			t.Errorf("group %d is outside: %q", i+1, s.Names())
		}
	}
}

func TestScatterBeyondChanceWidensAdditiveLimitsOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var pairs []float64
	for range 40 {
		e := 200 + 800*r.Float64()
		pairs = append(pairs, math.Floor(e*math.Exp(0.2*r.NormFloat64())), e)
	}
	in := groups(pairs...)
	for _, transform := range []Transform{Sqrt, Log} {
		chance := funnelSettings(func(p *Parameters) { p.Ratio, p.Transform = Standardised, transform })
		additive := chance
		additive.Additive = true
		a, b := compute(t, in, chance), compute(t, in, additive)
		if a.Phi != b.Phi || a.Tau2 != b.Tau2 || !(a.Phi > 4) || !(b.Tau2 > 0.001) {
			t.Errorf("%s: phi %g and %g, tau2 %g and %g", transform, a.Phi, b.Phi, a.Tau2, b.Tau2)
		}
		for i := range a.Y {
			if !(b.Upper[i] > a.Upper[i] && b.Lower[i] < a.Lower[i] && math.Abs(b.Z[i]) <= math.Abs(a.Z[i])) {
				t.Fatalf("%s: group %d: %g to %g, with scatter %g to %g; z %g and %g", transform, i+1, a.Lower[i], a.Upper[i], b.Lower[i], b.Upper[i], a.Z[i], b.Z[i])
			}
		}
	}
}

// Sum w less sum w^2 over sum w loses every figure where one group outweighs all.
func TestScatterWithOneGroupThatOutweighsAll(t *testing.T) {
	phi, tau2 := dispersion([]float64{3, -3}, []float64{1e20, 1})
	if phi != 9 || off(tau2, 17.0/2) > 1e-12 {
		t.Errorf("phi %g, tau2 %.15g, want 9 and 8.5", phi, tau2)
	}
}

func TestTooFewGroupsToKnowTheirScatter(t *testing.T) {
	p := funnelSettings(func(p *Parameters) { p.Additive = true })
	c := compute(t, groups(20, 100), p)
	if !measures.IsMissing(c.Upper[0]) || !measures.IsMissing(c.NearLower[0]) || !slices.Contains(noteCodes(&c), NoteFewGroups) {
		t.Errorf("limit %g, notes %v", c.Upper[0], noteCodes(&c))
	}
	if a, _, _, d := FunnelLimits(&c, p, 50); !measures.IsMissing(a) || !measures.IsMissing(d) {
		t.Errorf("lines at %g and %g where there are no limits", a, d)
	}
	c = compute(t, groups(20, 100, 30, 100, 25, 100), p)
	if measures.IsMissing(c.Upper[0]) || !slices.Contains(noteCodes(&c), NoteFewGroups) {
		t.Errorf("limit %g, notes %v", c.Upper[0], noteCodes(&c))
	}
	p.Additive = false
	if c = compute(t, groups(20, 100), p); measures.IsMissing(c.Upper[0]) || len(c.Notes) != 0 {
		t.Errorf("chance alone needs no other groups: limit %g, notes %v", c.Upper[0], noteCodes(&c))
	}
}

func TestExcludedGroupIsShownAndChangesNothing(t *testing.T) {
	for _, p := range everyForm() {
		in := groups(20, 100, 45, 200, 31, 150, 90, 100)
		in.States = []measures.State{measures.Final, measures.Final, measures.Final, measures.Excluded}
		with := compute(t, in, p)
		without := compute(t, groups(20, 100, 45, 200, 31, 150), p)
		if with.Centre[0] != without.Centre[0] || with.Tau2 != without.Tau2 || with.Phi != without.Phi || with.Upper[1] != without.Upper[1] {
			t.Errorf("%s: centre %g and %g, tau2 %g and %g", p.Ratio, with.Centre[0], without.Centre[0], with.Tau2, without.Tau2)
		}
		if measures.IsMissing(with.Y[3]) || measures.IsMissing(with.Z[3]) {
			t.Errorf("%s: the excluded group is not shown", p.Ratio)
		}
	}
}

func TestExactScoresAgreeWithTheirLimits(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	p := funnelSettings(func(p *Parameters) { p.Ratio = Standardised })
	for range 200 {
		in := anyGroups(r, &p, 10)
		c := compute(t, in, p)
		for i, z := range c.Z {
			if measures.IsMissing(z) {
				if !measures.IsMissing(c.Y[i]) && c.Y[i] != 0 {
					t.Fatalf("%g observed, %g expected: no score", in.Y[i], in.N[i])
				}
				continue
			}
			if outside := c.Signals[i] != 0; outside != (math.Abs(z) > tail998.score) {
				t.Fatalf("%g observed, %g expected: score %g, signals %q", in.Y[i], in.N[i], z, c.Signals[i].Names())
			}
		}
	}
}

func TestGroupsThatAreNotSoUnlikelyAreNamedInANote(t *testing.T) {
	p := funnelSettings(func(p *Parameters) { p.Ratio = Standardised })
	in := groups(0, 1.5, 6, 5.5, 4, 4.2)
	c := compute(t, in, p)
	if c.Signals[0] != measures.OutsideLower || !slices.Contains(noteCodes(&c), NoteFewExpected) {
		t.Errorf("signals %q, notes %v", c.Signals[0].Names(), noteCodes(&c))
	}
	p.Exact = true
	if c = compute(t, in, p); c.Signals[0] != 0 || len(c.Notes) != 0 {
		t.Errorf("with exact limits: signals %q, notes %v", c.Signals[0].Names(), noteCodes(&c))
	}
}

func TestExpectedNumbersAreRoundedToTwoDecimalsWithTheLogarithm(t *testing.T) {
	for v, want := range map[float64]float64{205.296115: 205.3, 0.125: 0.12, 0.375: 0.38, 2.675: 2.67, 1e20: 1e20, 0.004: 0} {
		if got := hundredths(v); got != want {
			t.Errorf("hundredths(%g) = %g, want %g", v, got, want)
		}
	}
	p := funnelSettings(func(p *Parameters) { p.Ratio, p.Transform, p.Additive = Standardised, Log, true })
	c := compute(t, groups(12, 10.001, 8, 10.004, 11, 10), p)
	if c.Upper[0] != c.Upper[2] || c.Y[0] != 12/c.N[0] || c.N[1] != 10.004 {
		t.Errorf("limits %g and %g, y %g", c.Upper[0], c.Upper[2], c.Y[0])
	}
}

func TestGroupWithoutEventsHasNoLogarithm(t *testing.T) {
	p := funnelSettings(func(p *Parameters) { p.Ratio, p.Transform, p.Additive = Standardised, Log, true })
	c := compute(t, groups(0, 40, 30, 40, 45, 40, 41, 40), p)
	if c.Y[0] != 0 || !measures.IsMissing(c.Z[0]) || c.Signals[0] != measures.OutsideLower || measures.IsMissing(c.Z[1]) {
		t.Errorf("y %g, z %g, signals %q", c.Y[0], c.Z[0], c.Signals[0].Names())
	}
}

func TestFunnelOfNothing(t *testing.T) {
	for _, p := range everyForm() {
		for name, in := range map[string]Input{"no groups": {N: []float64{}}, "no events": groups(0, 10, 0, 20, 0, 30), "no numbers": groups(measures.Missing, 0)} {
			c := compute(t, in, p)
			wantFinite(t, &c)
			for i, s := range c.Signals {
				if s&measures.OutsideUpper != 0 {
					t.Errorf("%s: group %d is above", name, i+1)
				}
			}
		}
	}
}

func TestFunnelsRefuseWhatTheyCannotCompare(t *testing.T) {
	phases := groups(1, 2)
	phases.Phases = []measures.Phase{{Start: 1, Baseline: 12}}
	for _, test := range []struct {
		says string
		in   Input
		edit func(*Parameters)
	}{
		{"needs a denominator", Input{X: []int32{1}, Y: []float64{1}}, nil},
		{"point 1: its numerator, 3, is above its denominator, 2", groups(3, 2), nil},
		{"point 2: its count is -1", groups(1, 2, -1, 2), func(p *Parameters) { p.Ratio = Rate }},
		{"phases and baselines", phases, nil},
		{"whole numbers", groups(1, 2.5), func(p *Parameters) { p.Exact = true }},
		{"up to 1e+08", groups(1, 2e8), func(p *Parameters) { p.Exact = true }},
		{"no exact limits for rates", groups(1, 2), func(p *Parameters) { p.Exact, p.Ratio = true, Rate }},
		{"exact limits allow for chance alone", groups(1, 2), func(p *Parameters) { p.Exact, p.Additive = true, true }},
		{"one of standardised ratios", groups(1, 2), func(p *Parameters) { p.Transform = Log }},
		{"from 0 to 100", groups(1, 2), func(p *Parameters) { p.Centre, p.Multiply = 101, 100 }},
		{"above 0", groups(1, 2), func(p *Parameters) { p.Centre, p.Ratio = 0, Standardised }},
		{"ratio is unknown", groups(1, 2), func(p *Parameters) { p.Ratio = 3 }},
		{"transform is unknown", groups(1, 2), func(p *Parameters) { p.Transform = 2 }},
	} {
		if _, err := Compute(test.in, funnelSettings(test.edit)); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v, want an error that says %q", err, test.says)
		}
	}
}

// FuzzFunnel: whatever the groups, no panic, nothing infinite, limits in their
// order about the centre, and an answer within a bounded time.
func FuzzFunnel(f *testing.F) {
	f.Add(1.0, 2.0, 30.0, 100.0, uint8(3), uint8(0), 1.0, math.NaN())
	f.Add(0.0, 1e-100, 1e100, 1e100, uint8(0), uint8(3), 1e100, math.NaN())
	f.Add(1e100, 1e-100, 0.0, 7e7, uint8(200), uint8(7), 1e-100, 1e-50)
	f.Add(0.0, 0.004, 3.0, 9e6, uint8(30), uint8(9), 100.0, 50.0)
	f.Add(1.43e98, 15.0, 19.0, 7e7, uint8(200), uint8(3), 63.0, 1e-50)   // a score of 1e49
	f.Add(1e100, 1e-100, 35.0, 7e7, uint8(142), uint8(5), 1e-100, 1e-50) // 1e57 expected, where single counts are added up
	f.Fuzz(func(t *testing.T, y1, n1, y2, n2 float64, more, form uint8, multiply, centre float64) {
		forms := everyForm()
		p := forms[int(form)%len(forms)]
		p.Multiply, p.Centre = multiply, centre
		in := groups(y1, n1, y2, n2)
		for i := range int(more) {
			in.X, in.Y, in.N = append(in.X, int32(i+3)), append(in.Y, math.Min(y1, n1)/float64(i+1)), append(in.N, math.Ceil(n2/float64(i+1)))
		}
		c, err := Compute(in, p)
		if err != nil {
			if !errors.Is(err, ErrInput) {
				t.Fatal(err)
			}
			return
		}
		wantFinite(t, &c)
		if !(c.Phi >= 0 && c.Tau2 >= 0 && c.Phi <= math.MaxFloat64 && c.Tau2 <= math.MaxFloat64) {
			t.Fatalf("phi %g, tau2 %g", c.Phi, c.Tau2)
		}
		for i := range c.Y {
			last := math.Inf(-1)
			for _, v := range []float64{c.Lower[i], c.NearLower[i], c.Centre[i], c.NearUpper[i], c.Upper[i]} {
				if v < last {
					t.Fatalf("group %d: %g %g, %g, %g %g", i+1, c.Lower[i], c.NearLower[i], c.Centre[i], c.NearUpper[i], c.Upper[i])
				}
				if !measures.IsMissing(v) {
					last = v
				}
			}
		}
	})
}
