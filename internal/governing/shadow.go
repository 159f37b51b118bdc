package governing

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// shadowQueue is how many decisions about one organisation may wait to be asked of
// a draft; more are dropped, and counted.
const shadowQueue = 2000

// shadows are the drafts that run beside the live policies of their organisations,
// and what they have still to be asked.
type shadows struct {
	mu      sync.Mutex
	running map[measures.ODSCode][]postgres.PolicyShadow
	waiting map[measures.ODSCode]*queue
}

type queue struct {
	since     time.Time
	documents []policy.Document
	dropped   int
}

// Shadow is how a draft has done beside the live policy.
type Shadow struct {
	Since, Until         time.Time // Until is zero while it runs
	Decisions, Different int
	Dropped              int
	Changed              []candidate.Changed
}

// Watched decides as the policy behind it does, and lets drafts that run in shadow
// know of it afterwards: in nobody's way, and with no say.
type Watched struct {
	Policy   Policy
	Policies *Policies
}

// Decide asks the policy.
func (w Watched) Decide(ctx context.Context, r policy.Request) (policy.Decision, error) {
	d, err := w.Policy.Decide(ctx, r)
	if err == nil && r.Action.OpensData() {
		w.Policies.shadows.note(d, w.Policies.Desk.Now())
	}
	return d, err
}

// note keeps a decision for the drafts that it concerns, if there is room.
func (s *shadows) note(d policy.Decision, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := d.Request.Resource.ODS
	for of := range s.running {
		if of != owner && owner != policy.Everyone {
			continue
		}
		q := s.waiting[of]
		if q == nil {
			q = &queue{since: now}
			s.waiting[of] = q
		}
		if len(q.documents) == shadowQueue {
			q.dropped++
			continue
		}
		q.documents = append(q.documents, d.Document())
	}
}

// SetShadow begins or ends the shadow run of a draft's newest version.
func (p *Policies) SetShadow(ctx context.Context, actor policy.Actor, d *Dossier, runs bool) error {
	if runs && !d.Tested() {
		return notReady("it has not passed its check. Mend what was found, and save it.")
	}
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyWrite, d.Owner, change(d.Digest, d.authorFor(actor.ID)))
	if err != nil {
		return err
	}
	act, err := p.Store.ShadowPolicy(ctx, grant, d.PolicyVersion, p.Desk.Now(), !runs)
	if err = p.done(ctx, grant, act, err); err != nil {
		return err
	}
	return p.findShadows(ctx)
}

// findShadows reads which drafts run in shadow.
func (p *Policies) findShadows(ctx context.Context) error {
	all, err := p.Store.PolicyShadows(ctx)
	if err != nil {
		return err
	}
	running := map[measures.ODSCode][]postgres.PolicyShadow{}
	for _, s := range all {
		if !s.Ends {
			running[s.Owner] = append(running[s.Owner], s)
		}
	}
	p.shadows.mu.Lock()
	defer p.shadows.mu.Unlock()
	p.shadows.running = running
	if p.shadows.waiting == nil {
		p.shadows.waiting = map[measures.ODSCode]*queue{}
	}
	return nil
}

// RunShadows asks the drafts that run in shadow what has been decided since it was
// last called, in a child process, and keeps what they would have answered. A
// draft that cannot be asked stops nobody.
func (p *Policies) RunShadows(ctx context.Context) error {
	if err := p.findShadows(ctx); err != nil {
		return err
	}
	p.shadows.mu.Lock()
	waiting, running := p.shadows.waiting, p.shadows.running
	p.shadows.waiting = map[measures.ODSCode]*queue{}
	p.shadows.mu.Unlock()
	for owner, q := range waiting {
		for _, s := range running[owner] {
			if err := p.runShadow(ctx, s, q); err != nil {
				p.Log.Warn("a draft could not be asked in shadow", "organisation", owner, "draft", s.Draft, "error", err)
			}
		}
	}
	return nil
}

func (p *Policies) runShadow(ctx context.Context, s postgres.PolicyShadow, q *queue) error {
	versions, err := p.Store.PolicyVersions(ctx, s.Owner, s.Draft)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(versions, func(v postgres.PolicyVersion) bool { return v.Version == s.Version })
	if at < 0 {
		return fmt.Errorf("version %d of draft %d: %w", s.Version, s.Draft, postgres.ErrNotFound)
	}
	now := p.Desk.Now()
	found, err := p.Bench.Impact(ctx, p.question(s.Owner, versions[at].Files, q.documents, now))
	if err != nil {
		return err
	}
	stretch := postgres.PolicyStretch{Owner: s.Owner, Draft: s.Draft, Version: s.Version, Since: q.since, Until: now,
		Decisions: found.Replayed, Different: found.Replayed - found.Same, Dropped: q.dropped, Changed: found.Changed}
	if !stretch.Until.After(stretch.Since) {
		stretch.Until = stretch.Since.Add(time.Microsecond)
	}
	return p.Store.KeepPolicyStretch(ctx, stretch)
}

// shadow adds up how a version has done since its shadow run began; nil where it
// has not run.
func (p *Policies) shadow(ctx context.Context, v postgres.PolicyVersion) (*Shadow, error) {
	acts, err := p.Store.PolicyShadowActs(ctx, v)
	if err != nil || len(acts) == 0 {
		return nil, err
	}
	sum := &Shadow{}
	for _, a := range acts { // in order
		if a.Ends {
			sum.Until = a.At
		} else if sum.Since.IsZero() || !sum.Until.IsZero() {
			sum.Since, sum.Until = a.At, time.Time{}
		}
	}
	stretches, err := p.Store.PolicyStretches(ctx, v.Owner, v.Draft, v.Version, sum.Since)
	for _, s := range stretches {
		sum.Decisions += s.Decisions
		sum.Different += s.Different
		sum.Dropped += s.Dropped
		sum.Changed = append(sum.Changed, s.Changed...)
	}
	return sum, err
}
