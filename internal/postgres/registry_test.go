package postgres

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// travelling is a small release, signed by one person.
func travelling(t testing.TB, key registry.Key, title string) registry.Release {
	t.Helper()
	module, err := plugins.WithManifest([]byte("\x00asm\x01\x00\x00\x00"), plugins.Manifest{ID: "bellmere-falls", Version: "1.0.0", Title: title})
	if err != nil {
		t.Fatal(err)
	}
	release, err := registry.ReleaseOf(module)
	if err != nil {
		t.Fatal(err)
	}
	release, err = release.Sign(key, "bellmere", registry.Build{}, time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func TestRegistryOfOnesOwnKeepsReleases(t *testing.T) {
	db := open(t)
	server := httptest.NewServer(registry.Server(db.Registry(), registry.TrustsNobody))
	defer server.Close()
	at := registry.Remote{Name: strings.TrimPrefix(server.URL, "http://") + "/signalbox", Plain: true}
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	release := travelling(t, key, "Falls")
	pinned, err := at.Push(t.Context(), release)
	if err != nil {
		t.Fatal(err)
	}
	// Another server over the same database: what was published is there.
	again := httptest.NewServer(registry.Server(db.Registry(), registry.TrustsNobody))
	defer again.Close()
	at.Name = strings.TrimPrefix(again.URL, "http://") + "/signalbox"
	for _, reference := range []string{"1.0.0", string(pinned)} {
		read, err := at.Pull(t.Context(), "bellmere-falls", reference)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read.Contents, release.Contents) || len(read.Signed) != 1 || !read.Signed[0].Fits(key.Public()) {
			t.Errorf("%s gives another release", reference)
		}
	}
	if _, err := at.Push(t.Context(), travelling(t, key, "Something else")); !errors.Is(err, registry.ErrMisnamed) {
		t.Errorf("another release under the same version: %v", err)
	}
	if _, err := at.Pull(t.Context(), "bellmere-falls", "2.0.0"); !errors.Is(err, registry.ErrNoRelease) {
		t.Errorf("a version that is not there: %v", err)
	}
	for repository, want := range map[string]int{"signalbox/bellmere-falls": 1, "signalbox/elsewhere": 0} {
		if tags, err := db.Registry().Tags(t.Context(), repository, ""); err != nil || len(tags) != want {
			t.Errorf("%s: %v %v", repository, tags, err)
		}
	}
}
