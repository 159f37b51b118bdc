package host

import (
	"fmt"
	"os"

	"github.com/signalbox-health/signalbox/plugins"
)

// Forget makes a plugin unknown again, installed or not: its module and its
// record leave this program, children that hold it are replaced, and its
// compiled code is removed. Questions that are being answered come to their end;
// whether it is in quarantine does not change.
func (h *Host) Forget(digest plugins.Digest) error {
	h.mu.Lock()
	m := h.modules[digest]
	delete(h.modules, digest)
	h.mu.Unlock()
	if m != nil {
		m.forgotten.Store(true)
		h.pool.forget(m)
	}
	h.usage.forget(digest)
	if err := h.vault.forget(h.vault.of(h.pool.hello().Engine, digest)); err != nil {
		return fmt.Errorf("forget %s: remove its compiled code: %w", digest.Short(), err)
	}
	return nil
}

// forget replaces the children that hold a plugin: those that are free now, and
// the others after their question.
func (p *pool) forget(m *installed) {
	p.shun(m)
	digest := m.release.Digest
	var idle []*process
	p.mu.Lock()
	for _, l := range p.lanes() {
		for child := range l.all {
			if child.has(digest) {
				child.stale.Store(true)
			}
		}
		for child := l.take(isStale); child != nil; child = l.take(isStale) {
			idle = append(idle, child)
		}
	}
	p.mu.Unlock()
	for _, child := range idle {
		p.release(child)
	}
}

func isStale(c *process) bool { return c.stale.Load() }

// forget removes the compiled code in a folder.
func (v *vault) forget(folder string) error {
	v.mu.Lock()
	delete(v.known, folder)
	v.mu.Unlock()
	return os.RemoveAll(folder)
}

func (l *ledger) forget(digest plugins.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, digest)
}
