package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/sdk/wire"
	"github.com/signalbox-health/signalbox/web/browsertest"
)

// aPlugin is one that an author might bring: code of the library, and a measure
// of the author's own.
func aPlugin(t testing.TB) []byte {
	t.Helper()
	shipped, err := library.Open()
	if errors.Is(err, library.ErrNotBuilt) && os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	release, _ := shipped.Release("spc")
	module, err := shipped.Module(release.Digest)
	if err != nil {
		t.Fatal(err)
	}
	percent := measures.Measure{ID: "prompt-care", Title: "Prompt care", Problem: "Nobody knows how long a visit will take.",
		Why: "People who know can plan.", Numerator: "Visits of less than 4 hours", Denominator: "All visits", Inclusions: "All departments", Scope: "A&E",
		Dataset: "ae_4h", Grain: measures.Month, Type: "process", Family: "prompt-care", Direction: measures.Increase, Rules: measures.MDC, Baseline: 24,
		Inputs: []measures.Input{{Name: "numerator", Title: "Within", Plus: []string{"numerator"}}, {Name: "denominator", Title: "Visits", Plus: []string{"denominator"}}},
		Unit:   measures.Unit{Multiply: 100, Symbol: "%", Words: "of visits", Decimals: 1}, Uses: measures.Uses{Plugin: "prompt-care", Entry: "xmr"},
		AuthoredBy: "A charity", CheckedBy: "Another charity", ReviewDate: measures.DateOf(2028, 1, 1)}
	module, err = plugins.WithManifest(module, plugins.Manifest{ID: "prompt-care", Version: "0.1.0", ABI: 1, Title: "Prompt care", Publisher: "A charity",
		Licence: "Apache-2.0", Entries: []string{"xmr"}, Measures: []measures.Measure{percent}})
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// hostileModule reads one of the modules that mean ill.
func hostileModule(t testing.TB, name string) []byte {
	t.Helper()
	path := filepath.Join(cmp.Or(os.Getenv("SIGNALBOX_SHARED"), filepath.Join("..", "..", "..", "shared")), "hostile", name+".wasm")
	module, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("this test reads %s, which is not here; set SIGNALBOX_SHARED to the folder of the reference data", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// bring sends a file as a browser without scripts would.
func (r *reader) bring(t testing.TB, name string, module []byte) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("module", name)
	if err == nil {
		_, err = part.Write(module)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.site.address+"/plugins/new", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", r.site.address)
	return r.do(t, request)
}

var draftLink = regexp.MustCompile(`href="(/plugins/drafts/[0-9]+)"`)

// mustSay holds a page to its status and to words that stand in it.
func mustSay(t testing.TB, what string, page reply, status int, words ...string) {
	t.Helper()
	if page.StatusCode != status || !strings.HasSuffix(strings.TrimSpace(page.body), "</html>") {
		t.Errorf("%s: %s, and ends with %.60q", what, page.Status, page.body[max(0, len(page.body)-60):])
	}
	for _, w := range words {
		if !strings.Contains(page.body, w) {
			t.Errorf("%s: the page does not say %q: %s", what, w, page.body)
		}
	}
}

// compiledDraft lists the folders that benches keep of the code of a module.
func (s *openedSite) compiledDraft(t testing.TB, module []byte) []string {
	t.Helper()
	digest := strings.TrimPrefix(string(plugins.DigestOf(module)), "sha256:")
	found, err := filepath.Glob(filepath.Join(s.house.benches.cfg.draftCache(), "*", digest))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAPluginIsBroughtCheckedTriedAndForgotten(t *testing.T) {
	s := site(t)
	author, lead, clinician := s.as(t, "demo-innovator"), s.as(t, "demo-governance-lead"), s.as(t, "demo-clinician")
	page := author.bring(t, "prompt-care.wasm", aPlugin(t))
	mustSay(t, "the check", page, 200, "It keeps to the form of a plugin", "It starts", "It gives the same answer three times", "It is sound", "not approved")
	found := draftLink.FindStringSubmatch(page.body)
	if found == nil {
		t.Fatal("no link to the draft")
	}
	draft := found[1]
	mustSay(t, "the draft", author.get(t, draft), 200, "Prompt care", "Nobody knows how long a visit will take", "It is sound")
	trial := author.get(t, draft+"/trial?measure=prompt-care")
	mustSay(t, "the trial", trial, 200, "Larkfield Hospitals Trust", "Verified by recomputation", "in the good direction", "<svg")
	mustSay(t, "a measure it does not have", author.get(t, draft+"/trial?measure=other"), 404, "The draft has no such measure")
	mustSay(t, "the draft, to governance", lead.get(t, draft), 200, "demo-innovator")
	mustSay(t, "the trial, to governance", lead.get(t, draft+"/trial"), 200, "Verified by recomputation")
	mustSay(t, "the draft, to a clinician", clinician.get(t, draft), 403, "You cannot see drafts", "What was checked")
	if forgotten := lead.post(t, draft+"/forget", s.address, nil); forgotten.StatusCode != 404 {
		t.Errorf("governance forgets somebody's draft: %s", forgotten.Status)
	}
	if elsewhere := author.post(t, draft+"/forget", "https://elsewhere.example", nil); elsewhere.StatusCode != 403 {
		t.Errorf("another site forgets it: %s", elsewhere.Status)
	}
	if len(s.compiledDraft(t, aPlugin(t))) == 0 {
		t.Error("there is no compiled code of the draft: where is it looked for?")
	}
	if forgotten := author.post(t, draft+"/forget", s.address, nil); forgotten.StatusCode != 303 || forgotten.Header.Get("Location") != "/plugins/drafts" {
		t.Errorf("its author forgets it: %s", forgotten.Status)
	}
	if left := s.compiledDraft(t, aPlugin(t)); len(left) > 0 {
		t.Errorf("left of the draft: %q", left)
	}
	mustSay(t, "the draft afterwards", author.get(t, draft), 404)
	mustSay(t, "a clinician who brings one", clinician.bring(t, "prompt-care.wasm", aPlugin(t)), 403, "Only innovators bring plugins here")
}

func TestHostileFilesGetAWholePageAndHarmNobody(t *testing.T) {
	s := site(t)
	author := s.as(t, "demo-innovator")
	for name, says := range map[string]string{"trap": "trap: unreachable", "truncated": "cut short", "membomb": "to be mended", "unknown_import": "To mend it",
		"component": "component", "out_giant": "to be mended", "bomb_bigfunc": "split that function"} {
		mustSay(t, name, author.bring(t, name+".wasm", hostileModule(t, name)), 200, says, "The file is not kept")
	}
	mustSay(t, "the catalogue afterwards", author.get(t, "/plugins"), 200, "in a sandbox", "none</a>")
}

// chooseFile puts a file into the form as if somebody had chosen it.
const chooseFile = `(() => {
	const bytes = Uint8Array.from(atob(%q), c => c.charCodeAt(0)), files = new DataTransfer();
	files.items.add(new File([bytes], %q, {type: "application/wasm"}));
	document.querySelector("#module").files = files.files;
})()`

func TestFindingsOfABroughtFileAreFitToBeLookedAt(t *testing.T) {
	s, b := site(t), eyes(t)
	s.sit(t, b, "demo-innovator")
	b.Look(t, views[0])
	fit := func(what string) {
		t.Helper()
		for _, v := range views {
			b.Look(t, v)
			if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
				t.Errorf("%s, %s: the page is too wide: %s", what, v, wide)
			}
			for _, found := range b.Axe(t, "html") {
				t.Errorf("%s, %s: axe: %s", what, v, found)
			}
		}
		for _, complaint := range b.Complaints(t) {
			t.Errorf("%s: the browser complains: %s", what, complaint)
		}
		b.Look(t, views[0])
	}
	send := func(name string, module []byte) string {
		t.Helper()
		b.Visit(t, s.address+"/plugins/new", 200)
		browsertest.Eval[any](t, b, fmt.Sprintf(chooseFile, base64.StdEncoding.EncodeToString(module), name))
		if _, err := chromedp.RunResponse(b.Context(), chromedp.Click(chromedp.CSS(`form[enctype] button`))); err != nil {
			t.Fatalf("send %s: %v", name, err)
		}
		return browsertest.Eval[string](t, b, `document.querySelector("main").innerText`)
	}
	if said := send("trap.wasm", hostileModule(t, "trap")); !strings.Contains(said, "trap: unreachable") || !strings.Contains(said, "To mend it:") {
		t.Errorf("of a trap the page says %q", said)
	}
	fit("findings")
	if said := send("prompt-care.wasm", aPlugin(t)); !strings.Contains(said, "It is sound") {
		t.Errorf("of a sound plugin the page says %q", said)
	}
	fit("no findings")
	draft := browsertest.Eval[string](t, b, `document.querySelector("#result a.btn").href`)
	for _, page := range []string{draft, draft + "/trial", s.address + "/plugins/drafts"} {
		b.Visit(t, page, 200)
		fit(strings.TrimPrefix(page, s.address))
	}
	if said := send("empty.wasm", nil); !strings.Contains(said, "this one is empty") || browsertest.Eval[string](t, b, `document.activeElement.className`) != "errors" {
		t.Errorf("of an empty file the page says %q", said)
	}
	b.Complaints(t) // the browser names the status of the answer
	fit("an empty file")
}

// TestAQuarantineIsShownAndEndedByThoseWhoMay uses the pack of staff surveys, which
// no other test of this program draws meanwhile.
func TestAQuarantineIsShownAndEndedByThoseWhoMay(t *testing.T) {
	s, b := site(t), eyes(t)
	release, ok := s.house.books.Release("staff")
	if !ok || len(release.Manifest.Entries) == 0 {
		if os.Getenv("SIGNALBOX_TOOLCHAINS") == "required" {
			t.Fatalf("this program was built without the pack of staff surveys: %v", s.house.books.LeftOut())
		}
		t.Skip("this program was built without the pack of staff surveys: its compiler is not here")
	}
	for _, code := range []measures.ODSCode{"ZZA", "ZZB", "ZZC"} {
		q := wire.Request{Measure: "m", Entry: "e", Series: []measures.Series{{Organisation: code}}}
		s.house.host.Blame(release.Digest, &q, &plugins.Fault{Digest: release.Digest, Kind: plugins.ErrFault, Manner: plugins.Untrue, Cause: "a test"})
	}
	clinician, lead := s.as(t, "demo-clinician"), s.as(t, "demo-governance-lead")
	mustSay(t, "the list, to a clinician", clinician.get(t, "/plugins/quarantine"), 200, release.Manifest.Title, "gave numbers that are not so", "3 times")
	mustSay(t, "the plugin", clinician.get(t, "/plugins/staff"), 200, "In quarantine")
	own := ""
	for _, m := range release.Manifest.Measures {
		if m.Uses.Plugin == "staff" {
			own = string(m.ID)
		}
	}
	mustSay(t, "the measure", clinician.get(t, "/measures/"+own+"/about"), 200, "In quarantine")
	mustSay(t, "its chart", clinician.get(t, "/trusts/ZZA/measures/"+own), 503, "This plugin is in quarantine")
	for _, person := range []string{"demo-clinician", "demo-governance-lead"} {
		s.sit(t, b, person)
		b.Visit(t, s.address+"/plugins/quarantine", 200)
		for _, v := range views {
			b.Look(t, v)
			for _, found := range b.Axe(t, "html") {
				t.Errorf("%s, %s: axe: %s", person, v, found)
			}
			if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
				t.Errorf("%s, %s: the page is too wide: %s", person, v, wide)
			}
		}
	}
	form := url.Values{"digest": {string(release.Digest)}}
	mustSay(t, "a clinician who ends it", clinician.post(t, "/plugins/quarantine", s.address, form), 403, "A quarantine is ended by those who")
	mustSay(t, "no digest", lead.post(t, "/plugins/quarantine", s.address, nil), 400, "Which plugin was meant")
	for range 2 { // the second time somebody else was quicker
		if answer := lead.post(t, "/plugins/quarantine", s.address, form); answer.StatusCode != 303 {
			t.Errorf("governance ends it: %s", answer.Status)
		}
	}
	mustSay(t, "the list afterwards", lead.get(t, "/plugins/quarantine"), 200, "None.")
	if page := clinician.get(t, "/trusts/ZZA/measures/"+own); page.StatusCode == 503 {
		t.Errorf("its chart afterwards: %s", page.Status)
	}
}
