package host

import "slices"

// preload gives a child the plugins that are used most, before it is asked.
func (p *pool) preload(child *process) {
	p.mu.Lock()
	recent := slices.Clone(p.recent)
	p.mu.Unlock()
	for _, m := range recent {
		if child.spent {
			return
		}
		if err := child.load(m, p.h); err != nil && !p.isClosed() {
			p.h.o.Log.Warn("make a plugin ready in a new sandbox", "plugin", m.release.Digest, "error", err)
		}
	}
}

// prefer notes that a plugin gives good answers: new children get it ready.
func (p *pool) prefer(m *installed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.recent) > 0 && p.recent[0] == m {
		return
	}
	p.recent = slices.Insert(slices.DeleteFunc(p.recent, func(r *installed) bool { return r == m }), 0, m)
	p.recent = p.recent[:min(len(p.recent), spreadModules)]
}

// shun notes that a plugin did wrong: no child gets it before it is asked for.
func (p *pool) shun(m *installed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = slices.DeleteFunc(p.recent, func(r *installed) bool { return r == m })
}

// spread makes a plugin ready in every child that is free just now, and in
// every child to come.
func (p *pool) spread(m *installed) {
	p.prefer(m)
	p.mu.Lock()
	var idle []*process
	p.free = slices.DeleteFunc(p.free, func(c *process) bool {
		if !c.loaded[m.release.Digest] {
			idle = append(idle, c)
			return true
		}
		return false
	})
	p.mu.Unlock()
	for _, child := range idle {
		p.background(func() {
			p.preload(child)
			p.settle(child)
		})
	}
}
