package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/governance"
	"github.com/signalbox-health/signalbox/web/layout"
)

// governance is the third door. What is decided behind it is in force at once.
func (h *house) governance(reader func(*http.Request) (policy.Actor, layout.Page)) *governance.Pages {
	return &governance.Pages{Engine: h.engine, Desk: &governing.Desk{Policy: h.engine, Ledger: h.db, Now: time.Now}, Ledger: h.db, Access: h.db,
		National: h.national, Catalogue: h.main.Catalogue, Names: h.known, Quarantined: h.host.Quarantined, Proposals: h.proposals,
		Due:     func(r *http.Request) (templ.Component, error) { return h.site.Workshop.MustAct(r) },
		Refresh: h.look, Reader: reader, Now: time.Now}
}

// proposals are the drafts at somebody's organisation that wait for their yes or no.
func (h *house) proposals(ctx context.Context, actor policy.Actor) ([]governance.Proposal, error) {
	drafts, err := h.policies.Drafts(ctx, actor.ODS)
	if err != nil {
		return nil, fmt.Errorf("drafts that wait for %s: %w", actor.ID, err)
	}
	return waitingFor(actor.ID, drafts), nil
}

// waitingFor leaves out drafts that somebody has written, or has spoken on.
func waitingFor(person string, drafts []*governing.Dossier) (list []governance.Proposal) {
	for _, d := range drafts {
		if !d.Open() || slices.Contains(d.Authors(), person) ||
			slices.ContainsFunc(d.Proposal.Verdicts, func(v postgres.PolicyVerdict) bool { return v.By == person }) {
			continue
		}
		p := governance.Proposal{Title: d.Title, URL: fmt.Sprintf("/governance/policies/%s/drafts/%d", d.Owner, d.Draft), Since: d.Proposal.At}
		for _, v := range d.Proposal.Verdicts {
			if v.Approves {
				p.Yes++
			}
		}
		list = append(list, p)
	}
	return list
}
