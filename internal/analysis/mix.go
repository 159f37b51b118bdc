package analysis

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrNoMix says that the change of a measure cannot be split. Its text says why,
// for the reader.
var ErrNoMix = errors.New("no split of this change")

// Mix is a change split into what changed within strata and what came of their
// shares, as it may be shown.
type Mix struct {
	Dataset  measures.Dataset // that the strata come from
	Division Division
	Split    mix.Split     // fractions of 1, not yet multiplied
	Strata   []mix.Stratum // the counts that were split
	// Together are the strata that stand as one, the last, because their numbers
	// are small.
	Together      []string
	Before, After Stretch
	// Own is the change of the measure's own figures over the same periods, as the
	// chart shows them. It is missing where figures are hidden or rounded.
	Own float64
	// Chance is about the most that two stretches of these lengths differ by chance,
	// as a fraction of 1: two standard errors, by the limits of the chart. It is 0
	// where the chart has no limits.
	Chance  float64
	Receipt Receipt // of the strata
}

// Stretch is some periods of a chart.
type Stretch struct {
	First, Last measures.Date
	Periods     int // that were measured and counted
	Provisional bool
}

// Differs reports whether the strata add up to another change than the measure's
// own figures have, by more than a tenth of a point.
func (m *Mix) Differs() bool { return math.Abs(m.Own-m.Split.Change) > 0.001 }

// split says which answers a split is made of: the chart of a whole, and its strata.
type split struct{ whole, strata int }

// answersTo opens an answer for every question, and after them one for the strata
// of each that asks for its split.
func (a *Analysis) answersTo(questions []Question) ([]Answer, []split) {
	answers := make([]Answer, len(questions), 2*len(questions))
	var splits []split
	for i, q := range questions {
		answers[i] = Answer{Question: q}
		if !q.Split {
			continue
		}
		m, err := a.Catalogue.asked(&q)
		switch {
		case err != nil:
			answers[i].SplitErr = err
		case m.Mix == nil:
			answers[i].SplitErr = fmt.Errorf("%w: nobody has said which strata %s has", ErrNoMix, m.Title)
		case q.Stratifier != "" || q.Organisation == policy.Everyone:
			answers[i].SplitErr = fmt.Errorf("%w: only that of one organisation as a whole can be", ErrNoMix)
		default:
			strata := q
			strata.Stratifier, strata.Drawing = m.Mix.By(), Drawing{}
			splits = append(splits, split{i, len(answers)})
			answers = append(answers, Answer{Question: strata, split: true})
		}
	}
	return answers, splits
}

// make splits the change that one answer shows by the strata that the other read.
// No plugin has a part in it.
func (s split) make(answers []Answer, open []int, results []postgres.Result) {
	whole, strata := &answers[s.whole], &answers[s.strata]
	if whole.SplitErr = whole.Err; whole.SplitErr == nil {
		whole.SplitErr = strata.Err
	}
	if whole.SplitErr != nil {
		return
	}
	result := &results[slices.Index(open, s.strata)]
	made, err := mixOf(whole, strata)
	if err != nil {
		whole.SplitErr, *result = err, postgres.Result{Record: result.Record, Problem: problemOf(err)}
		return
	}
	whole.Split = made
	result.Digest, result.Suppressed = digestOf(made.figures(whole.Question.Organisation)), int64(len(made.Together))
}

// mixOf finds the two stretches in what was read, adds the strata up and splits.
func mixOf(whole, strata *Answer) (*Mix, error) {
	m := &Mix{Dataset: strata.Dataset, Division: strata.division, Own: measures.Missing, Receipt: strata.Receipt}
	if len(whole.material.series) != 1 {
		return nil, fmt.Errorf("%w: there are no figures of it here", ErrNoMix)
	}
	counted := &counting{whole: &whole.material.series[0], strata: strata.material.series, hidden: strata.material.hidden,
		own: m.Division.strata == nil && m.Dataset.Additive}
	if err := counted.find(whole.Measure.Inputs, whole.Question.Between); err != nil {
		return nil, err
	}
	m.Before, m.After = counted.stretch(counted.before), counted.stretch(counted.after)
	terms := strata.Receipt.Disclosure
	sums, blurred := counted.sums(terms)
	if m.Strata, m.Together = disclosure.Strata(terms, sums, blurred); m.Strata == nil {
		return nil, fmt.Errorf("%w: its strata have numbers too small to be shown", ErrNoMix)
	}
	var err error
	if m.Split, err = mix.Of(m.Strata); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMix, err)
	}
	if disclosure.Open(terms) && disclosure.Open(whole.Receipt.Disclosure) {
		m.Own = counted.change()
	}
	m.Chance = chance(&whole.Charts[0].Chart, m.Before.Periods, m.After.Periods) / whole.Measure.Unit.Multiply
	return m, nil
}

// chance is two standard errors of the difference between two means, of so many
// points each, in a chart whose limits lie three standard deviations from its
// centre. A limit that is cut off at the least or the most there can be lies nearer,
// so the farther one counts.
func chance(c *measures.Chart, before, after int) float64 {
	last := c.Len() - 1
	if last < 0 || last >= len(c.Upper) || measures.IsMissing(c.Upper[last]) || measures.IsMissing(c.Centre[last]) {
		return 0
	}
	sigma := max(c.Upper[last]-c.Centre[last], c.Centre[last]-c.Lower[last]) / 3
	return 2 * sigma * math.Sqrt(1/float64(before)+1/float64(after))
}

// figures are the counts that were released, in the form that is digested.
func (m *Mix) figures(organisation measures.ODSCode) []Chart {
	list := make([]Chart, len(m.Strata))
	for i, s := range m.Strata {
		f := &list[i].Figure
		f.Organisation, f.Stratum = organisation, s.Name
		f.Numerator = []float64{s.Before.Numerator, s.After.Numerator}
		f.Denominator = []float64{s.Before.Denominator, s.After.Denominator}
	}
	return list
}
