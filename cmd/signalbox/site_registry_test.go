package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	gate "github.com/signalbox-health/signalbox/web/hub"
)

// counter is the site with a registry that believes the publishers of a test, and
// the token that somebody shows there.
type counter struct {
	*publishing
	site *openedSite
	at   string // host and port
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{publishing: newPublishing(t), site: site(t)}
	h := c.site.house
	lists := trusting{cfg: &c.cfg, publishers: c.file("publishers.json"), root: c.file("root.json"), now: time.Now}
	own := *h.site
	own.Hub = &gate.Door{Served: registry.Server(h.db.Registry(), func(context.Context) (*registry.List, error) { return lists.list() }),
		Policy: h.main.Policy, Ledger: h.db, Actor: h.sessions.Actor, Issued: h.db.HubIssued, Now: time.Now, Log: h.log}
	server := httptest.NewServer(own.Handler())
	t.Cleanup(server.Close)
	c.at = strings.TrimPrefix(server.URL, "http://")
	return c
}

// as is the registry as it is for a person with a token for some actions.
func (c *counter) as(t *testing.T, person string, actions ...string) registry.Remote {
	t.Helper()
	token := c.site.as(t, person).token(t, url.Values{"name": {"registry"}, "action": actions, "purpose": {"improvement"}, "days": {"7"}, "orgs": {"ZZD"}})
	return registry.Remote{Name: c.at + "/" + strings.ToLower(t.Name()), Plain: true, Secret: token, Client: http.DefaultClient}
}

