package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// farNode is an installation elsewhere, with its own database and data folder.
type farNode struct {
	t   testing.TB
	cfg config
	db  *postgres.DB
}

// newFarNode believes the root keys of a hub.
func newFarNode(t testing.TB, p *publishing) *farNode {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	n := &farNode{t: t, db: db, cfg: config{dataDir: t.TempDir()}}
	if err := os.MkdirAll(n.cfg.trustDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(n.cfg.trustDir(), "root.json"), readText(t, p.file("root.json")))
	return n
}

// at names the hub.
func (n *farNode) at(url string, at registry.Remote) {
	n.t.Helper()
	write(n.t, filepath.Join(n.cfg.trustDir(), "hub.json"), fmt.Sprintf(`{"url": %q, "registry": %q, "user": ""}`, url, at.Name))
}

func (n *farNode) sync(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := newSyncCommand(&n.cfg, func(context.Context) (*postgres.DB, func(), error) { return n.db, func() {}, nil })
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(n.t.Context())
	return out.String(), err
}

// publishedHub is a hub that lists one release, in the folder where its files lie.
func publishedHub(t *testing.T) (p *publishing, at registry.Remote, folder string) {
	t.Helper()
	p, at, _ = newHub(t)
	releases, err := readBundle(t.Context(), p.sign("checker", p.sign("author", p.folder, "alone.tar"), "both.tar"))
	if err == nil {
		_, err = at.Push(t.Context(), releases[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	write(t, filepath.Join(folder, "index.json"), readText(t, p.indexed(at, "index.json")))
	write(t, filepath.Join(folder, "publishers.json"), readText(t, p.file("publishers.json")))
	return p, at, folder
}

func TestSyncTakesWhatTheHubSays(t *testing.T) {
	p, at, folder := publishedHub(t)
	site := httptest.NewServer(http.StripPrefix("/hub", http.FileServer(http.Dir(folder))))
	defer site.Close()
	n := newFarNode(t, p)
	if out, err := n.sync(); statusOf(err) != 2 || !errors.Is(err, sharing.ErrNoHub) || !strings.Contains(err.Error(), "--from") {
		t.Errorf("without a hub: %v\n%s", err, out)
	}
	n.at(site.URL+"/hub", at)
	out, err := n.sync()
	if err != nil || !strings.Contains(out, "took index 1 with 1 releases, 0 of them withdrawn, and list 2 of publishers") {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := n.sync(); err != nil || !strings.Contains(out, "nothing new: index 1 and list 2") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = n.sync("--format", "json")
	var told struct {
		New         bool
		Index, List int64
	}
	if err != nil || json.Unmarshal([]byte(out), &told) != nil || told.New || told.Index != 1 || told.List != 2 {
		t.Errorf("%v\n%s", err, out)
	}
	site.Close()
	out, err = n.sync()
	if err == nil || statusOf(err) != 1 || !strings.Contains(out, "nothing new: index 1") {
		t.Errorf("a hub that is down: %v\n%s", err, out)
	}
	if listings, err := n.db.Listings(t.Context(), "late-tea"); err != nil || len(listings) != 1 {
		t.Errorf("%v, %v", listings, err)
	}
}

func TestSyncFromAFolderTakesTheFilesAndTheBundles(t *testing.T) {
	p, _, folder := publishedHub(t)
	for _, name := range []string{"both.tar", "alone.tar"} {
		write(t, filepath.Join(folder, name), readText(t, p.file(name)))
	}
	write(t, filepath.Join(folder, "broken.tar"), "not a tar")
	n := newFarNode(t, p)
	out, err := n.sync("--from", folder)
	if !strings.Contains(out, "took index 1") || !strings.Contains(out, "both.tar: late-tea 0.1.0 lies in the registry here") || strings.Contains(out, "alone.tar") {
		t.Errorf("it says\n%s", out)
	}
	if !errors.Is(err, registry.ErrTooFew) || !strings.Contains(err.Error(), "alone.tar") || !strings.Contains(err.Error(), "broken.tar") {
		t.Errorf("what was refused: %v", err)
	}
	listings, err := n.db.Listings(t.Context(), "late-tea")
	if err != nil || len(listings) != 1 {
		t.Fatalf("%v, %v", listings, err)
	}
	pull := sharing.PullFrom(registry.Local(n.db.Registry(), registry.TrustsNobody))
	release, err := pull(t.Context(), "late-tea", listings[0].Artifact)
	if err != nil || release.Digest() != listings[0].Contents {
		t.Errorf("taken from the registry here: %s, %v", release.Digest(), err)
	}
	if _, err := pull(t.Context(), "early-tea", listings[0].Artifact); !errors.Is(err, registry.ErrNoRelease) || !strings.Contains(err.Error(), "--from") {
		t.Errorf("one that nobody has brought: %v", err)
	}
	for _, name := range []string{"alone.tar", "broken.tar"} {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := n.sync("--from", folder, "--format", "json"); err != nil || !strings.Contains(out, `"new":false`) || !strings.Contains(out, `"file":"both.tar","id":"late-tea","version":"0.1.0"`) {
		t.Errorf("a second time: %v\n%s", err, out)
	}
	if _, err := n.sync("--from", filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
