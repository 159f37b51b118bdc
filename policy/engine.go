package policy

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"

	"github.com/signalbox-health/signalbox/measures"
)

// Deadline is how long a policy may think.
const Deadline = 500 * time.Millisecond

const nationalEntry = "data.signalbox.national.decision"

// Policy is the text of all rules: the national baseline, and what trusts add.
type Policy struct {
	// National is the baseline; nil means the one that comes with the program.
	National []Module
	// Trusts are policies of single trusts, in package signalbox.trusts.<ODS>.
	// They can only narrow what the baseline allows.
	Trusts map[measures.ODSCode][]Module
}

// EngineOptions says what an engine begins with.
type EngineOptions struct {
	Policy   Policy
	Data     ReferenceData
	Now      func() time.Time // for requests that bring no time; nil means the clock
	Deadline time.Duration    // 0 means Deadline
}

// Engine answers requests. It is safe for concurrent use; rules and reference
// data are exchanged while it works.
type Engine struct {
	now      func() time.Time
	deadline time.Duration
	change   sync.Mutex // one exchange at a time
	live     atomic.Pointer[live]
}

// live is everything that decides, exchanged as one, so that no decision sees
// the rules of one moment and the data of another.
type live struct {
	rules        *rules
	policy       Policy
	data         ReferenceData
	store        storage.Store
	known        known
	dataRevision string
	national     rego.PreparedEvalQuery
	trusts       map[measures.ODSCode]rego.PreparedEvalQuery
	codes        []measures.ODSCode // of trusts with a policy, in order
	answers      *cache
	txn          storage.Transaction // of what is supposed only; nil otherwise
}

// NewEngine compiles the policy and takes in the reference data.
func NewEngine(ctx context.Context, o EngineOptions) (*Engine, error) {
	e := &Engine{now: o.Now, deadline: o.Deadline}
	if e.now == nil {
		e.now = time.Now
	}
	if e.deadline == 0 {
		e.deadline = Deadline
	}
	compiled, err := compilePolicy(o.Policy)
	if err != nil {
		return nil, err
	}
	next, err := prepare(ctx, o.Policy, compiled, o.Data)
	if err != nil {
		return nil, err
	}
	e.live.Store(next)
	return e, nil
}

// SetData exchanges the reference data. Decisions in flight finish on the old;
// if the new is refused, the old stays.
func (e *Engine) SetData(ctx context.Context, data ReferenceData) error {
	e.change.Lock()
	defer e.change.Unlock()
	old := e.live.Load()
	next, err := prepare(ctx, old.policy, old.rules, data)
	if err != nil {
		return err
	}
	e.live.Store(next)
	return nil
}

// SetPolicy exchanges the rules. If the candidate is refused, the last good
// policy stays live.
func (e *Engine) SetPolicy(ctx context.Context, candidate Policy) error {
	compiled, err := compilePolicy(candidate)
	if err != nil {
		return err
	}
	e.change.Lock()
	defer e.change.Unlock()
	next, err := prepare(ctx, candidate, compiled, e.live.Load().data)
	if err != nil {
		return err
	}
	e.live.Store(next)
	return nil
}

// Revisions names the rules and the reference data that are live.
func (e *Engine) Revisions() (policy, data string) {
	l := e.live.Load()
	return l.rules.revision, l.dataRevision
}

// Decide answers a request. A denial is a decision and no error; an error
// matches ErrUnavailable and means that nobody has decided anything.
func (e *Engine) Decide(ctx context.Context, r Request) (Decision, error) {
	if r.Now == 0 {
		r.Now = e.now().Unix()
	}
	l := e.live.Load()
	key := cacheKey(r)
	if d, ok := l.answers.get(key); ok {
		d.Request = r
		return d, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.deadline)
	defer cancel()
	d, err := l.decide(ctx, r)
	if err != nil {
		return Decision{Request: r}, fmt.Errorf("decide %s of %s at %s: %w", r.Action, r.Resource.Dataset, r.Resource.ODS, err)
	}
	d.sealed = true
	l.answers.put(key, d)
	return d, nil
}

// decide asks the baseline, then the trusts concerned, then holds the answer
// to the host's invariants. Every step can only narrow. A trust's policy says
// who reads its data, not who governs it: with a broken one, or one that says no
// to everybody, nobody could go back to the one before.
func (l *live) decide(ctx context.Context, r Request) (Decision, error) {
	q := questionOf(r)
	d, err := l.put(ctx, l.national, q)
	if err == nil && d.Allow && r.Action.OpensData() {
		d, err = l.askTrusts(ctx, d, q)
	}
	if err != nil {
		return Decision{}, err
	}
	d = l.within(d)
	d.Request, d.PolicyRevision, d.DataRevision = r, l.rules.revision, l.dataRevision
	return d, nil
}
