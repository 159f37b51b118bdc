package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/policy"
	webjobs "github.com/signalbox-health/signalbox/web/jobs"
	"github.com/signalbox-health/signalbox/web/layout"
)

// The kinds of work that are done in the background.
const (
	hubSync        jobs.Kind = "hub.sync"
	hubDeliver     jobs.Kind = "hub.deliver"
	sessionsForget jobs.Kind = "sessions.forget"
	draftsForget   jobs.Kind = "drafts.forget"
	evidenceSend   jobs.Kind = "evidence.send"
)

const (
	// syncEvery is how soon a withdrawal reaches an installation.
	syncEvery = 15 * time.Minute
	// deliverEvery is how soon what could not be sent is tried again.
	deliverEvery = 5 * time.Minute
	// hubWithin is how long the hub may take, with an index of some tens of thousands
	// of releases over a slow line.
	hubWithin = 3 * time.Minute
)

// works lists what is done in the background. Asking the hub and sending to it are
// there without a hub too, for a process that shares the database with one that has
// one; then nobody asks for them.
func (h *house) works() []jobs.Work {
	each := func(every time.Duration) time.Duration {
		if h.node.Hub == "" {
			return 0
		}
		return every
	}
	return []jobs.Work{
		{Kind: hubSync, Title: "Ask the hub for news", Every: each(syncEvery), Within: hubWithin, Do: h.syncJob},
		{Kind: hubDeliver, Title: "Send the hub what people here have decided to send", Every: each(deliverEvery), Within: hubWithin, Do: h.deliverJob},
		{Kind: evidenceSend, Title: "Sign evidence for those who send it each month", Every: each(24 * time.Hour), Within: 10 * time.Minute, Do: h.evidenceJob},
		{Kind: sessionsForget, Title: "Forget sessions that have ended", Every: time.Hour, Do: h.forgetting("sessions", h.db.ForgetSessions)},
		{Kind: draftsForget, Title: "Forget drafts of plugins that are older than 30 days", Every: 6 * time.Hour, Do: h.forgetting("drafts", h.db.ForgetDrafts)},
	}
}

func (h *house) syncJob(ctx context.Context) error {
	synced, err := h.node.Sync(ctx)
	if synced.New {
		h.log.Info("the hub had news", "index", synced.Index, "releases", synced.Releases, "withdrawn", synced.Withdrawn, "list", synced.List)
	}
	return err
}

func (h *house) deliverJob(ctx context.Context) error {
	done, err := h.node.Deliver(ctx)
	if done.Sent > 0 {
		h.log.Info("sent to the hub", "sent", done.Sent, "failed", done.Failed, "left", done.Left)
	}
	return err
}

func (h *house) forgetting(what string, forget func(context.Context) (int64, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		gone, err := forget(ctx)
		if gone > 0 {
			h.log.Info("forgotten", "what", what, "how many", gone)
		}
		return err
	}
}

// jobsPages are the page of those who operate this Signalbox.
func (h *house) jobsPages(reader func(*http.Request) (policy.Actor, layout.Page)) *webjobs.Pages {
	return &webjobs.Pages{Desk: &governing.Desk{Policy: h.engine, Ledger: h.db, Now: time.Now}, Ledger: h.db, Queue: h.queue, Hub: h.db, Address: h.node.Hub, Sync: hubSync,
		Names: func(ctx context.Context, id string) string {
			person, err := h.db.Person(ctx, id)
			if err != nil {
				return id
			}
			return person.Name
		}, Reader: reader, Now: time.Now}
}

// startQueue prepares the queue of jobs. It works them only once it is started.
func (h *house) startQueue(cfg *config) error {
	node, err := cfg.node()
	if err != nil {
		return err
	}
	may := &sharing.StillMay{Policy: h.engine, Record: h.db, Now: time.Now}
	node.Store, node.Changed, node.Allow = h.db, h.look, may.Allow
	h.node = node
	// The queue's library writes much that is of no concern to whoever is on call.
	log := slog.New(atLeast{h.log.Handler(), slog.LevelWarn})
	h.queue, err = jobs.New(h.db, jobs.Options{Log: log}, h.works()...)
	return err
}

// work works jobs until the house is closed.
func (h *house) work(ctx context.Context) error {
	if err := h.queue.Start(ctx); err != nil {
		return err
	}
	h.closes = append(h.closes, func() {
		if err := h.queue.Close(ctx); err != nil {
			h.log.Warn("jobs under way were broken off; they begin again elsewhere, or at the next start", "error", err)
		}
	})
	return nil
}

// node is this installation as its hub sees it.
func (c *config) node() (*sharing.Node, error) {
	n := &sharing.Node{Now: time.Now}
	hub, err := c.hub()
	if err != nil || hub == nil {
		return n, err
	}
	if n.Root, err = c.root(); err != nil {
		return nil, fmt.Errorf("trust/hub.json names a hub: %w", err)
	}
	n.Hub, n.Speech = hub.URL, hub.remote()
	return n, nil
}

// atLeast lets through what is of a level or above.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (a atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= a.level && a.Handler.Enabled(ctx, level)
}

func (a atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{a.Handler.WithAttrs(attrs), a.level}
}

func (a atLeast) WithGroup(name string) slog.Handler {
	return atLeast{a.Handler.WithGroup(name), a.level}
}
