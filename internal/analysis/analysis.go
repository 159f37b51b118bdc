// Package analysis is the main job: decide, record, read, run, verify,
// disclose. Pages, exports and commands are doors to this one function, so
// that a chart on a wall and a chart in a file cannot differ.
package analysis

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Policy decides.
type Policy interface {
	Decide(context.Context, policy.Request) (policy.Decision, error)
}

// Ledger keeps every decision, in one commit, before any data is read.
type Ledger interface {
	RecordAll(context.Context, []policy.Decision) ([]policy.Record, error)
	RecordResults(context.Context, []postgres.Result) error
}

// Data gives figures, and the phases and events around them, to those who hold
// a grant.
type Data interface {
	Material(context.Context, policy.Grant, postgres.SeriesQuery, measures.MeasureID) (postgres.Material, error)
	// Told remembers what readers who may not see everything have been told.
	Told(ctx context.Context, grant policy.Grant, reader string, organisations []measures.ODSCode,
		learn func(before []disclosure.Telling) ([]disclosure.Telling, error)) error
}

// Sandbox runs plugins.
type Sandbox interface {
	Run(context.Context, plugins.Digest, wire.Request) ([]measures.Chart, error)
	// Admit says why the plugin would not be asked, if so: what it answered
	// before is not shown either then.
	Admit(plugins.Digest, *wire.Request) error
	// Blame is told of an answer that turned out not to be true.
	Blame(plugins.Digest, *wire.Request, error)
}

// Analysis answers questions.
type Analysis struct {
	Catalogue *Catalogue
	Policy    Policy
	Ledger    Ledger
	Data      Data
	Plugins   Sandbox
	Now       func() time.Time

	charts cache
}

// Ask answers questions, each on its own: an answer that is denied or fails
// carries its error and leaves the others as they are. An error of Ask itself
// means that nothing was read, because the decisions could not be recorded.
func (a *Analysis) Ask(ctx context.Context, questions ...Question) ([]Answer, error) {
	answers, splits := a.answersTo(questions)
	decisions := make([]policy.Decision, 0, len(answers))
	open := make([]int, 0, len(answers)) // the answers that a decision stands for
	for i := range answers {
		decision, err := a.decide(ctx, &answers[i])
		if err != nil {
			answers[i].Err = err
			continue
		}
		decisions, open = append(decisions, decision), append(open, i)
	}
	records, err := a.Ledger.RecordAll(ctx, decisions)
	if err != nil {
		return nil, fmt.Errorf("record %d decisions: %w", len(decisions), err) // no record, no data
	}
	results := a.answerAll(ctx, answers, open, records)
	for _, s := range splits {
		s.make(answers, open, results)
	}
	// A denial released nothing and is complete in itself.
	results = slices.DeleteFunc(results, func(r postgres.Result) bool { return !r.Record.Decision().Allow })
	if err := a.Ledger.RecordResults(ctx, results); err != nil {
		return nil, fmt.Errorf("record what %d answers released: %w", len(results), err)
	}
	return answers[:len(questions)], nil
}

// answersAtOnce is how many answers of one call are made at the same time. Most
// of an answer is waiting for the database.
const answersAtOnce = 4

// answerAll turns recorded decisions into charts, and gives what is to be said
// of each in the ledger, in their order.
func (a *Analysis) answerAll(ctx context.Context, answers []Answer, open []int, records []policy.Record) []postgres.Result {
	results := make([]postgres.Result, len(records))
	turns := make(chan struct{}, answersAtOnce)
	var all sync.WaitGroup
	for i, record := range records {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			answer := &answers[open[i]]
			if results[i], answer.Err = a.answer(ctx, answer, record); answer.Err != nil {
				results[i] = postgres.Result{Record: record, Problem: problemOf(answer.Err)}
			}
		})
	}
	all.Wait()
	return results
}

// decide asks the policy, with the plugin and the columns that the measure needs.
func (a *Analysis) decide(ctx context.Context, answer *Answer) (policy.Decision, error) {
	q := &answer.Question
	definition, err := a.Catalogue.asked(q)
	if definition != nil {
		answer.Definition, answer.Measure = definition, definition.Measure
	}
	if err != nil {
		return policy.Decision{}, err
	}
	measure := definition.Measure
	answer.division = divisionOf(measure, q.Stratifier)
	dataset, inputs := answer.division.source(measure)
	answer.Dataset, _ = a.Catalogue.Dataset(dataset)
	way, err := a.Catalogue.drawn(definition, q.Drawing)
	if err != nil {
		return policy.Decision{}, err
	}
	answer.way = way
	now := a.Now()
	period := a.period(q, definition, now)
	request := policy.Request{
		ID:     rand.Text()[:12],
		Now:    now.Unix(),
		Action: q.Action,
		Actor:  q.Actor,
		Plugin: definition.plugin(q.Preview != nil),
		Resource: policy.Resource{
			Dataset: dataset, Columns: measures.ColumnsOf(inputs), ODS: q.Organisation,
			Grain: "aggregate", Stratifiers: stratifiersOf(measure, &answer.division), Period: period,
		},
	}
	if q.Preview != nil {
		request.Release = definition.Kept.facts(q.Preview.Layers)
	}
	answer.Receipt = Receipt{Request: request.ID, Release: definition.Computes, Measure: measure.ID, Drawing: q.Drawing, Rules: way.rules,
		Direction: measure.Direction, Period: period, AsOf: q.AsOf}
	if !definition.Shipped() {
		answer.Receipt.Defined, answer.Receipt.Laid = definition.Release, definition.Laid()
	}
	return a.Policy.Decide(ctx, request)
}

// answer turns one recorded decision into charts.
func (a *Analysis) answer(ctx context.Context, answer *Answer, record policy.Record) (postgres.Result, error) {
	grant, err := answer.Receipt.grant(record)
	if err != nil {
		return postgres.Result{}, err
	}
	answer.grant = grant
	material, err := a.read(ctx, grant, answer)
	if err != nil {
		return postgres.Result{}, err
	}
	answer.Receipt.DataVersion = material.version.String()
	if answer.material = material; answer.split {
		return postgres.Result{Record: record, Rows: material.version.Rows}, nil
	}
	charts, err := a.run(ctx, answer, material)
	if err != nil {
		return postgres.Result{}, err
	}
	hidden := disclosed(grant.Disclosure(), answer.Measure, charts)
	if err := a.tell(ctx, grant, answer, material.told); err != nil {
		return postgres.Result{}, err
	}
	answer.Charts = charts
	return postgres.Result{Record: record, Rows: material.version.Rows, Suppressed: int64(hidden), Digest: digestOf(charts)}, nil
}

// grant turns a recorded decision into the key to the data, and writes on the
// receipt what decided.
func (r *Receipt) grant(record policy.Record) (policy.Grant, error) {
	decision := record.Decision()
	r.Record, r.PolicyRevision, r.DataRevision = record.Sequence(), decision.PolicyRevision, decision.DataRevision
	r.Grants, r.Disclosure = decision.Grants, decision.Disclosure
	return record.Grant()
}

// period fills in what the question left open. Limits from a baseline that was
// locked need the points of that baseline, so nothing begins after it does.
func (a *Analysis) period(q *Question, d *Definition, now time.Time) policy.Period {
	p := q.Period
	if p.From == 0 && !q.Everything {
		p.From = d.Start
	}
	if b := d.Layer.Baseline; b != nil && p.From > b.From {
		p.From = b.From
	}
	if p.To == 0 {
		year, month, day := now.UTC().Date()
		p.To = measures.DateOf(year, int(month), day)
	}
	return p
}
