package governing

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

const (
	// ImpactDays is how far back recorded decisions are asked again.
	ImpactDays = 30
	// maxReplayed is the most decisions that are asked again: the latest.
	maxReplayed = 100_000
)

// Foresee asks what the newest version of a draft would change: the decisions of
// the last ImpactDays again, and questions that nobody has asked yet. What it
// finds is kept, as what its approvers will be shown.
func (p *Policies) Foresee(ctx context.Context, actor policy.Actor, d *Dossier) (*postgres.PolicyImpact, error) {
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyWrite, d.Owner, change(d.Digest, d.authorFor(actor.ID)))
	if err != nil {
		return nil, err
	}
	act := ""
	found, err := p.foresee(ctx, grant, d)
	if err == nil {
		act, err = p.Store.KeepPolicyImpact(ctx, grant, d.PolicyVersion, *found)
	}
	return found, p.done(ctx, grant, act, err)
}

func (p *Policies) foresee(ctx context.Context, grant policy.Grant, d *Dossier) (*postgres.PolicyImpact, error) {
	now := p.Desk.Now()
	found := &postgres.PolicyImpact{Owner: d.Owner, Draft: d.Draft, Version: d.Version, At: now, Live: d.Live.Revision,
		Since: now.AddDate(0, 0, -ImpactDays)}
	var recorded []policy.Document
	for document, err := range p.Store.Documents(ctx, grant, d.Owner, found.Since, maxReplayed) {
		if err != nil {
			return nil, err
		}
		if document.Input.Action.OpensData() { // no policy of an organisation is asked about the rest
			recorded = append(recorded, document)
		}
	}
	slices.Reverse(recorded) // the newest last
	var err error
	found.Impact, err = p.Bench.Impact(ctx, p.question(d.Owner, d.Files, recorded, now))
	if err != nil {
		return nil, err
	}
	if err := p.countRows(ctx, grant, d.Owner, found.Impact.Changed); err != nil {
		return nil, err
	}
	return found, p.countRows(ctx, grant, d.Owner, found.Impact.ChangedGenerated)
}

func (p *Policies) question(owner measures.ODSCode, draft []policy.Module, recorded []policy.Document, now time.Time) candidate.ImpactQuestion {
	q := candidate.ImpactQuestion{Owner: owner, Draft: draft, Reference: p.Reference(), Now: now.Unix(), Recorded: each(recorded)}
	if live := p.inForce.Load(); live != nil {
		q.Live = policy.Policy{Trusts: live.trusts}
	}
	return q
}

func each(documents []policy.Document) iter.Seq2[policy.Document, error] {
	return func(yield func(policy.Document, error) bool) {
		for _, d := range documents {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// countRows counts in the database how many of the organisation's rows each change
// opens or closes. Rows of data that is not here are left uncounted.
func (p *Policies) countRows(ctx context.Context, grant policy.Grant, owner measures.ODSCode, changed []candidate.Changed) error {
	var answers []policy.Document
	for _, c := range changed {
		answers = append(answers, c.Before, c.After)
	}
	counts, err := p.Store.CountPolicyRows(ctx, grant, owner, answers)
	if err != nil {
		return fmt.Errorf("count what would be gained and lost: %w", err)
	}
	for i := range changed {
		before, after := counts[2*i], counts[2*i+1]
		if before >= 0 && after >= 0 {
			gained := after - before
			changed[i].Rows = &gained
		}
	}
	return nil
}
