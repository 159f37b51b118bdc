package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// publishing is an author and a checker with keys of their own, a hub that lists
// them, and a measure that is finished.
type publishing struct {
	*desk
	dir    string
	folder string // of the measure
	trust  []string
	nodes  []registry.Node // of the list
	index  *registry.Root  // that the list names
	db     *postgres.DB    // of the hub; nil where it is not asked
}

func newPublishing(t testing.TB) *publishing {
	t.Helper()
	p := &publishing{desk: newDesk(t), dir: t.TempDir()}
	p.folder = filepath.Join(p.dir, "late-tea")
	p.must("new", "--measure-only", p.folder)
	finish(t, p.folder)
	p.trust = []string{"--publishers", p.file("publishers.json"), "--root", p.file("root.json")}
	write(t, p.file("root.json"), p.hub("root", p.key("root")))
	p.list(1, "")
	return p
}

func (p *publishing) file(name string) string { return filepath.Join(p.dir, name) }

// key gives the public half of somebody's key.
func (p *publishing) key(who string) string {
	return strings.TrimSpace(p.must("key", "--key", p.file(who+".pem")))
}

func (p *publishing) hub(args ...string) string {
	p.t.Helper()
	out, err := p.tryHub(args...)
	if err != nil {
		p.t.Fatalf("hub %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (p *publishing) tryHub(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := newHubCommand(&p.cfg, func(context.Context) (*postgres.DB, func(), error) { return p.db, func() {}, nil })
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(p.t.Context())
	return out.String(), err
}

// list writes a list of publishers in which the author's key may be revoked.
func (p *publishing) list(serial int, revoked string) {
	p.t.Helper()
	person := func(who, role, revoked string) map[string]any {
		return map[string]any{"key": p.key(who), "holder": who, "role": role, "from": "2020-01-01T00:00:00Z", "revoked": revoked}
	}
	text, err := json.Marshal(map[string]any{"serial": serial, "nodes": p.nodes, "index": p.index, "publishers": []any{map[string]any{
		"id": "wexbourne", "name": "Wexbourne (fictional)", "class": "trust", "names": []string{"late-*"}, "threshold": 2,
		"keys": []any{person("author", "author", revoked), person("checker", "checker", "")}}}})
	if err != nil {
		p.t.Fatal(err)
	}
	write(p.t, p.file("draft.json"), string(text))
	write(p.t, p.file("publishers.json"), p.hub("publishers", "--key", p.file("root.pem"), p.file("draft.json")))
}

// sign puts somebody's name to the measure, and gives the release.
func (p *publishing) sign(who, what, to string) string {
	p.t.Helper()
	p.must("sign", what, "--publisher", "wexbourne", "--key", p.file(who+".pem"), "-o", p.file(to))
	return p.file(to)
}

func (p *publishing) verify(release string) (string, error) {
	return p.do(append([]string{"verify", release}, p.trust...)...)
}

func TestReleaseIsBelievedAfterAuthorAndCheckerHaveSigned(t *testing.T) {
	p := newPublishing(t)
	alone := p.sign("author", p.folder, "alone.tar")
	if _, err := p.verify(alone); !errors.Is(err, registry.ErrTooFew) || statusOf(err) != 1 {
		t.Errorf("signed by the author alone: %v", err)
	}
	both := p.sign("checker", alone, "both.tar")
	out, err := p.verify(both)
	if err != nil || !strings.Contains(out, "signed by author, author") || !strings.Contains(out, "signed by checker, checker") {
		t.Errorf("%v\n%s", err, out)
	}
	var told struct {
		ID, Publisher string
		Signers       []struct{ Holder string }
	}
	out = p.must(append([]string{"verify", both, "--format", "json"}, p.trust...)...)
	if err := json.Unmarshal([]byte(out), &told); err != nil || told.ID != "late-tea" || told.Publisher != "wexbourne" || len(told.Signers) != 2 {
		t.Errorf("%v %+v", err, told)
	}
}

func TestReleaseIsRefusedWithTheReason(t *testing.T) {
	p := newPublishing(t)
	alone := p.sign("author", p.folder, "alone.tar")
	strangers := p.sign("stranger", p.folder, "strangers.tar")
	both := p.sign("checker", alone, "both.tar")
	p.list(2, "the laptop was stolen")
	for name, try := range map[string]struct {
		file   string
		want   error
		status int
	}{
		"a stranger's key": {strangers, registry.ErrStranger, 1},
		"a revoked key":    {alone, registry.ErrRevoked, 1},
		"one of two left":  {both, registry.ErrTooFew, 1},
		"cut short":        {cut(t, both), registry.ErrMalformed, 2},
		"not there":        {p.file("none.tar"), os.ErrNotExist, 2},
	} {
		if out, err := p.verify(try.file); !errors.Is(err, try.want) || statusOf(err) != try.status {
			t.Errorf("%s: status %d, %v\n%s", name, statusOf(err), err, out)
		}
	}
	if _, err := p.do("verify", both); err == nil || statusOf(err) != 2 || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("without root keys: %v", err)
	}
}

// cut gives the first half of a file.
func cut(t testing.TB, path string) string {
	t.Helper()
	text := readText(t, path)
	half := path + ".half.tar"
	write(t, half, text[:len(text)/2])
	return half
}

func TestReleaseIsPublishedPulledAndBundled(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a database")
	}
	p := newPublishing(t)
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	server := httptest.NewServer(registry.Server(db.Registry(), registry.TrustsNobody))
	defer server.Close()
	at := strings.TrimPrefix(server.URL, "http://") + "/signalbox"

	out := p.must("publish", p.folder, "--publisher", "wexbourne", "--key", p.file("author.pem"), "--to", at)
	if !strings.Contains(out, "Pin it by sha256:") {
		t.Errorf("publish says\n%s", out)
	}
	pull := append([]string{"pull", "late-tea", "--version", "0.1.0", "--from", at, "-o", p.file("pulled.tar")}, p.trust...)
	if _, err := p.do(pull...); !errors.Is(err, registry.ErrTooFew) {
		t.Errorf("pulled before it was checked: %v", err)
	}
	if _, err := os.Stat(p.file("pulled.tar")); err == nil {
		t.Error("a release that is not believed was written")
	}
	signed := filepath.Join(p.folder, "late-tea-0.1.0.tar")
	p.must("publish", signed, "--key", p.file("checker.pem"), "--to", at)
	p.must(pull...)
	p.must("bundle", "-o", p.file("october.tar"), p.file("pulled.tar"))
	if out, err := p.verify(p.file("october.tar")); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := p.do("pull", "late-tea", "--version", "9.0.0", "--from", at); !errors.Is(err, registry.ErrNoRelease) {
		t.Errorf("a version that is not there: %v", err)
	}
}
