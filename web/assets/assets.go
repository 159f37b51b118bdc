// Package assets holds what the pages send to a browser: the style sheet, the
// script that enhances charts, ECharts, and their licences. The files are
// built from npm packages by build.mjs and embedded; they are never committed.
package assets

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// built also holds .gitkeep, so that a fresh clone compiles before the assets
// are built.
//
//go:embed all:built
var built embed.FS

// ErrNotBuilt says that the program was compiled without its assets.
var ErrNotBuilt = errors.New("the front-end files were not built: run make assets, then build the program again")

// Prefix is where the files are served.
const Prefix = "/assets/"

// Assets are the embedded files, ready to be served.
type Assets struct {
	urls  map[string]string // by source name, for example site.css
	files map[string]file   // by file name, for example site.0a1b2c3d4e5f.css
}

// file is one asset and its compressed forms.
type file struct {
	contentType         string
	plain, gzip, brotli []byte
}

// Load reads the embedded files. It gives ErrNotBuilt when there are none.
func Load() (*Assets, error) {
	root, err := fs.Sub(built, "built")
	if err != nil {
		return nil, fmt.Errorf("open the embedded assets: %w", err)
	}
	return load(root)
}

func load(root fs.FS) (*Assets, error) {
	text, err := fs.ReadFile(root, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest of the assets: %w", err)
	}
	var manifest map[string]struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read the manifest of the assets: %w", err)
	}
	a := &Assets{urls: map[string]string{}, files: map[string]file{}}
	for name, entry := range manifest {
		f, err := readFile(root, entry.File)
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w: run make assets again", name, err)
		}
		a.urls[name] = Prefix + entry.File
		a.files[entry.File] = f
	}
	return a, nil
}

func readFile(root fs.FS, name string) (f file, err error) {
	if f.contentType, err = contentType(name); err != nil {
		return f, err
	}
	for _, form := range []struct {
		suffix string
		into   *[]byte
	}{{"", &f.plain}, {".gz", &f.gzip}, {".br", &f.brotli}} {
		if *form.into, err = fs.ReadFile(root, name+form.suffix); err != nil {
			return f, err
		}
	}
	return f, nil
}

// contentType is fixed here for the kinds we have: what the machine's own
// table says may differ, and a browser refuses a style sheet of another type.
func contentType(name string) (string, error) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", nil
	case ".js":
		return "text/javascript; charset=utf-8", nil
	case ".svg":
		return "image/svg+xml", nil
	case ".txt":
		return "text/plain; charset=utf-8", nil
	}
	return "", fmt.Errorf("no content type is known for %s (the machine says %q)", name, mime.TypeByExtension(path.Ext(name)))
}

// URL is the address of a source file such as "site.css", with its hash. It is
// empty for a name that is not an asset.
func (a *Assets) URL(name string) string { return a.urls[name] }

// Handler serves the files. It expects the prefix to be stripped.
func (a *Assets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := a.files[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "assets can only be read", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	// The name changes with the content, so a copy never needs to be asked about.
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("Vary", "Accept-Encoding")
	body := f.plain
	switch accepted := r.Header.Values("Accept-Encoding"); {
	case accepts(accepted, "br"):
		header.Set("Content-Encoding", "br")
		body = f.brotli
	case accepts(accepted, "gzip"):
		header.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the reader has gone: nobody is left to tell
}

// accepts reports whether a coding is listed and not refused by q=0
// (RFC 9110, 12.5.3).
func accepts(values []string, coding string) bool {
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(item), ";")
			if !strings.EqualFold(strings.TrimSpace(name), coding) {
				continue
			}
			_, q, found := strings.Cut(weight, "=")
			if v, err := strconv.ParseFloat(strings.TrimSpace(q), 64); !found || err != nil || v > 0 {
				return true
			}
		}
	}
	return false
}
