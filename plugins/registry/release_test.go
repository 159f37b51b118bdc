package registry

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
	"github.com/opencontainers/go-digest"

	"github.com/signalbox-health/signalbox/plugins"
)

// release is a small module with the manifest of the country, signed by both.
func (c *country) release(t testing.TB) Release {
	t.Helper()
	module, err := plugins.WithManifest([]byte("\x00asm\x01\x00\x00\x00"), c.manifest)
	if err != nil {
		t.Fatal(err)
	}
	c.contents = module
	r, err := ReleaseOf(module)
	if err != nil {
		t.Fatal(err)
	}
	c.manifest = r.Manifest
	if r, err = r.Sign(c.ada, "bellmere", Build{Language: "go", Toolchain: "go1.26.0"}, today); err == nil {
		r, err = r.Sign(c.ben, "bellmere", Build{}, today.Add(time.Hour))
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (c *country) believes(t testing.TB, r Release) {
	t.Helper()
	if _, err := c.list.Check(r, today); err != nil {
		t.Error(err)
	}
	if len(r.SBOM) == 0 {
		t.Error("the list of parts did not travel")
	}
}

func bundleOf(t testing.TB, releases ...Release) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteBundle(t.Context(), &b, releases...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReleaseTravelsInABundle(t *testing.T) {
	c := newCountry(t)
	r := c.release(t)
	bundle := bundleOf(t, r)
	if !bytes.Equal(bundle, bundleOf(t, r)) {
		t.Error("the same release gives another bundle")
	}
	read, err := ReadBundle(t.Context(), bytes.NewReader(bundle))
	if err != nil || len(read) != 1 {
		t.Fatal(read, err)
	}
	c.believes(t, read[0])
}

func TestBundleThatIsCutShortIsRefusedWhole(t *testing.T) {
	c := newCountry(t)
	bundle := bundleOf(t, c.release(t))
	end := len(bundle) - 1024 - 512 // what follows is the end of a tar, and what fills up its last file
	for size := 0; size < end; size += 97 {
		if _, err := ReadBundle(t.Context(), bytes.NewReader(bundle[:size])); err == nil {
			t.Fatalf("%d bytes of %d were taken", size, len(bundle))
		}
	}
}

// rewritten gives a bundle with its files changed on the way.
func rewritten(t *testing.T, bundle []byte, change func(h *tar.Header, text []byte) []byte, more ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for r := tar.NewReader(bytes.NewReader(bundle)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		text = change(h, text)
		h.Size = int64(len(text))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range more {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestBundleThatLiesIsRefused(t *testing.T) {
	c := newCountry(t)
	r := c.release(t)
	bundle := bundleOf(t, r)
	module := blobs + strings.TrimPrefix(string(r.Digest()), "sha256:")
	same := func(_ *tar.Header, text []byte) []byte { return text }
	for name, try := range map[string]struct {
		bundle []byte
		want   error
	}{
		"layer replaced under its name": {rewritten(t, bundle, func(h *tar.Header, text []byte) []byte {
			if h.Name == module {
				return append(text, 0)
			}
			return text
		}), ErrReplaced},
		"layer taken out": {rewritten(t, bundle, func(h *tar.Header, text []byte) []byte {
			if h.Name == module {
				h.Name, text = blobs+digest.FromString("").Encoded(), nil
			}
			return text
		}), ErrMalformed},
		"path that leads out":                    {rewritten(t, bundle, same, tar.Header{Typeflag: tar.TypeReg, Name: "../../etc/cron.d/x"}), ErrMalformed},
		"path that leads out, through the blobs": {rewritten(t, bundle, same, tar.Header{Typeflag: tar.TypeReg, Name: blobs + "../../../x"}), ErrMalformed},
		"absolute path":                          {rewritten(t, bundle, same, tar.Header{Typeflag: tar.TypeReg, Name: "/etc/passwd"}), ErrMalformed},
		"link":                                   {rewritten(t, bundle, same, tar.Header{Typeflag: tar.TypeSymlink, Name: "index.json", Linkname: "/etc/passwd"}), ErrMalformed},
		"device":                                 {rewritten(t, bundle, same, tar.Header{Typeflag: tar.TypeChar, Name: "oci-layout"}), ErrMalformed},
		"index twice":                            {rewritten(t, bundle, same, tar.Header{Typeflag: tar.TypeReg, Name: indexFile}), ErrMalformed},
		"index of another shape": {rewritten(t, bundle, func(h *tar.Header, text []byte) []byte {
			if h.Name == indexFile {
				return []byte(`{"manifests":7}`)
			}
			return text
		}), ErrMalformed},
		"announced as oversize": {rewritten(t, bundle, func(h *tar.Header, text []byte) []byte {
			if h.Name == indexFile {
				return bytes.Replace(text, []byte(`"size":`), []byte(`"size":9`), 1)
			}
			return text
		}), ErrReplaced},
		"nothing in it": {rewritten(t, bundle, func(h *tar.Header, text []byte) []byte {
			if h.Name == indexFile {
				return []byte(`{"schemaVersion":2,"manifests":[]}`)
			}
			return text
		}), ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ReadBundle(t.Context(), bytes.NewReader(try.bundle)); !errors.Is(err, try.want) {
				t.Errorf("%v, want %v", err, try.want)
			}
		})
	}
}

func TestBundleWithAnOversizeLayerIsRefusedBeforeItIsRead(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: blobs + digest.FromString("x").Encoded(), Size: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBundle(t.Context(), &b); !errors.Is(err, ErrOversize) {
		t.Error(err)
	}
}

// registryAt serves a real registry on loopback, with every answer passed through
// a changer where one is given.
func registryAt(t testing.TB, change func(http.Handler) http.Handler) Remote {
	t.Helper()
	var handler http.Handler = ociserver.New(ocimem.New(), nil)
	if change != nil {
		handler = change(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return Remote{Name: strings.TrimPrefix(server.URL, "http://") + "/signalbox", Plain: true}
}

// TestStrangersSpoilNothing: whoever may push can attach anything to a release.
func TestStrangersSpoilNothing(t *testing.T) {
	c := newCountry(t)
	r := c.release(t)
	at := registryAt(t, nil)
	forged := c.statement(t)
	forged.Release.Publisher = "elsewhere"
	strange := r
	bogus := r.Signed[0]
	bogus.Signatures = nil
	for range maxSignatures {
		bogus.Signatures = append(bogus.Signatures, Signature{KeyID: c.ada.Public().ID(), Sig: make([]byte, 64)})
	}
	strange.Signed = []Envelope{bogus, c.signed(t, forged, c.stranger)}
	strange.SBOM = []byte(`{"spdxVersion":"SPDX-2.3","name":"something else"}`)
	for _, one := range []Release{strange, r} {
		if _, err := at.Push(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	read, err := at.Pull(t.Context(), r.Manifest.ID, "1.2.0")
	if err != nil {
		t.Fatal(err)
	}
	c.believes(t, read)
}

func FuzzBundle(f *testing.F) {
	c := newCountry(f)
	var b bytes.Buffer
	if err := WriteBundle(context.Background(), &b, c.release(f)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, bundle []byte) {
		releases, err := ReadBundle(t.Context(), bytes.NewReader(bundle))
		for _, r := range releases {
			if err == nil && len(r.Contents) == 0 {
				t.Fatal("a release of nothing")
			}
		}
	})
}
