package sharing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrNotRunning says that an organisation does not run a plugin, so there is
// nothing to undo or to end.
var ErrNotRunning = errors.New("the organisation does not run it")

// ErrNotMet says that an organisation has no figures that a release could read.
var ErrNotMet = errors.New("the figures that it needs are not here")

// Adopt lets a release run at the reader's own organisation, pinned by its digest.
// The proposal is made once more, so that what is pinned is what the figures say now
// and not what a form says of them. A choice that does not fit is a *Misfit, and a
// release without figures ErrNotMet.
func (a *Adopting) Adopt(ctx context.Context, actor policy.Actor, choice Choice) (postgres.Adoption, error) {
	p, err := a.Propose(ctx, actor, choice)
	switch {
	case err != nil:
		return postgres.Adoption{}, err
	case len(p.Misfits) > 0:
		return postgres.Adoption{}, &p.Misfits[0]
	case !p.Met():
		return postgres.Adoption{}, fmt.Errorf("adopt %s at %s: %w", p.Release.Manifest.ID, actor.ODS, ErrNotMet)
	}
	action := policy.ReleaseAdopt
	if choice.Stage == postgres.Pilot {
		action = policy.ReleasePilot
	}
	facts, err := a.facts(ctx, p)
	if err != nil {
		return postgres.Adoption{}, err
	}
	grant, err := a.ask(ctx, actor, action, facts)
	if err != nil {
		return postgres.Adoption{}, err
	}
	adoption := postgres.Adoption{Organisation: actor.ODS, Plugin: p.Release.Manifest.ID, Digest: p.Release.Digest, Stage: choice.Stage,
		Layers: p.Choice.Layers, First: p.Choice.First, Sends: choice.Sends, At: a.Now(), By: actor.ID, Record: grant.Record().Sequence()}
	adoption.ID, err = a.Store.Adopt(ctx, grant, adoption)
	return adoption, a.done(ctx, grant, adoption.Digest, err)
}

// facts are what the policy is told: of the datasets, under the organisation's own
// names.
func (a *Adopting) facts(ctx context.Context, p *Proposal) (policy.Release, error) {
	facts, err := a.Facts(ctx, p.Release.Digest)
	if err != nil {
		return facts, err
	}
	facts.Datasets = []measures.DatasetID{}
	for _, n := range p.Needs {
		if n.Met() {
			facts.Datasets = append(facts.Datasets, n.Uses)
		}
	}
	facts.Datasets = unique(facts.Datasets)
	return facts, nil
}

// Undo goes back to what the organisation ran before it adopted a plugin's release:
// the release that was replaced, laid out as it was, or none.
func (a *Adopting) Undo(ctx context.Context, actor policy.Actor, plugin string) error {
	return a.leave(ctx, actor, plugin, func(grant policy.Grant, live *postgres.Adoption) error {
		_, err := a.Store.UndoAdoption(ctx, grant, live.ID)
		return err
	})
}

// Leave ends an adoption. What was drawn by it can still be drawn again; new charts
// are as they were before anybody adopted it.
func (a *Adopting) Leave(ctx context.Context, actor policy.Actor, plugin, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return &Misfit{Field: "reason", Message: "Say in a sentence why you stop: others who think of adopting it will want to know"}
	}
	return a.leave(ctx, actor, plugin, func(grant policy.Grant, live *postgres.Adoption) error {
		return a.Store.EndAdoption(ctx, grant, live.ID, reason)
	})
}

func (a *Adopting) leave(ctx context.Context, actor policy.Actor, plugin string, act func(policy.Grant, *postgres.Adoption) error) error {
	live, err := a.Live(ctx, actor.ODS, plugin)
	if err != nil {
		return err
	}
	if live == nil {
		return fmt.Errorf("%s at %s: %w", plugin, actor.ODS, ErrNotRunning)
	}
	facts, err := a.Facts(ctx, live.Digest)
	if err != nil {
		return err
	}
	grant, err := a.ask(ctx, actor, policy.ReleaseLeave, facts)
	if err != nil {
		return err
	}
	return a.done(ctx, grant, live.Digest, act(grant, live))
}

// released is a kept release as those who run it know it.
func released(k *postgres.KeptRelease) plugins.Release {
	return plugins.Release{Manifest: k.Manifest, Digest: k.Digest}
}

// words puts names into one phrase.
func words(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
