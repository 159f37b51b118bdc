package main

import (
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

// testimony is what organisations here tell others of the releases that they run,
// signed with the key of this installation.
func (h *house) testimony() *sharing.Witness {
	voice := &sharing.Voice{List: h.shelf.List, Now: time.Now, Key: func() (registry.Key, error) {
		key, _, err := registry.OpenOrMakeKey(h.benches.cfg.nodeKey())
		return key, err
	}}
	return &sharing.Witness{Store: h.db, Charts: h.main, Voice: voice, Name: h.known.OrganisationName, Now: time.Now}
}
