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
	for bit := measures.Signals(1); bit <= fired; bit <<= 1 {
		for from := 0; from < len(c.Signals); {
			to := from
			tainted := false
			for to < len(c.Signals) && truth.Signals[to]&bit != 0 {
				tainted = tainted || hide[to]
				to++
			}
			for i := from; tainted && i < to; i++ {
				c.Signals[i] &^= bit
			}
			from = max(to, from+1)
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
