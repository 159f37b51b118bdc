package sharing

import (
	"context"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// trust is what came of holding a release against a list of publishers. It is kept,
// because its contents have to be read for it.
type trust struct {
	list       int64 // whose number
	signatures int
	doubt      error // why it is not believed; nil: it is
	revoked    bool  // because of a key that was revoked
}

// trust says whether a kept release is believed by a list, as long as the list is in
// force.
func (s *Shelf) trust(ctx context.Context, list *registry.List, k *postgres.KeptRelease) (trust, error) {
	s.mu.Lock()
	known, there := s.trusted[k.Digest]
	s.mu.Unlock()
	if there && known.list == list.Serial && known.signatures == signatures(k.Release) {
		return known, nil
	}
	whole, err := s.Store.KeptRelease(ctx, k.Digest)
	if err != nil {
		return trust{}, err
	}
	t := trust{list: list.Serial, signatures: signatures(whole.Release)}
	// What was issued before the list expired is held against it as it was in force.
	now := s.Now()
	if list.Expired(now) {
		now = list.Expires
	}
	if _, t.doubt = list.Check(whole.Release, now); t.doubt != nil {
		t.revoked = revokedAmong(list, whole.Release)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trusted == nil {
		s.trusted = map[plugins.Digest]trust{}
	}
	s.trusted[k.Digest] = t
	return t, nil
}

func signatures(r registry.Release) (n int) {
	for _, e := range r.Signed {
		n += len(e.Signatures)
	}
	return n
}

// revokedAmong reports whether one of those who signed a release has a key that was
// revoked since. Whoever had that key may have signed anything.
func revokedAmong(list *registry.List, r registry.Release) bool {
	return slices.ContainsFunc(r.Signed, func(e registry.Envelope) bool {
		return slices.ContainsFunc(list.Publishers, func(p registry.Publisher) bool {
			return slices.ContainsFunc(p.Keys, func(k registry.PublisherKey) bool { return k.Revoked != "" && e.Fits(k.Key) })
		})
	})
}

// Ready stands a kept release ready to run, if it is not. What was withdrawn or is not
// believed any more is refused. One without code needs nothing.
func (s *Shelf) Ready(ctx context.Context, of plugins.Digest) error {
	if _, err := s.Host.Release(of); err == nil {
		return nil
	}
	kept, err := s.Store.KeptRelease(ctx, of)
	if err != nil {
		return err
	}
	if kept.Manifest.ABI == 0 {
		return nil
	}
	states, err := s.states(ctx, []postgres.KeptRelease{kept})
	if err != nil {
		return err
	}
	list, stale := s.List(ctx)
	if list == nil {
		return fmt.Errorf("stand %s %s ready: %w", kept.Manifest.ID, kept.Manifest.Version, stale)
	}
	t, err := s.trust(ctx, list, &kept)
	switch {
	case err != nil:
		return err
	case t.revoked:
		return fmt.Errorf("stand %s %s ready: %w", kept.Manifest.ID, kept.Manifest.Version, t.doubt)
	case states[of] == postgres.Withdrawn:
		return fmt.Errorf("stand %s %s ready: %w", kept.Manifest.ID, kept.Manifest.Version, postgres.ErrWithdrawn)
	}
	if _, err := s.Host.Install(ctx, kept.Contents); err != nil {
		return fmt.Errorf("stand %s %s ready: %w", kept.Manifest.ID, kept.Manifest.Version, err)
	}
	return nil
}

// putAway lets the sandboxes forget a release that was withdrawn.
func (s *Shelf) putAway(of plugins.Digest) {
	if _, err := s.Host.Release(of); err != nil {
		return // they do not know it
	}
	s.warn(of, s.Host.Forget(of))
}
