package main

import (
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/governance"
	"github.com/signalbox-health/signalbox/web/layout"
)

// governance is the third door. What is decided behind it is in force at once.
func (h *house) governance(reader func(*http.Request) (policy.Actor, layout.Page)) *governance.Pages {
	return &governance.Pages{Engine: h.engine, Desk: &governing.Desk{Policy: h.engine, Ledger: h.db, Now: time.Now}, Ledger: h.db, Access: h.db,
		National: h.national, Catalogue: h.main.Catalogue, Names: h.known, Quarantined: h.host.Quarantined, Refresh: h.look, Reader: reader, Now: time.Now}
}
