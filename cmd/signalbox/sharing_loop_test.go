package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/browsertest"
)

// loop is two installations, and whoever runs the hub: the first publishes and is
// the hub, the second adopts. Nothing is shared between them but what is signed.
type loop struct {
	*testing.T
	world
	*issuer
	hub, node *party
	carried   bool // the second has no connection: all that it learns is carried in a folder
	seen      bool // its pages are looked at in a browser as well
}

func newLoop(t *testing.T, w world, carried bool) *loop {
	l := &loop{T: t, world: w, issuer: newIssuer(t), carried: carried}
	root, err := json.Marshal(registry.Root{Keys: []registry.PublicKey{l.root.Public()}, Threshold: 1})
	if err != nil {
		t.Fatal(err)
	}
	believes := func(cfg *config) {
		write(t, filepath.Join(cfg.trustDir(), "root.json"), string(root))
	}
	l.hub = founded(t, w.publishes, w.written(t, w.publishes, everFrom, everTo), func(cfg *config) {
		believes(cfg)
		l.knows(t, cfg, w.publishes)
		write(t, filepath.Join(cfg.trustDir(), "publishers.json"), readText(t, l.lists(t)))
	})
	l.node = founded(t, w.adopts, w.written(t, w.adopts, everFrom, w.known), func(cfg *config) {
		believes(cfg)
		l.knows(t, cfg, w.adopts)
		if !carried {
			write(t, filepath.Join(cfg.trustDir(), "hub.json"), fmt.Sprintf(`{"url": %q, "registry": %q, "user": "node"}`,
				l.hub.address+"/hub", strings.Replace(l.hub.address, "localhost", "127.0.0.1", 1)+"/signalbox"))
			cfg.registrySecret = l.hub.as(t, "OPERATE", "governance").token(t, url.Values{"name": {"node"}, "purpose": {"governance"}, "days": {"7"},
				"action": {"release.pull", "release.push"}})
		}
	})
	l.hub.program(t, "hub", "issue", l.lists(t))
	return l
}

// pack is a version of a measure, as its author writes it.
func (l *loop) pack(version string, change func(*measures.Measure)) string {
	l.Helper()
	m := demo.SharedReleases()[2].Manifest
	m.Version, m.Measures = version, []measures.Measure{m.Measures[0]}
	if change != nil {
		change(&m.Measures[0])
	}
	text, err := json.Marshal(m)
	if err != nil {
		l.Fatal(err)
	}
	write(l, l.file("manifest.json"), string(text))
	return l.file("manifest.json")
}

const pluginID = "harbour-still-there"

func releaseAt(version, act string) string {
	return "/plugins/releases/" + pluginID + "/" + version + act
}

// publish takes a version from its author's desk to everybody's catalogue.
func (l *loop) publish(version, note string, change func(*measures.Measure)) {
	l.Helper()
	alone, both := l.file("alone.tar"), l.file("both.tar")
	author, checker := filepath.Join(l.dir, "keys", "author.pem"), filepath.Join(l.dir, "keys", "checker.pem")
	_ = os.Remove(alone)
	_ = os.Remove(both)
	l.hub.program(l.T, "plugin", "sign", l.pack(version, change), "--publisher", publisherID, "--key", author, "-o", alone)
	brought := l.sends(l.hub.as(l.T, "AUTHOR", "development"), "/plugins/releases/new", alone, url.Values{"note": {note}})
	mustSay(l.T, "the author brings it", brought, 200)
	yes := url.Values{"verdict": {"yes"}, "note": {"Read, tried and sound."}}
	mustSay(l.T, "the author checks it", l.sends(l.hub.as(l.T, "AUTHOR", "development"), releaseAt(version, "/check"), alone, yes), 403)
	mustSay(l.T, "published before anybody has checked it", l.hub.as(l.T, "CHECK", "governance").post(l, releaseAt(version, "/publish"), l.hub.address, nil), 403)
	l.hub.program(l.T, "plugin", "sign", alone, "--key", checker, "-o", both)
	mustLeadOn(l.T, "a second person checks it", l.sends(l.hub.as(l.T, "CHECK", "governance"), releaseAt(version, "/check"), both, yes))
	mustLeadOn(l.T, "published", l.hub.as(l.T, "CHECK", "governance").post(l, releaseAt(version, "/publish"), l.hub.address, nil))
	l.issues()
}

