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
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// ErrUnknown says that a plugin was asked for that is not installed.
var ErrUnknown = errors.New("plugin is not installed")

// Options say how plugins are run.
type Options struct {
	// Executable starts a child: this program and the word that makes it one.
	Executable []string
	// Children is how many run at a time; 0 means one a processor, two at least.
	Children int
	// CacheDir keeps compiled code. It must belong to this user alone.
	CacheDir string
	// Limits bound modules and runs; zero means plugins.DefaultLimits.
	Limits plugins.Limits
	Log    *slog.Logger
}

// Host runs the plugins that were installed in it.
type Host struct {
	o    Options
	pool *pool

	mu      sync.RWMutex
	modules map[plugins.Digest]*installed
}

// installed is a module that may be run.
type installed struct {
	release plugins.Release
	module  []byte
}

// New starts the children. It fails where the first of them does not start.
func New(o Options) (*Host, error) {
	if len(o.Executable) == 0 {
		return nil, errors.New("start sandboxes: no executable was given")
	}
	if o.Children <= 0 {
		o.Children = max(2, runtime.GOMAXPROCS(0))
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
	h := &Host{o: o, modules: map[plugins.Digest]*installed{}}
	if h.pool, err = newPool(h); err != nil {
		return nil, err
	}
	return h, nil
}

// ownFolder makes the folder, and refuses one that others can write to: what is
// in it is machine code that will be run.
func ownFolder(dir string) error {
	if dir == "" {
		return errors.New("cache of compiled plugins: no folder was given")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("cache of compiled plugins: others can write to %s, and what is there is run; remove it, or give another folder", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("cache of compiled plugins: %w", err)
	}
	return nil
}

// Close ends all children.
func (h *Host) Close() error { return h.pool.close() }

// Confinement says what confines the children and what this system lacks.
func (h *Host) Confinement() (inForce, missing []string) {
	hello := h.pool.hello()
	return hello.InForce, hello.Missing
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
	digest := plugins.DigestOf(module)
	if m, err := h.installed(digest); err == nil {
		return m.release, nil
	}
	if err := plugins.Preflight(module, h.o.Limits); err != nil {
		return plugins.Release{}, &plugins.Fault{Digest: digest, Kind: plugins.ErrRefused, Cause: err.Error()}
	}
	release := plugins.Release{Digest: digest}
	if manifest, err := plugins.ManifestOf(module); err == nil {
		release.Manifest = manifest
	} else if !errors.Is(err, plugins.ErrNoManifest) {
		return plugins.Release{}, &plugins.Fault{Digest: digest, Kind: plugins.ErrRefused, Cause: err.Error()}
	}
	m := &installed{release: release, module: slices.Clone(module)}
	if err := h.pool.install(ctx, m); err != nil {
		return plugins.Release{}, err
	}
	h.mu.Lock()
	h.modules[digest] = m
	h.mu.Unlock()
	if release.Manifest.ID != "" {
		h.pool.spread(m)
	}
	return release, nil
}

// Run asks a plugin and gives its charts, held against the question. Errors are
// plugins.Fault where the plugin is the cause: of kind ErrFault when it did
// wrong, ErrUnsuited when it declined. The context bounds the wait; the time of
// the run itself is bounded by the limits. A large question is put in parts,
// some at a time, because an instance has little memory.
func (h *Host) Run(ctx context.Context, digest plugins.Digest, q wire.Request) ([]measures.Chart, error) {
	m, err := h.installed(digest)
	if err != nil {
		return nil, err
	}
	parts := split(&q)
	if len(parts) == 1 {
		return h.runPart(ctx, m, &q)
	}
	// One child is left to those who ask little.
	atOnce := make(chan struct{}, max(1, h.o.Children-1))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	charts := make([][]measures.Chart, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		atOnce <- struct{}{}
		all.Go(func() {
			defer func() { <-atOnce }()
			if ctx.Err() != nil {
				return
			}
			one := q
			one.Series = q.Series[part.from:part.to]
			var err error
			if charts[i], err = h.runPart(ctx, m, &one); err != nil {
				cancel(err)
			}
			for k := range charts[i] {
				charts[i][k].Series += part.from
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return slices.Concat(charts...), nil
}

// partRows is how many points are asked about in one go, where that is more
// than one series: a Go plugin has room for 40,000.
const partRows = 25_000

// stretch is a run of series: from up to but not including to.
type stretch struct{ from, to int }

// split cuts a question into parts of some series each.
func split(q *wire.Request) []stretch {
	parts := []stretch{{}}
	rows := 0
	for i := range q.Series {
		n := len(q.Series[i].Periods)
		last := &parts[len(parts)-1]
		if rows+n > partRows && last.to > last.from {
			parts = append(parts, stretch{i, i})
			last, rows = &parts[len(parts)-1], 0
		}
		last.to, rows = i+1, rows+n
	}
	return parts
}

func (h *Host) runPart(ctx context.Context, m *installed, q *wire.Request) ([]measures.Chart, error) {
	digest := m.release.Digest
	payload, err := wire.AppendRequest(nil, q)
	if err != nil {
		return nil, fmt.Errorf("question to %s %s: %w", digest.Short(), q.Entry, err)
	}
	var charts []measures.Chart
	answer, err := h.RunPayload(ctx, digest, payload, q.Rows(), h.o.Limits.Time(len(q.Series)))
	if err == nil {
		charts, err = h.read(m, q, answer)
	}
	switch {
	case err == nil:
		h.pool.prefer(m)
	case errors.Is(err, plugins.ErrFault):
		h.pool.shun(m)
	}
	return charts, err
}

// read takes an answer's bytes for charts, if that is what they are.
func (h *Host) read(m *installed, q *wire.Request, payload []byte) ([]measures.Chart, error) {
	digest := m.release.Digest
	answer, err := wire.DecodeAnswer(payload)
	if err == nil {
		err = answer.Accept(q)
	}
	if err != nil {
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Cause: "malformed answer: " + err.Error()}
	}
	if answer.Status != wire.OK {
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrUnsuited, Cause: answer.Message}
	}
	return answer.Charts, nil
}

// RunPayload gives a plugin bytes and gives back its bytes, unread: for tools
// that compare or examine payloads. Pages use Run.
func (h *Host) RunPayload(ctx context.Context, digest plugins.Digest, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	m, err := h.installed(digest)
	if err != nil {
		return nil, err
	}
	var answer []byte
	run := func() (err error) {
		answer, err = h.runOnce(ctx, m, payload, rows, limit)
		return err
	}
	if err = twice(m, run); errors.Is(err, errNotCached) {
		// Somebody emptied the folder of compiled code while we ran.
		if err = h.pool.install(ctx, m); err == nil {
			err = twice(m, run)
		}
	}
	return answer, err
}

func (h *Host) runOnce(ctx context.Context, m *installed, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	digest := m.release.Digest
	child, err := h.pool.acquire(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", digest.Short(), err)
	}
	type outcome struct {
		answer []byte
		err    error
	}
	// The exchange goes on where the caller has gone away: a run that is cut
	// off costs a new process, one that ends costs nothing.
	done := make(chan outcome, 1)
	h.pool.background(func() {
		answer, err := child.run(m, h, payload, wire.AnswerLimit(rows), limit)
		done <- outcome{answer, err}
		child.finish(h)
		h.pool.settle(child)
	})
	select {
	case <-h.pool.done:
		return nil, fmt.Errorf("run %s: %w", digest.Short(), errClosed)
	case o := <-done:
		return o.answer, o.err
	case <-ctx.Done():
		return nil, fmt.Errorf("run %s: %w", digest.Short(), ctx.Err())
	}
}

// codeDir is where the compiled code of a module is kept: by engine, because
// code is good for one only, and in a folder of its own, because the child that
// compiles a module can write to its folder and must not reach another's.
func (h *Host) codeDir(engine string, digest plugins.Digest) string {
	return filepath.Join(h.o.CacheDir, filepath.Base(engine), strings.TrimPrefix(string(digest), "sha256:"))
}
