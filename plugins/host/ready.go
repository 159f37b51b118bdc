package host

import (
	"errors"
	"slices"

	"github.com/signalbox-health/signalbox/plugins"
)

// A plugin is on trial until it has given so many good answers: after its
// installation, and after it did wrong.
const (
	provenAfter      = 3
	provenAgainAfter = 20
)

// record is what a plugin has shown of itself. It is guarded by the pool's lock.
type record struct {
	good   int  // answers since it did wrong last
	enough int  // of these until it is proven
	rising bool // it is being made ready where proven plugins run
	proven bool
}

// laneFor gives the children that a plugin's questions go to. Whatever examines
// a plugin asks strange things, and has it on trial.
func (p *pool) laneFor(m *installed, examined bool) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.record.proven && !examined {
		return p.proven
	}
	return p.trial
}

// prefer notes that a plugin gave a good answer: the last of them are made ready
// in children before they are asked, and one with enough of them is proven.
func (p *pool) prefer(m *installed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.record.good++
	switch {
	case m.record.proven:
		p.remember(m)
	case m.record.good >= m.record.enough:
		p.raise(m)
	}
}

// vouch has a plugin proven without an answer.
func (p *pool) vouch(m *installed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proven != nil && !m.record.proven {
		m.record.proven = true
		p.remember(m)
		p.raise(m)
	}
}

// remember puts a proven plugin before all others. The caller holds the lock.
func (p *pool) remember(m *installed) {
	if len(p.recent) > 0 && p.recent[0] == m {
		return
	}
	p.recent = slices.Insert(slices.DeleteFunc(p.recent, func(r *installed) bool { return r == m }), 0, m)
	p.recent = p.recent[:min(len(p.recent), spreadModules)]
}

// raise makes a plugin ready in the children of proven ones, one at a time so that
// the others go on answering, and counts it among them then. The caller holds
// the lock.
func (p *pool) raise(m *installed) {
	if p.proven == nil || m.record.rising || p.closed {
		return
	}
	m.record.rising = true
	p.work.Go(func() {
		for child := p.idle(m); child != nil; child = p.idle(m) {
			err := child.load(m, p.h)
			p.release(child)
			if err != nil {
				p.unready(m, err)
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if m.record.rising { // it may have done wrong meanwhile
			m.record.rising, m.record.proven = false, true
			p.remember(m)
		}
	})
}

// idle takes a child of the proven that is free and lacks a plugin, or gives nil.
func (p *pool) idle(m *installed) *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !m.record.rising {
		return nil
	}
	return p.proven.take(func(c *process) bool { return !c.has(m.release.Digest) })
}

// shun notes that a plugin did wrong: it is on trial again.
func (p *pool) shun(m *installed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.record = record{enough: provenAgainAfter}
	p.recent = slices.DeleteFunc(p.recent, func(r *installed) bool { return r == m })
}

// preload gives a child the proven plugins that are used most, before it is
// asked.
func (p *pool) preload(child *process) {
	if !child.lane.prepared {
		return
	}
	p.mu.Lock()
	recent := slices.Clone(p.recent)
	p.mu.Unlock()
	for _, m := range recent {
		if child.spent {
			return
		}
		if err := child.load(m, p.h); err != nil {
			p.unready(m, err)
		}
	}
}

// wanting gives a plugin that a child should be given while it has nothing to do:
// a proven one that it lacks, where nobody waits and another child is free.
func (p *pool) wanting(child *process) *installed {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := child.lane; p.closed || child.spent || !l.prepared || l.waiting.n > 0 || len(l.free) == 0 {
		return nil
	}
	at := slices.IndexFunc(p.recent, func(m *installed) bool { return !child.has(m.release.Digest) })
	if at < 0 {
		return nil
	}
	return p.recent[at]
}

// unready notes that a plugin could not be made ready. It stays on trial, or is
// again; if it did wrong, for long.
func (p *pool) unready(m *installed, why error) {
	if errors.Is(why, plugins.ErrFault) {
		p.shun(m)
	}
	p.mu.Lock()
	m.record.rising, m.record.proven = false, false
	p.recent = slices.DeleteFunc(p.recent, func(r *installed) bool { return r == m })
	p.mu.Unlock()
	if !p.isClosed() {
		p.h.o.Log.Warn("make a plugin ready in a sandbox", "plugin", m.release.Digest, "error", why)
	}
}
