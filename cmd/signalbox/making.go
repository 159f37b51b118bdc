package main

import (
	"context"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/web/workshop"
)

// making is how releases are made here: brought, checked, published, ended.
func (h *house) making() *workshop.Making {
	invented := workshop.NewInvented(h.described)
	examiner := h.examiner()
	return &workshop.Making{
		Life: &sharing.Life{Policy: h.engine, Ledger: h.db, Store: h.db, List: h.shelf.List, Push: h.publish, Refresh: h.look, Now: time.Now},
		Inspector: &sharing.Inspector{
			Bench: func(ctx context.Context) (sharing.TrialBench, error) { return h.benches.take(ctx) },
			Options: func(ctx context.Context) (check.Options, error) {
				known, err := examiner.Known(ctx)
				return check.Options{Known: known, Datasets: h.described, Libraries: h.books.Releases()}, err
			},
			Twins: &sharing.Twins{Known: h.main.Catalogue.Measures, Module: h.books.Module, Figures: invented.Of,
				Release: func(m *measures.Measure) (plugins.Release, error) { return h.main.Catalogue.Release(m) }},
		},
		Invented: invented,
		Asking: &sharing.Asking{Policy: h.engine, Ledger: h.db, Store: h.db, Voice: h.testimony().Voice, List: h.shelf.List,
			Name: h.known.OrganisationName, Now: time.Now},
		Since:  time.Now(),
		Limits: h.national.Releases,
		Name:   h.nameOf,
	}
}

// publish brings a release to the hub's registry, or to this installation's own where
// it has no hub: then it may be one.
func (h *house) publish(ctx context.Context, release registry.Release) (plugins.Digest, error) {
	hub, err := h.benches.cfg.hub()
	if err != nil {
		return "", err
	}
	if hub != nil {
		return hub.remote().Push(ctx, release)
	}
	return registry.Local(h.db.Registry(), h.admits).Push(ctx, release)
}

// nameOf is what somebody is called, or their account where nobody knows.
func (h *house) nameOf(ctx context.Context, id string) string {
	if person, err := h.db.Person(ctx, id); err == nil && person.Name != "" {
		return person.Name
	}
	return id
}