func (c *counter) release(t *testing.T, file string) registry.Release {
	t.Helper()
	releases, err := readBundle(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return releases[0]
}

func TestRegistryOfTheSiteIsBehindTokensAndThePolicy(t *testing.T) {
	c := newCounter(t)
	both := c.release(t, c.publishing.sign("checker", c.publishing.sign("author", c.folder, "alone.tar"), "both.tar"))
	reads, writes := c.as(t, "demo-clinician", "release.pull"), c.as(t, "demo-innovator", "release.pull", "release.push")

	for name, try := range map[string]struct {
		method, token string
		status        int
		says          string
	}{
		"nobody":                   {http.MethodGet, "", 401, "UNAUTHORIZED"},
		"a token that is none":     {http.MethodGet, "sbx_nobody_xyz", 401, "UNAUTHORIZED"},
		"a token for figures":      {http.MethodGet, c.as(t, "demo-clinician", "chart.read").Secret, 403, "not made for this"},
		"a reader reads":           {http.MethodGet, reads.Secret, 200, ""},
		"a reader's token writes":  {http.MethodPost, reads.Secret, 403, "not made for this"},
		"whom the policy refuses":  {http.MethodPost, c.as(t, "demo-clinician", "release.push").Secret, 403, "The registry is written by"},
		"a writer begins a module": {http.MethodPost, writes.Secret, 202, ""},
	} {
		address := "http://" + c.at + "/v2/signalbox/late-tea/blobs/uploads/"
		if try.method == http.MethodGet {
			address = "http://" + c.at + "/v2/"
		}
		request, err := http.NewRequestWithContext(t.Context(), try.method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if try.token != "" {
			request.SetBasicAuth("anybody", try.token)
		}
		answer := c.site.newReader(t).do(t, request)
		if answer.StatusCode != try.status || !strings.Contains(answer.body, try.says) || len(answer.Cookies()) > 0 {
			t.Errorf("%s: %s, %.300s", name, answer.Status, answer.body)
		}
		if asks := strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic"); asks != (try.status == 401) {
			t.Errorf("%s: asked for a password: %t", name, asks)
		}
	}

	pinned, err := writes.Push(t.Context(), both)
	if err != nil {
		t.Fatal(err)
	}
	read, err := reads.Pull(t.Context(), "late-tea", string(pinned))
	if err != nil || read.Digest() != both.Digest() || len(read.Signed) != 1 || len(read.Signed[0].Signatures) != 2 {
		t.Errorf("pulled: %v, %d statements", err, len(read.Signed))
	}
	// What is in the registry by now can be had with the command line, too.
	c.cfg.registrySecret = reads.Secret
	pull := append([]string{"pull", "late-tea", "--version", string(pinned), "--from", reads.Name, "-o", c.file("pulled.tar")}, c.trust...)
	if out, err := c.do(pull...); err != nil {
		t.Errorf("pull: %v\n%s", err, out)
	}
	records := c.site.sql(t, `SELECT count(*) FILTER (WHERE action = 'release.push' AND allow), count(*) FILTER (WHERE action = 'release.pull' AND allow) FROM ledger`)
	if records[0][0] == "0" || records[0][1] == "0" {
		t.Errorf("the record has %v of pushes and pulls", records)
	}
}

func TestRegistryOfTheSiteRefusesWhatItsListDoesNotBelieve(t *testing.T) {
	c := newCounter(t)
	ctx := t.Context()
	author := c.publishing.sign("author", c.folder, "alone.tar")
	both := c.release(t, c.publishing.sign("checker", author, "both.tar"))
	stranger := c.release(t, c.publishing.sign("stranger", c.folder, "strange.tar"))
	at := c.as(t, "demo-innovator", "release.pull", "release.push")

	refused := func(what string, err error, says string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %q", what, err, says)
		}
	}
	_, err := at.Push(ctx, stranger)
	refused("a stranger's key", err, registry.ErrStranger.Error())
	elsewhere := stranger
	elsewhere.Signed = nil
	key, err := registry.OpenKey(c.file("author.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere, err = elsewhere.Sign(key, "ashford", registry.Build{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	_, err = at.Push(ctx, elsewhere)
	refused("a publisher nobody knows", err, registry.ErrStranger.Error())
	if _, err := at.Pull(ctx, "late-tea", "0.1.0"); !errors.Is(err, registry.ErrNoRelease) {
		t.Errorf("what was refused has its version all the same: %v", err)
	}

	c.list(2, "the laptop was stolen")
	_, err = at.Push(ctx, c.release(t, author))
	refused("a revoked key", err, registry.ErrRevoked.Error())
	c.list(3, "")
	if _, err := at.Push(ctx, c.release(t, author)); err != nil {
		t.Errorf("begun by the author: %v", err)
	}
	if _, err := at.Push(ctx, both); err != nil {
		t.Errorf("signed by the checker too: %v", err)
	}
	// Nobody can hang strange things on what is there by now.
	strange := both
	strange.Signed = append(strange.Signed, stranger.Signed...)
	_, err = at.Push(ctx, strange)
	refused("a stranger's signature on it", err, registry.ErrStranger.Error())
	_, err = at.Push(ctx, c.release(t, c.publishing.sign("stranger", c.file("both.tar"), "three.tar")))
	refused("a stranger's signature among theirs", err, registry.ErrStranger.Error())
	for _, secret := range []string{"", "sbx_nobody_xyz"} {
		unknown := at
		unknown.Secret = secret
		if _, err := unknown.Pull(ctx, "late-tea", "0.1.0"); !errors.Is(err, registry.ErrSignIn) {
			t.Errorf("with the secret %q: %v", secret, err)
		}
	}

	c.words(t, at, both)
}

// words tries what nodes may say of a release in the registry.
func (c *counter) words(t *testing.T, at registry.Remote, of registry.Release) {
	t.Helper()
	artifact, err := of.Artifact(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	question := registry.Question{ID: "q1", Text: "Does it count cold tea?", Subject: registry.Subject{Contents: of.Digest(), Plugin: "late-tea",
		Version: "0.1.0", Node: "ashford", Issued: time.Now().UTC().Truncate(time.Second), Organisation: "ZZB", OrganisationName: "Ashford (fictional)"}}
	e, err := question.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Say(t.Context(), "late-tea", artifact, e); err == nil || !strings.Contains(err.Error(), registry.ErrStranger.Error()) {
		t.Errorf("a node nobody knows: %v", err)
	}
	c.nodes = []registry.Node{{ID: "ashford", Name: "Ashford (fictional)", Organisations: []measures.ODSCode{"ZZB"}, Key: key.Public(), From: time.Now().AddDate(-1, 0, 0)}}
	c.list(4, "")
	if err := at.Say(t.Context(), "late-tea", artifact, e); err != nil {
		t.Errorf("a node that the list names: %v", err)
	}
	if err := at.Say(t.Context(), "early-tea", artifact, e); err == nil {
		t.Error("a question is taken about another plugin")
	}
	if err := at.Say(t.Context(), "late-tea", plugins.DigestOf([]byte("another")), e); err != nil {
		t.Errorf("about an artifact nobody has: %v", err) // it is found by nobody who looks for this one
	}
	heard, err := at.Heard(t.Context(), "late-tea", artifact)
	if err != nil || len(heard) != 1 {
		t.Errorf("heard %d, %v", len(heard), err)
	}
}

func TestHubServesWhatItHasIssued(t *testing.T) {
	s := site(t)
	h := s.house
	clock := time.Now()
	issued := map[string]postgres.HubIssue{}
	own := *h.site
	own.Hub = &gate.Door{Served: http.NotFoundHandler(), Policy: h.main.Policy, Ledger: h.db, Actor: h.sessions.Actor, Log: h.log, Now: func() time.Time { return clock },
		Issued: func(_ context.Context, kind string) (postgres.HubIssue, error) {
			issue, there := issued[kind]
			if !there {
				return issue, postgres.ErrNotFound
			}
			return issue, nil
		}}
	server := httptest.NewServer(own.Handler())
	defer server.Close()
	get := func(tag string) reply {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/hub/index.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("If-None-Match", tag)
		return s.newReader(t).do(t, request)
	}
	if answer := get(""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("before the first: %s", answer.Status)
	}
	issued["index"] = postgres.HubIssue{Kind: "index", Serial: 7, Envelope: []byte(`{"seven":7}`), At: clock}
	first := get("")
	if first.StatusCode != http.StatusOK || first.body != `{"seven":7}` || !strings.Contains(first.Header.Get("Cache-Control"), "public") || len(first.Cookies()) > 0 {
		t.Errorf("%s %q %v", first.Status, first.body, first.Header)
	}
	if again := get(first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || again.body != "" {
		t.Errorf("asked again: %s %q", again.Status, again.body)
	}
	issued["index"] = postgres.HubIssue{Kind: "index", Serial: 8, Envelope: []byte(`{"eight":8}`), At: clock}
	clock = clock.Add(time.Minute)
	if next := get(first.Header.Get("ETag")); next.StatusCode != http.StatusOK || next.body != `{"eight":8}` {
		t.Errorf("a newer one: %s %q", next.Status, next.body)
	}
	delete(issued, "index")
	clock = clock.Add(time.Minute)
	if down := get(""); down.StatusCode != http.StatusOK || down.body != `{"eight":8}` {
		t.Errorf("while the database is away: %s %q", down.Status, down.body)
	}
}
