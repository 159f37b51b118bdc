package policy

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

// Floors is one answer, floor by floor: what the baseline says, what the
// organisation's own policy says for itself, and what comes of both under the
// host's invariants.
type Floors struct {
	National, Own, Joint Decision
	// HasOwn is false where the organisation has no policy, was not asked because
	// the baseline says no, or the question is to all organisations.
	HasOwn bool
}

// Floors answers a request floor by floor, for those who examine a policy. None
// of its decisions opens anything. The organisation's policy is asked although
// the baseline may have said no, so that one is found that would say yes there.
func (e *Engine) Floors(ctx context.Context, r Request) (Floors, error) {
	ctx, cancel := context.WithTimeout(ctx, e.deadline)
	defer cancel()
	l := e.live.Load()
	var f Floors
	var err error
	if f.National, err = l.ask(ctx, l.national, r); err != nil {
		return f, fmt.Errorf("ask the baseline: %w", err)
	}
	if query, has := l.trusts[r.Resource.ODS]; has && r.Action.OpensData() {
		f.HasOwn = true
		if f.Own, err = l.ask(ctx, query, r); err != nil {
			return f, fmt.Errorf("ask the policy of %s: %w", r.Resource.ODS, err)
		}
	}
	f.Joint, err = l.above(ctx, f.National.clone(), r)
	return f, err
}

// Rivals answer questions twice: as the live policy does, and as a draft would.
// It is safe for concurrent use and remembers no answer.
type Rivals struct {
	live, draft *live
	owner       measures.ODSCode
	shared      bool // both have the same baseline
	deadline    time.Duration
}

// replayDeadline is how long a replayed question may take. It is longer than that
// of readers: nobody waits for a single one, and whoever replays does so when the
// machine has nothing better to do.
const replayDeadline = 10 * Deadline

// NewRivals compiles both policies over the same reference data. They may differ
// in the baseline, or in the policy of owner and nothing else.
func NewRivals(ctx context.Context, owner measures.ODSCode, before, after Policy, data ReferenceData) (*Rivals, error) {
	r := &Rivals{owner: owner, deadline: replayDeadline,
		shared: reflect.DeepEqual(before.National, after.National)}
	for code, modules := range after.Trusts {
		if code != owner && !slices.Equal(modules, before.Trusts[code]) {
			return nil, fmt.Errorf("compare policies of %s: that of %s differs as well", owner, code)
		}
	}
	one := func(p Policy) (*live, error) {
		compiled, err := compilePolicy(p)
		if err != nil {
			return nil, err
		}
		return prepare(ctx, p, compiled, data)
	}
	var err error
	if r.live, err = one(before); err != nil {
		return nil, fmt.Errorf("the live policy: %w", err)
	}
	if r.draft, err = one(after); err != nil {
		return nil, fmt.Errorf("the draft: %w", err)
	}
	return r, nil
}

// Revisions names the rules of both.
func (r *Rivals) Revisions() (live, draft string) {
	return r.live.rules.revision, r.draft.rules.revision
}

// Decide gives both answers to a request, which brings its own time. The baseline
// is asked once where both share it. A draft that does not answer in time denies,
// with the code policy_slow: whoever asks it would get nothing either.
func (r *Rivals) Decide(ctx context.Context, q Request) (before, after Decision, err error) {
	if !r.shared {
		if before, err = r.within(ctx, q, r.live.decide); err == nil {
			after, err = r.draftOf(ctx, q, r.draft.decide)
		}
		return before, after, err
	}
	national, err := r.within(ctx, q, func(ctx context.Context, q Request) (Decision, error) { return r.live.ask(ctx, r.live.national, q) })
	if err != nil {
		return before, after, err
	}
	above := func(l *live) func(context.Context, Request) (Decision, error) {
		return func(ctx context.Context, q Request) (Decision, error) { return l.above(ctx, national.clone(), q) }
	}
	if before, err = r.within(ctx, q, above(r.live)); err != nil {
		return before, after, err
	}
	if !national.Allow || !q.Action.OpensData() || q.Resource.ODS != r.owner && q.Resource.ODS != Everyone {
		after = before.clone()
		after.PolicyRevision = r.draft.rules.revision
		return before, after, nil
	}
	after, err = r.draftOf(ctx, q, above(r.draft))
	return before, after, err
}

func (r *Rivals) within(ctx context.Context, q Request, ask func(context.Context, Request) (Decision, error)) (Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, r.deadline)
	defer cancel()
	return ask(ctx, q)
}

func (r *Rivals) draftOf(ctx context.Context, q Request, ask func(context.Context, Request) (Decision, error)) (Decision, error) {
	d, err := r.within(ctx, q, ask)
	if errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		d = broken(q, "policy_slow", fmt.Sprintf("The draft gave no answer within %v.", r.deadline))
		d.PolicyRevision, d.DataRevision = r.draft.rules.revision, r.draft.dataRevision
		err = nil
	}
	return d, err
}

// above takes an answer of the baseline through the floors above it.
func (l *live) above(ctx context.Context, d Decision, q Request) (Decision, error) {
	if d.Allow && q.Action.OpensData() {
		var err error
		if d, err = l.askTrusts(ctx, d, questionOf(d.Request)); err != nil {
			return Decision{}, err
		}
	}
	d = l.within(d)
	d.Request, d.PolicyRevision, d.DataRevision = q, l.rules.revision, l.dataRevision
	return d, nil
}

// Live gives the rules and the reference data that decide now, for those who
// compare a draft with them. They are not to be changed.
func (e *Engine) Live() (Policy, ReferenceData) {
	l := e.live.Load()
	return l.policy, l.data
}
