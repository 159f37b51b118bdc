package sharing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrMoved says that the figures have changed since somebody looked at what would be
// sent, so they have to look again.
var ErrMoved = errors.New("the figures have changed since you looked")

// Prepared is evidence as it would leave the organisation, to the letter. Nothing has
// left yet.
type Prepared struct {
	Adopter  *Adopter
	Became   Became
	Evidence registry.Evidence // its Issued is when it was prepared
	// Digest names what it says, but for when it was issued.
	Digest plugins.Digest
	Node   string // who would sign
}

// Evidence makes the evidence of one measure as it would leave the organisation: asked
// of the policy as an act of sending, recorded, and made only of what disclosure
// control lets through. A policy that forbids it gives a *policy.Denial, and nothing is
// computed. withPoints adds what is plotted; without them only the two means and the
// result leave.
func (w *Witness) Evidence(ctx context.Context, actor policy.Actor, at measures.ODSCode, adoption int64, measure measures.MeasureID, withPoints bool) (*Prepared, error) {
	p, _, err := w.prepare(ctx, actor, at, adoption, measure, withPoints)
	return p, err
}

func (w *Witness) prepare(ctx context.Context, actor policy.Actor, at measures.ODSCode, adoption int64, measure measures.MeasureID, withPoints bool) (*Prepared, registry.Key, error) {
	var key registry.Key
	a, err := w.Adopter(ctx, at, adoption)
	if err != nil {
		return nil, key, err
	}
	m, err := a.Measure(measure)
	if err != nil {
		return nil, key, err
	}
	p := &Prepared{Adopter: a, Became: Became{Measure: m}}
	// Who signs is asked first: figures are read only if somebody could be told.
	if p.Node, key, err = w.Voice.For(ctx, at); err != nil {
		return nil, key, err
	}
	q, err := question(actor, policy.EvidenceSend, a, m)
	if err != nil {
		return nil, key, err
	}
	answers, err := w.Charts.Ask(ctx, q)
	if err != nil {
		return nil, key, fmt.Errorf("evidence of %s at %s: %w", measure, at, err)
	}
	p.Became.Answer = answers[0]
	if p.Became.Judged, err = judge(a, &answers[0]); err != nil {
		return nil, key, err
	}
	name, err := w.Name(ctx, at)
	if err != nil {
		return nil, key, err
	}
	p.Evidence = w.document(p, &answers[0], name, withPoints)
	p.Digest, err = digestOf(p.Evidence)
	return p, key, err
}

// document is what is signed.
func (w *Witness) document(p *Prepared, answer *analysis.Answer, name string, withPoints bool) registry.Evidence {
	a, e := p.Adopter, p.Became.Judged.Evidence
	e.Subject = registry.Subject{Contents: a.Digest, Plugin: a.Plugin, Version: a.Release.Manifest.Version, Node: p.Node,
		Issued: w.Now().UTC().Truncate(time.Second), Organisation: a.Organisation, OrganisationName: name}
	t := terms(answer)
	e.MinCellCount, e.RoundTo = t.MinCellCount, t.RoundTo
	// A target of the organisation's own may have been read off figures that are
	// hidden here.
	if !disclosure.Open(t) && a.Layers.Measures[e.Measure].Targets != nil {
		e.Target = nil
	}
	if !withPoints {
		e.Points = nil
	}
	return e
}

// digestOf names a document, whenever it was issued.
func digestOf(e registry.Evidence) (plugins.Digest, error) {
	e.Issued = time.Time{}
	text, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("evidence of %s at %s: %w", e.Measure, e.Organisation, err)
	}
	return plugins.DigestOf(text), nil
}

// Send signs the evidence that somebody has looked at, and keeps it until the hub has
// it. It is made anew, behind the policy, and sent only if it says what they saw: seen
// is its Digest. Otherwise the error is ErrMoved, with what it says now.
func (w *Witness) Send(ctx context.Context, actor policy.Actor, at measures.ODSCode, adoption int64, measure measures.MeasureID, withPoints bool, seen plugins.Digest) (*Prepared, error) {
	p, key, err := w.prepare(ctx, actor, at, adoption, measure, withPoints)
	if err != nil {
		return nil, err
	}
	if p.Digest != seen {
		return p, fmt.Errorf("send evidence of %s at %s: %w", measure, at, ErrMoved)
	}
	return p, w.keep(ctx, p, key)
}

func (w *Witness) keep(ctx context.Context, p *Prepared, key registry.Key) error {
	e, a := &p.Evidence, p.Adopter
	envelope, err := e.Seal(key)
	if err != nil {
		return err
	}
	_, err = w.Store.KeepSaying(ctx, p.Became.Answer.Grant(), postgres.Saying{Organisation: a.Organisation, Kind: string(registry.KindEvidence),
		Plugin: a.Plugin, Digest: a.Digest, Artifact: a.Release.Artifact, Envelope: envelope})
	return err
}

// Sent is evidence that was signed here.
type Sent struct {
	postgres.Saying
	Evidence registry.Evidence
}

// History lists the evidence that was signed for an organisation, the newest first.
func (w *Witness) History(ctx context.Context, at measures.ODSCode) ([]Sent, error) {
	all, err := w.Store.SayingsOf(ctx, at)
	if err != nil {
		return nil, err
	}
	var list []Sent
	for _, s := range all {
		if s.Kind != string(registry.KindEvidence) {
			continue
		}
		sent := Sent{Saying: s}
		if err := json.Unmarshal(s.Envelope.Payload, &sent.Evidence); err != nil {
			return nil, fmt.Errorf("evidence %d of %s, as it is kept: %w", s.ID, at, err)
		}
		list = append(list, sent)
	}
	return list, nil
}
