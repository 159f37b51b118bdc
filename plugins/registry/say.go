package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/memory"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/signalbox-health/signalbox/plugins"
)

// saidIn is the repository below that of a plugin in which nodes say what became
// of it. It is apart from the releases, because everybody who runs one may write
// there, and only the publisher's people there.
const saidIn = "/said"

// maxHeard is how many things may be said of all releases of one plugin.
const maxHeard = 100_000

// Say brings something signed to a registry, about the release whose artifact that
// is. Saying the same again changes nothing.
//
// It does not refer to the artifact as a signature does: a release must stay quick
// to fetch however many speak of it, and registries that keep referrers in one
// document under a tag lose some when two write at once. Each saying has a tag of
// its own instead, which begins with the digest of the artifact.
func (r Remote) Say(ctx context.Context, plugin string, artifact plugins.Digest, e Envelope) error {
	fail := func(err error) error {
		return fmt.Errorf("say something of %s at %s: %w", plugin, r.Name, asked(err))
	}
	repository, err := r.repository(plugin + saidIn)
	if err != nil {
		return fail(err)
	}
	tag, err := tagOf(artifact, e)
	if err != nil {
		return fail(err)
	}
	local := memory.New()
	said, err := packSaying(ctx, local, e)
	if err != nil {
		return fail(err)
	}
	if err := oras.CopyGraph(ctx, local, repository, said, oras.DefaultCopyGraphOptions); err != nil {
		return fail(err)
	}
	if err := repository.Tag(ctx, said, tag); err != nil {
		return fail(err)
	}
	return nil
}

// packSaying writes an envelope as an artifact; the same one gives the same bytes.
func packSaying(ctx context.Context, into content.Pusher, e Envelope) (ocispec.Descriptor, error) {
	kind, known := e.Kind()
	if !known {
		return ocispec.Descriptor{}, fmt.Errorf("%w: a %q is nothing that is said of a release", ErrMalformed, e.PayloadType)
	}
	var when struct {
		Issued time.Time `json:"issued"`
	}
	if err := json.Unmarshal(e.Payload, &when); err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	text, err := e.Encode()
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	layer, err := put(ctx, into, envelopeType, text)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	// The envelope is the config as well, where others have the two bytes {}: nodes that
	// speak at the same time would all write those, which some registries cannot bear.
	config, err := put(ctx, into, kind.payloadType(), text)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	return oras.PackManifest(ctx, into, oras.PackManifestVersion1_1, "", oras.PackManifestOptions{
		ConfigDescriptor: &config, Layers: []ocispec.Descriptor{layer},
		ManifestAnnotations: map[string]string{ocispec.AnnotationCreated: when.Issued.UTC().Format(time.RFC3339)}})
}

// tagOf is where something said of an artifact is found: the digits of both digests.
func tagOf(artifact plugins.Digest, e Envelope) (string, error) {
	if !artifact.Valid() {
		return "", fmt.Errorf("%w: %q is no digest of an artifact", ErrMalformed, artifact)
	}
	text, err := e.Encode()
	if err != nil {
		return "", err
	}
	return hexOf(artifact) + "." + hexOf(plugins.DigestOf(text))[:32], nil
}

// Heard gives what was said of the release whose artifact that is: what the caller
// has already, and what is new. It believes nothing of it: see List.OpenEvidence.
// What is no envelope is passed over; a registry that does not answer is an error,
// because then nobody knows what was said.
func (r Remote) Heard(ctx context.Context, plugin string, artifact plugins.Digest, have ...Envelope) ([]Envelope, error) {
	fail := func(err error) ([]Envelope, error) {
		return nil, fmt.Errorf("hear what is said of %s at %s: %w", plugin, r.Name, asked(err))
	}
	repository, err := r.repository(plugin + saidIn)
	if err != nil {
		return fail(err)
	}
	known := map[string]bool{}
	for _, e := range have {
		tag, err := tagOf(artifact, e)
		if err != nil {
			return fail(err)
		}
		known[tag] = true
	}
	tags, err := tagsOf(ctx, repository, hexOf(artifact)+".")
	if err != nil {
		return fail(err)
	}
	all := append([]Envelope(nil), have...)
	for _, tag := range tags {
		if known[tag] {
			continue
		}
		e, err := fetchSaying(ctx, repository, tag)
		switch {
		case spoilt(err):
			continue
		case err != nil:
			return fail(err)
		}
		all = append(all, e)
	}
	return all, nil
}

// tagsOf lists the tags of a repository that begin in a certain way; none where
// there is no such repository yet.
func tagsOf(ctx context.Context, repository *remote.Repository, prefix string) ([]string, error) {
	var tags []string
	seen := 0
	err := repository.Tags(ctx, "", func(page []string) error {
		if seen += len(page); seen > maxHeard {
			return fmt.Errorf("%d things: %w; the most are %d", seen, ErrOversize, maxHeard)
		}
		for _, tag := range page {
			if strings.HasPrefix(tag, prefix) {
				tags = append(tags, tag)
			}
		}
		return nil
	})
	if answer := (*errcode.ErrorResponse)(nil); errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	return tags, err
}

func fetchSaying(ctx context.Context, repository *remote.Repository, tag string) (Envelope, error) {
	d, err := repository.Resolve(ctx, tag)
	if err != nil {
		return Envelope{}, err
	}
	var manifest ocispec.Manifest
	if err := fetchJSON(ctx, repository, d, &manifest); err != nil {
		return Envelope{}, err
	}
	if len(manifest.Layers) != 1 {
		return Envelope{}, fmt.Errorf("%s: %w: one layer is wanted", tag, ErrMalformed)
	}
	text, err := fetch(ctx, repository, manifest.Layers[0], maxEnvelope)
	if err != nil {
		return Envelope{}, err
	}
	return DecodeEnvelope(bytes.TrimSpace(text))
}

// spoilt reports whether what was fetched is at fault, and not the way there.
func spoilt(err error) bool {
	for _, fault := range []error{ErrMalformed, ErrReplaced, ErrOversize, errdef.ErrNotFound} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}
