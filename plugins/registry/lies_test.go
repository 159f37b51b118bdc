package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/signalbox-health/signalbox/plugins"
)

// lie changes an answer of a registry: its headers, status and body.
type lie func(q *http.Request, answer *httptest.ResponseRecorder)

// liar is a registry that lies once it is told to.
type liar struct {
	Remote
	lies bool
}

// liarAt puts a lie before a registry: the one at an address, or one in memory.
func liarAt(t *testing.T, address string, tells lie) *liar {
	t.Helper()
	l := &liar{}
	change := func(next http.Handler) http.Handler {
		if address != "" {
			next = before(t, address)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if !l.lies {
				next.ServeHTTP(w, q)
				return
			}
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, q)
			tells(q, recorded)
			if q.Method != http.MethodHead {
				recorded.Header().Del("Content-Length") // which the lie may have changed
			}
			for k, v := range recorded.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(recorded.Code)
			_, _ = w.Write(recorded.Body.Bytes())
		})
	}
	l.Remote = registryAt(t, change)
	return l
}

// replaced changes the body of answers whose address contains something.
func replaced(where, old, new string) lie {
	return func(q *http.Request, a *httptest.ResponseRecorder) {
		if strings.Contains(q.URL.Path, where) {
			a.Body = bytes.NewBuffer(bytes.ReplaceAll(a.Body.Bytes(), []byte(old), []byte(new)))
		}
	}
}

// listed changes the descriptors in lists of referrers, whether they come from the
// API or from a document under a tag.
func listed(change func([]ocispec.Descriptor) []ocispec.Descriptor) lie {
	return func(q *http.Request, a *httptest.ResponseRecorder) {
		var index ocispec.Index
		if q.Method != http.MethodGet || json.Unmarshal(a.Body.Bytes(), &index) != nil || index.MediaType != ocispec.MediaTypeImageIndex {
			return
		}
		index.Manifests = change(index.Manifests)
		text, err := json.Marshal(index)
		if err != nil {
			panic(err)
		}
		a.Body = bytes.NewBuffer(text)
		if a.Header().Get("Docker-Content-Digest") != "" {
			a.Header().Set("Docker-Content-Digest", string(digest.FromBytes(text)))
		}
	}
}

func each(change func(*ocispec.Descriptor)) lie {
	return listed(func(all []ocispec.Descriptor) []ocispec.Descriptor {
		for i := range all {
			change(&all[i])
		}
		return all
	})
}

