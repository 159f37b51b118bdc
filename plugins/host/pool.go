package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

const (
	// spreadModules is how many plugins every child has ready without being
	// asked: those that gave good answers last.
	spreadModules = 4
	// maxLoaded is how many plugins a child holds before it is replaced by a
	// fresh one: each takes megabytes of code.
	maxLoaded = 16
	// respawn is the pause before a child that would not start is tried again: a
	// short one for the first few times, because it may have been killed from
	// outside, and then a long one.
	quickRespawn, respawn = 50 * time.Millisecond, time.Second
	quickRespawns         = 3
)

// pool keeps the children, free or busy, and hands them out one question at a
// time.
type pool struct {
	h         *Host
	starter   *starter
	compilers chan struct{} // held by whoever has a module compiled

	mu     sync.Mutex
	proven *lane // nil where every plugin stays on trial
	trial  *lane
	others map[*process]bool // children that compile
	recent []*installed      // proven ones; good answers last come first
	first  Hello
	closed bool

	done chan struct{}  // closed with the pool
	work sync.WaitGroup // what goes on behind callers' backs
}

// background does something that closing waits for. Nothing is begun any more
// once the pool is closed.
func (p *pool) background(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.work.Go(do)
	}
}

func newPool(h *Host) (*pool, error) {
	p := &pool{h: h, starter: newStarter(h.o.Executable), compilers: make(chan struct{}, compilers),
		trial: newLane("on trial", h.o.Trials, h.o.Waiting), others: map[*process]bool{}, done: make(chan struct{})}
	p.trial.nice = trialNice
	if h.o.Children > 0 {
		p.proven = newLane("proven", h.o.Children, h.o.Waiting)
		p.proven.prepared = true
	}
	one, err := p.spawn(p.trial)
	if err != nil {
		p.starter.stop()
		return nil, fmt.Errorf("start a sandbox: %w", err)
	}
	p.first = one.hello
	p.give(one)
	for _, l := range p.lanes() {
		for range l.size - len(l.all) {
			p.background(func() { p.replace(l) })
		}
	}
	return p, nil
}

func (p *pool) lanes() []*lane {
	if p.proven == nil {
		return []*lane{p.trial}
	}
	return []*lane{p.proven, p.trial}
}

func (p *pool) hello() Hello {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

// spawn starts one child for runs.
func (p *pool) spawn(l *lane) (*process, error) {
	limits := p.h.o.Limits
	child, err := p.starter.start(Start{Dir: p.h.o.CacheDir, Memory: uint64(limits.CompileMemory), CPU: 3600, Nice: l.nice})
	if err != nil {
		return nil, err
	}
	child.lane = l
	if err := p.adopt(child, l.all); err != nil {
		return nil, err
	}
	p.background(func() {
		select {
		case <-child.exited:
			p.lost(child)
		case <-p.done:
		}
	})
	return child, nil
}

// adopt notes a child, so that closing ends it.
func (p *pool) adopt(child *process, among map[*process]bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		child.discard()
		return errClosed
	}
	among[child] = true
	return nil
}

// lost replaces a child that ended while it was free. One that ends while it is
// busy is noticed by whoever has it.
func (p *pool) lost(child *process) {
	l := child.lane
	p.mu.Lock()
	at := slices.Index(l.free, child)
	if at >= 0 {
		l.free = slices.Delete(l.free, at, at+1)
		delete(l.all, child)
	}
	closed := p.closed
	p.mu.Unlock()
	if at >= 0 && !closed {
		child.discard()
		p.h.o.Log.Warn("a sandbox ended while it was idle", "cause", child.ending())
		p.replace(l)
	}
}

// acquire gives a free child of a lane, or waits for one until the context ends.
// Where too many wait already it says so at once.
func (p *pool) acquire(ctx context.Context, l *lane, digest plugins.Digest) (*process, error) {
	child, mine, err := p.freeOrTurn(l, digest)
	if child != nil || err != nil {
		return child, err
	}
	select {
	case child := <-mine:
		if child == nil {
			return nil, p.reason(l)
		}
		return child, nil
	case <-ctx.Done():
		p.leave(l, digest, mine)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fmt.Errorf("all %d sandboxes are busy; try again in a moment: %w: %w", l.size, plugins.ErrBusy, ctx.Err())
		}
		return nil, ctx.Err()
	}
}

func (p *pool) freeOrTurn(l *lane, digest plugins.Digest) (*process, turn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errClosed
	}
	return l.freeOrTurn(digest)
}

func (p *pool) reason(l *lane) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	return noSandbox(l.broken)
}

// leave takes a waiter out of the queue, and passes on a child that was
// handed to it at the last moment.
func (p *pool) leave(l *lane, digest plugins.Digest, mine turn) {
	p.mu.Lock()
	l.waiting.leave(digest, mine)
	p.mu.Unlock()
	select {
	case child := <-mine:
		if child != nil {
			p.give(child)
		}
	default:
	}
}

// give makes a child free for whose turn it is.
func (p *pool) give(child *process) {
	l := child.lane
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		child.discard()
	case child.gone():
		// It ended just now; lost looked for it among the free ones too early.
		delete(l.all, child)
		p.work.Go(func() { p.replace(l) })
	case l.waiting.serve(child):
	default:
		l.free = append(l.free, child)
	}
}

// settle takes a child back after a question, once it has the plugins that it
// should have.
func (p *pool) settle(child *process) {
	m := p.wanting(child)
	if m == nil {
		p.release(child)
		return
	}
	p.background(func() {
		if err := child.load(m, p.h); err != nil {
			p.unready(m, err)
		}
		p.release(child)
	})
}

// release makes a child free, if it is well, and otherwise replaces it.
func (p *pool) release(child *process) {
	if child.spent || child.stale.Load() || child.gone() || child.holds() > maxLoaded {
		p.drop(child)
		p.background(func() { p.replace(child.lane) })
		return
	}
	p.give(child)
}

func (p *pool) drop(child *process) {
	child.discard()
	p.mu.Lock()
	defer p.mu.Unlock()
	if child.lane != nil {
		delete(child.lane.all, child)
	}
	delete(p.others, child)
}

// replace starts a child in the place of one that is gone, and keeps trying:
// without children nothing can be computed.
func (p *pool) replace(l *lane) {
	for tries := 1; ; tries++ {
		child, err := p.spawn(l)
		if p.isClosed() {
			return
		}
		if err == nil {
			p.mu.Lock()
			l.broken = nil
			p.mu.Unlock()
			p.preload(child)
			p.release(child)
			return
		}
		p.h.o.Log.Error("start a sandbox", "error", err)
		pause := quickRespawn
		if tries > quickRespawns {
			pause = respawn
			p.giveUp(l, err)
		}
		select {
		case <-time.After(pause):
		case <-p.done:
			return
		}
	}
}

// giveUp tells those who wait that no child can be started, if there is none.
func (p *pool) giveUp(l *lane, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.broken = why
	if len(l.all) > 0 {
		return
	}
	l.waiting.dismiss()
}

func (p *pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

func (p *pool) close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.done)
	all := p.others
	p.others = map[*process]bool{}
	for _, l := range p.lanes() {
		for child := range l.all {
			all[child] = true
		}
		l.all, l.free = map[*process]bool{}, nil
		l.waiting.dismiss()
	}
	p.mu.Unlock()
	for child := range all {
		child.discard()
	}
	p.starter.stop()
	p.work.Wait()
	return nil
}
