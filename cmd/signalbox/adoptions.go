package main

import (
	"context"
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/adoptions"
	"github.com/signalbox-health/signalbox/web/layout"
)

// adoptionPages say what became of what organisations have adopted.
func (h *house) adoptionPages(reader func(*http.Request) (policy.Actor, layout.Page)) *adoptions.Pages {
	return &adoptions.Pages{Witness: h.testimony(), Names: h.known, List: h.shelf.List, Reader: reader, Now: time.Now}
}

// evidenceJob sends evidence for those who said "yes, each month" when they adopted.
func (h *house) evidenceJob(ctx context.Context) error {
	live, err := h.db.Adoptions(ctx)
	if err != nil {
		return err
	}
	done, err := h.testimony().SendDue(ctx, live)
	if done.Sent+done.Denied > 0 {
		h.log.Info("evidence that is due", "signed", done.Sent, "same", done.Same, "early", done.Early, "denied", done.Denied, "unseen", done.Unseen)
	}
	return err
}

// testimony is what organisations here tell others of the releases that they run,
// signed with the key of this installation.
func (h *house) testimony() *sharing.Witness {
	voice := &sharing.Voice{List: h.shelf.List, Now: time.Now, Key: func() (registry.Key, error) {
		key, _, err := registry.OpenOrMakeKey(h.benches.cfg.nodeKey())
		return key, err
	}}
	return &sharing.Witness{Store: h.db, Charts: h.main, Policy: h.main.Policy, Voice: voice, Record: h.db, Name: h.known.OrganisationName, Now: time.Now}
}
