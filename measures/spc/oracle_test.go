package spc

import (
	"math/rand/v2"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// The rules once more, as windows over points, straight from their wording. They
// are slow and simple; the rules in use go over the points once.

// seen is one point as a rule sees it.
type seen struct {
	at                             int
	y, centre, lower, upper        float64
	nearLower, nearUpper, in1, up1 float64 // in1 and up1: the lines at one sigma
}

func (p seen) side() int { return order(p.y, p.centre) }

// strips are the points of a phase that a rule may look at, in stretches between
// missing points, or all in one where missing points are passed over.
func strips(c *measures.Chart, bridge bool) [][]seen {
	var all [][]seen
	var now []seen
	for i := range c.Y {
		excluded, missing := c.States[i] == measures.Excluded, measures.IsMissing(c.Y[i])
		if i > 0 && c.Phase[i] != c.Phase[i-1] || missing && !excluded && !bridge {
			all, now = append(all, now), nil
		}
		if missing || excluded {
			continue
		}
		sigma := (c.Upper[i] - c.Centre[i]) / 3
		now = append(now, seen{i, c.Y[i], c.Centre[i], c.Lower[i], c.Upper[i], c.NearLower[i], c.NearUpper[i],
			c.Centre[i] - sigma, c.Centre[i] + sigma})
	}
	return append(all, now)
}

// windows calls f with every n points in a row.
func windows(points []seen, n int, f func([]seen)) {
	for i := n; i <= len(points); i++ {
		f(points[i-n : i])
	}
}

func every(points []seen, holds func(seen) bool) bool { return many(points, holds) == len(points) }

func many(points []seen, holds func(seen) bool) (n int) {
	for _, p := range points {
		if holds(p) {
			n++
		}
	}
	return n
}

// goes reports whether points step the same way throughout, up for 1.
func goes(points []seen, way int) bool {
	for i := 1; i < len(points); i++ {
		if order(points[i].y, points[i-1].y) != way {
			return false
		}
	}
	return true
}

// answers collects the signals that a rule set should give.
type answers []measures.Signals

func (a answers) add(points []seen, s measures.Signals, but measures.Signals, which func(seen) bool) {
	for _, p := range points {
		if which == nil || which(p) {
			a[p.at] = a[p.at]&^but | s
		}
	}
}

func expected(c *measures.Chart, p *Parameters) answers {
	a := make(answers, c.Len())
	for i, y := range c.Y {
		high, low := measures.OutsideUpper, measures.OutsideLower
		switch p.Rules {
		case measures.WesternElectric:
			high, low = measures.WE1, measures.WE1
		case measures.Nelson:
			high, low = measures.Nelson1, measures.Nelson1
		case measures.NoRules:
			high, low = 0, 0
		}
		if y > c.Upper[i] {
			a[i] |= high
		}
		if y < c.Lower[i] {
			a[i] |= low
		}
	}
	for _, points := range strips(c, p.Rules == measures.IHI) {
		switch p.Rules {
		case measures.MDC, measures.MDCR022:
			a.trends(points, p.Trend)
			a.shifts(points, 7)
			a.twoInThree(points, p.Rules == measures.MDC)
		case measures.PowerBI:
			a.trends(points, p.Trend)
			a.shifts(points, 7)
			a.scores(points)
		case measures.IHI:
			a.trends(firsts(points), p.Trend)
			a.shifts(useful(points), 6)
		case measures.WesternElectric:
			a.zones(points, measures.WE2, measures.WE3, measures.WE4, 8)
		case measures.Nelson:
			a.zones(points, measures.Nelson5, measures.Nelson6, measures.Nelson2, 9)
			a.nelson(points, p.Trend)
		}
	}
	return a
}

func (a answers) trends(points []seen, n int) {
	windows(points, n, func(w []seen) {
		if goes(w, 1) {
			a.add(w, measures.TrendIncreasing, measures.TrendDecreasing, nil)
		}
		if goes(w, -1) {
			a.add(w, measures.TrendDecreasing, measures.TrendIncreasing, nil)
		}
	})
}

func (a answers) shifts(points []seen, n int) {
	windows(points, n, func(w []seen) {
		if every(w, func(p seen) bool { return p.side() > 0 }) {
			a.add(w, measures.ShiftAbove, 0, nil)
		}
		if every(w, func(p seen) bool { return p.side() < 0 }) {
			a.add(w, measures.ShiftBelow, 0, nil)
		}
	})
}

func (a answers) twoInThree(points []seen, outsideCounts bool) {
	for side, s := range map[int]measures.Signals{1: measures.TwoInThreeAbove, -1: measures.TwoInThreeBelow} {
		near := func(p seen) bool {
			if !outsideCounts && (p.y > p.upper || p.y < p.lower) {
				return false
			}
			return side > 0 && p.y > p.nearUpper || side < 0 && p.y < p.nearLower
		}
		windows(points, 3, func(w []seen) {
			if every(w, func(p seen) bool { return p.side() == side }) && many(w, near) >= 2 {
				a.add(w, s, 0, near)
			}
		})
	}
}

func (a answers) scores(points []seen) {
	above := func(p seen) bool { return p.y > p.nearUpper }
	below := func(p seen) bool { return p.y < p.nearLower }
	for i := range points {
		w := points[max(0, i-2) : i+1]
		switch sum := many(w, above) - many(w, below); {
		case sum >= 2:
			a.add(w, measures.TwoInThreeAbove, 0, above)
		case sum <= -2:
			a.add(w, measures.TwoInThreeBelow, 0, below)
		}
	}
}

func (a answers) zones(points []seen, two, four, row measures.Signals, length int) {
	last := func(w []seen) []seen { return w[len(w)-1:] }
	for _, beyond := range []struct {
		rule        measures.Signals
		least, of   int
		above, past func(seen) bool
	}{
		{two, 2, 3, func(p seen) bool { return p.y > p.nearUpper }, func(p seen) bool { return p.y < p.nearLower }},
		{four, 4, 5, func(p seen) bool { return p.y > p.up1 }, func(p seen) bool { return p.y < p.in1 }},
		{row, length, length, func(p seen) bool { return p.side() > 0 }, func(p seen) bool { return p.side() < 0 }},
	} {
		windows(points, beyond.of, func(w []seen) {
			for _, holds := range []func(seen) bool{beyond.above, beyond.past} {
				if many(w, holds) >= beyond.least && every(last(w), holds) {
					a.add(last(w), beyond.rule, 0, nil)
				}
			}
		})
	}
}

func (a answers) nelson(points []seen, trend int) {
	out := func(p seen) bool { return p.y > p.up1 || p.y < p.in1 }
	windows(points, trend, func(w []seen) {
		if goes(w, 1) || goes(w, -1) {
			a.add(w[trend-1:], measures.Nelson3, 0, nil)
		}
	})
	windows(points, 14, func(w []seen) {
		for i := 2; i < len(w); i++ {
			if a, b := order(w[i].y, w[i-1].y), order(w[i-1].y, w[i-2].y); a == 0 || a != -b {
				return
			}
		}
		a.add(w[13:], measures.Nelson4, 0, nil)
	})
	windows(points, 15, func(w []seen) {
		if every(w, func(p seen) bool { return p.in1 < p.up1 && !out(p) }) {
			a.add(w[14:], measures.Nelson7, 0, nil)
		}
	})
	windows(points, 8, func(w []seen) {
		above := many(w, func(p seen) bool { return p.y > p.up1 })
		if every(w, out) && above > 0 && above < 8 {
			a.add(w[7:], measures.Nelson8, 0, nil)
		}
	})
}

// firsts leaves out points equal to the one before.
func firsts(points []seen) (kept []seen) {
	for _, p := range points {
		if len(kept) == 0 || kept[len(kept)-1].y != p.y {
			kept = append(kept, p)
		}
	}
	return kept
}

// useful leaves out points on the centre.
func useful(points []seen) (kept []seen) {
	for _, p := range points {
		if p.side() != 0 {
			kept = append(kept, p)
		}
	}
	return kept
}

// Every rule is kept at every point, as its wording says, whatever else fires.
func TestEveryRuleFiresExactlyWhereItsWordingSays(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	fired := make(map[measures.Signals]int)
	for range 60000 {
		kind := one(r, measures.XmR, measures.XmR, measures.Run, measures.XBar, measures.IPrime)
		in, p := anySeries(r, kind), anyRules(r, kind)
		if p.Trend = 3 + r.IntN(6); r.IntN(3) == 0 {
			in.zigzag(r)
		}
		if r.IntN(3) == 0 {
			in.Phases = []measures.Phase{{Start: measures.Date(in.X[r.IntN(len(in.X))])}}
		}
		c := compute(t, in, p)
		want := expected(&c, &p)
		for i, got := range c.Signals {
			if p.Rules == measures.Anhoej {
				got = want[i]
			}
			if got != want[i] {
				t.Fatalf("%s, %s, point %d: %q, want %q\ny %v\nlimits %v %v centre %v", kind, p.Rules, i+1, got.Names(), want[i].Names(),
					c.Y, c.Lower[i], c.Upper[i], c.Centre[i])
			}
			for bit := measures.Signals(1); bit <= got; bit <<= 1 {
				if got&bit != 0 {
					fired[bit]++
				}
			}
		}
	}
	for bit := measures.Signals(1); bit <= measures.Nelson8; bit <<= 1 {
		if fired[bit] < 100 {
			t.Errorf("%s fired %d times only", bit.Names(), fired[bit])
		}
	}
}

// zigzag makes a series alternate, which chance hardly ever does for long, or
// stay close to its centre but for a few points that make the limits wide.
func (in *Input) zigzag(r *rand.Rand) {
	hug := r.IntN(2) == 0
	for i := range in.Y {
		switch {
		case hug && r.IntN(12) == 0:
			in.Y[i] += 40
		case hug:
			in.Y[i] = 10 + float64(r.IntN(2))
		default:
			in.Y[i] += float64(i%2) * 9
		}
	}
}
