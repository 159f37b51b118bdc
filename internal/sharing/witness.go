package sharing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing/evidence"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// Witness says what became of a release at an organisation that adopted it: to its own
// people whenever they look, and to others when they decide to send it.
type Witness struct {
	Store  Testimony
	Charts Charts
	Policy analysis.Policy
	Voice  *Voice
	Record Entries // the record, for what is sent without anybody asking
	// Name is what an organisation is called.
	Name func(context.Context, measures.ODSCode) (string, error)
	Now  func() time.Time
}

// Testimony is where adoptions are found, and where what goes out is kept.
type Testimony interface {
	KeptReleases(context.Context) ([]postgres.KeptRelease, error)
	AdoptionsOf(context.Context, measures.ODSCode) ([]postgres.Adoption, error)
	SayingsOf(context.Context, measures.ODSCode) ([]postgres.Saying, error)
	KeepSaying(context.Context, policy.Grant, postgres.Saying) (int64, error)
}

// ErrNoAdoption says that an organisation has no such adoption, or that it has ended.
var ErrNoAdoption = errors.New("no such adoption runs here")

// ErrNoBaseline says that no baseline was locked for a measure when it was adopted, so
// there is nothing to compare with.
var ErrNoBaseline = errors.New("no baseline was locked for it")

// Adopter is an adoption, with the release that it pins.
type Adopter struct {
	postgres.Adoption
	Release postgres.KeptRelease // without its contents
}

