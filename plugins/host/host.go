// Package host runs plugins. It keeps a few child processes, gives each one
// question at a time over pipes, kills what takes too long, and trusts no answer
// before it has been held against the question. The modules themselves are
// compiled and run in the children only (plugins/host/child); this package
// could not run one if it wanted to.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// ErrUnknown says that a plugin was asked for that is not installed.
var ErrUnknown = errors.New("plugin is not installed")

// Options say how plugins are run.
type Options struct {
	// Executable starts a child: this program and the word that makes it one.
	Executable []string
	// Children is how many run proven plugins at a time; 0 means one a processor,
	// two at least.
	Children int
	// Trials is how many run plugins on trial, beside those; 0 means half as many,
	// one at least.
	Trials int
	// OnTrial keeps every plugin on trial: Children run them, and there are no
	// others. It is for tools that examine plugins.
	OnTrial bool
	// Waiting is how many questions may wait for a child of either sort, half of
	// them to one plugin; 0 means 2,000. Whoever asks beyond that is told to try
	// again.
	Waiting int
	// CacheDir keeps compiled code. It must belong to this user alone.
	CacheDir string
	// Limits bound modules and runs; zero means plugins.DefaultLimits.
	Limits plugins.Limits
	// Tolerance is what a plugin may do wrong before it is not run any more.
	Tolerance Tolerance
	// Keeper keeps who is in quarantine; without one it ends with the host.
	Keeper Keeper
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Host runs the plugins that were installed in it.
type Host struct {
	o     Options
	pool  *pool
	ward  *ward
	usage *ledger
	vault *vault

	// reading is held by whoever takes a module apart, which keeps a processor
	// busy: one of them at a time, and readers' questions have the others.
	reading sync.Mutex

	mu      sync.RWMutex
	modules map[plugins.Digest]*installed
}

// installed is a module that may be run.
type installed struct {
	release plugins.Release
	module  []byte // as children get it: see plugins.MakeRestorable
	// restorable says that an instance can be put back, with these globals.
	restorable bool
	globals    []string
	record     record
	// forgotten is set first of all when the plugin is to be forgotten, so that a
	// child that loads it just now is noticed.
	forgotten atomic.Bool
}

func newInstalled(release plugins.Release, module []byte) *installed {
	m := &installed{release: release, record: record{enough: provenAfter}}
	if r, ok := plugins.MakeRestorable(module); ok {
		m.module, m.restorable, m.globals = r.Module, true, r.Globals
	} else {
		m.module = slices.Clone(module)
	}
	return m
}

// New starts the children. It fails where the first of them does not start.
func New(o Options) (*Host, error) {
	if len(o.Executable) == 0 {
		return nil, errors.New("start sandboxes: no executable was given")
	}
	if o.Children <= 0 {
		o.Children = max(2, runtime.GOMAXPROCS(0))
	}
	if o.Trials <= 0 {
		o.Trials = max(1, o.Children/2)
	}
	if o.OnTrial {
		o.Children, o.Trials = 0, o.Children
	}
	if o.Waiting <= 0 {
		o.Waiting = 2000
	}
	if o.Limits == (plugins.Limits{}) {
		o.Limits = plugins.DefaultLimits()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := ownFolder(o.CacheDir); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("cache of compiled plugins: %w", err)
	}
	o.CacheDir = dir
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Host{o: o, modules: map[plugins.Digest]*installed{}, vault: &vault{dir: dir, known: map[string][]identity{}}, usage: &ledger{now: o.Now, all: map[plugins.Digest]*Usage{}}}
	if h.ward, err = newWard(&o); err != nil {
		return nil, err
	}
	if h.pool, err = newPool(h); err != nil {
		return nil, err
	}
	return h, nil
}

// Close ends all children.
func (h *Host) Close() error { return h.pool.close() }

// Confinement says what confines the children and what this system lacks.
func (h *Host) Confinement() (inForce, missing []string) {
	hello := h.pool.hello()
	return hello.InForce, hello.Missing
}

// Waiting is how many questions wait for a child at this moment.
func (h *Host) Waiting() int {
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	n := 0
	for _, l := range h.pool.lanes() {
		n += l.waiting.n
	}
	return n
}

// Release gives an installed plugin.
func (h *Host) Release(digest plugins.Digest) (plugins.Release, error) {
	m, err := h.installed(digest)
	if err != nil {
		return plugins.Release{}, err
	}
	return m.release, nil
}

func (h *Host) installed(digest plugins.Digest) (*installed, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	m, ok := h.modules[digest]
	if !ok {
		return nil, fmt.Errorf("%s: %w", digest, ErrUnknown)
	}
	return m, nil
}

// Install makes a module ready to run: preflight, then compiling in a child of
// its own unless its code is in the cache, then a first instance. A module may
// lack a manifest; then its release has none, which is for the caller to judge.
func (h *Host) Install(ctx context.Context, module []byte) (plugins.Release, error) {
	m, err := h.install(ctx, module, h.pool.trial)
	if err != nil {
		return plugins.Release{}, err
	}
	return m.release, nil
}

// InstallKnown does so with a plugin that comes with the program: it counts among
// the proven ones although it has not answered yet. If it does wrong it is on
// trial, as any other.
func (h *Host) InstallKnown(ctx context.Context, module []byte) (plugins.Release, error) {
	m, err := h.install(ctx, module, h.pool.lanes()[0])
	if err != nil {
		return plugins.Release{}, err
	}
	if !h.ward.holds(m.release.Digest) {
		h.pool.vouch(m)
	}
	return m.release, nil
}

func (h *Host) install(ctx context.Context, module []byte, l *lane) (*installed, error) {
	digest := plugins.DigestOf(module)
	if m, err := h.installed(digest); err == nil {
		return m, nil
	}
	m, err := h.read(digest, module)
	if err != nil {
		return nil, err
	}
	// One in quarantine is known and not run, not even to make it ready.
	quarantined := h.ward.holds(digest)
	if !quarantined {
		if err := h.pool.install(ctx, l, m); err != nil {
			return nil, err
		}
	}
	h.mu.Lock()
	h.modules[digest] = m
	h.mu.Unlock()
	return m, nil
}

// read takes a module apart: preflight, its manifest, and what it takes to put an
// instance back.
func (h *Host) read(digest plugins.Digest, module []byte) (*installed, error) {
	h.reading.Lock()
	defer h.reading.Unlock()
	refuse := func(why error) (*installed, error) {
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrRefused, Cause: why.Error()}
	}
	if err := plugins.Preflight(module, h.o.Limits); err != nil {
		return refuse(err)
	}
	release := plugins.Release{Digest: digest}
	if manifest, err := plugins.ManifestOf(module); err == nil {
		release.Manifest = manifest
	} else if !errors.Is(err, plugins.ErrNoManifest) {
		return refuse(err)
	}
	return newInstalled(release, module), nil
}
