package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"

	"github.com/signalbox-health/signalbox/plugins"
)

// The kinds of what a release is made of: a module in the layout of the CNCF, or
// a manifest without code; and what is said about it by others.
const (
	wasmConfigType = "application/vnd.wasm.config.v0+json"
	wasmType       = "application/wasm"
	measuresType   = "application/vnd.signalbox.measures.v1+json"
	envelopeType   = "application/vnd.dsse.envelope.v1+json"
	sbomType       = "application/spdx+json"
)

// The most that is read of each, in bytes, and how many manifests may refer to one
// release. A registry that sends more is not listened to.
const (
	maxModule    = 8 << 20
	maxDocument  = 64 << 10 // manifests of OCI and configs
	maxSBOM      = 4 << 20
	maxReferrers = 256
)

// Release is a plugin as it travels: its contents, which are a module or a
// manifest without code, the signatures, and the list of what went into it.
type Release struct {
	Contents []byte
	Manifest plugins.Manifest
	// Signed are the statements about it, each with its signatures. Where anybody may
	// attach something to an artifact, some may be by strangers: they spoil nothing.
	Signed []Envelope
	SBOM   []byte // SPDX 2.3 as JSON; nil where there is none
}

// Digest names the contents.
func (r Release) Digest() plugins.Digest { return plugins.DigestOf(r.Contents) }

// ReleaseOf reads the manifest in a module, or a manifest without code.
func ReleaseOf(contents []byte) (Release, error) {
	if len(contents) > maxModule {
		return Release{}, fmt.Errorf("release of %d bytes: %w; the most are %d", len(contents), ErrOversize, maxModule)
	}
	read := plugins.ParseManifest
	if isModule(contents) {
		read = plugins.ManifestOf
	}
	manifest, err := read(contents)
	if err != nil {
		return Release{}, fmt.Errorf("release: %w: %w", ErrMalformed, err)
	}
	return Release{Contents: contents, Manifest: manifest}, nil
}

func isModule(contents []byte) bool { return bytes.HasPrefix(contents, []byte("\x00asm")) }

// wasmConfig is the config of the CNCF's layout.
type wasmConfig struct {
	Created      time.Time       `json:"created"`
	Author       string          `json:"author,omitempty"`
	Architecture string          `json:"architecture"`
	OS           string          `json:"os"`
	LayerDigests []digest.Digest `json:"layerDigests"`
}

// pack writes a release into a store: the artifact, then what refers to it. It is
// the same for the same release, byte for byte. The last thing written is the
// signature, so that whoever finds it finds everything.
func (r Release) pack(ctx context.Context, into content.Pusher) (artifact ocispec.Descriptor, referrers []ocispec.Descriptor, err error) {
	none := ocispec.Descriptor{}
	if len(r.Signed) == 0 {
		return none, nil, fmt.Errorf("write release %s %s: %w", r.Manifest.ID, r.Manifest.Version, ErrUnsigned)
	}
	statement, err := StatementOf(r.Signed[0])
	if err != nil {
		return none, nil, err
	}
	issued := statement.Release.Issued
	created := map[string]string{ocispec.AnnotationCreated: issued.Format(time.RFC3339)}
	kind, configType := measuresType, measuresType
	if isModule(r.Contents) {
		kind, configType = wasmType, wasmConfigType
	}
	layer, err := put(ctx, into, kind, r.Contents)
	if err != nil {
		return none, nil, err
	}
	text, err := json.Marshal(wasmConfig{Created: issued, Author: r.Manifest.Publisher, Architecture: "wasm", OS: "wasip1",
		LayerDigests: []digest.Digest{layer.Digest}})
	if err != nil {
		return none, nil, err
	}
	config, err := put(ctx, into, configType, text)
	if err != nil {
		return none, nil, err
	}
	artifact, err = oras.PackManifest(ctx, into, oras.PackManifestVersion1_1, "", oras.PackManifestOptions{
		ConfigDescriptor: &config, Layers: []ocispec.Descriptor{layer},
		ManifestAnnotations: map[string]string{ocispec.AnnotationCreated: created[ocispec.AnnotationCreated],
			ocispec.AnnotationTitle: r.Manifest.ID, ocispec.AnnotationVersion: r.Manifest.Version, ocispec.AnnotationLicenses: r.Manifest.Licence},
	})
	if err != nil {
		return none, nil, fmt.Errorf("write release %s %s: %w", r.Manifest.ID, r.Manifest.Version, err)
	}
	said := []saying{{sbomType, r.SBOM}}
	for _, e := range r.Signed {
		text, err := e.Encode()
		if err != nil {
			return none, nil, err
		}
		said = append(said, saying{envelopeType, text})
	}
	for _, one := range said {
		if one.text == nil {
			continue
		}
		layer, err := put(ctx, into, one.kind, one.text)
		if err != nil {
			return none, nil, err
		}
		referrer, err := oras.PackManifest(ctx, into, oras.PackManifestVersion1_1, one.kind, oras.PackManifestOptions{
			Subject: &artifact, Layers: []ocispec.Descriptor{layer}, ManifestAnnotations: created})
		if err != nil {
			return none, nil, fmt.Errorf("write what is said of release %s %s: %w", r.Manifest.ID, r.Manifest.Version, err)
		}
		referrers = append(referrers, referrer)
	}
	return artifact, referrers, nil
}

// saying is a document about a release: a signature, or the list of parts.
type saying struct {
	kind string
	text []byte
}

