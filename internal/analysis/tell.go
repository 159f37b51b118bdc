package analysis

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrRevealing says that an answer, put beside earlier ones, would tell a number
// that is hidden for being small. Its text says which, for the reader.
var ErrRevealing = errors.New("this would tell a hidden number")

// tell compares what an answer is about to tell with all that the reader's
// organisation has been told of the dataset, and keeps it for the next. Where the
// two together would tell a hidden number the answer is refused: nothing is told
// and nothing kept.
func (a *Analysis) tell(ctx context.Context, grant policy.Grant, answer *Answer, tellings []disclosure.Telling) error {
	if len(tellings) == 0 {
		return nil
	}
	var organisations []measures.ODSCode
	if answer.Question.Organisation != policy.Everyone {
		organisations = []measures.ODSCode{answer.Question.Organisation}
	}
	var refused error
	err := a.Data.Told(ctx, grant, readerOf(&answer.Question), organisations, func(before []disclosure.Telling) ([]disclosure.Telling, error) {
		all, changed := disclosure.Learnt(before, tellings)
		concerned := map[measures.ODSCode]bool{}
		for _, t := range changed {
			concerned[t.Organisation] = true
		}
		all = slices.DeleteFunc(all, func(t disclosure.Telling) bool { return !concerned[t.Organisation] })
		if found := disclosure.Reveals(grant.Disclosure(), true, all); len(found) > 0 {
			refused = revealing(answer, found[0])
			return nil, refused
		}
		return changed, nil
	})
	if refused != nil {
		return refused
	}
	return err
}

// readerOf is whoever may put two answers together. Colleagues talk to each other,
// and evidence is read by everybody.
func readerOf(q *Question) string {
	actor := q.Actor
	if q.Action == policy.EvidenceSend {
		return everybody
	}
	if actor.ODS == "" {
		return "person " + actor.ID
	}
	return string(actor.ODS)
}

// everybody is the reader of what leaves the installation; no organisation has such
// a code.
const everybody = "everybody"

func revealing(answer *Answer, r disclosure.Revealed) error {
	return fmt.Errorf("%w: together with what your organisation has been shown before, “%s” would narrow down a number of %s for the period from %s that is hidden because it is small",
		ErrRevealing, answer.Measure.Title, r.Organisation, measures.Date(r.X))
}

// source says what the numbers of a series are made of.
type source struct {
	inputs []measures.Input
	by     string // the stratifier, where strata are rows; strata that are columns have none
}

// tellings are what a series would tell, by its true counts.
func (s source) tellings(terms policy.Disclosure, counts disclosure.Counts, hide []bool, load int32) []disclosure.Telling {
	numerator, denominator := roles(s.inputs)
	if numerator < 0 {
		return nil
	}
	sum := func(input int) (made disclosure.Sum) {
		if input < 0 {
			return made
		}
		made.Plus, made.Minus = s.inputs[input].Plus, s.inputs[input].Minus
		if s.by != "" && counts.Stratum != "" {
			made.Stratifier, made.Stratum = s.by, counts.Stratum
		}
		return made
	}
	return disclosure.Tell(terms, counts, hide, load, sum(numerator), sum(denominator))
}
