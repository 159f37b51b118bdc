package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"cuelabs.dev/go/oci/ociregistry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/signalbox-health/signalbox/plugins"
)

// Trusted gives the list of publishers that a registry holds what it is given
// against; a nil list means that there is none yet.
type Trusted func(context.Context) (*List, error)

// maxAttached is how many documents a registry of our own lets refer to one
// release: fewer than a reader takes, so that nobody can make one unreadable.
const maxAttached = 64

// admission is what a registry of our own takes: releases under their own name and
// version and, where it knows a list of publishers, only those that one of the
// publisher's people has signed, and words of nodes that may be believed. Nothing
// has a name before it was admitted, so what was refused is found by nobody.
type admission struct {
	storage Storage
	trusted Trusted
	now     func() time.Time
}

// admit says why a manifest is refused.
func (a admission) admit(ctx context.Context, repository, tag string, d Document) error {
	list, err := a.trusted(ctx)
	if err != nil {
		return inProtocol(fmt.Errorf("which publishers may write here: %w", err))
	}
	plugin, said := strings.CutSuffix(repository, saidIn)
	plugin = path.Base(plugin)
	switch {
	case said && tag != "":
		err = a.admitSaying(ctx, list, repository, plugin, tag, d)
	case tag != "": // first: what refers to another is no release, and has no version
		err = a.admitRelease(ctx, list, repository, plugin, tag, d)
	case d.Subject != "":
		err = a.admitAttached(ctx, list, repository, plugin, d)
	}
	return inProtocol(err)
}

// inProtocol gives a reason with the protocol's own word for it.
func inProtocol(err error) error {
	for _, reason := range []error{ErrUnsigned, ErrTooFew, ErrStranger, ErrRevoked, ErrBadSignature, ErrMisnamed, ErrStale, ErrFuture} {
		if errors.Is(err, reason) {
			return fmt.Errorf("%w: %w", ociregistry.ErrDenied, err)
		}
	}
	if spoilt(err) || errors.Is(err, ErrNoRelease) {
		return fmt.Errorf("%w: %w", ociregistry.ErrManifestInvalid, err)
	}
	return err
}

// admitRelease looks at a release that is to get its version.
func (a admission) admitRelease(ctx context.Context, list *List, repository, plugin, tag string, d Document) error {
	release, err := unpack(ctx, shelved{a.storage, repository, d}, ocispec.Descriptor{Digest: d.Digest, Size: int64(len(d.Content))})
	if err != nil {
		return err
	}
	if release.Manifest.ID != plugin || release.Manifest.Version != tag {
		return fmt.Errorf("%s %s: %w: its manifest says %s %s", plugin, tag, ErrMisnamed, release.Manifest.ID, release.Manifest.Version)
	}
	if list == nil {
		return nil
	}
	return list.Begun(release, a.now())
}

// admitAttached looks at what is to be attached to a release: a statement by one of
// the publisher's people, or a list of parts.
func (a admission) admitAttached(ctx context.Context, list *List, repository, plugin string, d Document) error {
	before, err := a.storage.Referrers(ctx, repository, d.Subject, "")
	if err != nil {
		return err
	}
	if len(before) >= maxAttached {
		return fmt.Errorf("%d documents about %s: %w; there may be no more", len(before), d.Subject, ErrOversize)
	}
	e, err := a.envelope(ctx, repository, d)
	if err != nil || list == nil {
		if d.ArtifactType == sbomType {
			return nil // it counts only where a signed statement names its digest
		}
		return err
	}
	s, err := StatementOf(e)
	if err != nil {
		return err
	}
	publisher, known := list.Publisher(s.Release.Publisher)
	if !known || !publisher.MayName(plugin) {
		return fmt.Errorf("statement of %q about %s: %w: list %d of publishers has it otherwise", s.Release.Publisher, plugin, ErrStranger, list.Serial)
	}
	for _, one := range e.Signatures {
		alone := Envelope{PayloadType: e.PayloadType, Payload: e.Payload, Signatures: []Signature{one}}
		if !slices.ContainsFunc(publisher.Keys, func(k PublisherKey) bool { return alone.Fits(k.Key) }) {
			return fmt.Errorf("signature of key %s under %s: %w", one.KeyID, plugin, ErrStranger)
		}
	}
	_, err = publisher.signers(e, s.Release.Issued)
	return err
}

// admitSaying looks at what a node or a publisher says of a release.
func (a admission) admitSaying(ctx context.Context, list *List, repository, plugin, tag string, d Document) error {
	e, err := a.envelope(ctx, repository, d)
	if err != nil {
		return err
	}
	digits, _, _ := strings.Cut(tag, ".")
	if want, err := tagOf(plugins.Digest("sha256:"+digits), e); err != nil || want != tag {
		return fmt.Errorf("%s: %w: what is said is found under the digests of the artifact and of itself", tag, ErrMisnamed)
	}
	if list == nil {
		return nil
	}
	_, about, err := list.word(e, a.now())
	if err != nil {
		return err
	}
	if about.plugin != plugin {
		return fmt.Errorf("%s: %w: it is about %s", plugin, ErrMisnamed, about.plugin)
	}
	return nil
}

// envelope reads the one layer of a manifest, which is stored already.
func (a admission) envelope(ctx context.Context, repository string, d Document) (Envelope, error) {
	var manifest ocispec.Manifest
	if err := json.Unmarshal(d.Content, &manifest); err != nil || len(manifest.Layers) != 1 {
		return Envelope{}, fmt.Errorf("%s: %w: one layer is wanted", d.Digest, ErrMalformed)
	}
	text, err := fetch(ctx, shelved{a.storage, repository, d}, manifest.Layers[0], maxEnvelope)
	if err != nil {
		return Envelope{}, err
	}
	return DecodeEnvelope(text)
}

// shelved is a storage as a release is read from it, with a manifest that is not
// in it yet.
type shelved struct {
	storage    Storage
	repository string
	more       Document
}

func (s shelved) Fetch(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	if d.Digest == s.more.Digest {
		return io.NopCloser(bytes.NewReader(s.more.Content)), nil
	}
	text, err := s.storage.Blob(ctx, s.repository, d.Digest)
	if errors.Is(err, ErrNoRelease) {
		var document Document
		document, err = s.storage.Manifest(ctx, s.repository, d.Digest)
		text = document.Content
	}
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func (s shelved) Predecessors(ctx context.Context, d ocispec.Descriptor) ([]ocispec.Descriptor, error) {
	documents, err := s.storage.Referrers(ctx, s.repository, d.Digest, "")
	found := make([]ocispec.Descriptor, len(documents))
	for i, document := range documents {
		found[i] = ocispec.Descriptor{MediaType: document.MediaType, Digest: document.Digest, Size: int64(len(document.Content))}
	}
	return found, err
}
