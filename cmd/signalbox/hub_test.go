package main

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// newHub is a hub with a database and a registry, a list that names an index key,
// and one node.
func newHub(t *testing.T) (p *publishing, at registry.Remote, node registry.Key) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a database")
	}
	p = newPublishing(t)
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	p.db = db
	server := httptest.NewServer(registry.Server(db.Registry(), registry.TrustsNobody))
	t.Cleanup(server.Close)
	at = registry.Remote{Name: strings.TrimPrefix(server.URL, "http://") + "/signalbox", Plain: true}
	public, err := registry.ParsePublicKey(p.must("key", "--key", p.cfg.indexKey()))
	if err != nil {
		t.Fatal(err)
	}
	p.index = &registry.Root{Keys: []registry.PublicKey{public}, Threshold: 1}
	var n registry.Node
	if err := json.Unmarshal([]byte(p.hub("node", "--id", "ashford", "--name", "Ashford (fictional)", "ZZB")), &n); err != nil {
		t.Fatal(err)
	}
	n.From = n.From.AddDate(-1, 0, 0)
	p.nodes = []registry.Node{n}
	if node, err = registry.OpenKey(p.cfg.nodeKey()); err != nil {
		t.Fatal(err)
	}
	write(t, p.cfg.trustDir()+"/root.json", readText(t, p.file("root.json")))
	p.list(2, "")
	return p, at, node
}

// indexed runs "hub index" and gives the signed index, in a file.
func (p *publishing) indexed(at registry.Remote, file string, args ...string) string {
	p.t.Helper()
	write(p.t, p.file(file), p.hub(append([]string{"index", "--from", at.Name, "--publishers", p.file("publishers.json"), "--root", p.file("root.json")}, args...)...))
	return p.file(file)
}

func TestHubListsWhatMayBeBelievedAndWhatIsSaidOfIt(t *testing.T) {
	p, at, node := newHub(t)
	both := p.sign("checker", p.sign("author", p.folder, "alone.tar"), "both.tar")
	releases, err := readBundle(t.Context(), both)
	if err != nil {
		t.Fatal(err)
	}
	release := releases[0]
	artifact, err := at.Push(t.Context(), release)
	if err != nil {
		t.Fatal(err)
	}
	question := registry.Question{ID: "q1", Text: "Does it count cold tea?", Subject: registry.Subject{Contents: release.Digest(), Plugin: "late-tea",
		Version: "0.1.0", Node: "ashford", Issued: time.Now().UTC().Truncate(time.Second), Organisation: "ZZB", OrganisationName: "Ashford (fictional)"}}
	e, err := question.Seal(node)
	if err != nil {
		t.Fatal(err)
	}
	question.Organisation = measures.ODSCode("ZZC") // for which the node does not speak
	forged, err := question.Seal(node)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []registry.Envelope{e, forged} {
		if err := at.Say(t.Context(), "late-tea", artifact, one); err != nil {
			t.Fatal(err)
		}
	}
	write(t, p.file("notes.json"), `[{"id":"late-tea","version":"0.1.0","areas":["Refreshment"],"change":"The first"}]`)
	first := p.indexed(at, "index.json", "--notes", p.file("notes.json"))
	p.hub("issue", p.file("publishers.json"), first)

	state, err := p.db.HubState(t.Context())
	if err != nil || state.IndexSerial != 1 || state.ListSerial != 2 {
		t.Fatalf("the hub knows index %d and list %d, %v", state.IndexSerial, state.ListSerial, err)
	}
	listings, err := p.db.Listings(t.Context(), "late-tea")
	if err != nil || len(listings) != 1 {
		t.Fatal(listings, err)
	}
	l := listings[0]
	if l.Artifact != artifact || l.Contents != release.Digest() || l.Publisher != "wexbourne" || l.Change != "The first" || len(l.Areas) != 1 || len(l.Said) != 1 {
		t.Errorf("listed: %+v", l)
	}
	issued, err := p.db.HubIssued(t.Context(), "index")
	if err != nil || string(issued.Envelope) != readText(t, first) {
		t.Errorf("what is served is not what was signed: %v", err)
	}

	p.listedAfterRevocation(t, at, first)
}

