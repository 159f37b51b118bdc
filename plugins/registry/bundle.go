package registry

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content/memory"
)

// A bundle is an OCI image layout in a tar, for installations without a
// connection: it is carried there on a stick.
const (
	layoutFile = "oci-layout"
	indexFile  = "index.json"
	blobs      = "blobs/sha256/"

	maxBundle = 512 << 20 // bytes of a bundle, read as a whole
	maxIndex  = 4 << 20
	maxBlobs  = 10_000
)

// keeper is a store that remembers the bytes in it, so that they can be written
// into a bundle.
type keeper struct {
	*memory.Store
	blobs map[digest.Digest][]byte
}

func (k *keeper) Push(ctx context.Context, d ocispec.Descriptor, r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	k.blobs[d.Digest] = text
	return k.Store.Push(ctx, d, bytes.NewReader(text))
}

// WriteBundle writes releases with everything that is said of them. The same
// releases always give the same bytes.
func WriteBundle(ctx context.Context, w io.Writer, releases ...Release) error {
	store := &keeper{memory.New(), map[digest.Digest][]byte{}}
	index := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex}
	for _, r := range releases {
		artifact, referrers, err := r.pack(ctx, store)
		if err != nil {
			return err
		}
		artifact.Annotations = map[string]string{ocispec.AnnotationRefName: r.Manifest.Version, ocispec.AnnotationTitle: r.Manifest.ID}
		index.Manifests = append(index.Manifests, artifact)
		index.Manifests = append(index.Manifests, referrers...)
	}
	listed, err := json.Marshal(index)
	if err != nil {
		return fmt.Errorf("write a bundle: %w", err)
	}
	layout, err := json.Marshal(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	if err != nil {
		return fmt.Errorf("write a bundle: %w", err)
	}
	out := tar.NewWriter(w)
	write := func(name string, text []byte) {
		if err == nil {
			err = out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text)), ModTime: time.Unix(0, 0)})
		}
		if err == nil {
			_, err = out.Write(text)
		}
	}
	write(layoutFile, layout)
	write(indexFile, listed)
	for _, d := range slices.Sorted(maps.Keys(store.blobs)) {
		write(blobs+d.Encoded(), store.blobs[d])
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write a bundle: %w", err)
	}
	return nil
}

// ReadBundle reads the releases in a bundle. A bundle that is cut short, names
// files outside itself, or holds bytes that do not have their digest, is refused
// as a whole.
func ReadBundle(ctx context.Context, r io.Reader) ([]Release, error) {
	files, err := readTar(r)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	var layout ocispec.ImageLayout
	if err := json.Unmarshal(files[layoutFile], &layout); err != nil || layout.Version != ocispec.ImageLayoutVersion {
		return nil, fmt.Errorf("bundle: %w: it is no OCI image layout of version %s", ErrMalformed, ocispec.ImageLayoutVersion)
	}
	var index ocispec.Index
	if err := json.Unmarshal(files[indexFile], &index); err != nil {
		return nil, fmt.Errorf("bundle: %s: %w: %w", indexFile, ErrMalformed, err)
	}
	store := memory.New()
	var artifacts []ocispec.Descriptor
	for _, d := range index.Manifests {
		isRelease, err := shelve(ctx, store, files, d)
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
		if isRelease {
			artifacts = append(artifacts, d)
		}
	}
	var releases []Release
	for _, d := range artifacts {
		release, err := unpack(ctx, store, d)
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
		releases = append(releases, release)
	}
	if len(releases) == 0 {
		return nil, fmt.Errorf("bundle: %w: there is no release in it", ErrMalformed)
	}
	return releases, nil
}

// shelve puts a manifest of a bundle and what it is made of into a store, and
// reports whether it is that of a release.
func shelve(ctx context.Context, store *memory.Store, files map[string][]byte, d ocispec.Descriptor) (isRelease bool, err error) {
	text, err := blobOf(files, d)
	if err != nil {
		return false, err
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return false, fmt.Errorf("%s: %w: %w", d.Digest, ErrMalformed, err)
	}
	for _, part := range append([]ocispec.Descriptor{manifest.Config}, manifest.Layers...) {
		text, err := blobOf(files, part)
		if err != nil {
			return false, err
		}
		if _, err := put(ctx, store, part.MediaType, text); err != nil {
			return false, err
		}
	}
	_, err = put(ctx, store, d.MediaType, text)
	return manifest.Subject == nil, err
}

func blobOf(files map[string][]byte, d ocispec.Descriptor) ([]byte, error) {
	text, ok := files[blobs+strings.TrimPrefix(string(d.Digest), sha256Name+":")]
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: %w: it is not there", d.Digest, ErrMalformed)
	case int64(len(text)) != d.Size:
		return nil, fmt.Errorf("%s of %d bytes: %w: %d were announced", d.Digest, len(text), ErrReplaced, d.Size)
	}
	return text, nil
}

// readTar reads the files of a layout. Only the names that a layout has are
// taken, each once; links, devices and paths that lead elsewhere are refused.
func readTar(r io.Reader) (map[string][]byte, error) {
	limited := &io.LimitedReader{R: r, N: maxBundle + 1}
	in := tar.NewReader(limited)
	files := map[string][]byte{}
	for {
		header, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, short(limited, err)
		}
		if header.Typeflag == tar.TypeDir && (header.Name == "blobs/" || header.Name == blobs) {
			continue
		}
		limit, err := mayHold(header)
		if err != nil {
			return nil, err
		}
		if _, twice := files[header.Name]; twice || len(files) > maxBlobs {
			return nil, fmt.Errorf("%q is there twice, or there are more than %d files: %w", header.Name, maxBlobs, ErrMalformed)
		}
		if header.Size > limit {
			return nil, fmt.Errorf("%s of %d bytes: %w; the most are %d", header.Name, header.Size, ErrOversize, limit)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, short(limited, err)
		}
		if name, isBlob := strings.CutPrefix(header.Name, blobs); isBlob && digest.FromBytes(text).Encoded() != name {
			return nil, fmt.Errorf("%s: %w", header.Name, ErrReplaced)
		}
		files[header.Name] = text
	}
	if _, there := files[indexFile]; !there {
		return nil, fmt.Errorf("%w: there is no %s in it", ErrMalformed, indexFile)
	}
	return files, nil
}

// mayHold is how many bytes a file of that name may have.
func mayHold(h *tar.Header) (int64, error) {
	name, isBlob := strings.CutPrefix(h.Name, blobs)
	switch {
	case h.Typeflag != tar.TypeReg:
		return 0, fmt.Errorf("%q is no plain file: %w", h.Name, ErrMalformed)
	case h.Name == layoutFile, h.Name == indexFile:
		return maxIndex, nil
	case isBlob && digest.NewDigestFromEncoded(digest.SHA256, name).Validate() == nil:
		return maxModule, nil
	}
	return 0, fmt.Errorf("%q has no place in a bundle: %w", h.Name, ErrMalformed)
}

// short says of a bundle that ends too early, or is too long, which it is.
func short(limited *io.LimitedReader, err error) error {
	if limited.N <= 0 {
		return fmt.Errorf("%w; the most are %d bytes", ErrOversize, maxBundle)
	}
	return fmt.Errorf("%w: it is cut short or broken: %w", ErrMalformed, err)
}
