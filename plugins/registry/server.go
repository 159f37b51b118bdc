package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"
	"time"

	"cuelabs.dev/go/oci/ociregistry"
	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociref"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Document is a manifest in a registry, and what of it is searched for.
type Document struct {
	Digest       digest.Digest
	MediaType    string
	ArtifactType string        // of what refers to another; empty otherwise
	Subject      digest.Digest // what it refers to; empty if nothing
	Content      []byte
	Parts        []digest.Digest // blobs that must be there before it
}

// Storage keeps what a registry holds. What is not there is an error that matches
// ErrNoRelease. Nothing is ever changed or deleted: a version that nobody should
// run is withdrawn in the index.
type Storage interface {
	// PutBlob keeps bytes under their digest; keeping them again changes nothing.
	PutBlob(ctx context.Context, repository string, of digest.Digest, content []byte) error
	Blob(ctx context.Context, repository string, of digest.Digest) ([]byte, error)
	// PutManifest keeps a manifest whose parts are all there, and tags it if a tag is
	// given, in one go. A tag that stands for something else is an error that matches
	// ErrMisnamed.
	PutManifest(ctx context.Context, repository, tag string, d Document) error
	Manifest(ctx context.Context, repository string, of digest.Digest) (Document, error)
	Tagged(ctx context.Context, repository, tag string) (Document, error)
	// Tags and Repositories give names in order, those after a given one.
	Tags(ctx context.Context, repository, after string) ([]string, error)
	Repositories(ctx context.Context, after string) ([]string, error)
	// Referrers are the manifests that refer to one, of a kind or of all.
	Referrers(ctx context.Context, repository string, subject digest.Digest, artifactType string) ([]Document, error)
}

// Server serves a registry over a storage, by the protocol of OCI, for those who
// have none. Who may push and pull is for the caller to decide before it; what may
// be pushed it decides itself, by the list of publishers. Where there is none, a
// release is taken under its own name and version, whoever has signed it.
func Server(storage Storage, trusted Trusted) http.Handler {
	return ociserver.New(&shelf{storage: storage, admission: admission{storage, trusted, time.Now}, uploads: map[string]*upload{}}, nil)
}

// TrustsNobody is for a registry that knows no list of publishers.
func TrustsNobody(context.Context) (*List, error) { return nil, nil }

const (
	// maxUploads is how many blobs may be on their way at once. They wait in memory.
	maxUploads = 32
	// uploadTime is after how long an upload that does not go on is forgotten.
	uploadTime = 10 * time.Minute
)

// shelf is a storage as the server asks for it. Methods that it does not have are
// refused as unsupported: there is no deletion.
type shelf struct {
	*ociregistry.Funcs
	storage   Storage
	admission admission
	mu        sync.Mutex
	uploads   map[string]*upload
}

// upload is a blob on its way, with the bytes so far.
type upload struct {
	*ocimem.Buffer
	began time.Time
}

// Write takes more bytes, until there are more than a release may have.
func (u *upload) Write(more []byte) (int, error) {
	if u.Size()+int64(len(more)) > maxModule {
		return 0, fmt.Errorf("%w: the most are %d bytes", ociregistry.ErrSizeInvalid, maxModule)
	}
	return u.Buffer.Write(more)
}

func (s *shelf) PushBlobChunked(ctx context.Context, repository string, _ int) (ociregistry.BlobWriter, error) {
	if !ociref.IsValidRepository(repository) {
		return nil, ociregistry.ErrNameInvalid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, u := range s.uploads {
		if time.Since(u.began) > uploadTime {
			delete(s.uploads, id)
		}
	}
	if len(s.uploads) >= maxUploads {
		return nil, fmt.Errorf("%w: %d uploads are under way", ociregistry.ErrTooManyRequests, len(s.uploads))
	}
	u := &upload{began: time.Now()}
	u.Buffer = ocimem.NewBuffer(func(b *ocimem.Buffer) error {
		s.mu.Lock()
		delete(s.uploads, b.ID())
		s.mu.Unlock()
		d, content, err := b.GetBlob()
		if err != nil {
			return err
		}
		return s.storage.PutBlob(context.WithoutCancel(ctx), repository, d.Digest, content)
	}, "")
	s.uploads[u.ID()] = u
	return u, nil
}

func (s *shelf) PushBlobChunkedResume(_ context.Context, _, id string, offset int64, _ int) (ociregistry.BlobWriter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, there := s.uploads[id]
	switch {
	case !there:
		return nil, ociregistry.ErrBlobUploadUnknown
	case offset >= 0 && offset != u.Size():
		return nil, ociregistry.ErrRangeInvalid
	}
	return u, nil
}

func (s *shelf) PushBlob(ctx context.Context, repository string, d ociregistry.Descriptor, r io.Reader) (ociregistry.Descriptor, error) {
	if !ociref.IsValidRepository(repository) {
		return d, ociregistry.ErrNameInvalid
	}
	content, err := io.ReadAll(io.LimitReader(r, maxModule+1))
	switch {
	case err != nil:
		return d, err
	case len(content) > maxModule || int64(len(content)) != d.Size:
		return d, ociregistry.ErrSizeInvalid
	case digest.FromBytes(content) != d.Digest:
		return d, ociregistry.ErrDigestInvalid
	}
	return d, s.storage.PutBlob(ctx, repository, d.Digest, content)
}

func (s *shelf) PushManifest(ctx context.Context, repository, tag string, content []byte, mediaType string) (ociregistry.Descriptor, error) {
	d := ociregistry.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}
	if !ociref.IsValidRepository(repository) {
		return d, ociregistry.ErrNameInvalid
	}
	if len(content) > maxDocument {
		return d, fmt.Errorf("%w: %d bytes; the most are %d", ociregistry.ErrManifestInvalid, len(content), maxDocument)
	}
	document := Document{Digest: d.Digest, MediaType: mediaType, Content: content}
	if mediaType == ocispec.MediaTypeImageManifest {
		var manifest ocispec.Manifest
		if err := json.Unmarshal(content, &manifest); err != nil {
			return d, fmt.Errorf("%w: %w", ociregistry.ErrManifestInvalid, err)
		}
		document.ArtifactType = manifest.ArtifactType
		if manifest.ArtifactType == "" {
			document.ArtifactType = manifest.Config.MediaType
		}
		if manifest.Subject != nil {
			document.Subject = manifest.Subject.Digest
		}
		for _, part := range append([]ocispec.Descriptor{manifest.Config}, manifest.Layers...) {
			document.Parts = append(document.Parts, part.Digest)
		}
	}
	if err := s.admission.admit(ctx, repository, tag, document); err != nil {
		return d, err
	}
	err := s.storage.PutManifest(ctx, repository, tag, document)
	switch {
	case errors.Is(err, ErrMisnamed):
		return d, fmt.Errorf("%w: %w", ociregistry.ErrDenied, err)
	case errors.Is(err, ErrNoRelease):
		return d, fmt.Errorf("%w: %w", ociregistry.ErrManifestBlobUnknown, err)
	}
	return d, err
}

