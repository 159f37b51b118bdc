package analysis

import (
	"context"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Compare shows how organisations differ, in the steps of Ask: decide, record,
// read, run, verify, disclose. It is one decision about all organisations, and
// the plugin is given numbered sums without a name. What comes with an error
// has no figures.
func (a *Analysis) Compare(ctx context.Context, asked Comparison) (Funnel, error) {
	f := Funnel{Comparison: asked}
	answer, decision, err := a.decideComparison(ctx, &f)
	if err != nil {
		return f, err
	}
	records, err := a.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return f, fmt.Errorf("record the decision: %w", err) // no record, no data
	}
	result, err := a.compare(ctx, &f, answer, records[0])
	if !decision.Allow {
		return f, err // a denial released nothing and is complete in itself
	}
	if err != nil {
		f, result = Funnel{Comparison: asked}, postgres.Result{Record: records[0], Problem: problemOf(err)}
	}
	if failed := a.Ledger.RecordResults(ctx, []postgres.Result{result}); failed != nil {
		return Funnel{Comparison: asked}, fmt.Errorf("record what the comparison released: %w", failed)
	}
	return f, err
}

// decideComparison asks the policy for everybody's figures of the measure, from
// the start of its charts, or from a year before the stretch if that is earlier.
func (a *Analysis) decideComparison(ctx context.Context, f *Funnel) (*Answer, policy.Decision, error) {
	c := &f.Comparison
	q := Question{Actor: c.Actor, Action: c.Action, Measure: c.Measure, Organisation: policy.Everyone, AsOf: c.AsOf}
	m, err := a.Catalogue.asked(&q)
	if err == nil {
		err = a.Comparable(m, c.Periods, c.Last)
	}
	if err != nil {
		return nil, policy.Decision{}, err
	}
	if c.Last != 0 && m.Start != 0 {
		q.Period.From = min(m.Start, back(m.Grain, c.Last, c.Periods-1).AddMonths(-monthsBefore))
	}
	answer := &Answer{Question: q}
	decision, err := a.decide(ctx, answer)
	f.Measure, f.Dataset = answer.Measure, answer.Dataset
	return answer, decision, err
}

// monthsBefore is how long before a stretch an organisation must have reported
// to be missed in it.
const monthsBefore = 12

// Comparable reports what about a measure, and about a stretch of so many periods
// to last (zero: to the latest), stands against a funnel. It knows no figures.
func (a *Analysis) Comparable(m *Definition, periods int, last measures.Date) error {
	dataset, _ := a.Catalogue.Dataset(m.Dataset)
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s "+format, append([]any{ErrNoFunnel, m.Title}, args...)...)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(m.Inputs, func(in measures.Input) bool { return in.Name == name })
	}
	switch {
	case !has(sdk.InputNumerator) || !has(sdk.InputDenominator):
		return refuse("is a count without a denominator, so nothing says how large each organisation's chances were; large ones would always stand out")
	case !slices.Contains(m.Computes.Manifest.Entries, measures.Funnel.String()):
		return refuse("is computed by a plugin that makes no funnels")
	case m.Grain == measures.Irregular:
		return refuse("is measured when somebody measures it, so no stretch is the same for all")
	case periods < 1:
		return refuse("cannot be added up over %d periods; one or more are possible", periods)
	case dataset.Census && periods > 1:
		return refuse("counts who is there at the end of each period; added up, the same people would be counted again")
	case last != 0 && !m.Grain.Starts(last):
		return refuse("has no period (%s) that begins on %s", m.Grain, last)
	}
	return nil
}

// compare turns the recorded decision into a funnel.
func (a *Analysis) compare(ctx context.Context, f *Funnel, answer *Answer, record policy.Record) (postgres.Result, error) {
	grant, err := answer.Receipt.grant(record)
	if err != nil {
		return postgres.Result{}, err
	}
	material, err := a.read(ctx, grant, answer)
	if err != nil {
		return postgres.Result{}, err
	}
	answer.Receipt.DataVersion = material.version.String()
	f.add(material, grant.Disclosure())
	hidden, err := a.draw(ctx, f, answer, grant.Disclosure())
	if err != nil {
		return postgres.Result{}, err
	}
	if err := a.tell(ctx, grant, answer, f.told(material)); err != nil {
		return postgres.Result{}, err
	}
	f.Receipt = answer.Receipt
	return postgres.Result{Record: record, Rows: material.version.Rows, Suppressed: int64(hidden), Digest: f.digest()}, nil
}

// draw has the plugin make the funnel, and gives the number of organisations
// hidden in it. The plugin is given sums as they may be released, see
// disclosure.Funnel, and groups numbered from 1: it never learns which
// organisation is which.
func (a *Analysis) draw(ctx context.Context, f *Funnel, answer *Answer, terms policy.Disclosure) (hidden int, err error) {
	p := &f.Parameters
	p.Additive = f.Comparison.Dispersion == Allowed || f.Comparison.Dispersion == Judged && len(f.Groups) >= groupsForDispersion
	if len(f.Groups) == 0 {
		f.Chart = measures.Chart{Kind: measures.Funnel, Target: measures.Missing}
		return 0, nil
	}
	request := wire.Request{Measure: string(f.Measure.ID), Entry: measures.Funnel.String(), Whole: true,
		Inputs: []string{sdk.InputNumerator, sdk.InputDenominator}, Parameters: sdk.ChartParameters(*p)}
	answer.Receipt.Rules = p.Rules
	answer.Receipt.Methods = []Method{{Entry: request.Entry, Rules: p.Rules, Series: 1}}
	f.Figure, hidden, err = disclosure.Funnel(terms, f.Figure, func(numerator, denominator []float64) (measures.Chart, error) {
		groups := measures.Series{Columns: [][]float64{numerator, denominator}, States: make([]measures.State, len(numerator))}
		for i := range numerator {
			groups.Periods = append(groups.Periods, measures.Date(i+1))
		}
		request.Series = []measures.Series{groups}
		charts, err := a.verified(ctx, answer.Receipt.Release, request)
		if err == nil && (len(charts) != 1 || charts[0].Kind != measures.Funnel || charts[0].Len() != len(numerator)) {
			err = &plugins.Fault{Digest: answer.Receipt.Release.Digest, Kind: plugins.ErrFault, Cause: fmt.Sprintf("no funnel of %d groups", len(numerator))}
		}
		if err != nil {
			return measures.Chart{}, err
		}
		return charts[0], nil
	})
	return hidden, err
}

// told is what the funnel tells of single numbers: those of its period, where it is
// one. Sums over more tell none of them, since what is hidden stands in them with
// the middle of its range.
func (f *Funnel) told(material *material) []disclosure.Telling {
	if f.Comparison.Periods > 1 {
		return nil
	}
	var list []disclosure.Telling
	for _, t := range material.told {
		if i := slices.IndexFunc(t.Told, func(told disclosure.Told) bool { return told.X == int32(f.Last) }); i >= 0 && slices.Contains(f.Groups, t.Organisation) {
			t.Told = t.Told[i : i+1]
			list = append(list, t)
		}
	}
	return list
}

// digest names what was released: which organisations, and their funnel.
func (f *Funnel) digest() string {
	return digestOf([]Chart{{Figure: f.Figure}}, f.Groups...)
}
