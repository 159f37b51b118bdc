package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content/memory"
)

// FuzzIndex: whatever a hub sends, it is believed only with the right signature, and
// what is believed can be signed again.
func FuzzIndex(f *testing.F) {
	c := newCountry(f)
	key := c.ward(f)
	x := c.index(2)
	x.Releases[0].Said = []Envelope{must[Envelope](f)(c.evidence().Seal(key))}
	x.Releases[1].State, x.Releases[1].Reason = Withdrawn, "wrong"
	e := must[Envelope](f)(x.Seal(c.root))
	f.Add(must[[]byte](f)(e.Encode()))
	f.Add(e.Payload)
	root := Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	stranger := Root{Keys: []PublicKey{c.stranger.Public()}, Threshold: 1}
	f.Fuzz(func(t *testing.T, text []byte) {
		if sent, err := DecodeIndex(text); err == nil {
			if got, _ := stranger.OpenIndex(&c.list, sent, 0, today); got != nil {
				t.Fatal("believed without the right signature")
			}
		}
		got, _ := root.OpenIndex(&c.list, Seal(indexType, text, c.root), 0, today)
		if got == nil {
			return
		}
		if _, err := got.Seal(c.root); err != nil {
			t.Fatalf("believed, and cannot be signed: %v", err)
		}
		for _, l := range got.Releases {
			c.list.Said(l, today)
		}
	})
}

// FuzzList is the same for lists of publishers.
func FuzzList(f *testing.F) {
	c := newCountry(f)
	c.ward(f)
	c.list.Index = &Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	e := must[Envelope](f)(c.list.Seal(c.root))
	f.Add(must[[]byte](f)(e.Encode()))
	f.Add(e.Payload)
	r := c.release(f)
	root := Root{Keys: []PublicKey{c.root.Public()}, Threshold: 1}
	stranger := Root{Keys: []PublicKey{c.stranger.Public()}, Threshold: 1}
	f.Fuzz(func(t *testing.T, text []byte) {
		if sent, err := DecodeList(text); err == nil {
			if got, _ := stranger.Open(sent, nil, today); got != nil {
				t.Fatal("believed without the right signature")
			}
		}
		got, err := root.Open(Seal(listType, text, c.root), nil, today)
		if got == nil {
			return
		}
		if _, sealed := got.Seal(c.root); sealed != nil {
			t.Fatalf("believed, and cannot be signed: %v", sealed)
		}
		if verified, trusted := got.Check(r, today); trusted == nil && (err != nil || len(verified.Signers) < 1) {
			t.Fatalf("a release is believed by a list that is not: %v", err)
		}
	})
}

// kept is a storage in memory, for what is pushed at random.
type kept struct {
	blobs     map[string][]byte
	manifests map[string]Document
	tags      map[string]Document
}

func (k *kept) PutBlob(_ context.Context, in string, of digest.Digest, text []byte) error {
	k.blobs[in+string(of)] = text
	return nil
}

func (k *kept) Blob(_ context.Context, in string, of digest.Digest) ([]byte, error) {
	text, ok := k.blobs[in+string(of)]
	return text, there(ok)
}

func there(ok bool) error {
	if !ok {
		return ErrNoRelease
	}
	return nil
}

func (k *kept) PutManifest(_ context.Context, in, tag string, d Document) error {
	for _, part := range d.Parts {
		if _, ok := k.blobs[in+string(part)]; !ok {
			return ErrNoRelease
		}
	}
	if before, ok := k.tags[in+":"+tag]; ok && before.Digest != d.Digest {
		return ErrMisnamed
	}
	k.manifests[in+string(d.Digest)] = d
	if tag != "" {
		k.tags[in+":"+tag] = d
	}
	return nil
}

func (k *kept) Manifest(_ context.Context, in string, of digest.Digest) (Document, error) {
	d, ok := k.manifests[in+string(of)]
	return d, there(ok)
}

func (k *kept) Tagged(_ context.Context, in, tag string) (Document, error) {
	d, ok := k.tags[in+":"+tag]
	return d, there(ok)
}

func (k *kept) Tags(context.Context, string, string) ([]string, error) { return nil, nil }
func (k *kept) Repositories(context.Context, string) ([]string, error) { return nil, nil }
func (k *kept) Referrers(_ context.Context, in string, of digest.Digest, kind string) (all []Document, err error) {
	for name, d := range k.manifests {
		if strings.HasPrefix(name, in) && d.Subject == of && of != "" && (kind == "" || d.ArtifactType == kind) {
			all = append(all, d)
		}
	}
	return all, nil
}

// FuzzPushed: whatever is sent to a registry of our own, what has a version there is a
// release of that name and version, which one of the publisher's people has signed.
func FuzzPushed(f *testing.F) {
	c := newCountry(f)
	r := c.release(f)
	local := &keeper{memory.New(), map[digest.Digest][]byte{}}
	artifact, referrers, err := r.pack(context.Background(), local)
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range append(referrers, artifact) {
		f.Add(local.blobs[d.Digest], d.MediaType, "1.2.0", false)
		f.Add(local.blobs[d.Digest], d.MediaType, "", true)
	}
	f.Fuzz(func(t *testing.T, manifest []byte, mediaType, tag string, said bool) {
		store := &kept{map[string][]byte{}, map[string]Document{}, map[string]Document{}}
		in := OwnPath + "/bellmere-falls"
		for d, text := range local.blobs {
			store.blobs[in+string(d)] = text
		}
		for _, d := range referrers {
			store.manifests[in+string(d.Digest)] = Document{Digest: d.Digest, MediaType: d.MediaType, Subject: artifact.Digest, Content: local.blobs[d.Digest]}
		}
		path := in
		if said {
			path += saidIn
		}
		server := Server(store, func(context.Context) (*List, error) { return &c.list, nil })
		name := tag
		if tag == "" || strings.ContainsAny(tag, "/?#% ") {
			name = string(digest.FromBytes(manifest))
		}
		request, err := http.NewRequest(http.MethodPut, "http://local.invalid/v2/"+path+"/manifests/"+name, bytes.NewReader(manifest))
		if err != nil {
			return
		}
		request.Header.Set("Content-Type", mediaType)
		if _, err := (within{server}).RoundTrip(request); err != nil {
			t.Fatal(err)
		}
		for _, d := range store.tags {
			read, err := unpack(t.Context(), shelved{store, in, d}, ocispec.Descriptor{Digest: d.Digest, Size: int64(len(d.Content))})
			if err == nil {
				err = c.list.Begun(read, today.AddDate(20, 0, 0))
			}
			if err != nil && !errors.Is(err, ErrStale) || said || fmt.Sprint(read.Manifest.ID, read.Manifest.Version) != "bellmere-falls1.2.0" {
				t.Fatalf("%s has a version: %v", d.Digest, err)
			}
		}
	})
}