// listedAfterRevocation revokes the author's key: what is listed may not vanish, and
// people decide what becomes of it.
func (p *publishing) listedAfterRevocation(t *testing.T, at registry.Remote, first string) {
	t.Helper()
	p.list(3, "the laptop was stolen")
	_, err := p.tryHub("index", "--from", at.Name, "--publishers", p.file("publishers.json"), "--root", p.file("root.json"), "--before", first)
	if !errors.Is(err, registry.ErrTooFew) || !strings.Contains(err.Error(), "late-tea 0.1.0 was listed before") {
		t.Errorf("a release that cannot be believed any more: %v", err)
	}
	write(t, p.file("notes.json"), `[{"id":"late-tea","version":"0.1.0","state":"withdrawn","reason":"A laptop was stolen"}]`)
	second := p.indexed(at, "second.json", "--before", first, "--notes", p.file("notes.json"))
	if _, err := p.tryHub("issue", first); !errors.Is(err, registry.ErrStale) {
		t.Errorf("an index that was issued already: %v", err)
	}
	p.hub("issue", p.file("publishers.json"), second)
	listings, err := p.db.Listings(t.Context(), "late-tea")
	if err != nil || len(listings) != 1 || listings[0].State != registry.Withdrawn || listings[0].Reason != "A laptop was stolen" {
		t.Fatalf("%+v %v", listings, err)
	}
	third := p.indexed(at, "third.json", "--before", second)
	e, err := readIndex(third)
	if err != nil {
		t.Fatal(err)
	}
	x, err := registry.IndexOf(e)
	if err != nil || x.Serial != 3 || len(x.Releases) != 1 || x.Releases[0].State != registry.Withdrawn {
		t.Errorf("what was withdrawn is back: %+v %v", x, err)
	}
}

func TestHubRefusesToIssueWhatNodesWouldRefuse(t *testing.T) {
	p, at, _ := newHub(t)
	index := p.indexed(at, "index.json")
	if _, err := p.tryHub("issue", index); err == nil || !strings.Contains(err.Error(), "issue one first") {
		t.Errorf("an index without a list: %v", err)
	}
	p.hub("issue", p.file("publishers.json"))
	for name, try := range map[string]struct {
		file string
		want error
	}{
		"the same list again":     {p.file("publishers.json"), registry.ErrStale},
		"a list by a stranger":    {p.resigned(p.file("publishers.json"), "stranger"), registry.ErrStranger},
		"an index by a publisher": {p.resigned(index, "author"), registry.ErrStranger},
		"a release":               {p.sign("author", p.folder, "alone.tar"), registry.ErrMalformed},
	} {
		if _, err := p.tryHub("issue", try.file); !errors.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.tryHub("index", "--from", at.Name, "--key", p.file("author.pem"), "--publishers", p.file("publishers.json"), "--root", p.file("root.json")); !errors.Is(err, registry.ErrStranger) {
		t.Errorf("an index signed with a publisher's key: %v", err)
	}
	if _, err := p.tryHub("index", "--days", "1000", "--from", at.Name, "--publishers", p.file("publishers.json"), "--root", p.file("root.json")); err == nil {
		t.Error("an index for three years")
	}
}

// resigned gives a file with somebody else's signature in the place of those on it.
func (p *publishing) resigned(file, who string) string {
	p.t.Helper()
	e, err := registry.DecodeIndex([]byte(readText(p.t, file)))
	if err != nil {
		p.t.Fatal(err)
	}
	p.key(who)
	key, err := registry.OpenKey(p.file(who + ".pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := registry.Seal(e.PayloadType, e.Payload, key).Encode()
	if err != nil {
		p.t.Fatal(err)
	}
	write(p.t, file+"."+who, string(text))
	return file + "." + who
}

func TestHubOfANodeIsAskedOverSafeWaysOnly(t *testing.T) {
	for name, try := range map[string]struct {
		text, says string
	}{
		"as it should be":     {`{"url":"https://hub.example/hub","registry":"hub.example/signalbox","user":"wexbourne"}`, ""},
		"on this machine":     {`{"url":"http://127.0.0.1:9000/hub","registry":"127.0.0.1:9000/signalbox"}`, ""},
		"over the open net":   {`{"url":"http://hub.example/hub","registry":"hub.example/signalbox"}`, "https only"},
		"registry without":    {`{"url":"https://hub.example/hub","registry":"http://hub.example/signalbox"}`, "https only"},
		"a secret in the url": {`{"url":"https://me:secret@hub.example/hub","registry":"hub.example/signalbox"}`, "give the address"},
		"no registry":         {`{"url":"https://hub.example/hub"}`, `"registry"`},
		"a word nobody knows": {`{"urls":"https://hub.example/hub"}`, "urls"},
		"no JSON":             {`https://hub.example/hub`, "hub.json"},
	} {
		cfg := config{dataDir: t.TempDir()}
		write(t, cfg.trustDir()+"/hub.json", try.text)
		h, err := cfg.hub()
		if try.says == "" && (err != nil || h == nil) || try.says != "" && (err == nil || !strings.Contains(err.Error(), try.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h, err := (&config{dataDir: t.TempDir()}).hub(); h != nil || err != nil {
		t.Errorf("without a hub: %v %v", h, err)
	}
}
