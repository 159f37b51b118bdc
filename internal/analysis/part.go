package analysis

import (
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrPart says that a measure of one stratum cannot be shown as it was asked for.
var ErrPart = errors.New("a measure of one stratum")

// partAllowed says what stands against showing one stratum alone. Where small
// numbers are hidden, a stratum that is hidden takes a second one with it, or the
// difference to the whole would tell it; a single one has no other to take. And it
// cannot be split again.
func partAllowed(q *Question, terms policy.Disclosure) error {
	switch {
	case q.Stratifier != "":
		return refusePart("it is one stratum already and cannot be split by " + q.Stratifier + "; ask for it as it is")
	case !disclosure.Open(terms):
		return refusePart("it would have to be shown with small numbers hidden, which one stratum alone cannot keep; ask the owner of the figures for the strata together")
	}
	return nil
}

func refusePart(why string) error { return fmt.Errorf("%w: %s", ErrPart, why) }

// only keeps the series of one stratum. They are the whole of what the measure is
// about, so they no longer carry its name.
func only(all []measures.Series, stratum string) []measures.Series {
	kept := slices.DeleteFunc(all, func(s measures.Series) bool { return s.Stratum != stratum })
	for i := range kept {
		kept[i].Stratum = ""
	}
	return kept
}

// stratifiersOf are those that the policy is asked for.
func stratifiersOf(m *measures.Measure, d *Division) []string {
	if m.Part != nil && d.By == "" {
		return []string{m.Part.Stratifier}
	}
	return d.stratifiers()
}
