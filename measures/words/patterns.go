package words

import "github.com/signalbox-health/signalbox/measures"

// The rules of Western Electric and Nelson name no side in their signals. In
// words they have one, so here they become the signals they amount to; these
// have none of their own.
const (
	fourAbove  measures.Signals = (measures.AllSignals + 1) << iota // four of five beyond one sigma
	fourBelow                                                       // the same, below
	alternates                                                      // 14 up and down in turn
	hugs                                                            // 15 within one sigma
	shuns                                                           // eight beyond one sigma, on both sides
)

const (
	above = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove | fourAbove
	below = measures.OutsideLower | measures.TrendDecreasing | measures.TwoInThreeBelow | measures.ShiftBelow | fourBelow

	outside    = measures.OutsideUpper | measures.OutsideLower
	shifts     = measures.ShiftAbove | measures.ShiftBelow
	trends     = measures.TrendIncreasing | measures.TrendDecreasing
	near       = measures.TwoInThreeAbove | measures.TwoInThreeBelow
	fours      = fourAbove | fourBelow
	undirected = alternates | hugs | shuns
)

// zoned reports whether a rule set names no sides.
func zoned(rules measures.RuleSet) bool {
	return rules == measures.WesternElectric || rules == measures.Nelson
}

// sided are the signals of a chart with a side each.
func sided(c *measures.Chart) []measures.Signals {
	if !zoned(c.Rules) {
		return c.Signals
	}
	signals := make([]measures.Signals, len(c.Signals))
	for i, s := range c.Signals {
		if s != 0 {
			signals[i] = sidedAt(c, i)
		}
	}
	return signals
}

func sidedAt(c *measures.Chart, i int) measures.Signals {
	s := c.Signals[i]
	found := s & (above | below) // of kinds whose points make no patterns
	up := c.Y[i] > c.Centre[i]
	choose := func(rules, high, low measures.Signals, up bool) {
		switch {
		case s&rules == 0:
		case up:
			found |= high
		default:
			found |= low
		}
	}
	choose(measures.WE1|measures.Nelson1, measures.OutsideUpper, measures.OutsideLower, c.Y[i] > c.Upper[i])
	choose(measures.WE2|measures.Nelson5, measures.TwoInThreeAbove, measures.TwoInThreeBelow, up)
	choose(measures.WE3|measures.Nelson6, fourAbove, fourBelow, up)
	choose(measures.WE4|measures.Nelson2, measures.ShiftAbove, measures.ShiftBelow, up)
	choose(measures.Nelson3, measures.TrendIncreasing, measures.TrendDecreasing, rises(c, i))
	choose(measures.Nelson4, alternates, alternates, up)
	choose(measures.Nelson7, hugs, hugs, up)
	choose(measures.Nelson8, shuns, shuns, up)
	return found
}

// rises reports whether a point lies above the one before it that counts.
func rises(c *measures.Chart, i int) bool {
	for k := i - 1; k >= 0; k-- {
		if !measures.IsMissing(c.Y[k]) && c.States[k] != measures.Excluded {
			return c.Y[i] > c.Y[k]
		}
	}
	return false
}

// shiftLength is how many points in a row on one side make a shift.
func (v *view) shiftLength() int {
	switch v.c.Rules {
	case measures.IHI:
		return 6
	case measures.WesternElectric:
		return 8
	case measures.Nelson:
		return 9
	}
	return 7
}

// passes reports whether runs and trends pass over what does not count, as the
// IHI rules do with points on the centre, repeated and missing ones. Under
// other rules they end there.
func (v *view) passes() bool { return v.c.Rules == measures.IHI }

// patterned reports whether patterns among the points of a kind mean anything.
func patterned(kind measures.Kind) bool {
	switch kind {
	case measures.MR, measures.EWMA, measures.CUSUM, measures.Funnel, measures.Bernoulli, measures.VLAD:
		return false
	}
	return true
}
