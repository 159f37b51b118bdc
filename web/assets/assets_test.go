package assets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

// loaded gives the real assets, or skips on a checkout where they are not built.
func loaded(t *testing.T) *Assets {
	t.Helper()
	a, err := Load()
	if errors.Is(err, ErrNotBuilt) && os.Getenv("SIGNALBOX_BROWSER") != "required" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, a *Assets, method, url, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	http.StripPrefix(Prefix, a.Handler()).ServeHTTP(w, r)
	return w.Result()
}

func TestAssetsThatWereNotBuiltSayWhatToDo(t *testing.T) {
	_, err := load(fstest.MapFS{".gitkeep": {}})
	if !errors.Is(err, ErrNotBuilt) || !strings.Contains(err.Error(), "make assets") {
		t.Errorf("error is %v, want one that says to run make assets", err)
	}
}

func TestHalfBuiltAssetsAreRefused(t *testing.T) {
	root := fstest.MapFS{
		"manifest.json": {Data: []byte(`{"site.css":{"file":"site.1.css"}}`)},
		"site.1.css":    {Data: []byte("a{}")},
		"site.1.css.gz": {Data: []byte("-")},
	}
	if _, err := load(root); err == nil || !strings.Contains(err.Error(), "site.css") {
		t.Errorf("error is %v, want one that names site.css", err)
	}
}

func TestEveryCodingGivesTheSameBytes(t *testing.T) {
	a := loaded(t)
	for _, name := range []string{"site.css", "chart.js", "passkey.js", "echarts.js", "icon.svg", "licences.txt"} {
		url := a.URL(name)
		if url == "" {
			t.Errorf("%s is not in the manifest", name)
			continue
		}
		plain := read(t, get(t, a, "GET", url, "").Body)
		for _, test := range []struct {
			accept, coding string
			decode         func(io.Reader) (io.Reader, error)
		}{
			{"gzip, deflate, br, zstd", "br", func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }},
			{"gzip", "gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
			{"br;q=0, gzip;q=0.5", "gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
			{"identity", "", func(r io.Reader) (io.Reader, error) { return r, nil }},
		} {
			response := get(t, a, "GET", url, test.accept)
			if got := response.Header.Get("Content-Encoding"); got != test.coding {
				t.Errorf("%s for %q is coded %q, want %q", name, test.accept, got, test.coding)
				continue
			}
			body, err := test.decode(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(read(t, body), plain) {
				t.Errorf("%s as %q differs from the plain file", name, test.coding)
			}
		}
	}
}

func TestAssetsMayBeCachedForEverAndNothingElseIsServed(t *testing.T) {
	a := loaded(t)
	response := get(t, a, "GET", a.URL("site.css"), "br")
	for header, want := range map[string]string{
		"Content-Type":  "text/css; charset=utf-8",
		"Cache-Control": "public, max-age=31536000, immutable",
		"Vary":          "Accept-Encoding",
	} {
		if got := response.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	for _, url := range []string{"/assets/site.css", "/assets/manifest.json", "/assets/", "/assets/.gitkeep", a.URL("site.css") + ".br"} {
		if got := get(t, a, "GET", url, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("GET %s gives %d, want 404", url, got)
		}
	}
	if got := get(t, a, "POST", a.URL("site.css"), "").StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST gives %d, want 405", got)
	}
	head := get(t, a, "HEAD", a.URL("site.css"), "")
	if n := len(read(t, head.Body)); n != 0 || head.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD gives %d bytes and length %s", n, head.Header.Get("Content-Length"))
	}
}

func TestNothingIsFetchedFromOutside(t *testing.T) {
	a := loaded(t)
	for _, name := range []string{"site.css", "chart.js", "passkey.js", "icon.svg"} {
		text := string(read(t, get(t, a, "GET", a.URL(name), "").Body))
		text = strings.ReplaceAll(text, "http://www.w3.org/2000/svg", "")
		if i := strings.Index(text, "://"); i >= 0 {
			t.Errorf("%s names an outside address: …%s…", name, text[max(0, i-20):min(len(text), i+40)])
		}
	}
}

func TestLicencesOfWhatIsEmbeddedAreServed(t *testing.T) {
	a := loaded(t)
	text := string(read(t, get(t, a, "GET", a.URL("licences.txt"), "").Body))
	for _, want := range []string{"echarts 6.1.0 (Apache-2.0)", "Apache License", "zrender", "BSD 3-Clause", "tslib"} {
		if !strings.Contains(text, want) {
			t.Errorf("the licences do not hold %q", want)
		}
	}
}

func read(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
