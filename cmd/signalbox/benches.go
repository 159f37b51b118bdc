package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/workshop"
)

// benches are sandboxes for drafts. Each use has its own, which ends with it: what
// a draft leaves behind in memory is gone, no plugin that readers wait for shares a
// process with one, and no figure of anybody has ever been in one.
type benches struct {
	cfg  *config
	log  *slog.Logger
	turn chan struct{} // held by whoever uses one: checking takes a processor
}

// benchWait is how long somebody waits for their turn before they are told to come
// again: less than a page may take, and about as long as a check does.
const benchWait = 20 * time.Second

func newBenches(cfg *config, log *slog.Logger) *benches {
	return &benches{cfg: cfg, log: log, turn: make(chan struct{}, 1)}
}

// turned is a bench that gives its turn to the next when it is closed.
type turned struct {
	*host.Host
	give func()
}

func (t *turned) Close() error {
	err := t.Host.Close()
	t.give()
	return err
}

// open gives a bench to a page.
func (b *benches) open(ctx context.Context) (workshop.Bench, error) {
	bench, err := b.take(ctx)
	if err != nil {
		return nil, err
	}
	return bench, nil
}

// take waits for a turn and starts a bench.
func (b *benches) take(ctx context.Context) (*turned, error) {
	wait, cancel := context.WithTimeout(ctx, benchWait)
	defer cancel()
	select {
	case b.turn <- struct{}{}:
	case <-wait.Done():
		if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("wait for a bench: %w", plugins.ErrBusy)
	}
	give := sync.OnceFunc(func() { <-b.turn })
	started, err := b.start()
	if err != nil {
		give()
		return nil, fmt.Errorf("start a bench for a draft: %w", err)
	}
	return &turned{started, give}, nil
}

func (b *benches) start() (*host.Host, error) {
	if err := tidy(b.cfg.draftCache()); err != nil {
		return nil, err
	}
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start it as a sandbox: %w", err)
	}
	return host.New(host.Options{Executable: []string{self, "sandbox"}, Children: 1, OnTrial: true, CacheDir: b.cfg.draftCache(), Log: b.log})
}

// draftCache keeps the compiled code of drafts, apart from that of plugins.
func (c *config) draftCache() string { return filepath.Join(c.dataDir, "drafts") }

// cachedDrafts is how much compiled code of drafts is kept, in bytes.
const cachedDrafts = 256 << 20

// tidy empties a folder of compiled code that has become large: what is still
// wanted is compiled again. The caller has the only bench, so nobody is in there.
func tidy(dir string) error {
	size := int64(0)
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("compiled code of drafts: %w", err)
	case size <= cachedDrafts:
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("empty the compiled code of drafts: %w", err)
	}
	return nil
}

// workshop is the second door.
func (h *house) workshop(described []measures.Dataset, reader func(*http.Request) (policy.Actor, layout.Page)) *workshop.Pages {
	return &workshop.Pages{Catalogue: h.main.Catalogue, Library: h.books, Datasets: described, Policy: h.engine, Ledger: h.db,
		Register: h.known, Drafts: h.db, Host: h.host, Shared: h.db, Shelf: h.shelf, Adopting: h.adopting(), Making: h.making(),
		Bench: h.benches.open, Reader: reader, Now: time.Now, Log: h.log}
}

// adopting is how organisations come to run what others have published.
func (h *house) adopting() *sharing.Adopting {
	return &sharing.Adopting{Store: h.db, Register: h.known, Charts: h.main, Catalogue: h.main.Catalogue, Policy: h.main.Policy, Ledger: h.db,
		Facts: h.shelf.Facts, Refresh: h.look, Now: time.Now}
}
