package candidate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrBusy says that too many candidates wait already.
var ErrBusy = errors.New("the bench is busy")

// Options says how a Bench works.
type Options struct {
	// Executable is the program that runs Serve on its standard input and output,
	// and its arguments.
	Executable []string
	// Reference gives the reference data that candidates are asked over. What a
	// check needs and does not find there, it invents.
	Reference func() policy.ReferenceData
	// CheckTime and ImpactTime are when a child is killed; 0 means 30 s and 60 s.
	CheckTime, ImpactTime time.Duration
	// Memory bounds what a child may keep, in bytes; 0 means 1 GiB.
	Memory uint64
	// Children is how many work at once, 0 means one; Waiting how many more
	// candidates may wait for their turn, 0 means eight.
	Children, Waiting int
}

// Bench examines candidates, each in a child process of its own. It is safe for
// concurrent use.
type Bench struct {
	o       Options
	turn    chan struct{}
	waiting atomic.Int64
}

// New gives a bench. It starts nothing yet.
func New(o Options) (*Bench, error) {
	if len(o.Executable) == 0 || o.Reference == nil {
		return nil, fmt.Errorf("a bench for policies needs a program to start and reference data")
	}
	o.CheckTime = orElse(o.CheckTime, 30*time.Second)
	o.ImpactTime = orElse(o.ImpactTime, time.Minute)
	o.Memory = orElse(o.Memory, 1<<30)
	o.Children = orElse(o.Children, 1)
	o.Waiting = orElse(o.Waiting, 8)
	return &Bench{o: o, turn: make(chan struct{}, o.Children)}, nil
}

func orElse[T comparable](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}

// Queue is how many candidates wait for their turn now.
func (b *Bench) Queue() int { return int(b.waiting.Load()) }

// Check examines the policy of owner, or the national baseline where owner is
// policy.Everyone. Whatever a candidate does, the answer is a report; an error
// means that it was not examined.
func (b *Bench) Check(ctx context.Context, owner measures.ODSCode, draft []policy.Module) (Report, error) {
	report := Report{Digest: policy.FilesDigest(draft)}
	if f := slices.Concat(oversized(draft), misnamed(draft)); len(f) > 0 { // not even sent
		report.Findings = f
		return report.filled(), nil
	}
	leave, err := b.enter(ctx)
	if err != nil {
		return report, fmt.Errorf("check the policy of %s: %w", owner, err)
	}
	defer leave()
	child, err := start(b.o.Executable, b.o.Memory, b.o.CheckTime)
	if err != nil {
		return report, fmt.Errorf("check the policy of %s: start a child: %w", owner, err)
	}
	defer child.end()
	last, stopped, err := child.ask(ctx, task{Kind: checkTask, Owner: owner, Draft: draft, Reference: b.o.Reference(),
		Seconds: b.o.CheckTime.Seconds()}, nil)
	switch {
	case err != nil:
		return report, fmt.Errorf("check the policy of %s: %w", owner, err)
	case last.Report != nil:
		report = *last.Report
	}
	if stopped != "" {
		report.Findings = append(report.Findings, stoppedAt(last.Stage, stopped, b.o.CheckTime))
	}
	return report.filled(), nil
}

// ImpactQuestion asks what a draft would change.
type ImpactQuestion struct {
	Owner measures.ODSCode // whose policy would be exchanged; policy.Everyone for the baseline
	Live  policy.Policy
	// Draft takes the place of the owner's policy. None means that the owner would
	// have no policy of its own.
	Draft     []policy.Module
	Reference policy.ReferenceData
	// Recorded are decisions about the owner's data, the newest last. Each is
	// answered by both policies as of its own time.
	Recorded iter.Seq2[policy.Document, error]
	Now      int64 // the time of generated questions, in seconds since 1970
}

// Impact says what a draft would change. A draft that does not compile, or does
// not answer, is an error that says so.
func (b *Bench) Impact(ctx context.Context, q ImpactQuestion) (Impact, error) {
	fail := func(err error) (Impact, error) {
		return Impact{}, fmt.Errorf("impact of a draft for %s: %w", q.Owner, err)
	}
	leave, err := b.enter(ctx)
	if err != nil {
		return fail(err)
	}
	defer leave()
	child, err := start(b.o.Executable, b.o.Memory, b.o.ImpactTime)
	if err != nil {
		return fail(fmt.Errorf("start a child: %w", err))
	}
	defer child.end()
	last, stopped, err := child.ask(ctx, task{Kind: impactTask, Owner: q.Owner, Draft: q.Draft, Live: q.Live,
		Reference: q.Reference, Now: q.Now, Seconds: b.o.ImpactTime.Seconds()}, q.Recorded)
	switch {
	case err != nil:
		return fail(err)
	case stopped != "":
		return fail(errors.New(stoppedAt(last.Stage, stopped, b.o.ImpactTime).Problem))
	case last.Failure != "":
		return fail(fmt.Errorf("%w: %s", policy.ErrBadPolicy, last.Failure))
	case last.Impact == nil:
		return fail(fmt.Errorf("the child answered with nothing at %s", last.Stage))
	}
	return *last.Impact, nil
}

// enter waits for a turn, unless too many wait already.
func (b *Bench) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-b.turn }
	select {
	case b.turn <- struct{}{}:
		return leave, nil
	default:
	}
	defer b.waiting.Add(-1)
	if n := b.waiting.Add(1); n > int64(b.o.Waiting) {
		return nil, fmt.Errorf("%w: %d other policies wait to be examined; try again in a minute", ErrBusy, n-1)
	}
	select {
	case b.turn <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a turn: %w", context.Cause(ctx))
	}
}

// stoppedAt is the finding about a candidate whose child did not live to answer.
func stoppedAt(at stage, how string, after time.Duration) Finding {
	doing := map[stage]string{reading: "being read", compiling: "being compiled", testRuns: "running its tests", comparing: "answering questions"}[at]
	if doing == "" {
		doing = "being examined"
	}
	f := Finding{Severity: Fault, Rule: "stopped",
		Problem: fmt.Sprintf("The policy was stopped while %s: %s.", doing, how),
		Mend:    "Look for loops inside loops, for very long literals and for lists that grow from lists, and write them shorter."}
	if how == tooLate {
		f.Problem = fmt.Sprintf("The policy was stopped while %s, after %v: it takes too long.", doing, after)
	}
	return f
}

// filled turns no lists into empty ones, for those who read JSON.
func (r Report) filled() Report {
	for i := range r.Findings {
		r.Findings[i].Problem = clip(r.Findings[i].Problem, maxWords)
		r.Findings[i].Mend = clip(r.Findings[i].Mend, maxWords)
	}
	sortFindings(r.Findings)
	r.Findings = append([]Finding{}, r.Findings...)
	r.Formatted = append([]policy.Module{}, r.Formatted...)
	r.Wider = append([]Wider{}, r.Wider...)
	return r
}
