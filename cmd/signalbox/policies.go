package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
	"github.com/signalbox-health/signalbox/web/governance/policies"
	"github.com/signalbox-health/signalbox/web/layout"
)

// startPolicy starts the engine with the policies that are live, and the desk where
// they change. Without knowing them nothing starts: the baseline alone could open
// what an organisation has closed.
func (h *house) startPolicy(ctx context.Context, reference policy.ReferenceData) error {
	self, err := executable()
	if err != nil {
		return fmt.Errorf("find this program, to start it as a bench for policies: %w", err)
	}
	h.reference.Store(&reference)
	known := func() policy.ReferenceData { return *h.reference.Load() }
	bench, err := candidate.New(candidate.Options{Executable: []string{self, policyBench}, Reference: known})
	if err != nil {
		return err
	}
	desk := &governing.Desk{Ledger: h.db, Now: time.Now}
	h.policies = &governing.Policies{Desk: desk, Store: h.db, Bench: bench, Reference: known, Log: h.log}
	trusts, err := h.policies.Live(ctx)
	if err != nil {
		return err
	}
	h.engine, err = policy.NewEngine(ctx, policy.EngineOptions{Policy: policy.Policy{Trusts: trusts}, Data: reference})
	if err != nil {
		return fmt.Errorf("start the policy engine: %w", err)
	}
	desk.Policy, h.policies.Engine = h.engine, h.engine
	return nil
}

// pause is how long the house may go without looking again: until the next policy
// becomes live, if that is sooner than usual.
func (h *house) pause() time.Duration {
	next := h.policies.Next()
	if next.IsZero() {
		return refreshEvery
	}
	return min(refreshEvery, max(time.Until(next), 10*time.Millisecond))
}

// keepShadows asks drafts that run in shadow what has been decided meanwhile.
func (h *house) keepShadows(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := h.policies.RunShadows(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("drafts in shadow could not be asked", "error", err)
		}
	}
}

// policyPages are the pages of the policies desk.
func (h *house) policyPages(reader func(*http.Request) (policy.Actor, layout.Page)) *policies.Pages {
	return &policies.Pages{Policies: h.policies, Names: h.known, Datasets: h.main.Catalogue, Reader: reader, Now: time.Now, Log: h.log}
}
