package main

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/web/browsertest"
)

// promptVersion is the plugin that an author might bring, under a name that a
// publisher of the demonstration may use.
func promptVersion(t testing.TB, version string, change func(*measures.Measure)) registry.Release {
	t.Helper()
	module := aPlugin(t)
	manifest, err := plugins.ManifestOf(module)
	if err != nil {
		t.Fatal(err)
	}
	m := &manifest.Measures[0]
	manifest.ID, manifest.Version, manifest.Publisher = "harbour-prompt", version, "Harbour Health Lab (fictional)"
	m.ID, m.Family, m.Uses.Plugin = "harbour-prompt", "harbour-prompt", "harbour-prompt"
	if change != nil {
		change(m)
	}
	if module, err = plugins.WithManifest(module, manifest); err != nil {
		t.Fatal(err)
	}
	r, err := registry.ReleaseOf(module)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// harbourKey is the secret half of a key of a publisher that does not exist.
func (s *openedSite) harbourKey(t testing.TB, role string) registry.Key {
	t.Helper()
	key, err := registry.OpenKey(filepath.Join(s.house.benches.cfg.dataDir, "demonstration", "keys", "harbour-health-lab-"+role+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// harbour signs a release for that publisher, in one role after the other.
func (s *openedSite) harbour(t testing.TB, r registry.Release, roles ...string) registry.Release {
	t.Helper()
	var err error
	for _, role := range roles {
		if r, err = r.Sign(s.harbourKey(t, role), "harbour-health-lab", registry.Build{}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func tarOf(t testing.TB, r registry.Release) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := registry.WriteBundle(t.Context(), &b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sendFile sends a form with a file, as a browser without scripts would.
func (r *reader) sendFile(t testing.TB, path, field, name string, file []byte, values url.Values) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key := range values {
		if err := form.WriteField(key, values.Get(key)); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		part, err := form.CreateFormFile(field, name)
		if err == nil {
			_, err = part.Write(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.site.address+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", r.site.address)
	return r.do(t, request)
}

var questionNumber = regexp.MustCompile(`--question ([A-Z0-9]+)`)

// TestAReleaseIsBroughtCheckedByAnotherPublishedAskedAboutAndWithdrawn walks the life
// of a release, and looks at each of its pages at every width.
func TestAReleaseIsBroughtCheckedByAnotherPublishedAskedAboutAndWithdrawn(t *testing.T) {
	s, b := site(t), eyes(t)
	author, checker, lead := s.as(t, "demo-innovator"), s.as(t, "demo-checker"), s.as(t, "demo-improvement-lead")
	note := func(text string) url.Values { return url.Values{"note": {text}} }
	bring := func(r registry.Release) reply {
		return author.sendFile(t, "/plugins/releases/new", "release", "release.tar", tarOf(t, r), note("People see how long it takes."))
	}
	const page = "/plugins/releases/harbour-prompt/1.0.0"

	first := s.harbour(t, promptVersion(t, "1.0.0", nil), "author")
	mustSay(t, "a form without a note", author.sendFile(t, "/plugins/releases/new", "release", "r.tar", tarOf(t, first), note(" ")), 422, "Say in a sentence what is new")
	mustSay(t, "a file that is none", author.sendFile(t, "/plugins/releases/new", "release", "r.tar", []byte("dear reader"), note("New")), 422, "cannot be read as a release")
	own, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := promptVersion(t, "1.0.0", nil).Sign(own, "harbour-health-lab", registry.Build{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	mustSay(t, "a stranger's", bring(stranger), 422, "It cannot be believed", "key that the publisher does not have")
	mustSay(t, "a faulty one", bring(s.harbour(t, promptVersion(t, "1.0.0", func(m *measures.Measure) { m.Problem = "" }), "author")), 200, "It is not kept", "version 1.0.0 is still free")
	mustSay(t, "what may not be brought", s.as(t, "demo-clinician").get(t, "/plugins/releases/new"), 403, "Releases are brought here by innovators and improvement teams")
	mustSay(t, "a sound one", bring(first), 200, "It is submitted", "% like &#34;ae-4h&#34;", "extend that one instead?")

	said := checker.get(t, page)
	mustSay(t, "to the second person", said, 200, "It waits for a second person", "What you looked at", "What it reads", "millisecond", "signalbox plugin sign harbour-prompt-1.0.0.tar")
	mustSay(t, "its author checks it", author.sendFile(t, page+"/check", "release", "", nil, url.Values{"verdict": {"yes"}, "note": {"I like it"}}), 403, "You wrote this release or brought it here")
	mustSay(t, "published too early", author.post(t, page+"/publish", s.address, nil), 403, "has said yes to this release")
	yes := url.Values{"verdict": {"yes"}, "note": {"Looked at the charts."}}
	mustSay(t, "without the signature", checker.sendFile(t, page+"/check", "release", "r.tar", tarOf(t, first), yes), 422, "Sign the file first")
	moved := checker.sendFile(t, page+"/check", "release", "r.tar", tarOf(t, s.harbour(t, first, "checker")), yes)
	if moved.StatusCode != 303 && moved.StatusCode != 200 {
		t.Fatalf("the verdict: %s: %s", moved.Status, moved.body)
	}
	mustSay(t, "checked", author.get(t, page), 200, "It is checked, and can be published", "Publish version 1.0.0")
	author.post(t, page+"/publish", s.address, nil)
	mustSay(t, "published", author.get(t, page), 200, "It is published")
	defer func() {
		author.post(t, page+"/withdraw", s.address, url.Values{"reason": {"It counts visits twice."}})
		mustSay(t, "withdrawn", author.get(t, page), 200, "nobody should run it any more", "It counts visits twice.")
	}()

	mustSay(t, "the next version", bring(s.harbour(t, promptVersion(t, "1.1.0", func(m *measures.Measure) {
		m.Targets = []measures.Target{{Value: 80, Label: "80% by March 2027"}}
	}), "author")), 200, "It is submitted")
	mustSay(t, "what it says differently", checker.get(t, "/plugins/releases/harbour-prompt/1.1.0"), 200, "What version 1.0.0 said differently", "80 (80% by March 2027)")
	mustSay(t, "both versions", checker.get(t, "/plugins/releases/harbour-prompt/1.1.0/trial"), 200, "The version before, 1.0.0", "found by both", "<svg")

	lead.post(t, "/plugins/questions/harbour-prompt/ask", s.address, url.Values{"question": {"Does it count those who left?"}})
	asked := author.get(t, "/plugins/questions/harbour-prompt")
	mustSay(t, "the question", asked, 200, "Does it count those who left?", "Larkfield Hospitals Trust", "Not answered yet")
	mustSay(t, "the author's page", author.get(t, "/plugins/mine"), 200, "1 question waits for your answer", "Nobody has adopted it yet")
	number := questionNumber.FindStringSubmatch(asked.body)
	if number == nil {
		t.Fatal("no command to answer with")
	}
	answer, err := registry.Reply{Contents: first.Digest(), Plugin: "harbour-prompt", Version: "1.0.0", Publisher: "harbour-health-lab", Question: number[1],
		Issued: time.Now().UTC().Truncate(time.Second), Text: "It does."}.Seal(s.harbourKey(t, "author"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := answer.Encode()
	if err != nil {
		t.Fatal(err)
	}
	author.sendFile(t, "/plugins/questions/harbour-prompt/reply", "reply", "reply.json", file, nil)
	mustSay(t, "the answer", lead.get(t, "/plugins/questions/harbour-prompt"), 200, "It does.", "Harbour Health Lab (fictional) answers")

	s.sit(t, b, "demo-innovator")
	for _, path := range []string{"/plugins/releases", "/plugins/releases/new", page, "/plugins/releases/harbour-prompt/1.1.0", "/plugins/releases/harbour-prompt/1.1.0/trial",
		"/plugins/mine", "/plugins/questions/harbour-prompt"} {
		b.Visit(t, s.address+path, 200)
		for _, v := range views {
			b.Look(t, v)
			if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
				t.Errorf("%s, %s: the page is too wide: %s", path, v, wide)
			}
			for _, found := range b.Axe(t, "html") {
				t.Errorf("%s, %s: axe: %s", path, v, found)
			}
		}
		for _, complaint := range b.Complaints(t) {
			t.Errorf("%s: the browser complains: %s", path, complaint)
		}
		b.Look(t, views[0])
	}
	if strings.Contains(author.get(t, "/plugins/releases").body, "demo-innovator") {
		t.Error("people are called by their accounts")
	}
}
