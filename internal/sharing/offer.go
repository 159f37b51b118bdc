package sharing

import (
	"context"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// Offer is another version of what an organisation runs, and what going to it would
// do to the organisation's charts.
type Offer struct {
	Running  postgres.KeptRelease
	Proposal *Proposal          // of the other version, with what is laid over the one that runs
	Sides    []OfferSide        // in the order of the other version
	Gone     []measures.Measure // that only the version that runs has
}

// OfferSide is one measure, as it is drawn and as it would be.
type OfferSide struct {
	*measures.Measure // as the other version defines it
	New               bool
	analysis.Side
}

// Offer says what going to another version would do to the charts of the reader's
// own organisation. Nothing is changed by it: whoever adopted the version that runs
// chooses when, and whether.
func (a *Adopting) Offer(ctx context.Context, actor policy.Actor, to plugins.Digest) (*Offer, error) {
	p, err := a.Propose(ctx, actor, Choice{Digest: to})
	if err != nil {
		return nil, err
	}
	if p.Live == nil {
		return nil, fmt.Errorf("another version of %s at %s: %w", p.Release.Manifest.ID, actor.ODS, ErrNotRunning)
	}
	o := &Offer{Proposal: p}
	if o.Running, err = a.Store.KeptRelease(ctx, p.Live.Digest); err != nil {
		return nil, err
	}
	before := o.Running.Manifest.Measures
	has := func(list []measures.Measure, id measures.MeasureID) bool {
		return slices.ContainsFunc(list, func(m measures.Measure) bool { return m.ID == id })
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		side := OfferSide{Measure: m.Measure, New: !has(before, m.ID)}
		if !p.meets(m.ID) {
			side.After = m.Answer
			o.Sides = append(o.Sides, side)
			continue
		}
		question := analysis.Question{Actor: actor, Action: policy.ChartRead, Organisation: actor.ODS, Measure: m.ID}
		preview := analysis.Preview{Release: released(&p.Release), Layers: p.Choice.Layers}
		if side.Side, err = a.Charts.Difference(ctx, question, preview); err != nil {
			return nil, fmt.Errorf("what %s %s would change at %s: %w", p.Release.Manifest.ID, p.Release.Manifest.Version, actor.ODS, err)
		}
		o.Sides = append(o.Sides, side)
	}
	for _, m := range before {
		if !has(p.Release.Manifest.Measures, m.ID) {
			o.Gone = append(o.Gone, m)
		}
	}
	return o, nil
}