// Measure finds a measure of the release.
func (a *Adopter) Measure(id measures.MeasureID) (*measures.Measure, error) {
	list := a.Release.Manifest.Measures
	i := slices.IndexFunc(list, func(m measures.Measure) bool { return m.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%s %s: %w: %q", a.Plugin, a.Release.Manifest.Version, analysis.ErrNoMeasure, id)
	}
	return &list[i], nil
}

// Became is what became of one measure, as somebody may see it.
type Became struct {
	Measure *measures.Measure // as the release defines it
	Judged  evidence.Judged
	Answer  analysis.Answer
	// Err says why nothing is known: no baseline, a denial, no figures yet.
	Err error
}

// Adopters lists the adoptions of an organisation, those that run first, then those
// that have ended, the newest first.
func (w *Witness) Adopters(ctx context.Context, at measures.ODSCode) ([]Adopter, error) {
	all, err := w.Store.AdoptionsOf(ctx, at)
	if err != nil {
		return nil, err
	}
	releases, err := w.Store.KeptReleases(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Adopter, 0, len(all))
	for _, a := range all {
		i := slices.IndexFunc(releases, func(k postgres.KeptRelease) bool { return k.Digest == a.Digest })
		if i < 0 {
			return nil, fmt.Errorf("adoption %d of %s at %s: its release %s is not kept here: %w", a.ID, a.Plugin, at, a.Digest.Short(), postgres.ErrNotFound)
		}
		list = append(list, Adopter{a, releases[i]})
	}
	slices.SortStableFunc(list, func(a, b Adopter) int {
		switch {
		case a.Ended.IsZero() == b.Ended.IsZero():
			return 0
		case a.Ended.IsZero():
			return -1
		}
		return 1
	})
	return list, nil
}

// Adopter finds an adoption that runs.
func (w *Witness) Adopter(ctx context.Context, at measures.ODSCode, id int64) (*Adopter, error) {
	all, err := w.Adopters(ctx, at)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ID == id && all[i].Ended.IsZero() {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("adoption %d at %s: %w", id, at, ErrNoAdoption)
}

// Look says what became of every measure of some adoptions that run, as the reader
// may see it: their own trust's people see it in full. Nothing of it is sent.
func (w *Witness) Look(ctx context.Context, actor policy.Actor, adopters ...Adopter) ([][]Became, error) {
	var questions []analysis.Question
	found := make([][]Became, len(adopters))
	var asked []*Became
	var of []*Adopter
	for i := range adopters {
		a := &adopters[i]
		found[i] = make([]Became, len(a.Release.Manifest.Measures))
		for k := range found[i] {
			b := &found[i][k]
			b.Measure = &a.Release.Manifest.Measures[k]
			q, err := question(actor, policy.ChartRead, a, b.Measure)
			if err != nil {
				b.Err = err
				continue
			}
			questions, asked, of = append(questions, q), append(asked, b), append(of, a)
		}
	}
	answers, err := w.Charts.Ask(ctx, questions...)
	if err != nil {
		return nil, fmt.Errorf("what became of what was adopted: %w", err)
	}
	for i := range answers {
		asked[i].Answer = answers[i]
		asked[i].Judged, asked[i].Err = judge(of[i], &answers[i])
	}
	return found, nil
}

// May says whether somebody who was shown what became of a measure could send it as
// evidence, and if not, why. Nothing is done on the strength of it, so it is not
// recorded.
func (w *Witness) May(ctx context.Context, b *Became) (bool, []policy.Reason) {
	shown := b.Answer.Grant()
	if !shown.Valid() {
		return false, nil
	}
	request := shown.Record().Decision().Request
	request.ID, request.Now, request.Action = rand.Text()[:12], w.Now().Unix(), policy.EvidenceSend
	decision, err := w.Policy.Decide(ctx, request)
	return err == nil && decision.Allow, decision.Reasons
}

// question asks for the figures of one measure from its locked baseline on, with its
// change split between the baseline and what is after.
func question(actor policy.Actor, action policy.Action, a *Adopter, m *measures.Measure) (analysis.Question, error) {
	b := a.Layers.Measures[m.ID].Baseline
	if b == nil {
		return analysis.Question{}, fmt.Errorf("%s at %s: %w", m.ID, a.Organisation, ErrNoBaseline)
	}
	return analysis.Question{Actor: actor, Action: action, Measure: m.ID, Organisation: a.Organisation, Period: policy.Period{From: b.From},
		Split:   m.Mix != nil,
		Between: &analysis.Between{Before: policy.Period{From: b.From, To: b.To}, After: policy.Period{From: a.First}}}, nil
}

// judge makes a before and after of an answer.
func judge(a *Adopter, answer *analysis.Answer) (evidence.Judged, error) {
	if answer.Err != nil {
		return evidence.Judged{}, answer.Err
	}
	m := answer.Measure
	switch by := answer.Definition.Adoption; {
	case by == nil || by.ID != a.ID:
		return evidence.Judged{}, fmt.Errorf("%s at %s: another release defines it there now: %w", m.ID, a.Organisation, ErrNoAdoption)
	case len(answer.Charts) != 1:
		return evidence.Judged{}, fmt.Errorf("%s at %s: %w: there are no figures of it", m.ID, a.Organisation, evidence.ErrCase)
	}
	b := a.Layers.Measures[m.ID].Baseline
	c := evidence.Case{Measure: m, Rules: m.Rules, Figure: answer.Charts[0].Figure, Events: answer.Charts[0].Events,
		From: b.From, To: b.To, Locked: b.Points, First: a.First, SplitErr: answer.SplitErr}
	// The way the measure is charted may be a name of the plugin's own; what came out
	// is a kind. Few points give way to a run chart, and are too few for a result too.
	c.Kind = answer.Charts[0].Chart.Kind
	if answer.Split != nil {
		c.Split = &answer.Split.Split
	}
	judged, err := evidence.Judge(c)
	judged.Layered = layered(a, m.ID)
	return judged, err
}

// layered names what the organisation laid over the definition of a measure, besides
// the baseline, which everybody has.
func layered(a *Adopter, id measures.MeasureID) []string {
	var list []string
	layer := a.Layers.Measures[id]
	for _, l := range []struct {
		name  string
		there bool
	}{{"dataset", len(a.Layers.Datasets) > 0}, {"strata", layer.Stratifiers != nil}, {"target", layer.Targets != nil}} {
		if l.there {
			list = append(list, l.name)
		}
	}
	return list
}

// terms are the disclosure control that evidence went through: the strictest of the
// chart and the split.
func terms(answer *analysis.Answer) policy.Disclosure {
	t := answer.Receipt.Disclosure
	if answer.Split != nil {
		s := answer.Split.Receipt.Disclosure
		t.MinCellCount, t.RoundTo = max(t.MinCellCount, s.MinCellCount), max(t.RoundTo, s.RoundTo)
	}
	return t
}

// Hides reports whether evidence went through control that hides or rounds.
func Hides(e *registry.Evidence) bool {
	return !disclosure.Open(policy.Disclosure{MinCellCount: e.MinCellCount, RoundTo: e.RoundTo, ZeroVisible: true})
}
