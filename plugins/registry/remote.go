package registry

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/memory"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/signalbox-health/signalbox/plugins"
)

// ErrNoRelease says that a registry does not have what was asked for.
var ErrNoRelease = errors.New("no such release in the registry")

// ErrSignIn says that a registry does not know who asks.
var ErrSignIn = errors.New("the registry does not know who asks: give it a secret that it knows")

// asked gives the reason of a registry in a word of ours, where there is one.
func asked(err error) error {
	answer := (*errcode.ErrorResponse)(nil)
	switch {
	case errors.Is(err, auth.ErrBasicCredentialNotFound), errors.As(err, &answer) && answer.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", ErrSignIn, err)
	case errors.Is(err, errdef.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrNoRelease, err)
	}
	return err
}

// Remote is a registry that speaks the protocol of OCI.
type Remote struct {
	// Name is host, port and path under which plugins are kept:
	// registry.example/signalbox. A plugin is a repository below it.
	Name string
	// Plain is for registries without TLS, on this machine only.
	Plain bool
	// User and Secret are sent where the registry asks for them. A registry of our own
	// looks at the secret only, which is a token.
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
	// Where a registry keeps referrers in a document under a tag, the one before is left
	// lying: most registries let nobody delete, and then refuse the whole push.
	repository.SkipReferrersGC = true
	repository.Client = r.client(repository.Reference.Registry)
	return repository, nil
}

// client tells who asks, where the registry wants to know.
func (r Remote) client(host string) *auth.Client {
	client := &auth.Client{Client: r.Client, Cache: auth.NewCache()}
	if r.Client == nil {
		client.Client = auth.DefaultClient.Client
	}
	if r.User != "" || r.Secret != "" {
		// Some name has to be sent for the secret to be.
		client.Credential = auth.StaticCredential(host, auth.Credential{Username: cmp.Or(r.User, "token"), Password: r.Secret})
	}
	return client
}

// maxReleases is how many releases a registry may have to be listed as a whole.
const maxReleases = 50_000

// Releases lists the releases under the registry's path. It believes nothing of them.
func (r Remote) Releases(ctx context.Context) ([]Named, error) {
	fail := func(err error) ([]Named, error) {
		return nil, fmt.Errorf("list the releases at %s: %w", r.Name, asked(err))
	}
	ids, err := r.plugins(ctx)
	if err != nil {
		return fail(err)
	}
	var releases []Named
	for _, id := range ids {
		repository, err := r.repository(id)
		if err != nil {
			return fail(err)
		}
		tags, err := tagsOf(ctx, repository, "")
		if err == nil {
			err = tooMany(len(releases) + len(tags))
		}
		if err != nil {
			return fail(err)
		}
		for _, tag := range tags {
			if tag[0] >= '0' && tag[0] <= '9' { // others are no versions, such as the tags of referrers
				releases = append(releases, Named{id, tag})
			}
		}
	}
	return releases, nil
}

// plugins lists the repositories under the registry's path.
func (r Remote) plugins(ctx context.Context) (ids []string, err error) {
	host, path, _ := strings.Cut(r.Name, "/")
	all, err := remote.NewRegistry(host)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	all.PlainHTTP, all.Client = r.Plain, r.client(host)
	err = all.Repositories(ctx, "", func(names []string) error {
		for _, name := range names {
			if id, below := strings.CutPrefix(name, path+"/"); below && !strings.Contains(id, "/") {
				ids = append(ids, id)
			}
		}
		return tooMany(len(ids))
	})
	return ids, err
}

func tooMany(n int) error {
	if n > maxReleases {
		return fmt.Errorf("%d: %w; the most are %d", n, ErrOversize, maxReleases)
	}
	return nil
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
		return fmt.Errorf("publish %s %s at %s: %w", release.Manifest.ID, release.Manifest.Version, r.Name, asked(err))
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
	if err := oras.CopyGraph(ctx, local, repository, artifact, oras.DefaultCopyGraphOptions); err != nil {
		return "", fail(err)
	}
	for _, d := range referrers {
		if err := attach(ctx, local, repository, d); err != nil {
			return "", fail(err)
		}
	}
	if err := attached(ctx, repository, artifact, referrers); err != nil {
		return "", fail(err)
	}
	if err := repository.Tag(ctx, artifact, release.Manifest.Version); err != nil {
		return "", fail(err)
	}
	return plugins.Digest(artifact.Digest), nil
}

// attach copies a document that refers to an artifact. It is sent even if it is there
// already: where a registry keeps a list of referrers under a tag, whoever was
// stopped before may have sent the document and not listed it.
func attach(ctx context.Context, from content.ReadOnlyStorage, to *remote.Repository, d ocispec.Descriptor) error {
	parts, err := content.Successors(ctx, from, d)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := oras.CopyGraph(ctx, from, to, part, oras.DefaultCopyGraphOptions); err != nil {
			return err
		}
	}
	text, err := content.FetchAll(ctx, from, d)
	if err != nil {
		return err
	}
	return to.Push(ctx, d, bytes.NewReader(text))
}

// attached makes sure that documents are found by whoever fetches the artifact: of
// two who write at once, some registries forget one.
func attached(ctx context.Context, repository *remote.Repository, artifact ocispec.Descriptor, referrers []ocispec.Descriptor) error {
	found, err := repository.Predecessors(ctx, artifact)
	if err != nil {
		return err
	}
	for _, d := range referrers {
		if !slices.ContainsFunc(found, func(f ocispec.Descriptor) bool { return f.Digest == d.Digest }) {
			return fmt.Errorf("the registry has forgotten %s, perhaps because somebody else published at the same time: publish again", d.Digest)
		}
	}
	return nil
}

// Pull fetches a release by the digest of its artifact, or by its version. It
// believes nothing of it yet: see List.Check.
func (r Remote) Pull(ctx context.Context, plugin, reference string) (Release, error) {
	repository, err := r.repository(plugin)
	if err != nil {
		return Release{}, err
	}
	artifact, err := repository.Resolve(ctx, reference)
	if err != nil {
		return Release{}, fmt.Errorf("fetch %s %s from %s: %w", plugin, reference, r.Name, asked(err))
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
