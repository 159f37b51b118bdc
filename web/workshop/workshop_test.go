package workshop

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
	"github.com/signalbox-health/signalbox/web/layout"
)

// desk is the workshop with everything around it that a test looks at.
type desk struct {
	*Pages
	mu      sync.Mutex
	actions []policy.Action // that were recorded
	kept    []postgres.Draft
	run     []wire.Request // what drafts were given
	reader  policy.Actor
	// starting is called when a draft is started.
	starting func()
	modules  map[plugins.Digest][]byte
}

func (d *desk) RecordAll(_ context.Context, decisions []policy.Decision) ([]policy.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var records []policy.Record
	for _, one := range decisions {
		d.actions = append(d.actions, one.Request.Action)
		records = append(records, policy.Recorded(one, int64(len(d.actions))))
	}
	return records, nil
}

func (d *desk) RecordResults(context.Context, []postgres.Result) error { return nil }

func (d *desk) DatasetsWithData(context.Context, measures.ODSCode) ([]postgres.Coverage, error) {
	return nil, errors.New("this page needs to know nobody's data")
}

func (d *desk) KeepDraft(_ context.Context, _ policy.Grant, draft postgres.Draft) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	draft.ID, draft.By = int64(len(d.kept)+1), d.reader.ID
	d.kept = append(d.kept, draft)
	return draft.ID, nil
}

func (d *desk) drafts() []postgres.Draft {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.kept)
}

func (d *desk) Drafts(context.Context, policy.Grant) ([]postgres.Draft, error) {
	return d.drafts(), nil
}

func (d *desk) Draft(_ context.Context, _ policy.Grant, id int64) (postgres.Draft, error) {
	if kept := d.drafts(); id >= 1 && int(id) <= len(kept) {
		return kept[id-1], nil
	}
	return postgres.Draft{}, postgres.ErrNotFound
}

func (d *desk) ForgetDraft(context.Context, policy.Grant, int64) error { return nil }

// The host of the plugins that readers wait for has nothing to do with drafts.
func (d *desk) Quarantined() []plugins.Quarantine                  { return nil }
func (d *desk) Lift(context.Context, plugins.Digest, string) error { return nil }
func (d *desk) Usage() []host.Usage                                { return nil }
func (d *desk) Admit(plugins.Digest, *wire.Request) error          { return nil }
func (d *desk) Blame(plugins.Digest, *wire.Request, error)         {}
func (d *desk) Forget(plugins.Digest) error                        { return nil }
func (d *desk) Close() error                                       { return nil }

func (d *desk) Install(_ context.Context, module []byte) (plugins.Release, error) {
	if d.starting != nil {
		d.starting()
	}
	manifest, err := plugins.ManifestOf(module)
	return plugins.Release{Manifest: manifest, Digest: plugins.DigestOf(module)}, err
}

// Run answers as the library's plugin does, and remembers what it was given.
func (d *desk) Run(_ context.Context, _ plugins.Digest, q wire.Request) ([]measures.Chart, error) {
	d.run = append(d.run, q)
	kind := measures.XmR
	if err := kind.UnmarshalText([]byte(q.Entry)); err != nil {
		return nil, err
	}
	return sdk.ComputeCharts(kind, &q)
}

func (d *desk) RunPayload(_ context.Context, _ plugins.Digest, payload []byte, _ int, _ time.Duration) ([]byte, error) {
	return sdk.Serve(payload), nil
}

func (d *desk) Releases() []plugins.Release { return nil }

func (d *desk) Module(digest plugins.Digest) ([]byte, error) { return d.modules[digest], nil }

// noLibrary is a catalogue of nothing.
type noLibrary struct{}

func (noLibrary) Measures() []*measures.Measure          { return nil }
func (noLibrary) Release(string) (plugins.Release, bool) { return plugins.Release{}, false }

type noAssets struct{}

func (noAssets) URL(name string) string { return "/assets/" + name }

// innovator and lead are people of the demonstration.
func person(t testing.TB, id string) policy.Actor {
	t.Helper()
	for _, p := range demo.People(measures.Date(time.Now().Unix() / 86400)) {
		if p.Actor.ID == id {
			return p.Actor
		}
	}
	t.Fatalf("nobody is called %s", id)
	return policy.Actor{}
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	reference, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: reference})
	if err != nil {
		t.Fatal(err)
	}
	datasets, err := intake.Datasets()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{reader: person(t, "demo-innovator")}
	d.Pages = &Pages{Catalogue: analysis.NewCatalogue(noLibrary{}), Library: d, Datasets: append(datasets, demo.Own()...), Policy: engine, Ledger: d,
		Register: d, Drafts: d, Host: d, Bench: func(context.Context) (Bench, error) { return d, nil },
		Reader: func(*http.Request) (policy.Actor, layout.Page) { return d.reader, layout.Page{Assets: noAssets{}} },
		Now:    time.Now, Log: slog.New(slog.DiscardHandler)}
	return d
}

