package disclosure

import "github.com/signalbox-health/signalbox/measures"

// quieten takes back what was said about hidden points. A rule that fired over
// a stretch with a hidden point in it tells something of that point: seven
// falling in a row between 8 and 1 leave little to guess. So the whole stretch
// goes quiet for that rule. The counts of the runs test go too, because
// crossings tell on which side of the centre a hidden point lies; its verdict
// on the phase stays, which is one bit about all points together.
func quieten(truth, c *measures.Chart, hide []bool) {
	var fired measures.Signals
	for _, s := range truth.Signals {
		fired |= s
	}
	for bit := measures.Signals(1); bit != 0 && bit <= fired; bit <<= 1 {
		if back, forward, alone := window(bit); alone {
			quietWindows(truth, c, hide, bit, back, forward)
		} else {
			quietStretches(truth, c, hide, bit)
		}
	}
	for i := range c.Causes {
		switch {
		case hide[i]:
			c.Causes[i] = measures.NoCause
		case i < len(c.Signals) && c.Signals[i] != truth.Signals[i]:
			c.Causes[i] = cause(c.Signals[i], c.Direction)
		}
	}
	for from := 0; from < c.Len(); {
		to := phaseEnd(c, from)
		phase := 0
		if len(c.Phase) == c.Len() {
			phase = int(c.Phase[from]) - 1
		}
		for i := from; i < to; i++ {
			if hide[i] && phase >= 0 && phase < len(c.Phases) {
				c.Phases[phase] = unsaid(c.Phases[phase])
				break
			}
		}
		from = to
	}
	if last := truth.Last(); last >= 0 && (hide[last] || c.Causes != nil && c.Causes[last] != truth.Causes[last]) {
		c.Variation = measures.VariationEmpty
	}
}

// window tells how many points before and after a flagged one its rule may have
// looked at, for rules that do not flag all of those. The zone rules flag the
// point that completes a pattern; two in three leaves out the third point.
func window(bit measures.Signals) (back, forward int, alone bool) {
	switch bit {
	case measures.TwoInThreeAbove, measures.TwoInThreeBelow:
		return 2, 2, true
	case measures.WE2, measures.Nelson5:
		return 2, 0, true
	case measures.WE3, measures.Nelson6:
		return 4, 0, true
	case measures.WE4, measures.Nelson8:
		return 7, 0, true
	case measures.Nelson2:
		return 8, 0, true
	case measures.Nelson3:
		return longestTrend, 0, true
	case measures.Nelson4:
		return 13, 0, true
	case measures.Nelson7:
		return 14, 0, true
	}
	return 0, 0, false
}

// longestTrend is as many steps as a chart can be told to ask of a trend.
const longestTrend = 99

// quietWindows takes a rule back where a hidden point lies in the window that
// it may have looked at.
func quietWindows(truth, c *measures.Chart, hide []bool, bit measures.Signals, back, forward int) {
	for i, s := range truth.Signals {
		if s&bit == 0 {
			continue
		}
		if hide[i] || hiddenWithin(truth, hide, i, -1, back) || hiddenWithin(truth, hide, i, 1, forward) {
			c.Signals[i] &^= bit
		}
	}
}

// hiddenWithin looks for a hidden point among so many points of a phase before
// or after one. Missing points end a pattern, excluded ones are passed over.
func hiddenWithin(truth *measures.Chart, hide []bool, i, step, points int) bool {
	for k := i + step; points > 0 && k >= 0 && k < len(truth.Y); k += step {
		switch {
		case len(truth.Phase) == len(truth.Y) && truth.Phase[k] != truth.Phase[i]:
			return false
		case excluded(truth, k):
			continue
		case measures.IsMissing(truth.Y[k]):
			return false
		case hide[k]:
			return true
		}
		points--
	}
	return false
}

// quietStretches takes a rule back over whole stretches of flagged points, those
// in between included that the rule passed over.
func quietStretches(truth, c *measures.Chart, hide []bool, bit measures.Signals) {
	for from := 0; from < len(c.Signals); {
		if truth.Signals[from]&bit == 0 {
			from++
			continue
		}
		to, tainted := from, false
		for k := from; k < len(c.Signals); k++ {
			if truth.Signals[k]&bit != 0 {
				to = k + 1
			} else if !passedOver(truth, k) {
				break
			}
		}
		for i := from; i < to; i++ {
			tainted = tainted || hide[i]
		}
		for i := from; tainted && i < to; i++ {
			c.Signals[i] &^= bit
		}
		from = to
	}
}

// passedOver reports whether a pattern may go on beyond a point that it does not
// flag: excluded points, and under ihi also missing ones, those on the centre and
// those equal to the one before.
func passedOver(truth *measures.Chart, i int) bool {
	if excluded(truth, i) {
		return true
	}
	if truth.Rules != measures.IHI {
		return false
	}
	y := truth.Y[i]
	if measures.IsMissing(y) || len(truth.Centre) == len(truth.Y) && y == truth.Centre[i] {
		return true
	}
	for i--; i >= 0; i-- {
		if !excluded(truth, i) && !measures.IsMissing(truth.Y[i]) {
			return truth.Y[i] == y
		}
	}
	return false
}

func excluded(c *measures.Chart, i int) bool {
	return i < len(c.States) && c.States[i] == measures.Excluded
}

func unsaid(p measures.PhaseStatistics) measures.PhaseStatistics {
	p.Useful, p.LongestRun, p.LongestRunMax, p.Crossings, p.CrossingsMin = measures.NoNumber, measures.NoNumber, measures.NoNumber, measures.NoNumber, measures.NoNumber
	p.Runs, p.RunsLow, p.RunsHigh = measures.NoNumber, measures.NoNumber, measures.NoNumber
	return p
}

const (
	upward   = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	downward = measures.OutsideLower | measures.TrendDecreasing | measures.TwoInThreeBelow | measures.ShiftBelow
)

// cause judges a point by the signals that are still said of it. The first
// decides, as in the charts themselves; one that names no side leaves no cause.
func cause(left measures.Signals, wanted measures.Direction) measures.Cause {
	first := left & -left
	up := first&upward != 0
	switch {
	case left == 0:
		return measures.Common
	case first&(upward|downward) == 0:
		return measures.NoCause
	case wanted == measures.Neutral && up:
		return measures.NeutralHigh
	case wanted == measures.Neutral:
		return measures.NeutralLow
	case up == (wanted == measures.Increase):
		return measures.Improvement
	}
	return measures.Concern
}
