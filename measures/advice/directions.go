package advice

import "github.com/signalbox-health/signalbox/measures"

const (
	upward   = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	downward = measures.OutsideLower | measures.TrendDecreasing | measures.TwoInThreeBelow | measures.ShiftBelow
)

// recent is how many of the last measured points are looked at for rules that
// fired both ways: a year of months.
const recent = 12

// directions looks for rules that fired both ways lately, or at one and the same
// point. Where a shift has lasted, it explains them.
func (v *view) directions(s lasting) measures.Note {
	if v.a.Detail == NoPoints {
		return measures.Note{}
	}
	if both := v.c.Signals[v.last]; both&upward != 0 && both&downward != 0 {
		return v.bothWays()
	}
	if s.points > 0 {
		return measures.Note{}
	}
	good, bad, seen := -1, -1, 0 // the latest point of each
	for i := v.last; i >= v.from && seen < recent; i-- {
		if measures.IsMissing(v.c.Y[i]) {
			continue
		}
		seen++
		switch v.c.Causes[i] {
		case measures.Improvement, measures.NeutralHigh:
			good = max(good, i)
		case measures.Concern, measures.NeutralLow:
			bad = max(bad, i)
		}
	}
	if good < 0 || bad < 0 {
		return measures.Note{}
	}
	one, other := "improvement", "concern"
	if v.c.Direction == measures.Neutral {
		one, other = "high", "low"
	}
	if bad > good {
		good, bad, one, other = bad, good, other, one
	}
	return measures.Note{Code: MixedDirections, Text: "Within the last " + v.count(seen) + " rules fired both ways: " + one + " (" + v.period(good) +
		") after " + other + " (" + v.period(bad) +
		"). Such a process is not settled. Before acting on either, ask whether two sites or groups of patients are mixed in this figure, whether counting has changed, and whether the one is the answer to the other."}
}

func (v *view) bothWays() measures.Note {
	text := v.period(v.last) + " is flagged in both directions at once: it lies on one side and moves to the other."
	if v.c.Rules == measures.MDC && v.c.Causes[v.last] == measures.Improvement {
		text += " It is shown as an improvement, because under the rules of Making Data Count improvement wins."
	}
	return measures.Note{Code: MixedDirections, Text: text + " Read both rules before saying either: where it stands may still be the old trouble, where it goes the new change, or the other way about."}
}
