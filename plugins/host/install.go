package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// install loads a module in a lane for the first time, compiling it if it must.
func (p *pool) install(ctx context.Context, l *lane, m *installed) error {
	err := insist(m, func() error { return p.loadOne(ctx, l, m) })
	if !errors.Is(err, errNotCached) {
		return err
	}
	if err := p.compileInTurn(ctx, m); err != nil {
		return err
	}
	if err = insist(m, func() error { return p.loadOne(ctx, l, m) }); errors.Is(err, errNotCached) {
		return fmt.Errorf("install %s: its compiled code is not in %s although it was just put there", m.release.Digest.Short(), p.h.o.CacheDir)
	}
	return err
}

// loadOne loads a module in one child.
func (p *pool) loadOne(ctx context.Context, l *lane, m *installed) error {
	child, err := p.acquire(ctx, l, m.release.Digest)
	if err != nil {
		return fmt.Errorf("install %s: %w", m.release.Digest.Short(), err)
	}
	defer p.settle(child)
	return child.load(m, p.h)
}

// maxKilled is how many times a sandbox may be killed from outside before the
// question is given up.
const maxKilled = 5

// insist does something in a child, and again if that child died. It may have
// been killed from outside, which is nobody's fault in here; if it dies of itself
// a second time it was the plugin.
func insist(m *installed, do func() error) error {
	died := false
	for killed := 0; ; {
		err := do()
		switch {
		case errors.Is(err, errKilled):
			if killed++; killed == maxKilled {
				return fmt.Errorf("%s: %d sandboxes were killed under it: %w", m.release.Digest.Short(), killed, err)
			}
		case errors.Is(err, errDied) && died:
			return &plugins.Fault{Digest: m.release.Digest, Kind: plugins.ErrFault, Manner: plugins.Died, Cause: err.Error() + ", twice"}
		case errors.Is(err, errDied):
			died = true
		default:
			return err
		}
	}
}

// compileInTurn compiles when not too many others do.
func (p *pool) compileInTurn(ctx context.Context, m *installed) error {
	select {
	case p.compilers <- struct{}{}:
		defer func() { <-p.compilers }()
		return p.compile(m)
	case <-p.done:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("install %s: %d other modules are being compiled: %w: %w", m.release.Digest.Short(), compilers, plugins.ErrBusy, ctx.Err())
	}
}

// compile has a module compiled in a child of its own, which may write to one
// folder and does nothing else. The folder takes its place only when it is
// whole, because other programs may be doing the same at this moment.
func (p *pool) compile(m *installed) error {
	digest := m.release.Digest
	final := p.h.vault.of(p.hello().Engine, digest)
	if err := ownFolder(filepath.Dir(final)); err != nil {
		return fmt.Errorf("compile %s: %w", digest.Short(), err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(final), "new-")
	if err != nil {
		return fmt.Errorf("compile %s: %w", digest.Short(), err)
	}
	defer os.RemoveAll(dir)
	whole := filepath.Join(dir, "whole")
	if err := p.compileInto(m, filepath.Join(whole, codeFolder)); err != nil {
		return err
	}
	if err := seal(whole); err != nil {
		return fmt.Errorf("compile %s: list what was compiled: %w", digest.Short(), err)
	}
	// What is there now was made for another version, or is damaged.
	if err := os.Rename(final, filepath.Join(dir, "old")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("compile %s: %w", digest.Short(), err)
	}
	if err := os.Rename(whole, final); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("compile %s: %w", digest.Short(), err)
	}
	return nil
}

// compileInto leaves the code of a module in a new folder. The child that wrote
// it has ended when it returns.
func (p *pool) compileInto(m *installed, code string) error {
	limits, digest := p.h.o.Limits, m.release.Digest
	if err := os.MkdirAll(code, 0o700); err != nil {
		return fmt.Errorf("compile %s: %w", digest.Short(), err)
	}
	child, err := p.starter.start(Start{Compile: true, Dir: code, Memory: uint64(limits.CompileMemory), CPU: uint64(limits.CompileTime/time.Second) + 1, Nice: trialNice})
	if err != nil {
		return fmt.Errorf("compile %s: start a sandbox: %w", digest.Short(), err)
	}
	if err := p.adopt(child, p.others); err != nil {
		return err
	}
	defer func() { p.drop(child); <-child.exited }()
	err = child.compile(m, p.h, code)
	var fault *plugins.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fault):
		return &plugins.Fault{Digest: digest, Kind: plugins.ErrRefused, Manner: fault.Manner, Cause: "compiling: " + fault.Cause}
	case errors.Is(err, errDied):
		return &plugins.Fault{Digest: digest, Kind: plugins.ErrRefused, Cause: "compiling: " + err.Error()}
	}
	return fmt.Errorf("compile %s: %w", digest.Short(), err)
}
