package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/notary"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/governance/logbook"
	"github.com/signalbox-health/signalbox/web/layout"
)

const (
	// headEvery is how often the head of the record is signed and kept.
	headEvery = time.Hour
	// lastHeadWithin is how long the program waits at its end for the last one.
	lastHeadWithin = 10 * time.Second
)

// witness signs heads of the record in this database.
type witness struct {
	*notary.Notary
	db *postgres.DB
}

func (w witness) Take(ctx context.Context) (ledger.SignedHead, error) {
	return w.Notary.Take(ctx, w.db)
}

// startNotary signs the head of the record now, each hour and at the end, and
// keeps what it signed in the data folder, where nobody reaches it by SQL.
func (h *house) startNotary(ctx context.Context, cfg *config) error {
	n, err := notary.Open(cfg.audit(), "", time.Now)
	if err != nil {
		return err
	}
	h.witness = witness{n, h.db}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { h.keepHeads(working) })
	h.closes = append(h.closes, func() {
		stop()
		done.Wait()
		last, cancel := context.WithTimeout(context.Background(), lastHeadWithin)
		defer cancel()
		h.takeHead(last)
	})
	return nil
}

func (h *house) keepHeads(ctx context.Context) {
	ticker := time.NewTicker(headEvery)
	defer ticker.Stop()
	for {
		h.takeHead(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// takeHead signs and keeps a head. A record that does not continue what was
// signed before is the worst news that this program can have.
func (h *house) takeHead(ctx context.Context) {
	_, err := h.witness.Take(ctx)
	switch {
	case err == nil, ctx.Err() != nil:
	case errors.Is(err, ledger.ErrTampered):
		h.log.Error("THE RECORD OF DECISIONS WAS CHANGED: keep this machine as it is, and run signalbox audit verify", "error", err)
	default:
		h.log.Error("the head of the record could not be signed", "error", err)
	}
}

// logPages are the pages about the record.
func (h *house) logPages(reader func(*http.Request) (policy.Actor, layout.Page)) *logbook.Pages {
	return &logbook.Pages{Desk: h.policies.Desk, Log: h.db, Heads: h.witness, Engine: h.engine, Catalogue: h.main.Catalogue,
		Names: h.known, Drafts: h.draftsForCases, Reader: reader, Now: time.Now}
}

// draftsForCases are the drafts that nobody has published yet.
func (h *house) draftsForCases(ctx context.Context, owner measures.ODSCode) ([]logbook.Draft, error) {
	dossiers, err := h.policies.Drafts(ctx, owner)
	if err != nil {
		return nil, err
	}
	var list []logbook.Draft
	for _, d := range dossiers {
		if d.Revision == 0 {
			list = append(list, logbook.Draft{Number: d.Draft, Title: d.Title})
		}
	}
	return list, nil
}
