package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// secondRegistry is Distribution's registry, as Debian packages it: written by
// others, with files for its storage, and without the referrers of OCI 1.1. Where
// it is not installed the test is skipped, unless SIGNALBOX_REGISTRY is "required".
func secondRegistry(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		if os.Getenv("SIGNALBOX_REGISTRY") == "required" {
			t.Fatalf("%v: scripts/setup test installs it", err)
		}
		t.Skip(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	settings := filepath.Join(dir, "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n",
		filepath.Join(dir, "storage"), address)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	server := exec.Command(program, "serve", settings)
	server.Stdout, server.Stderr = &said, &said
	server.Env = []string{"OTEL_TRACES_EXPORTER=none"}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for range 200 {
		answer, err := http.Get("http://" + address + "/v2/")
		if err == nil {
			answer.Body.Close()
			return address
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("docker-registry does not answer: %s", said.String())
	return ""
}

// eachRegistry runs a test against every registry that we did not write.
func eachRegistry(t *testing.T, test func(t *testing.T, at Remote)) {
	t.Run("in memory", func(t *testing.T) { test(t, registryAt(t, nil)) })
	t.Run("docker-registry", func(t *testing.T) { test(t, Remote{Name: secondRegistry(t) + "/signalbox", Plain: true}) })
}

func TestReleaseTravelsThroughAnyRegistry(t *testing.T) {
	eachRegistry(t, func(t *testing.T, at Remote) {
		c := newCountry(t)
		r := c.release(t)
		pinned, err := at.Push(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, reference := range []string{"1.2.0", string(pinned)} {
			read, err := at.Pull(t.Context(), r.Manifest.ID, reference)
			if err != nil {
				t.Fatal(err)
			}
			c.believes(t, read)
		}
		if again, err := at.Push(t.Context(), r); err != nil || again != pinned {
			t.Errorf("published again: %s, %v; want %s", again, err, pinned)
		}
		for _, missing := range []string{"9.9.9", string(plugins.DigestOf([]byte("nothing")))} {
			if _, err := at.Pull(t.Context(), r.Manifest.ID, missing); !errors.Is(err, ErrNoRelease) {
				t.Errorf("%s: %v, want %v", missing, err, ErrNoRelease)
			}
		}
		if _, err := at.Pull(t.Context(), "bellmere-fells", "1.2.0"); !errors.Is(err, ErrNoRelease) {
			t.Errorf("a plugin that is not there: %v, want %v", err, ErrNoRelease)
		}
		c.manifest.Title = "Something else"
		if _, err := at.Push(t.Context(), c.release(t)); !errors.Is(err, ErrMisnamed) {
			t.Errorf("the version again with other contents: %v, want %v", err, ErrMisnamed)
		}
	})
}

func TestSecondPersonSignsWhatIsInAnyRegistry(t *testing.T) {
	eachRegistry(t, func(t *testing.T, at Remote) {
		c := newCountry(t)
		r := c.release(t)
		e := r.Signed[0]
		both := e.Signatures
		for _, one := range both {
			e.Signatures = []Signature{one}
			r.Signed = []Envelope{e}
			if _, err := at.Push(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		read, err := at.Pull(t.Context(), r.Manifest.ID, "1.2.0")
		if err != nil {
			t.Fatal(err)
		}
		c.believes(t, read)
	})
}

func TestWhatIsSaidIsHeardInAnyRegistry(t *testing.T) {
	eachRegistry(t, func(t *testing.T, at Remote) {
		c := newCountry(t)
		key := c.ward(t)
		r := c.release(t)
		pinned, err := at.Push(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if heard, err := at.Heard(t.Context(), r.Manifest.ID, pinned); err != nil || len(heard) != 0 {
			t.Errorf("before anybody spoke: %d, %v", len(heard), err)
		}
		// Many at once: none may be lost. And each again, which changes nothing.
		const many = 10
		for range 2 {
			var all sync.WaitGroup
			for i := range many {
				q := Question{Subject: c.subject(), ID: fmt.Sprint("q", i), Text: "Why?"}
				e := must[Envelope](t)(q.Seal(key))
				all.Go(func() {
					if err := at.Say(t.Context(), r.Manifest.ID, pinned, e); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		heard, err := at.Heard(t.Context(), r.Manifest.ID, pinned)
		if err != nil || len(heard) != many {
			t.Fatalf("heard %d of %d, %v", len(heard), many, err)
		}
		again, err := at.Heard(t.Context(), r.Manifest.ID, pinned, heard[:many/2]...)
		if err != nil || len(again) != many {
			t.Errorf("heard %d the second time, %v", len(again), err)
		}
		if other, err := at.Heard(t.Context(), r.Manifest.ID, plugins.DigestOf([]byte("another"))); err != nil || len(other) != 0 {
			t.Errorf("of another artifact: %d, %v", len(other), err)
		}
		if l := c.listing(heard...); len(c.list.Said(l, today).Questions) != many {
			t.Errorf("%d of %d are believed", len(c.list.Said(l, today).Questions), many)
		}
		read, err := at.Pull(t.Context(), r.Manifest.ID, "1.2.0") // which is none the heavier for it
		if err != nil {
			t.Fatal(err)
		}
		c.believes(t, read)
		if len(read.Signed) != 1 {
			t.Errorf("what was said came with the release: %d documents", len(read.Signed))
		}
	})
}

func TestRegistryIsListed(t *testing.T) {
	eachRegistry(t, func(t *testing.T, at Remote) {
		c := newCountry(t)
		var want []Named
		for _, id := range []string{"bellmere-falls", "bellmere-fells"} {
			for version := range 2 {
				c.manifest.ID, c.manifest.Version = id, fmt.Sprintf("1.%d.0", version)
				pinned, err := at.Push(t.Context(), c.release(t))
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, Named{id, c.manifest.Version})
				if err := at.Say(t.Context(), id, pinned, must[Envelope](t)(Question{Subject: c.subject(), ID: "q", Text: "?"}.Seal(c.ada))); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := at.Releases(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%v is not listed", w)
			}
		}
		// A registry that keeps referrers under a tag lists that, too: it is no release.
		for _, n := range got {
			if _, err := at.Pull(t.Context(), n.ID, n.Version); (err == nil) != slices.Contains(want, n) {
				t.Errorf("%v: %v", n, err)
			}
		}
	})
}

// TestReleaseGoesFromOneRegistryToAnother as a mirror brings it: it is believed there
// without a word of the first.
func TestReleaseGoesFromOneRegistryToAnother(t *testing.T) {
	c := newCountry(t)
	first, second := Remote{Name: secondRegistry(t) + "/signalbox", Plain: true}, registryAt(t, nil)
	pinned, err := first.Push(t.Context(), c.release(t))
	if err != nil {
		t.Fatal(err)
	}
	read, err := first.Pull(t.Context(), "bellmere-falls", string(pinned))
	if err != nil {
		t.Fatal(err)
	}
	bundled, err := ReadBundle(t.Context(), bytes.NewReader(bundleOf(t, read)))
	if err != nil {
		t.Fatal(err)
	}
	if there, err := second.Push(t.Context(), bundled[0]); err != nil || there != pinned {
		t.Errorf("%s, %v; want %s", there, err, pinned)
	}
	read, err = second.Pull(t.Context(), "bellmere-falls", string(pinned))
	if err != nil {
		t.Fatal(err)
	}
	c.believes(t, read)
}

// before is a handler that stands before the second registry.
func before(t testing.TB, address string) http.Handler {
	t.Helper()
	to, err := url.Parse("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // whoever is killed leaves in the middle of a sentence
	return proxy
}