// TestLiesOfARegistryEndInTheReleaseOrInARefusal: of a registry that lies, a node
// gets the release that was signed, or nothing. Never another one.
func TestLiesOfARegistryEndInTheReleaseOrInARefusal(t *testing.T) {
	stranger, second := digest.FromString("another manifest"), secondRegistry(t)
	for name, try := range map[string]struct {
		lie  lie
		want error // nil: the release comes as it was signed
	}{
		"replaced layer":    {replaced("/blobs/", "\x00asm", "\x00wsm"), ErrReplaced},
		"replaced manifest": {replaced("/manifests/", `"bellmere-falls"`, `"bellmere-fells"`), ErrReplaced},
		"signatures replaced": {func(q *http.Request, a *httptest.ResponseRecorder) {
			if strings.Contains(q.URL.Path, "/blobs/") && bytes.Contains(a.Body.Bytes(), []byte("payloadType")) {
				a.Body = bytes.NewBufferString(strings.Repeat("x", a.Body.Len()))
			}
		}, ErrUnsigned},
		"artifact type of referrers":  {each(func(d *ocispec.Descriptor) { d.ArtifactType = "application/x-unknown" }), nil},
		"no artifact type at all":     {each(func(d *ocispec.Descriptor) { d.ArtifactType = "" }), nil},
		"media type of referrers":     {each(func(d *ocispec.Descriptor) { d.MediaType = "application/octet-stream" }), nil},
		"size of referrers":           {each(func(d *ocispec.Descriptor) { d.Size++ }), errAny},
		"referrers of a gigabyte":     {each(func(d *ocispec.Descriptor) { d.Size = 1 << 30 }), ErrUnsigned},
		"referrers that are not":      {each(func(d *ocispec.Descriptor) { d.Digest = stranger }), ErrUnsigned},
		"referrers without a name":    {each(func(d *ocispec.Descriptor) { d.Digest = "" }), ErrUnsigned},
		"no referrers":                {listed(func([]ocispec.Descriptor) []ocispec.Descriptor { return []ocispec.Descriptor{} }), ErrUnsigned},
		"each referrer many times":    {listed(func(d []ocispec.Descriptor) []ocispec.Descriptor { return append(d, append(d, d...)...) }), nil},
		"thousands of referrers":      {listed(func(d []ocispec.Descriptor) []ocispec.Descriptor { return make([]ocispec.Descriptor, 5000) }), errAny},
		"a layer said to be a config": {replaced("/blobs/", wasmType, wasmConfigType), nil},
		"the wrong kind of everything": {func(_ *http.Request, a *httptest.ResponseRecorder) {
			if a.Header().Get("Content-Type") == "application/octet-stream" {
				a.Header().Set("Content-Type", "text/html")
			}
		}, nil},
		"a digest in the header that is another": {func(_ *http.Request, a *httptest.ResponseRecorder) {
			if a.Header().Get("Docker-Content-Digest") != "" {
				a.Header().Set("Docker-Content-Digest", string(stranger))
			}
		}, errAny},
		"a page in the place of everything": {func(_ *http.Request, a *httptest.ResponseRecorder) {
			a.Body, a.Code = bytes.NewBufferString("<html>Sign in to the hotel's network"), http.StatusOK
			a.Header().Set("Content-Type", "text/html")
		}, errAny},
		"an end without a beginning": {func(q *http.Request, a *httptest.ResponseRecorder) {
			if strings.Contains(q.URL.Path, "/blobs/") {
				a.Body.Truncate(a.Body.Len() / 2)
			}
		}, errAny},
	} {
		for _, address := range []string{"", second} {
			t.Run(name+" "+address, func(t *testing.T) {
				c := newCountry(t)
				r := c.release(t)
				at := liarAt(t, address, try.lie)
				at.Name += "/" + hexOf(plugins.DigestOf([]byte(name)))[:12] // each in a corner of its own
				pinned, err := at.Push(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				at.lies = true
				read, err := at.Pull(t.Context(), r.Manifest.ID, string(pinned))
				if err == nil {
					_, err = c.list.Check(read, today)
				}
				switch {
				case try.want == errAny && err == nil, try.want != errAny && !errors.Is(err, try.want):
					t.Errorf("%v, want %v", err, try.want)
				case err == nil && !bytes.Equal(read.Contents, r.Contents):
					t.Error("another release is believed")
				}
			})
		}
	}
}

// errAny stands for a refusal whatever its reason.
var errAny = errors.New("any refusal")

// TestRegistryThatHidesOrInventsWords: of what is said a registry can hide, but not
// invent.
func TestRegistryThatHidesOrInventsWords(t *testing.T) {
	c := newCountry(t)
	key := c.ward(t)
	at := liarAt(t, "", func(q *http.Request, a *httptest.ResponseRecorder) {
		if strings.HasSuffix(q.URL.Path, "/tags/list") {
			a.Body = bytes.NewBuffer(bytes.ReplaceAll(a.Body.Bytes(), []byte(`"tags":[`), []byte(`"tags":["`+strings.Repeat("0", 64)+`.0","../../x",`)))
		}
		if strings.Contains(q.URL.Path, "/blobs/") {
			a.Body = bytes.NewBuffer(bytes.ReplaceAll(a.Body.Bytes(), []byte(`"sig"`), []byte(`"gis"`)))
		}
	})
	r := c.release(t)
	pinned, err := at.Push(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Say(t.Context(), r.Manifest.ID, pinned, must[Envelope](t)(c.evidence().Seal(key))); err != nil {
		t.Fatal(err)
	}
	at.lies = true
	if heard, err := at.Heard(t.Context(), r.Manifest.ID, pinned); err != nil || len(heard) != 0 {
		t.Errorf("%d were heard that nobody said, %v", len(heard), err)
	}
	at.lies = false
	if heard, err := at.Heard(t.Context(), r.Manifest.ID, pinned); err != nil || len(heard) != 1 {
		t.Errorf("%d were heard, %v", len(heard), err)
	}
}

// TestSilentRegistryIsNotAnEmptyOne: a registry that fails half-way does not make a
// release unsigned, or what was said unsaid.
func TestSilentRegistryIsNotAnEmptyOne(t *testing.T) {
	c := newCountry(t)
	key := c.ward(t)
	r := c.release(t)
	at := liarAt(t, "", func(q *http.Request, a *httptest.ResponseRecorder) {
		if strings.Contains(q.URL.Path, "/referrers/") || strings.HasSuffix(q.URL.Path, "/tags/list") {
			a.Code, a.Body = http.StatusForbidden, bytes.NewBufferString(`{"errors":[{"code":"DENIED"}]}`)
		}
	})
	pinned, err := at.Push(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Say(t.Context(), r.Manifest.ID, pinned, must[Envelope](t)(c.evidence().Seal(key))); err != nil {
		t.Fatal(err)
	}
	at.lies = true
	if read, err := at.Pull(t.Context(), r.Manifest.ID, string(pinned)); err == nil {
		t.Errorf("a release with %d signatures, of which the registry would not tell", len(read.Signed))
	}
	if heard, err := at.Heard(t.Context(), r.Manifest.ID, pinned); err == nil {
		t.Errorf("%d were heard of a registry that would not tell", len(heard))
	}
	// Nor does a hub take it for a release that is not there.
	x := c.index(0)
	x.Releases = []Listing{ListingOf(r, "bellmere", pinned)}
	g := Gathering{From: at.Remote, List: &c.list, Before: &x, Now: today, Lasts: 1 << 40, Tell: func(of Named, why error) { t.Errorf("%v is left out: %v", of, why) }}
	if made, err := g.Index(t.Context(), nil); err == nil {
		t.Errorf("an index of %d was made", len(made.Releases))
	}
	at.lies = false
	made, err := g.Index(t.Context(), nil)
	if err != nil || len(made.Releases) != 1 || len(made.Releases[0].Said) != 1 || made.Serial != 13 {
		t.Errorf("%+v, %v", made, err)
	}
}