// falls is a plugin with one measure: the library's code under another name.
func falls(t testing.TB, change func(*plugins.Manifest)) []byte {
	t.Helper()
	shipped, err := library.Open()
	if errors.Is(err, library.ErrNotBuilt) {
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
	m := demo.Manifest().Measures[0]
	m.ID, m.Family, m.Title, m.Uses.Plugin = "falls-again", "falls-again", "Falls, once more", "falls-again"
	manifest := plugins.Manifest{ID: "falls-again", Version: "0.1.0", ABI: 1, Title: "Falls, once more", Publisher: "A charity", Licence: "Apache-2.0",
		Entries: release.Manifest.Entries, Measures: []measures.Measure{m}}
	if change != nil {
		change(&manifest)
	}
	module, err = plugins.WithManifest(module, manifest)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// form is a multipart form with one file.
func form(t testing.TB, field, name string, content []byte) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	part, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return body, w.FormDataContentType()
}

// send brings a file and gives the whole answer.
func (d *desk) send(t testing.TB, name string, content []byte) *httptest.ResponseRecorder {
	t.Helper()
	body, contentType := form(t, fileField, name, content)
	r := httptest.NewRequest(http.MethodPost, "/plugins/new", body)
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	if err := d.Check(w, r); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestFindingsAreSentAsTheyCome(t *testing.T) {
	d := newDesk(t)
	read := make(chan struct{})
	d.starting = func() {
		select {
		case <-read:
		case <-time.After(20 * time.Second):
			t.Error("nothing was read before the module was started")
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := d.Check(w, r); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	body, contentType := form(t, fileField, "falls.wasm", falls(t, nil))
	answer, err := http.Post(server.URL, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, buffer := "", make([]byte, 4096)
	for !strings.Contains(page, "Its manifest is complete") {
		n, err := answer.Body.Read(buffer)
		if page += string(buffer[:n]); err != nil {
			t.Fatalf("the page ended early with %v: %s", err, page)
		}
	}
	if strings.Contains(page, "It starts") {
		t.Error("it is said to have started before it was")
	}
	close(read)
	rest, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	page += string(rest)
	for _, words := range []string{"It starts", "/plugins/drafts/1", "</html>"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not say %q: %s", words, page)
		}
	}
}

func TestADraftIsKeptThoughItsAuthorWentAway(t *testing.T) {
	d := newDesk(t)
	ctx, leave := context.WithCancel(t.Context())
	d.starting = leave
	body, contentType := form(t, fileField, "falls.wasm", falls(t, nil))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/plugins/new", body)
	r.Header.Set("Content-Type", contentType)
	if err := d.Check(brokenWriter{httptest.NewRecorder(), ctx}, r); err != nil {
		t.Fatal(err)
	}
	kept := d.drafts()
	if len(kept) != 1 || len(kept[0].Steps) < 5 {
		t.Fatalf("kept: %+v", kept)
	}
}

// brokenWriter is a connection that breaks when its reader goes away.
type brokenWriter struct {
	*httptest.ResponseRecorder
	ctx context.Context
}

func (w brokenWriter) Write(b []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, errors.New("broken pipe")
	}
	return w.ResponseRecorder.Write(b)
}

func TestFilesThatAreNoPluginsGetAPageThatHelps(t *testing.T) {
	d := newDesk(t)
	for _, test := range []struct {
		name    string
		content []byte
		status  int
		says    string
	}{
		{"nothing", nil, 422, "this one is empty"},
		{"too large", make([]byte, maxModule+1), 413, "a plugin has 8.0 MiB at most"},
		{"text", []byte("dear reader"), 200, "not a core WebAssembly module"},
		{"no manifest", []byte("\x00asm\x01\x00\x00\x00"), 200, "The file is not kept"},
	} {
		w := d.send(t, test.name, test.content)
		body := w.Body.String()
		if w.Code != test.status || !strings.Contains(strings.ToLower(body), strings.ToLower(test.says)) || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
			t.Errorf("%s: %d %s", test.name, w.Code, body)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/plugins/new", strings.NewReader("a=b"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	if err := d.Check(w, r); err != nil || w.Code != 400 {
		t.Errorf("a form without a file: %d, %v", w.Code, err)
	}
	if kept := d.drafts(); len(kept) != 0 {
		t.Errorf("kept: %d", len(kept))
	}
}

func TestWhatAnAuthorWritesStaysText(t *testing.T) {
	d := newDesk(t)
	module := falls(t, func(m *plugins.Manifest) {
		m.Title = `<script>alert("title")</script>`
		m.Measures[0].Problem = `<img src=x onerror=alert(1)>`
		m.Measures[0].Title = "\u202e\u0000</title><b>"
	})
	page := d.send(t, `../../"><i>.wasm`, module).Body.String()
	for _, path := range []string{"", "/trial"} {
		r := httptest.NewRequest(http.MethodGet, "/plugins/drafts/1"+path, nil)
		r.SetPathValue("draft", "1")
		w := httptest.NewRecorder()
		handler := d.Pages.Draft
		if path != "" {
			handler = d.Pages.Trial
		}
		if err := handler(w, r); err != nil {
			t.Fatal(err)
		}
		page += w.Body.String()
	}
	for _, bad := range []string{"<script>alert", "<img src=x", "</title><b>", `"><i>`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q as it came", bad)
		}
	}
}

// TestADraftIsGivenInventedFiguresAndNothingElse holds what a draft was asked to
// what the demonstration makes. A page that asked for anybody's data would fail:
// this workshop has none.
func TestADraftIsGivenInventedFiguresAndNothingElse(t *testing.T) {
	for _, test := range []struct {
		name, dataset, organisation string
		change                      func(*plugins.Manifest)
	}{
		{"a dataset of the demonstration", "demo_falls", "ZZA", nil},
		{"a dataset with real figures elsewhere", "ae_4h", "ZZA", func(m *plugins.Manifest) { m.Measures[0].Dataset = "ae_4h" }},
		{"one stratum of a table", "programme", "ZZQNW", func(m *plugins.Manifest) {
			m.Measures[0].Dataset, m.Measures[0].Part = "programme", &measures.Part{Stratifier: "measure", Stratum: "nhs_app_adults"}
			m.Measures[0].Grain, m.Measures[0].Denominator = measures.Irregular, ""
			m.Measures[0].Inputs = []measures.Input{{Name: "numerator", Plus: []string{"numerator"}}}
		}},
		{"a dataset nobody knows", "rumours", "ZZ1", func(m *plugins.Manifest) { m.Measures[0].Dataset = "rumours" }},
		{"columns nobody knows", "demo_falls", "ZZ1", func(m *plugins.Manifest) { m.Measures[0].Inputs[0].Plus = []string{"secrets"} }},
	} {
		d := newDesk(t)
		d.send(t, "falls.wasm", falls(t, test.change))
		r := httptest.NewRequest(http.MethodGet, "/plugins/drafts/1/trial", nil)
		r.SetPathValue("draft", "1")
		w := httptest.NewRecorder()
		if err := d.Pages.Trial(w, r); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		fewest := 24
		if test.dataset == "programme" {
			fewest = 4 // somebody made them known now and then
		}
		if len(d.run) != 1 || len(d.run[0].Series) != 1 || string(d.run[0].Series[0].Organisation) != test.organisation || len(d.run[0].Series[0].Periods) < fewest {
			t.Errorf("%s: it was asked %+v", test.name, d.run)
		}
		for _, words := range []string{"Draft: not approved, seen by you and by information governance only.", "Verified by recomputation", "<svg", "</html>"} {
			if !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s: the page does not have %q", test.name, words)
			}
		}
		for _, action := range d.actions {
			if !action.AboutPlugin() {
				t.Errorf("%s: %s was decided on", test.name, action)
			}
		}
	}
}

func TestOnlyThoseWhoMayBringAndSeeDrafts(t *testing.T) {
	for _, test := range []struct {
		who           string
		brings, looks bool
	}{{"demo-innovator", true, true}, {"demo-governance-lead", false, true}, {"demo-clinician", false, false}, {"demo-analyst", false, false}} {
		d := newDesk(t)
		d.reader = person(t, test.who)
		err := d.New(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/plugins/new", nil))
		if test.brings != (err == nil) || err != nil && !errors.Is(err, policy.ErrDenied) {
			t.Errorf("%s opens the form: %v", test.who, err)
		}
		err = d.DraftList(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/plugins/drafts", nil))
		if test.looks != (err == nil) || err != nil && !errors.Is(err, policy.ErrDenied) {
			t.Errorf("%s opens the drafts: %v", test.who, err)
		}
	}
}

func TestNamesOfFilesAreNamesOnly(t *testing.T) {
	for given, want := range map[string]string{"waits.wasm": "waits.wasm", `C:\work\waits.wasm`: "waits.wasm", "../../etc/passwd": "passwd",
		"": "a file without a name", "a\x00b\n.wasm": "ab.wasm", "\xff\xfe.wasm": ".wasm", strings.Repeat("x", 200): strings.Repeat("x", 79) + "…"} {
		if got := fileName(given); got != want {
			t.Errorf("fileName(%q) = %q, want %q", given, got, want)
		}
	}
}
