package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/cluster"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/web/assets"
	"github.com/signalbox-health/signalbox/web/browsertest"
)

// openedSite is the whole house with demonstration data behind a real listener,
// started once for all tests of this program, and the browser that looks at it.
type openedSite struct {
	house   *house
	address string // http://127.0.0.1:12345
	dir     string // the data folder
	mu      sync.Mutex
	cookies map[string]string // of each person who has signed in
}

var (
	theSite = sync.OnceValues(openSite)
	theEyes = sync.OnceValues(func() (*browsertest.Browser, error) {
		b, err := browsertest.Start()
		if err == nil {
			opened = append(opened, b.Close)
		}
		return b, err
	})
	// opened is how to close what was opened, for the end of TestMain.
	opened []func()
)

func closeOpened() {
	for i := len(opened) - 1; i >= 0; i-- {
		opened[i]()
	}
}

// site gives the house, or skips the test where something it needs is missing.
func site(t testing.TB) *openedSite {
	t.Helper()
	if testing.Short() {
		t.Skip("the whole house is not short")
	}
	return usable(t)(theSite())
}

// usable gives a site that was opened, or skips the test where something that it
// needs is missing.
func usable(t testing.TB) func(*openedSite, error) *openedSite {
	return func(s *openedSite, err error) *openedSite {
		t.Helper()
		switch {
		case err == nil:
			return s
		case errors.Is(err, cluster.ErrNotInstalled) && os.Getenv("SIGNALBOX_DATABASE") != "required":
			t.Skip("this test needs PostgreSQL: ", err)
		case errors.Is(err, library.ErrNotBuilt) || errors.Is(err, assets.ErrNotBuilt):
			browsertest.Missing(t, err)
		}
		t.Fatal(err)
		return nil
	}
}

// eyes gives the browser that all tests share.
func eyes(t testing.TB) *browsertest.Browser {
	t.Helper()
	b, err := theEyes()
	if err != nil {
		browsertest.Missing(t, err)
	}
	return b
}

func openSite() (*openedSite, error) {
	dir, err := os.MkdirTemp("", "signalbox-site-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL does not run as root: the user that it runs as must get in.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	cfg := &config{dataDir: dir, path: os.Getenv("PATH"), tempDir: os.TempDir()}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	h, err := build(ctx, cfg, true, log)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.close()
		return nil, err
	}
	server := &http.Server{Handler: h.site.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	opened = append(opened, func() {
		_ = server.Close()
		h.close()
		_ = os.RemoveAll(dir)
	})
	return &openedSite{house: h, address: "http://" + listener.Addr().String(), dir: dir, cookies: map[string]string{}}, nil
}

// reader is a program that reads the site as one person would, without scripts.
type reader struct {
	site   *openedSite
	client *http.Client
}

// newReader is somebody who has not signed in. Redirects are not followed.
func (s *openedSite) newReader(t testing.TB) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &reader{s, &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reply is an answer and its whole body.
type reply struct {
	*http.Response
	body string
}

func (r *reader) do(t testing.TB, request *http.Request) reply {
	t.Helper()
	response, err := r.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response, string(body)}
}

func (r *reader) get(t testing.TB, path string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.site.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.do(t, request)
}

// post sends a form as a browser would from a page of the given origin.
func (r *reader) post(t testing.TB, path, origin string, form url.Values) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.site.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", origin)
	return r.do(t, request)
}

// signIn signs a person of the demonstration in.
func (r *reader) signIn(t testing.TB, person string) reply {
	t.Helper()
	answer := r.post(t, "/sign-in", r.site.address, url.Values{"person": {person}, "to": {"/"}})
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" {
		t.Fatalf("signing in as %s answers %s, to %q", person, answer.Status, answer.Header.Get("Location"))
	}
	return answer
}

// as is a person of the demonstration, signed in.
func (s *openedSite) as(t testing.TB, person string) *reader {
	t.Helper()
	r := s.newReader(t)
	if person != "" {
		r.signIn(t, person)
	}
	return r
}

// sit puts a person in front of the browser; nobody if empty.
func (s *openedSite) sit(t testing.TB, b *browsertest.Browser, person string) {
	t.Helper()
	b.Cookie(t, s.address, "signalbox", "")
	if person == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cookies[person] == "" {
		answer := s.newReader(t).signIn(t, person)
		for _, cookie := range answer.Cookies() {
			if cookie.Name == "signalbox" {
				s.cookies[person] = cookie.Value
			}
		}
	}
	b.Cookie(t, s.address, "signalbox", s.cookies[person])
}