// issues gathers and serves the next index, and lets the other installation hear of it.
func (l *loop) issues() {
	l.Helper()
	write(l, l.file("index.json"), l.hub.program(l.T, "hub", "index", "--key", filepath.Join(l.dir, "keys", "index.pem")))
	l.hub.program(l.T, "hub", "issue", l.file("index.json"))
	l.hears()
}

// hears is the next sync of the adopter, once the hub serves what it has issued: it
// looks for that every few seconds.
func (l *loop) hears() {
	l.Helper()
	issued, anybody := readText(l, l.file("index.json")), l.hub.newReader(l)
	for n := 0; anybody.get(l, "/hub/index.json").body != issued; n++ {
		if n == 200 {
			l.Fatal("the hub does not serve what it has issued")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !l.carried {
		if synced, err := l.node.house.node.Sync(l.Context()); err != nil || !synced.New {
			l.Fatalf("the adopter hears %+v, %v", synced, err)
		}
		return
	}
	stick := l.TempDir()
	for name, path := range map[string]string{"publishers.json": "/hub/publishers.json", "index.json": "/hub/index.json"} {
		write(l, filepath.Join(stick, name), l.hub.newReader(l).get(l, path).body)
	}
	if both, err := os.ReadFile(l.file("both.tar")); err == nil {
		write(l, filepath.Join(stick, "releases.tar"), string(both))
	}
	l.node.program(l.T, "sync", "--from", stick)
	if err := l.node.house.look(l.Context()); err != nil {
		l.Fatal(err)
	}
}

// mustLeadOn is an act that was done: its answer leads to another page.
func mustLeadOn(t *testing.T, what string, answer reply) {
	t.Helper()
	if answer.StatusCode != http.StatusSeeOther {
		_, main, _ := strings.Cut(answer.body, "<main")
		t.Fatalf("%s answers %s: %.3000s", what, answer.Status, tags.ReplaceAllString(main, " "))
	}
}

// sends posts a form with a file.
func (l *loop) sends(r *reader, to, file string, form url.Values) reply {
	l.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		if err := w.WriteField(name, values[0]); err != nil {
			l.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("release", filepath.Base(file))
	if err == nil {
		_, err = part.Write([]byte(readText(l, file)))
	}
	if err != nil || w.Close() != nil {
		l.Fatal(err)
	}
	request, err := http.NewRequestWithContext(l.Context(), http.MethodPost, r.site.address+to, &body)
	if err != nil {
		l.Fatal(err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Origin", r.site.address)
	return r.do(l, request)
}

// adopts takes a version and lets it run, pinned.
func (l *loop) adoptsIt(version string) postgres.Adoption {
	l.Helper()
	lead := l.node.as(l.T, "LEAD", "improvement")
	form := url.Values{"version": {version}}
	l.takes(version)
	mustSay(l.T, "what it would come to", lead.get(l, "/adopt/"+pluginID+"?version="+version), 200, "<svg", "Adopt for")
	l.look("adopt "+version, "/adopt/"+pluginID+"?version="+version, 200)
	form.Set("do", "adopt")
	mustLeadOn(l.T, "adopt it", lead.post(l, "/adopt/"+pluginID, l.node.address, form))
	return l.pinned()
}

// takes brings a version here: from the catalogue, or from the file that was carried.
func (l *loop) takes(version string) {
	l.Helper()
	lead := l.node.as(l.T, "LEAD", "improvement")
	if l.carried && version == "1.1.0" { // the first comes from the catalogue in any case
		mustSay(l.T, "a file that is none", l.sends(lead, "/adopt", l.file("manifest.json"), nil), 422, "cannot be read as releases")
		mustSay(l.T, "one that only its author has signed", l.sends(lead, "/adopt", l.file("alone.tar"), nil), 200, "0 releases of 1 release")
		mustSay(l.T, "take it from a file", l.sends(lead, "/adopt", l.file("both.tar"), nil), 200, "1 release was taken")
		return
	}
	mustLeadOn(l.T, "take it here", lead.post(l, "/adopt/"+pluginID+"/take", l.node.address, url.Values{"version": {version}}))
}

// pinned is what runs at the adopter; its zero value is nothing.
func (l *loop) pinned() postgres.Adoption {
	l.Helper()
	all, err := l.node.house.db.Adoptions(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	for _, a := range all {
		if a.Plugin == pluginID && a.Organisation == l.adopts {
			return a
		}
	}
	return postgres.Adoption{}
}

func (l *loop) chart() string { return "/trusts/" + string(l.adopts) + "/measures/" + pluginID }

var tags = regexp.MustCompile(`(<[^>]*>|\s)+`)

var seenField = regexp.MustCompile(`name="seen" value="([^"]+)"`)

// returns sends evidence of what runs, and lets it come back in the index.
func (l *loop) returns(a postgres.Adoption) reply {
	l.Helper()
	lead := l.node.as(l.T, "LEAD", "improvement")
	address := fmt.Sprintf("/trusts/%s/adoptions/%d/%s", l.adopts, a.ID, pluginID)
	looked := lead.get(l, address)
	seen := seenField.FindStringSubmatch(looked.body)
	if looked.StatusCode != http.StatusOK || seen == nil {
		return looked
	}
	return lead.post(l, address, l.node.address, url.Values{"seen": {html.UnescapeString(seen[1])}})
}

// delivers brings what the adopter has signed to the hub: by its job, or in a folder.
func (l *loop) delivers() {
	l.Helper()
	if !l.carried {
		if done, err := l.node.house.node.Deliver(l.Context()); err != nil || done.Sent != 1 {
			l.Fatalf("delivered %+v, %v", done, err)
		}
		return
	}
	folder := filepath.Join(l.TempDir(), "out")
	l.node.program(l.T, "sync", "--to", folder)
	l.hub.program(l.T, "hub", "hear", folder)
}

// TestWhatHelpedOneTrustRunsAtAnotherAndItsEvidenceReturns is the whole loop between
// two installations that share nothing.
func TestWhatHelpedOneTrustRunsAtAnotherAndItsEvidenceReturns(t *testing.T) {
	if testing.Short() {
		t.Skip("two installations are not short")
	}
	for _, test := range []struct {
		name    string
		world   func(testing.TB) world
		carried bool
		seen    bool
	}{
		{"invented figures, through a registry", inventedWorld, false, true},
		{"invented figures, carried in a folder", inventedWorld, true, false},
		{"published figures, through a registry", publishedWorld, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLoop(t, test.world(t), test.carried)
			l.seen = test.seen
			walk(l)
		})
	}
}

// look puts a page of the adopter's before whoever reads it, without scripts, wide and
// narrow; with SIGNALBOX_WALK naming a folder it keeps a picture there.
func (l *loop) look(what, path string, status int64) {
	l.Helper()
	keep := os.Getenv("SIGNALBOX_WALK")
	if !l.seen && keep == "" {
		return
	}
	b := eyes(l)
	b.Cookie(l, l.node.address, "signalbox", l.node.cookie(l.node.as(l.T, "LEAD", "improvement")))
	b.Scripts(l, false)
	defer b.Scripts(l, true)
	b.Visit(l, l.node.address+path, status)
	mustBeFit(l, b, false, what)
	for _, v := range []browsertest.View{{Width: 1280, Scheme: "light"}, {Width: 320, Scheme: "light"}} {
		if keep == "" {
			continue
		}
		b.Look(l, v)
		write(l, filepath.Join(keep, fmt.Sprintf("%s %s %d.png", l.adopts, what, v.Width)), string(picture(l.T, b, v.Width, 0)))
	}
}

func walk(l *loop) {
	lead := func() *reader { return l.node.as(l.T, "LEAD", "improvement") }
	l.publish("1.0.0", "The first version.", func(m *measures.Measure) { m.Baseline = 12 })
	mustSay(l.T, "found by the problem", lead().get(l, "/plugins?q=minor+injuries"), 200, "A good month in A&amp;E is often chance", "You have its figures")
	mustSay(l.T, "the chart before anybody adopted it", lead().get(l, l.chart()), 404)

	first := l.adoptsIt("1.0.0")
	if first.First <= l.known {
		l.Errorf("what counts as after begins %s, and figures were known until %s", first.First, l.known)
	}
	before := lead().get(l, l.chart())
	mustSay(l.T, "the chart", before, 200, "<svg", "1.0.0")
	l.node.load(l.T, l.written(l, l.adopts, l.known+1, everTo))
	after := lead().get(l, l.chart())
	mustSay(l.T, "the chart with a year more", after, 200, "<svg")
	if strings.Count(after.body, "<circle") <= strings.Count(before.body, "<circle") && len(after.body) <= len(before.body) {
		l.Error("the chart has not moved")
	}

	l.forbids(first)
	mustLeadOn(l.T, "evidence", l.returns(first))
	l.delivers()
	l.issues()
	for at, r := range map[string]*reader{"the author's installation": l.hub.as(l.T, "AUTHOR", "development"), "the adopter's": lead()} {
		mustSay(l.T, "the listing at "+at, r.get(l, "/plugins/"+pluginID), 200, "What happened where it was adopted", "ssociated with", string(l.adopts))
	}

	l.look("listing", "/plugins/"+pluginID, 200)
	l.look("adoptions", "/trusts/"+string(l.adopts)+"/adoptions", 200)
	l.look("chart", l.chart(), 200)

	l.publish("1.1.0", "Two years make the baseline.", func(m *measures.Measure) { m.Baseline = 24 })
	if now := l.pinned(); now.Digest != first.Digest {
		l.Errorf("a new version is out, and %s runs where %s was pinned", now.Digest.Short(), first.Digest.Short())
	}
	mustSay(l.T, "a new version is offered", lead().get(l, "/plugins/"+pluginID), 200, "Two years make the baseline.", "1.1.0")
	l.takes("1.1.0")
	mustSay(l.T, "what it would change", lead().get(l, "/adopt/"+pluginID+"/difference?version=1.1.0"), 200, "<svg", "Two years make the baseline.")
	l.look("difference", "/adopt/"+pluginID+"/difference?version=1.1.0", 200)
	second := l.adoptsIt("1.1.0")
	if second.Digest == first.Digest || second.First != first.First || second.Replaces != first.ID {
		l.Errorf("after the first %+v came %+v", first, second)
	}
	mustLeadOn(l.T, "undo", lead().post(l, "/adopt/"+pluginID+"/undo", l.node.address, url.Values{}))
	if now := l.pinned(); now.Digest != first.Digest {
		l.Errorf("undone, and %s runs", now.Digest.Short())
	}
	second = l.adoptsIt("1.1.0")
	l.withdraws(second.Digest)
}

// forbids lets the adopter's governance forbid that evidence leaves, and allow it again.
func (l *loop) forbids(a postgres.Adoption) {
	l.Helper()
	lead, second, third := l.governor("one"), l.governor("two"), l.governor("three")
	policies := l.node.house.policies
	files, err := policy.Template(l.adopts, lead.TrainedOn+400)
	if err != nil {
		l.Fatal(err)
	}
	for i := range files {
		files[i].Source = strings.Replace(files[i].Source, `"evidence_stays": false`, `"evidence_stays": true`, 1)
	}
	ctx := l.Context()
	version, report, err := policies.Save(ctx, lead, postgres.PolicyVersion{Owner: l.adopts, Title: "Evidence stays here", Files: files})
	if err != nil || !report.Sound() {
		l.Fatalf("%v %+v", err, report.Findings)
	}
	dossier := func() *governing.Dossier {
		d, err := policies.Dossier(ctx, l.adopts, version.Draft)
		if err != nil {
			l.Fatal(err)
		}
		return d
	}
	if _, err := policies.Foresee(ctx, lead, dossier()); err != nil {
		l.Fatal(err)
	}
	if err := policies.Propose(ctx, lead, dossier(), time.Time{}); err != nil {
		l.Fatal(err)
	}
	revision := 0
	for _, who := range []policy.Actor{second, third} {
		if revision, err = policies.Judge(ctx, who, dossier(), governing.Answer{Approves: true, Reason: "Agreed.", Digest: version.Digest}); err != nil {
			l.Fatal(err)
		}
	}
	if revision == 0 {
		l.Fatal("the policy is not live")
	}
	mustSay(l.T, "evidence where the policy forbids it", l.returns(a), 403, "does not send evidence")
	if said, err := l.node.house.db.SayingsOf(ctx, l.adopts); err != nil || len(said) != 0 {
		l.Errorf("forbidden, and %d documents were signed, %v", len(said), err)
	}
	if err := policies.RollBack(ctx, lead, l.adopts, 0, "Others may learn from it."); err != nil {
		l.Fatal(err)
	}
}

func (l *loop) governor(name string) policy.Actor {
	today := measures.Date(l.node.house.policies.Desk.Now().Unix() / 86400)
	return policy.Actor{ID: "governor-" + name, Name: "Governor " + name, ODS: l.adopts, Orgs: []measures.ODSCode{l.adopts},
		Roles: []policy.Role{"governance_lead"}, Purpose: "governance", Assurance: "aal3", TrainedOn: today - 20}
}

// withdraws takes the second version back: at the next sync it stops at the adopter,
// who is told what to do.
func (l *loop) withdraws(digest plugins.Digest) {
	l.Helper()
	lead := l.node.as(l.T, "LEAD", "improvement")
	mustSay(l.T, "the chart before it is withdrawn", lead.get(l, l.chart()), 200, "<svg")
	withdrawn := l.hub.as(l.T, "CHECK", "governance").post(l, releaseAt("1.1.0", "/withdraw"), l.hub.address, url.Values{"reason": {"It counts the wrong way."}})
	mustLeadOn(l.T, "withdraw", withdrawn)
	l.issues()
	mustSay(l.T, "the chart of a withdrawn release", lead.get(l, l.chart()), 403, "withdrawn")
	mustSay(l.T, "the listing of a withdrawn release", lead.get(l, "/plugins/"+pluginID), 200, "It counts the wrong way.")
	mustSay(l.T, "the workshop", lead.get(l, "/plugins"), 200, "withdrawn")
	l.look("withdrawn chart", l.chart(), 403)
	l.look("withdrawn listing", "/plugins/"+pluginID, 200)
	l.look("workshop", "/plugins", 200)
	mustSay(l.T, "adopt it again", lead.post(l, "/adopt/"+pluginID, l.node.address, url.Values{"version": {"1.1.0"}, "do": {"adopt"}}), 403)
	mustLeadOn(l.T, "back to the one before", lead.post(l, "/adopt/"+pluginID+"/undo", l.node.address, url.Values{}))
	mustSay(l.T, "the chart of the one before", lead.get(l, l.chart()), 200, "<svg", "1.0.0")
}
