package governing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// inForce is what decides for each organisation that has a policy of its own.
type inForce struct {
	revisions map[measures.ODSCode]postgres.PolicyRevision
	trusts    map[measures.ODSCode][]policy.Module
	closed    map[measures.ODSCode]string // why an organisation's data is shown to nobody
	next      time.Time                   // when another revision becomes live by itself; zero: never
}

// Live reads the policies that are live now, for an engine to start with. One that
// is not what was approved, or that does not compile any more, stands as a policy
// that opens nothing: an earlier one might open what the later one had closed, and
// none at all would open more still. The others go on.
func (p *Policies) Live(ctx context.Context) (map[measures.ODSCode][]policy.Module, error) {
	p.exchange.Lock()
	defer p.exchange.Unlock()
	now, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	p.inForce.Store(now)
	return now.trusts, nil
}

// Refresh puts into force what is live now. If it fails, what was in force stays.
func (p *Policies) Refresh(ctx context.Context) error {
	p.exchange.Lock()
	defer p.exchange.Unlock()
	now, err := p.read(ctx)
	if err != nil {
		return err
	}
	if before := p.inForce.Load(); before != nil && sameRevisions(before.revisions, now.revisions) {
		p.inForce.Store(now) // the next moment may be another
		return nil
	}
	if err := p.Engine.SetPolicy(ctx, policy.Policy{Trusts: now.trusts}); err != nil {
		return fmt.Errorf("put the live policies into force: %w", err)
	}
	p.inForce.Store(now)
	for owner, r := range now.revisions {
		p.Log.Info("policy in force", "organisation", owner, "revision", r.Revision, "digest", r.Digest)
	}
	return nil
}

// Next is when another revision becomes live by itself; zero: none is to come.
func (p *Policies) Next() time.Time {
	if now := p.inForce.Load(); now != nil {
		return now.next
	}
	return time.Time{}
}

// InForce gives the revision that decides for an organisation, its zero value for
// the national baseline alone, and why the organisation's data is closed, if it is.
func (p *Policies) InForce(owner measures.ODSCode) (postgres.PolicyRevision, string) {
	now := p.inForce.Load()
	if now == nil {
		return postgres.PolicyRevision{Owner: owner}, ""
	}
	r := now.revisions[owner]
	r.Owner = owner
	return r, now.closed[owner]
}

func (p *Policies) read(ctx context.Context) (*inForce, error) {
	revisions, next, err := p.Store.LivePolicies(ctx, p.Desk.Now())
	if err != nil {
		return nil, err
	}
	now := &inForce{revisions: revisions, next: next, trusts: map[measures.ODSCode][]policy.Module{}, closed: map[measures.ODSCode]string{}}
	if before := p.inForce.Load(); before != nil && sameRevisions(before.revisions, revisions) {
		now.trusts, now.closed = before.trusts, before.closed
		return now, nil
	}
	for owner, r := range revisions {
		now.trusts[owner] = r.Files
		if policy.FilesDigest(r.Files) != r.Digest {
			now.closed[owner] = "its files in the database are not those that were approved"
			now.trusts[owner] = closed(owner)
		}
	}
	if err := compiles(ctx, now.trusts); err == nil {
		return now, p.sayClosed(now)
	}
	// One of them does not: each is tried by itself, so that it closes nobody else.
	for _, owner := range slices.Sorted(maps.Keys(now.trusts)) {
		err := compiles(ctx, map[measures.ODSCode][]policy.Module{owner: now.trusts[owner]})
		switch {
		case errors.Is(err, policy.ErrBadPolicy):
			now.closed[owner] = "it does not compile with this version of the program: " + err.Error()
			now.trusts[owner] = closed(owner)
		case err != nil:
			return nil, err
		}
	}
	return now, p.sayClosed(now)
}

func (p *Policies) sayClosed(now *inForce) error {
	for owner, why := range now.closed {
		p.Log.Error("the policy of an organisation cannot be used, so nobody reads its data until its governance team rolls back or publishes another",
			"organisation", owner, "revision", now.revisions[owner].Revision, "reason", why)
	}
	return nil
}

// compiles tries policies together with the baseline, apart from what is live.
func compiles(ctx context.Context, trusts map[measures.ODSCode][]policy.Module) error {
	reference, err := policy.NationalReference()
	if err != nil {
		return err
	}
	_, err = policy.NewEngine(ctx, policy.EngineOptions{Policy: policy.Policy{Trusts: trusts}, Data: reference})
	return err
}

func sameRevisions(a, b map[measures.ODSCode]postgres.PolicyRevision) bool {
	return maps.EqualFunc(a, b, func(x, y postgres.PolicyRevision) bool {
		// The files too: somebody may change them in the database.
		return x.Revision == y.Revision && x.Digest == y.Digest && slices.Equal(x.Files, y.Files)
	})
}

// closed is the policy of an organisation whose own cannot be used. Who governs it
// is not for a trust's policy to say, so its governance team can still act.
func closed(owner measures.ODSCode) []policy.Module {
	return []policy.Module{{Name: "closed.rego", Source: `package signalbox.trusts.` + string(owner) + `

# METADATA
# title: Nothing is shown while the policy of the organisation cannot be used
decision := {
	"allow": false,
	"reasons": [{
		"code": "policy_unusable",
		"message": "The policy of this organisation cannot be used, so nobody is shown its data.",
		"help": "Its governance team can go back to an earlier policy, or publish one that works.",
	}],
	"grants": [],
	"ods_scope": [],
	"rows": [],
	"visible_columns": [],
	"disclosure": {"min_cell_count": 8, "round_to": 5, "secondary": true, "zero_visible": true},
	"obligations": ["audit"],
	"cache_seconds": 0,
}
`}}
}
