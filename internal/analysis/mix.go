package analysis

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrNoMix says that the change of a measure cannot be split. Its text says why,
// for the reader.
var ErrNoMix = errors.New("no split of this change")

// MixQuestion asks what of a measure's change lies within its strata.
type MixQuestion struct {
	Actor        policy.Actor
	Action       policy.Action // ChartRead, or DataExport where the answer leaves as a file
	Measure      measures.MeasureID
	Organisation measures.ODSCode
	Period       policy.Period // as in Question
	Everything   bool
	AsOf         int32
}

// MixAnswer is a change split into what changed within strata and what came of
// their shares, as it may be shown.
type MixAnswer struct {
	Question MixQuestion
	Measure  *measures.Measure
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
	Own      float64
	Receipts [2]Receipt // of the measure's own figures, and of the strata
}

// Stretch is some periods of a chart.
type Stretch struct {
	First, Last measures.Date
	Periods     int // that were measured and counted
	Provisional bool
}

// Differs reports whether the strata add up to another change than the measure's
// own figures have, by more than a tenth of a point.
func (m *MixAnswer) Differs() bool { return math.Abs(m.Own-m.Split.Change) > 0.001 }

// Mix splits the change of a measure: decide, record, read, split, disclose. No
// plugin runs. Two stretches of the measure's own chart are compared, see
// stretches, so it reads the measure's own figures too, with a decision of their
// own, and the strata with another.
func (a *Analysis) Mix(ctx context.Context, asked MixQuestion) (MixAnswer, error) {
	none := MixAnswer{Question: asked}
	answers, err := a.mixQuestions(asked)
	if err != nil {
		return none, err
	}
	decisions := make([]policy.Decision, len(answers))
	for i := range answers {
		if decisions[i], err = a.decide(ctx, &answers[i]); err != nil {
			return none, err
		}
	}
	records, err := a.Ledger.RecordAll(ctx, decisions)
	if err != nil {
		return none, fmt.Errorf("record %d decisions: %w", len(decisions), err) // no record, no data
	}
	made, results, err := a.mix(ctx, answers, records)
	made.Question = asked
	if err != nil {
		made, results = none, nil
		for _, record := range records {
			if record.Decision().Allow {
				results = append(results, postgres.Result{Record: record, Problem: problemOf(err)})
			}
		}
	}
	if failed := a.Ledger.RecordResults(ctx, results); failed != nil {
		return none, fmt.Errorf("record what the split released: %w", failed)
	}
	return made, err
}

// mixQuestions are the two questions behind a split: the whole, and its strata.
func (a *Analysis) mixQuestions(asked MixQuestion) ([]Answer, error) {
	m, err := a.Catalogue.Measure(asked.Measure)
	if err != nil {
		return nil, err
	}
	if m.Mix == nil {
		return nil, fmt.Errorf("%w: nobody has said which strata %s has", ErrNoMix, m.Title)
	}
	whole := Question{Actor: asked.Actor, Action: asked.Action, Measure: m.ID, Organisation: asked.Organisation,
		Period: asked.Period, Everything: asked.Everything, AsOf: asked.AsOf}
	strata := whole
	strata.Stratifier = m.Mix.By()
	return []Answer{{Question: whole}, {Question: strata}}, nil
}

// mix reads with the two records and splits.
func (a *Analysis) mix(ctx context.Context, answers []Answer, records []policy.Record) (MixAnswer, []postgres.Result, error) {
	m := MixAnswer{Measure: answers[1].Measure, Dataset: answers[1].Dataset, Division: answers[1].division, Own: measures.Missing}
	var read [2]*material
	var terms [2]policy.Disclosure
	for i := range answers {
		grant, err := answers[i].Receipt.grant(records[i])
		if err != nil {
			return m, nil, err
		}
		if read[i], err = a.read(ctx, grant, &answers[i]); err != nil {
			return m, nil, err
		}
		answers[i].Receipt.DataVersion = read[i].version.String()
		m.Receipts[i], terms[i] = answers[i].Receipt, grant.Disclosure()
	}
	if len(read[0].series) != 1 {
		return m, nil, fmt.Errorf("%w: there are no figures of it here", ErrNoMix)
	}
	counted := &counting{whole: &read[0].series[0], strata: read[1].series, own: m.Division.strata == nil && m.Dataset.Additive}
	if err := counted.find(m.Measure.Inputs); err != nil {
		return m, nil, err
	}
	m.Before, m.After = counted.stretch(counted.before), counted.stretch(counted.after)
	if m.Strata, m.Together = disclosure.Strata(terms[1], counted.sums()); m.Strata == nil {
		return m, nil, fmt.Errorf("%w: its strata have numbers too small to be shown", ErrNoMix)
	}
	var err error
	if m.Split, err = mix.Of(m.Strata); err != nil {
		return m, nil, fmt.Errorf("%w: %w", ErrNoMix, err)
	}
	if disclosure.Open(terms[0]) && disclosure.Open(terms[1]) {
		m.Own = counted.change()
	}
	digest := digestOf(m.figures())
	results := make([]postgres.Result, len(records))
	for i := range records {
		results[i] = postgres.Result{Record: records[i], Rows: read[i].version.Rows, Digest: digest}
	}
	results[1].Suppressed = int64(len(m.Together))
	return m, results, nil
}

// figures are the counts that were released, in the form that is digested.
func (m *MixAnswer) figures() []Chart {
	list := make([]Chart, len(m.Strata))
	for i, s := range m.Strata {
		f := &list[i].Figure
		f.Organisation, f.Stratum = m.Question.Organisation, s.Name
		f.Numerator = []float64{s.Before.Numerator, s.After.Numerator}
		f.Denominator = []float64{s.Before.Denominator, s.After.Denominator}
	}
	return list
}
