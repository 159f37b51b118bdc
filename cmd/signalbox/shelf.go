package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// startShelf opens the releases of others. Without root keys nobody is believed, and
// the program goes on with what it has.
func (h *house) startShelf(cfg *config) error {
	root, err := cfg.root()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	hub, err := cfg.hub()
	if err != nil {
		return err
	}
	lists := &sharing.Lists{Root: root, File: filepath.Join(cfg.trustDir(), "publishers.json"), State: h.db.HubState, Now: time.Now}
	h.shelf = &sharing.Shelf{Store: h.db, Ledger: h.db, List: lists.List, Host: h.host, Examine: h.examiner().Examine, Refresh: h.look, Now: time.Now, Log: h.log}
	from := []registry.Remote{registry.Local(h.db.Registry(), h.admits)} // what was carried here, or made here
	if hub != nil {
		from = append(from, hub.remote())
	}
	h.shelf.Pull = sharing.PullFrom(from...)
	return nil
}

// examiner tries releases before anybody runs them, beside all measures whose ids are
// taken.
func (h *house) examiner() *sharing.Examiner {
	return &sharing.Examiner{
		Bench:     func(ctx context.Context) (sharing.Workbench, error) { return h.benches.take(ctx) },
		Known:     func(context.Context) ([]*measures.Measure, error) { return h.main.Catalogue.Known(), nil },
		Datasets:  func() []measures.Dataset { return h.described },
		Libraries: h.books.Releases,
	}
}

// gather lets the catalogue take notice of the releases of others that are here and
// of who runs them, and gives all that the policy may look up.
func (h *house) gather(ctx context.Context, catalogue *analysis.Catalogue) (policy.ReferenceData, error) {
	shared, err := h.shelf.Look(ctx)
	if err != nil {
		return policy.ReferenceData{}, err
	}
	if err := catalogue.Share(shared); err != nil {
		return policy.ReferenceData{}, err
	}
	reference, err := analysis.Reference(ctx, h.db, h.books.Releases())
	if err == nil {
		shared.Inform(&reference)
	}
	return reference, err
}
