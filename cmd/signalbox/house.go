package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web"
	"github.com/signalbox-health/signalbox/web/assets"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session"
)

// refreshEvery is how soon the site takes notice of datasets and organisations
// that another program has loaded.
const refreshEvery = 10 * time.Second

// house is the running program: everything wired together.
type house struct {
	db     *postgres.DB
	engine *policy.Engine
	// policies is where organisations' own policies change; reference is the reference
	// data that decides now.
	policies  *governing.Policies
	reference atomic.Pointer[policy.ReferenceData]
	host      *host.Host
	// benches are sandboxes for drafts, apart from those that readers wait for.
	benches *benches
	books   *shelf
	// shelf is the releases of others; described are the datasets that anybody has.
	shelf     *sharing.Shelf
	described []measures.Dataset
	known     *register
	main      *analysis.Analysis
	witness   witness   // signs heads of the record; only where the site runs
	demoHub   *demo.Hub // nil where nothing is invented
	site      *web.Site
	node      *sharing.Node // this installation as its hub sees it
	queue     *jobs.Queue
	// sessions knows who is signed in.
	sessions *session.Sessions
	log      *slog.Logger
	closes   []func()

	national policy.ReferenceData // the tables that come with the baseline
	looking  sync.Mutex           // one looks at a time: what was read first must not win over what was read last
}

func (h *house) close() {
	for i := len(h.closes) - 1; i >= 0; i-- {
		h.closes[i]()
	}
}

// shelf is the library's measures, and those of the demonstration.
type shelf struct {
	*library.Library
	more []plugins.Release // packs without code
}

func (s *shelf) Measures() []*measures.Measure {
	all := s.Library.Measures()
	for i := range s.more {
		for k := range s.more[i].Manifest.Measures {
			all = append(all, &s.more[i].Manifest.Measures[k])
		}
	}
	return all
}

func (s *shelf) Releases() []plugins.Release { return append(s.Library.Releases(), s.more...) }

func (s *shelf) Release(id string) (plugins.Release, bool) {
	for _, release := range s.more {
		if release.Manifest.ID == id {
			return release, true
		}
	}
	return s.Library.Release(id)
}

// build starts every part, the site on top.
func build(ctx context.Context, cfg *config, demonstration bool, log *slog.Logger) (*house, error) {
	files, err := assets.Load()
	if err != nil {
		return nil, err
	}
	h, err := open(ctx, cfg, demonstration, log)
	if err != nil {
		return nil, err
	}
	if err := h.startNotary(ctx, cfg); err != nil {
		h.close()
		return nil, err
	}
	if h.sessions, err = h.openSessions(ctx, cfg, demonstration, files); err != nil {
		h.close()
		return nil, err
	}
	if err := h.startQueue(cfg); err != nil {
		h.close()
		return nil, err
	}
	h.openSite(files, h.described)
	h.openDoor()
	if h.demoHub != nil {
		if err := h.openFair(ctx, cfg, h.demoHub); err != nil {
			h.close()
			return nil, err
		}
	}
	h.site.HTTPS = cfg.https()
	return h, nil
}

// open starts what the main job needs: the database, the sandboxes, the policy.
// What was started is closed again if a later part does not start.
func open(ctx context.Context, cfg *config, demonstration bool, log *slog.Logger) (_ *house, err error) {
	h := &house{log: log, benches: newBenches(cfg, log)}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	shipped, err := library.Open()
	if err != nil {
		return nil, err
	}
	for pack, why := range shipped.LeftOut() {
		log.Warn("this program was built without a pack or a measure", "name", pack, "reason", why)
	}
	h.books = &shelf{Library: shipped}
	db, closeDB, err := cfg.openDatabase(ctx, log)
	if err != nil {
		return nil, err
	}
	h.db, h.known = db, &register{DB: db}
	h.closes = append(h.closes, closeDB)
	// The sandboxes start beside the loading: compiling the library's plugins for
	// the first time takes more than a second.
	sandboxes := sync.OnceValues(func() (*host.Host, error) { return startSandboxes(ctx, cfg, shipped, db, log) })
	go func() { _, _ = sandboxes() }()
	h.closes = append(h.closes, func() {
		if started, err := sandboxes(); err == nil {
			_ = started.Close()
		}
	})
	if demonstration {
		if err := loadDemonstration(ctx, db, log); err != nil {
			return nil, err
		}
		pack, err := demo.Release()
		if err != nil {
			return nil, err
		}
		h.books.more = append(h.books.more, pack)
		if h.demoHub, err = cfg.demonstrationHub(time.Now()); err != nil {
			return nil, err
		}
	}
	if h.host, err = sandboxes(); err != nil {
		return nil, err
	}
	if h.described, err = intake.Datasets(); err != nil {
		return nil, err
	}
	h.described = append(h.described, demo.Own()...)
	if err := h.startShelf(cfg); err != nil {
		return nil, err
	}
	if err := h.startAnalysis(ctx); err != nil {
		return nil, err
	}
	return h, nil
}

