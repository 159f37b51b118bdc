package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// locked puts the baseline that was locked when the release was adopted among the
// phases that people decided on. A phase that would begin within it does not count:
// that is what locked means. One that begins after it does.
func (d *Definition) locked(s *measures.Series, decided []measures.Phase) []measures.Phase {
	b := d.Layer.Baseline
	if b == nil || len(s.Periods) == 0 {
		return decided
	}
	rows := 0 // missing ones count too, as in every baseline
	for _, period := range s.Periods {
		if period >= b.From && period <= b.To {
			rows++
		}
	}
	phase := measures.Phase{Start: b.From, Baseline: rows,
		Reason: fmt.Sprintf("Locked when the release was adopted: %s to %s.", b.From.MonthName(), b.To.MonthName())}
	if rows < pointsForBaseline {
		phase.Baseline = 0
		phase.Reason = fmt.Sprintf("The baseline that was locked, %s to %s, has %d points here, which is too few for limits, so they are made of all points.",
			b.From.MonthName(), b.To.MonthName(), rows)
	}
	if a := d.Adoption; a != nil {
		year, month, day := a.At.UTC().Date()
		phase.Author, phase.Decided = a.By, measures.DateOf(year, int(month), day)
	}
	phases := slices.DeleteFunc(slices.Clone(decided), func(p measures.Phase) bool { return p.Start >= b.From && p.Start <= b.To })
	phases = append(phases, phase)
	slices.SortFunc(phases, func(a, b measures.Phase) int { return cmp.Compare(a.Start, b.Start) })
	return phases
}

// pointsForBaseline is the shortest baseline that the rules allow.
const pointsForBaseline = 12