func (s *shelf) GetBlob(ctx context.Context, repository string, of ociregistry.Digest) (ociregistry.BlobReader, error) {
	content, err := s.storage.Blob(ctx, repository, of)
	if err != nil {
		return nil, unknown(err, ociregistry.ErrBlobUnknown)
	}
	return ocimem.NewBytesReader(content, blobDescriptor(of, content)), nil
}

func (s *shelf) GetBlobRange(ctx context.Context, repository string, of ociregistry.Digest, from, to int64) (ociregistry.BlobReader, error) {
	content, err := s.storage.Blob(ctx, repository, of)
	if err != nil {
		return nil, unknown(err, ociregistry.ErrBlobUnknown)
	}
	if size := int64(len(content)); to < 0 || to > size {
		to = size
	}
	if from < 0 || from > to {
		return nil, ociregistry.ErrRangeInvalid
	}
	return ocimem.NewBytesReader(content[from:to], blobDescriptor(of, content)), nil
}

func (s *shelf) ResolveBlob(ctx context.Context, repository string, of ociregistry.Digest) (ociregistry.Descriptor, error) {
	content, err := s.storage.Blob(ctx, repository, of)
	return blobDescriptor(of, content), unknown(err, ociregistry.ErrBlobUnknown)
}

func (s *shelf) GetManifest(ctx context.Context, repository string, of ociregistry.Digest) (ociregistry.BlobReader, error) {
	return read(s.storage.Manifest(ctx, repository, of))
}

func (s *shelf) GetTag(ctx context.Context, repository, tag string) (ociregistry.BlobReader, error) {
	return read(s.storage.Tagged(ctx, repository, tag))
}

func (s *shelf) ResolveManifest(ctx context.Context, repository string, of ociregistry.Digest) (ociregistry.Descriptor, error) {
	d, err := s.storage.Manifest(ctx, repository, of)
	return d.descriptor(), unknown(err, ociregistry.ErrManifestUnknown)
}

func (s *shelf) ResolveTag(ctx context.Context, repository, tag string) (ociregistry.Descriptor, error) {
	d, err := s.storage.Tagged(ctx, repository, tag)
	return d.descriptor(), unknown(err, ociregistry.ErrManifestUnknown)
}

func (s *shelf) Repositories(ctx context.Context, after string) iter.Seq2[string, error] {
	return list(s.storage.Repositories(ctx, after))
}

func (s *shelf) Tags(ctx context.Context, repository, after string) iter.Seq2[string, error] {
	return list(s.storage.Tags(ctx, repository, after))
}

func (s *shelf) Referrers(ctx context.Context, repository string, subject ociregistry.Digest, artifactType string) iter.Seq2[ociregistry.Descriptor, error] {
	documents, err := s.storage.Referrers(ctx, repository, subject, artifactType)
	descriptors := make([]ociregistry.Descriptor, len(documents))
	for i, d := range documents {
		descriptors[i] = d.descriptor()
		descriptors[i].ArtifactType = d.ArtifactType
	}
	return list(descriptors, err)
}

func (d Document) descriptor() ociregistry.Descriptor {
	return ociregistry.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: int64(len(d.Content))}
}

func blobDescriptor(of digest.Digest, content []byte) ociregistry.Descriptor {
	return ociregistry.Descriptor{MediaType: "application/octet-stream", Digest: of, Size: int64(len(content))}
}

func read(d Document, err error) (ociregistry.BlobReader, error) {
	if err != nil {
		return nil, unknown(err, ociregistry.ErrManifestUnknown)
	}
	return ocimem.NewBytesReader(d.Content, d.descriptor()), nil
}

func list[T any](items []T, err error) iter.Seq2[T, error] {
	if err != nil {
		return ociregistry.ErrorSeq[T](unknown(err, ociregistry.ErrNameUnknown))
	}
	return ociregistry.SliceSeq(items)
}

// unknown gives the protocol's own word for what is not there.
func unknown(err, word error) error {
	if errors.Is(err, ErrNoRelease) {
		return word
	}
	return err
}