// startSandboxes starts the child processes and installs the library in them. It
// says in the log what this system cannot confine.
func startSandboxes(ctx context.Context, cfg *config, shipped *library.Library, keeper host.Keeper, log *slog.Logger) (*host.Host, error) {
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, to start it as a sandbox: %w", err)
	}
	sandboxes, err := host.New(host.Options{Executable: []string{self, "sandbox"}, CacheDir: cfg.cache(), Keeper: keeper, Log: log})
	if err != nil {
		return nil, err
	}
	if _, missing := sandboxes.Confinement(); len(missing) > 0 {
		log.Warn("this system cannot confine plugins in every way; the process of their own and the deadline remain", "missing", missing)
	}
	for _, digest := range shipped.Modules() {
		module, err := shipped.Module(digest)
		if err == nil {
			_, err = sandboxes.InstallKnown(ctx, module)
		}
		if err != nil {
			_ = sandboxes.Close()
			return nil, fmt.Errorf("install plugin %s of the library: %w", digest.Short(), err)
		}
	}
	return sandboxes, nil
}

// startAnalysis prepares the main job, and keeps what it knows of datasets and
// organisations current.
func (h *house) startAnalysis(ctx context.Context) error {
	catalogue := analysis.NewCatalogue(h.books)
	if err := catalogue.Refresh(ctx, h.db); err != nil {
		return err
	}
	reference, err := h.gather(ctx, catalogue)
	if err != nil {
		return err
	}
	if h.national, err = policy.NationalReference(); err != nil {
		return err
	}
	if err := h.startPolicy(ctx, reference); err != nil {
		return err
	}
	asked := governing.Watched{Policy: h.engine, Policies: h.policies} // drafts in shadow hear of it
	h.shelf.Policy = h.engine
	h.main = &analysis.Analysis{Catalogue: catalogue, Policy: session.Gate{Policy: asked}, Ledger: h.db, Data: h.db,
		Plugins: sharing.Box{Sandbox: h.host, Shelf: h.shelf}, Now: time.Now}

	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() { h.keepCurrent(working) })
	done.Go(func() { h.keepShadows(working) })
	h.closes = append(h.closes, func() { stop(); done.Wait() })
	return nil
}

// keepCurrent looks again from time to time. If it cannot, the site goes on
// with what it knew: rules do not loosen by being old.
func (h *house) keepCurrent(ctx context.Context) {
	timer := time.NewTimer(h.pause())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := h.look(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("datasets, organisations and policies could not be read again; going on with what is known", "error", err)
		}
		timer.Reset(h.pause())
	}
}

// look takes notice of the policies, datasets, organisations and agreements that
// there are now, and of plugins that other programs have put into quarantine or let
// out. Each is taken notice of whatever becomes of the others: an agreement that was
// ended is ended.
func (h *house) look(ctx context.Context) error {
	h.looking.Lock()
	defer h.looking.Unlock()
	return errors.Join(h.lookAtData(ctx), h.policies.Refresh(ctx), h.host.Recall(ctx))
}

func (h *house) lookAtData(ctx context.Context) error {
	h.known.forget()
	if err := h.main.Catalogue.Refresh(ctx, h.db); err != nil {
		return err
	}
	reference, err := h.gather(ctx, h.main.Catalogue)
	if err != nil {
		return err
	}
	h.reference.Store(&reference)
	return h.engine.SetData(ctx, reference)
}

// openSite puts the pages on top.
func (h *house) openSite(files *assets.Assets, described []measures.Dataset) {
	reader := func(r *http.Request) (policy.Actor, layout.Page) {
		page := layout.Page{Assets: files}
		actor, ok := h.sessions.Actor(r)
		if ok {
			page.Who = h.sessions.Who(r, actor)
			page.Demo = demo.Fictional(actor.ODS)
		}
		return actor, page
	}
	h.site = &web.Site{
		Charts:     &charts.Pages{Analysis: h.main, Register: h.known, Reader: reader, Now: time.Now},
		Workshop:   h.workshop(described, reader),
		Governance: h.governance(reader),
		Policies:   h.policyPages(reader),
		Logbook:    h.logPages(reader),
		People:     h.peoplePages(reader),
		Jobs:       h.jobsPages(reader),
		Adoptions:  h.adoptionPages(reader),
		Sessions:   h.sessions,
		Assets:     files,
		Reader:     reader,
		Names:      h.known,
		Policy:     h.engine,
		Metrics:    metrics(h.host, jobMetrics{h.queue, h.db}),
		Ready:      h.ready,
		Log:        h.log,
	}
	h.site.Workshop.Happened = h.site.Adoptions.Happened
}

// readyWithin is how long the database may take to answer before the program
// says that it is not ready.
const readyWithin = 2 * time.Second

func (h *house) ready(r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	return h.db.Ping(ctx)
}
