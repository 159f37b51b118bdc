package sharing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Brought is one release of a bundle that somebody has carried here.
type Brought struct {
	File        string
	ID, Version string // empty where the bundle could not be read
	Digest      plugins.Digest
	// Err says why it was not put into the registry; nil: it lies there now.
	Err error
}

// Stock puts the releases of the bundles in a folder into the registry of this
// installation, so that they can be taken from there as from a hub. Each has to be
// believed first, and one that is not keeps no other out. Doing it again changes
// nothing. The error is about the folder itself.
func Stock(ctx context.Context, folder string, list *registry.List, own registry.Remote, now time.Time) ([]Brought, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("read what was brought: %w", err)
	}
	defer root.Close()
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read what was brought: %w", err)
	}
	var all []Brought
	for _, entry := range entries {
		if !strings.EqualFold(filepath.Ext(entry.Name()), ".tar") {
			continue
		}
		releases, err := bundle(ctx, root, entry.Name())
		if err != nil {
			all = append(all, Brought{File: entry.Name(), Err: err})
		}
		for _, release := range releases {
			b := Brought{File: entry.Name(), ID: release.Manifest.ID, Version: release.Manifest.Version, Digest: release.Digest()}
			if _, b.Err = list.Check(release, now); b.Err == nil {
				_, b.Err = own.Push(ctx, release)
			}
			all = append(all, b)
		}
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
	}
	return all, nil
}

func bundle(ctx context.Context, root *os.Root, name string) ([]registry.Release, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return registry.ReadBundle(ctx, f)
}

// PullFrom fetches releases from the first of several registries that has them: the
// installation's own, where they may have been carried by hand, and then the hub's.
func PullFrom(registries ...registry.Remote) func(ctx context.Context, plugin string, artifact plugins.Digest) (registry.Release, error) {
	return func(ctx context.Context, plugin string, artifact plugins.Digest) (registry.Release, error) {
		for _, r := range registries {
			release, err := r.Pull(ctx, plugin, string(artifact))
			if err == nil || !errors.Is(err, registry.ErrNoRelease) {
				return release, err
			}
		}
		return registry.Release{}, fmt.Errorf("fetch %s %s: %w, neither here nor at the hub; bring it in a bundle, with \"signalbox sync --from\"",
			plugin, artifact.Short(), registry.ErrNoRelease)
	}
}
