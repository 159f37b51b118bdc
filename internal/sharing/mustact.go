package sharing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Must is a release that an organisation runs and has to do something about: it was
// withdrawn and has stopped, or there is a better one and it ends on a day.
type Must struct {
	Adoption  postgres.Adoption
	Title     string   // of the plugin
	Version   string   // that runs, or ran
	Measures  []string // what their charts are called
	Withdrawn bool     // it has stopped; otherwise it ends
	Reason    string   // in the words of whoever said so
	// Until is the day on which it ends; zero where it has stopped.
	Until measures.Date
	// Instead is the version to go to; empty where none is published.
	Instead string
}

// Passed reports whether the day on which it was to end is over.
func (m *Must) Passed(today measures.Date) bool { return !m.Withdrawn && m.Until < today }

// MustAct lists what an organisation has to do something about: what has stopped
// first, then what ends soonest.
func (s *Shelf) MustAct(ctx context.Context, at measures.ODSCode) ([]Must, error) {
	live, err := s.live(ctx, at)
	if err != nil || len(live) == 0 {
		return nil, err
	}
	shared, err := s.Shared(ctx)
	if err != nil {
		return nil, err
	}
	var list []Must
	for _, adoption := range live {
		i := slices.IndexFunc(shared.Releases, func(k analysis.Kept) bool { return k.Digest == adoption.Digest })
		if i < 0 {
			return nil, fmt.Errorf("what %s has to act on: release %s, which it runs, is not kept", at, adoption.Digest.Short())
		}
		kept := &shared.Releases[i]
		if kept.State != postgres.Withdrawn && kept.State != postgres.Deprecated {
			continue
		}
		m, err := s.must(ctx, adoption, kept)
		if err != nil {
			return nil, fmt.Errorf("what %s has to act on: %w", at, err)
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Must) int {
		return cmp.Or(cmp.Compare(a.Until, b.Until), cmp.Compare(a.Title, b.Title)) // what has stopped has no day
	})
	return list, nil
}

// live are the adoptions of an organisation that run.
func (s *Shelf) live(ctx context.Context, at measures.ODSCode) ([]postgres.Adoption, error) {
	if at == "" {
		return nil, nil
	}
	all, err := s.Store.AdoptionsOf(ctx, at)
	return slices.DeleteFunc(all, func(a postgres.Adoption) bool { return !a.Ended.IsZero() }), err
}

// must says why, until when, and what there is instead. The hub's word comes first:
// it is newer than a step that was taken here.
func (s *Shelf) must(ctx context.Context, adoption postgres.Adoption, kept *analysis.Kept) (Must, error) {
	m := Must{Adoption: adoption, Title: kept.Manifest.Title, Version: kept.Manifest.Version, Withdrawn: kept.State == postgres.Withdrawn}
	for i := range kept.Manifest.Measures {
		m.Measures = append(m.Measures, kept.Manifest.Measures[i].Title)
	}
	steps, err := s.Store.ReleaseSteps(ctx, adoption.Digest)
	if err != nil {
		return m, err
	}
	for _, step := range steps {
		if step.Step == kept.State {
			m.Reason, m.Until = step.Note, step.Until
		}
	}
	listing, err := s.Store.ListingOf(ctx, adoption.Digest)
	switch {
	case err != nil && !errors.Is(err, postgres.ErrNotFound):
		return m, err
	case err == nil && listing.State == registry.Withdrawn == m.Withdrawn && listing.Reason != "":
		m.Reason, m.Until = listing.Reason, dayOf(listing.Until)
	}
	if m.Withdrawn {
		m.Until = 0
		m.Reason = cmp.Or(m.Reason, "a key that signed it was revoked, so nobody can say who made it")
	}
	versions, err := s.Store.Listings(ctx, adoption.Plugin) // the highest first
	if i := slices.IndexFunc(versions, func(l registry.Listing) bool { return l.State == registry.Published && l.Contents != adoption.Digest }); i >= 0 {
		m.Instead = versions[i].Version
	}
	return m, err
}

func dayOf(t time.Time) measures.Date {
	if t.IsZero() {
		return 0
	}
	year, month, day := t.UTC().Date()
	return measures.DateOf(year, int(month), day)
}
