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

// errClosed says that the host has been closed.
var errClosed = errors.New("the sandboxes have been closed")

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
	h       *Host
	starter *starter

	mu      sync.Mutex
	free    []*process
	waiting *queue
	all     map[*process]bool
	recent  []*installed // good answers last come first
	first   Hello
	broken  error // why no child can be started, if so
	closed  bool

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
	p := &pool{h: h, starter: newStarter(h.o.Executable), all: map[*process]bool{}, waiting: newQueue(h.o.Waiting), done: make(chan struct{})}
	one, err := p.spawn()
	if err != nil {
		p.starter.stop()
		return nil, fmt.Errorf("start a sandbox: %w", err)
	}
	p.first = one.hello
	p.give(one)
	for range h.o.Children - 1 {
		p.background(p.replace)
	}
	return p, nil
}

func (p *pool) hello() Hello {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

// spawn starts one child for runs.
func (p *pool) spawn() (*process, error) {
	limits := p.h.o.Limits
	child, err := p.starter.start(Start{Dir: p.h.o.CacheDir, Memory: uint64(limits.CompileMemory), CPU: 3600})
	if err != nil {
		return nil, err
	}
	if err := p.adopt(child); err != nil {
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
func (p *pool) adopt(child *process) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		child.discard()
		return errClosed
	}
	p.all[child] = true
	return nil
}

// lost replaces a child that ended while it was free. One that ends while it is
// busy is noticed by whoever has it.
func (p *pool) lost(child *process) {
	p.mu.Lock()
	at := slices.Index(p.free, child)
	if at >= 0 {
		p.free = slices.Delete(p.free, at, at+1)
		delete(p.all, child)
	}
	closed := p.closed
	p.mu.Unlock()
	if at >= 0 && !closed {
		child.discard()
		p.h.o.Log.Warn("a sandbox ended while it was idle", "cause", child.ending())
		p.replace()
	}
}

// acquire gives a free child, best one that has the plugin loaded, or waits for
// one until the context ends. Where too many wait already it says so at once.
func (p *pool) acquire(ctx context.Context, digest plugins.Digest) (*process, error) {
	child, mine, err := p.freeOrTurn(digest)
	if child != nil || err != nil {
		return child, err
	}
	select {
	case child := <-mine:
		if child == nil {
			return nil, p.reason()
		}
		return child, nil
	case <-ctx.Done():
		p.forget(digest, mine)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fmt.Errorf("all %d sandboxes are busy; try again in a moment: %w: %w", p.h.o.Children, plugins.ErrBusy, ctx.Err())
		}
		return nil, ctx.Err()
	}
}

// freeOrTurn gives a free child, or a turn to wait for.
func (p *pool) freeOrTurn(digest plugins.Digest) (*process, turn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errClosed
	}
	if n := len(p.free); n > 0 {
		best := slices.IndexFunc(p.free, func(c *process) bool { return c.loaded[digest] })
		if best < 0 {
			best = n - 1
		}
		child := p.free[best]
		p.free = slices.Delete(p.free, best, best+1)
		return child, nil, nil
	}
	if p.broken != nil && len(p.all) == 0 {
		return nil, nil, noSandbox(p.broken)
	}
	mine, ok := p.waiting.join(digest)
	if !ok {
		return nil, nil, fmt.Errorf("%d questions wait for %d sandboxes already; try again in a moment: %w", p.waiting.n, p.h.o.Children, plugins.ErrBusy)
	}
	return nil, mine, nil
}

func (p *pool) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	return noSandbox(p.broken)
}

// noSandbox hides what became of the child that would not start: it had no
// plugin yet, so none is to blame.
func noSandbox(why error) error { return fmt.Errorf("no sandbox can be started: %v", why) }

// forget takes a waiter out of the queue, and passes on a child that was
// handed to it at the last moment.
func (p *pool) forget(digest plugins.Digest, mine turn) {
	p.mu.Lock()
	p.waiting.leave(digest, mine)
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
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		child.discard()
	case child.gone():
		// It ended just now; lost looked for it among the free ones too early.
		delete(p.all, child)
		p.work.Go(p.replace)
	case p.waiting.serve(child):
	default:
		p.free = append(p.free, child)
	}
}

// settle takes a child back after a question: free, if it is well, and
// otherwise replaced.
func (p *pool) settle(child *process) {
	if child.spent || child.gone() || len(child.loaded) > maxLoaded {
		p.drop(child)
		p.background(p.replace)
		return
	}
	p.give(child)
}

func (p *pool) drop(child *process) {
	child.discard()
	p.mu.Lock()
	delete(p.all, child)
	p.mu.Unlock()
}

// replace starts a child in the place of one that is gone, and keeps trying:
// without children nothing can be computed.
func (p *pool) replace() {
	for tries := 1; ; tries++ {
		child, err := p.spawn()
		if p.isClosed() {
			return
		}
		if err == nil {
			p.mu.Lock()
			p.broken = nil
			p.mu.Unlock()
			p.preload(child)
			p.settle(child)
			return
		}
		p.h.o.Log.Error("start a sandbox", "error", err)
		pause := quickRespawn
		if tries > quickRespawns {
			pause = respawn
			p.giveUp(err)
		}
		select {
		case <-time.After(pause):
		case <-p.done:
			return
		}
	}
}

// giveUp tells those who wait that no child can be started, if there is none.
func (p *pool) giveUp(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = why
	if len(p.all) > 0 {
		return
	}
	p.waiting.dismiss()
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
	all := p.all
	p.all = map[*process]bool{}
	p.waiting.dismiss()
	p.free = nil
	p.mu.Unlock()
	for child := range all {
		child.discard()
	}
	p.starter.stop()
	p.work.Wait()
	return nil
}
