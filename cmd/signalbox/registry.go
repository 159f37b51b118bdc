package main

import (
	"context"
	"errors"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
	gate "github.com/signalbox-health/signalbox/web/hub"
)

// admits is the list that the registry of this installation holds what it is given
// against: none where nobody is believed yet.
func (h *house) admits(ctx context.Context) (*registry.List, error) {
	list, err := h.shelf.List(ctx)
	if errors.Is(err, sharing.ErrNoTrust) {
		return nil, nil
	}
	return list, err
}

// openDoor opens the site for other installations.
func (h *house) openDoor() {
	h.site.Hub = &gate.Door{Served: registry.Server(h.db.Registry(), h.admits), Policy: h.main.Policy, Ledger: h.db,
		Actor: h.sessions.Actor, Issued: h.db.HubIssued, Now: time.Now, Log: h.log}
}
