package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/memory"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"

	"github.com/signalbox-health/signalbox/plugins"
)

// ErrNoRelease says that a registry does not have what was asked for.
var ErrNoRelease = errors.New("no such release in the registry")

// Remote is a registry that speaks the protocol of OCI.
type Remote struct {
	// Name is host, port and path under which plugins are kept:
	// registry.example/signalbox. A plugin is a repository below it.
	Name string
	// Plain is for registries without TLS, on this machine only.
	Plain bool
	// User and Secret are sent where the registry asks for them.
	User, Secret string
	Client       *http.Client // nil means one that tries again when the network fails
}

// repository is where the releases of one plugin are kept.
func (r Remote) repository(plugin string) (*remote.Repository, error) {
	repository, err := remote.NewRepository(r.Name + "/" + plugin)
	if err != nil {
		return nil, fmt.Errorf("registry %q: %w: %w", r.Name, ErrMalformed, err)
	}
	repository.PlainHTTP = r.Plain
	repository.MaxMetadataBytes = maxIndex
	client := auth.Client{Client: r.Client, Cache: auth.NewCache()}
	if r.Client == nil {
		client.Client = auth.DefaultClient.Client
	}
	if r.User != "" || r.Secret != "" {
		client.Credential = auth.StaticCredential(repository.Reference.Registry, auth.Credential{Username: r.User, Password: r.Secret})
	}
	repository.Client = &client
	return repository, nil
}

// Push brings a release to a registry and tags it with its version. The tag is
// set last: whoever is stopped before that has left some bytes that nobody finds,
// and may begin again.
func (r Remote) Push(ctx context.Context, release Release) (plugins.Digest, error) {
	repository, err := r.repository(release.Manifest.ID)
	if err != nil {
		return "", err
	}
	fail := func(err error) error {
		return fmt.Errorf("publish %s %s at %s: %w", release.Manifest.ID, release.Manifest.Version, r.Name, err)
	}
	local := memory.New()
	artifact, referrers, err := release.pack(ctx, local)
	if err != nil {
		return "", fail(err)
	}
	if there, err := repository.Resolve(ctx, release.Manifest.Version); err == nil && there.Digest != artifact.Digest {
		return "", fail(fmt.Errorf("%w: that version is there already with other contents (%s); a version never changes, so give it a new one", ErrMisnamed, there.Digest))
	} else if err != nil && !errors.Is(err, errdef.ErrNotFound) {
		return "", fail(err)
	}
	for _, d := range append([]ocispec.Descriptor{artifact}, referrers...) {
		if err := oras.CopyGraph(ctx, local, repository, d, oras.DefaultCopyGraphOptions); err != nil {
			return "", fail(err)
		}
	}
	if err := repository.Tag(ctx, artifact, release.Manifest.Version); err != nil {
		return "", fail(err)
	}
	return plugins.Digest(artifact.Digest), nil
}

// Pull fetches a release by the digest of its artifact, or by its version. It
// believes nothing of it yet: see List.Check.
func (r Remote) Pull(ctx context.Context, plugin, reference string) (Release, error) {
	repository, err := r.repository(plugin)
	if err != nil {
		return Release{}, err
	}
	artifact, err := repository.Resolve(ctx, reference)
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return Release{}, fmt.Errorf("fetch %s %s from %s: %w", plugin, reference, r.Name, ErrNoRelease)
	case err != nil:
		return Release{}, fmt.Errorf("fetch %s %s from %s: %w", plugin, reference, r.Name, err)
	}
	release, err := unpack(ctx, repository, artifact)
	if err != nil {
		return Release{}, fmt.Errorf("fetch %s %s from %s: %w", plugin, reference, r.Name, err)
	}
	if release.Manifest.ID != plugin {
		return Release{}, fmt.Errorf("fetch %s %s from %s: %w: its manifest says %s", plugin, reference, r.Name, ErrMisnamed, release.Manifest.ID)
	}
	return release, nil
}