// put writes some bytes that may be there already.
func put(ctx context.Context, into content.Pusher, kind string, text []byte) (ocispec.Descriptor, error) {
	d := content.NewDescriptorFromBytes(kind, text)
	if err := into.Push(ctx, d, bytes.NewReader(text)); err != nil && !errors.Is(err, errdef.ErrAlreadyExists) {
		return d, fmt.Errorf("write %s: %w", kind, err)
	}
	return d, nil
}

// source is where a release is read from: a registry or a bundle.
type source interface {
	content.Fetcher
	content.PredecessorFinder
}

// unpack reads a release from a store, with all signatures that are there. It
// believes neither media types nor what the store says of its referrers: bytes
// are checked against their digests, and referrers by reading them.
func unpack(ctx context.Context, from source, artifact ocispec.Descriptor) (Release, error) {
	var manifest ocispec.Manifest
	if err := fetchJSON(ctx, from, artifact, &manifest); err != nil {
		return Release{}, err
	}
	if len(manifest.Layers) != 1 || manifest.Subject != nil {
		return Release{}, fmt.Errorf("artifact %s: %w: a release has one layer and refers to nothing", artifact.Digest, ErrMalformed)
	}
	contents, err := fetch(ctx, from, manifest.Layers[0], maxModule)
	if err != nil {
		return Release{}, err
	}
	release, err := ReleaseOf(contents)
	if err != nil {
		return Release{}, err
	}
	return release, release.hear(ctx, from, artifact)
}

// hear reads what is said of a release. What is broken, or about something else, is
// passed over: anybody may attach anything to an artifact. A registry that does not
// answer is an error, because the release would else seem to be unsigned.
func (r *Release) hear(ctx context.Context, from source, artifact ocispec.Descriptor) error {
	found, err := from.Predecessors(ctx, artifact)
	if err != nil {
		return fmt.Errorf("look for signatures of %s %s: %w", r.Manifest.ID, r.Manifest.Version, err)
	}
	if len(found) > maxReferrers {
		return fmt.Errorf("%d documents about %s %s: %w; the most are %d", len(found), r.Manifest.ID, r.Manifest.Version, ErrOversize, maxReferrers)
	}
	var parts [][]byte
	for _, d := range found {
		if d.Digest == artifact.Digest {
			continue // some registries name the subject itself
		}
		text, err := heard(ctx, from, d, artifact)
		switch {
		case spoilt(err):
			continue
		case err != nil:
			return fmt.Errorf("read a signature of %s %s: %w", r.Manifest.ID, r.Manifest.Version, err)
		}
		if e, about := r.statement(text); about {
			r.Signed = append(r.Signed, e)
		} else {
			parts = append(parts, text)
		}
	}
	r.SBOM = r.signedParts(parts)
	return nil
}

// heard reads one document that is attached to an artifact.
func heard(ctx context.Context, from source, d, artifact ocispec.Descriptor) ([]byte, error) {
	var referrer ocispec.Manifest
	err := fetchJSON(ctx, from, d, &referrer)
	if errors.Is(err, errdef.ErrNotFound) && d.MediaType != ocispec.MediaTypeImageManifest {
		// It was looked for where its media type says, which the registry may have wrong.
		d.MediaType = ocispec.MediaTypeImageManifest
		err = fetchJSON(ctx, from, d, &referrer)
	}
	if err != nil {
		return nil, err
	}
	if referrer.Subject == nil || referrer.Subject.Digest != artifact.Digest || len(referrer.Layers) != 1 {
		return nil, fmt.Errorf("%s: %w: it is not about %s", d.Digest, ErrMalformed, artifact.Digest)
	}
	return fetch(ctx, from, referrer.Layers[0], maxSBOM)
}

// statement reads a statement about this very release.
func (r *Release) statement(text []byte) (Envelope, bool) {
	e, err := DecodeEnvelope(text)
	if err != nil {
		return Envelope{}, false
	}
	s, err := StatementOf(e)
	return e, err == nil && s.Contents == r.Digest()
}

// signedParts finds the list of parts that a statement names.
func (r *Release) signedParts(lists [][]byte) []byte {
	for _, e := range r.Signed {
		s, err := StatementOf(e)
		if err != nil {
			continue
		}
		for _, text := range lists {
			if plugins.DigestOf(text) == s.Release.SBOM {
				return text
			}
		}
	}
	return nil
}

// fetch reads bytes that must have the digest and the size that name them.
func fetch(ctx context.Context, from content.Fetcher, d ocispec.Descriptor, limit int64) ([]byte, error) {
	if d.Size > limit {
		return nil, fmt.Errorf("%s of %d bytes: %w; the most are %d", d.Digest, d.Size, ErrOversize, limit)
	}
	if d.Digest.Validate() != nil || d.Digest.Algorithm() != digest.SHA256 || d.Size < 0 {
		return nil, fmt.Errorf("%q of %d bytes: %w: a SHA-256 is wanted", d.Digest, d.Size, ErrMalformed)
	}
	body, err := from.Fetch(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", d.Digest, err)
	}
	defer body.Close()
	text, err := content.ReadAll(body, d)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w: %w", d.Digest, ErrReplaced, err)
	}
	return text, nil
}

func fetchJSON(ctx context.Context, from content.Fetcher, d ocispec.Descriptor, into any) error {
	text, err := fetch(ctx, from, d, maxDocument)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w: %w", d.Digest, ErrMalformed, err)
	}
	return nil
}
