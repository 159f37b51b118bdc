package analysis_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// version makes a release of the plugin falls-bundle: the arithmetic of the library
// under another name, with one measure of its own.
func (h *house) version(t testing.TB, version string, change func(*measures.Measure)) analysis.Kept {
	t.Helper()
	m := *falls
	m.ID, m.Title, m.Family = "falls-bundle", "Falls, as the bundle counts them", ""
	m.Uses.Plugin = "falls-bundle"
	m.Stratifiers = []string{"ward"}
	change(&m)
	spc, _ := h.books.Release("spc")
	manifest := plugins.Manifest{ID: "falls-bundle", Version: version, ABI: 1, Title: "Falls bundle", Publisher: "Larkfield Improvement Group",
		Licence: "Apache-2.0", Entries: spc.Manifest.Entries, Measures: []measures.Measure{m}}
	module, err := h.books.Module(spc.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if module, err = plugins.WithManifest(module, manifest); err != nil {
		t.Fatal(err)
	}
	boxes, err := sandboxes()
	if err == nil {
		_, err = boxes.host.Install(t.Context(), module)
	}
	if err != nil {
		t.Fatal(err)
	}
	return keptOf(manifest, plugins.DigestOf(module))
}

func keptOf(manifest plugins.Manifest, digest plugins.Digest) analysis.Kept {
	return analysis.Kept{KeptRelease: postgres.KeptRelease{Release: registry.Release{Manifest: manifest}, Digest: digest, Publisher: "larkfield",
		Signers: []registry.Signer{{Holder: "Wren Holloway", Role: "author"}, {Holder: "Ash Marlow", Role: "checker"}}}, State: postgres.Published, Verified: true}
}

// adopt pins a release at an organisation.
func (h *house) adopt(at measures.ODSCode, k analysis.Kept, layers postgres.Layers) {
	h.shared.Adoptions = append(h.shared.Adoptions, postgres.Adoption{ID: int64(len(h.shared.Adoptions) + 1), Organisation: at, Plugin: k.Manifest.ID,
		Digest: k.Digest, Stage: postgres.Adopted, Layers: layers, First: measures.DateOf(2025, 1, 1), At: now(), By: "lead-" + strings.ToLower(string(at))})
}

// lead is an improvement lead of a trust.
func lead(at measures.ODSCode) policy.Actor {
	actor := clinician(at)
	actor.ID, actor.Roles = "lead-"+strings.ToLower(string(at)), []policy.Role{"improvement_lead"}
	return actor
}

// sharing is a house in which RAA runs version 1 of the bundle and RBB version 2;
// RCC runs none.
func sharing(t *testing.T) (h *house, one, two analysis.Kept) {
	h = fallsHouse(t)
	h.load(t, "RCC", fallsOf(t, "RCC", 30))
	one = h.version(t, "1.0.0", func(m *measures.Measure) {})
	two = h.version(t, "2.0.0", func(m *measures.Measure) {
		m.Title, m.Rules = "Falls, as the bundle counts them now", measures.Anhoej
	})
	h.shared.Releases = []analysis.Kept{one, two}
	h.adopt("RAA", one, postgres.Layers{})
	h.adopt("RBB", two, postgres.Layers{})
	h.lookAgain(t)
	return h, one, two
}

func reasons(t testing.TB, err error) []string {
	t.Helper()
	var denial *policy.Denial
	if !errors.As(err, &denial) {
		t.Fatalf("not a denial: %v", err)
	}
	var codes []string
	for _, r := range denial.Record.Decision().Reasons {
		codes = append(codes, r.Code)
	}
	return codes
}

func TestTwoTrustsRunDifferentVersionsOfOnePluginBesideEachOther(t *testing.T) {
	h, one, two := sharing(t)
	for code, want := range map[measures.ODSCode]analysis.Kept{"RAA": one, "RBB": two} {
		answer := h.ask(t, chartOf(clinician(code), "falls-bundle", code))
		if answer.Err != nil {
			t.Fatalf("%s: %v", code, answer.Err)
		}
		m := want.Manifest.Measures[0]
		if answer.Receipt.Release.Digest != want.Digest || answer.Measure.Title != m.Title || answer.Charts[0].Chart.Rules != m.Rules {
			t.Errorf("%s is drawn by %s %s (%s) under %s", code, answer.Receipt.Release.Manifest.Version, answer.Receipt.Release.Digest.Short(), answer.Measure.Title, answer.Charts[0].Chart.Rules)
		}
		book := h.book(t)
		plugin := book[len(book)-2].Decision.Input.Plugin
		if plugin.Digest != string(want.Digest) || plugin.Approval != "approved" || !slices.Equal(plugin.Signers, []string{"Wren Holloway", "Ash Marlow"}) {
			t.Errorf("%s: the ledger names %+v", code, plugin)
		}
	}
	if n := h.runs.n.Load(); n != 2 {
		t.Errorf("%d runs, want one of each version", n)
	}
	// The same question again is answered from the cache, with the right version's.
	for code, want := range map[measures.ODSCode]measures.RuleSet{"RAA": measures.MDC, "RBB": measures.Anhoej} {
		c, _ := h.chart(t, chartOf(clinician(code), "falls-bundle", code))
		if c.Chart.Rules != want || h.runs.n.Load() != 2 {
			t.Errorf("%s again: under %s after %d runs", code, c.Chart.Rules, h.runs.n.Load())
		}
	}
	if err := h.ask(t, chartOf(clinician("RCC"), "falls-bundle", "RCC")).Err; !errors.Is(err, analysis.ErrNoMeasure) {
		t.Errorf("at RCC, which has adopted nothing: %v", err)
	}
}

func TestTheCacheKeepsApartWhatTwoVersionsAnswerToTheSameBytes(t *testing.T) {
	h := fallsHouse(t)
	one := h.version(t, "1.0.0", func(*measures.Measure) {})
	two := h.version(t, "1.0.1", func(*measures.Measure) {}) // the same definition
	h.shared.Releases = []analysis.Kept{one, two}
	h.adopt("RAA", one, postgres.Layers{})
	h.lookAgain(t)
	_, before := h.chart(t, chartOf(clinician("RAA"), "falls-bundle", "RAA"))
	h.shared.Adoptions[0].Digest = two.Digest
	h.lookAgain(t)
	_, after := h.chart(t, chartOf(clinician("RAA"), "falls-bundle", "RAA"))
	if before.Release.Digest != one.Digest || after.Release.Digest != two.Digest || h.runs.n.Load() != 2 {
		t.Errorf("%s, then %s, in %d runs", before.Release.Digest.Short(), after.Release.Digest.Short(), h.runs.n.Load())
	}
}

func TestAPinnedDefinitionStandsInThePlaceOfTheShippedOne(t *testing.T) {
	h := open(t, falls)
	k := h.version(t, "1.0.0", func(m *measures.Measure) { m.ID, m.Title = "falls", "Falls, adopted" })
	h.shared.Releases = []analysis.Kept{k}
	h.adopt("RAA", k, postgres.Layers{})
	h.lookAgain(t)
	for code, want := range map[measures.ODSCode]string{"RAA": "Falls, adopted", "RBB": falls.Title} {
		d, err := h.Catalogue.MeasureAt("falls", code)
		if err != nil || d.Title != want || d.Shipped() != (code == "RBB") {
			t.Errorf("%s: %v %v", code, d.Title, err)
		}
		all := h.Catalogue.MeasuresAt(code)
		at := slices.IndexFunc(all, func(d *analysis.Definition) bool { return d.ID == "falls" })
		again := slices.IndexFunc(all[at+1:], func(d *analysis.Definition) bool { return d.ID == "falls" })
		if all[at].Title != want || again >= 0 || len(all) != len(h.Catalogue.Measures()) {
			t.Errorf("%s has %d measures, falls is %q", code, len(all), all[at].Title)
		}
	}
}

// The organisation's own chart says from when on the figures count as after; nobody
// else's does.
func TestTheChartShowsWhenAReleaseWasAdopted(t *testing.T) {
	h, _, _ := sharing(t)
	c, _ := h.chart(t, chartOf(clinician("RAA"), "falls-bundle", "RAA"))
	if len(c.Events) != 1 || c.Events[0].Start != measures.DateOf(2025, 1, 1) || c.Events[0].Text != "Falls bundle adopted" || c.Events[0].Rebase || c.Events[0].Exclude {
		t.Errorf("events %+v", c.Events)
	}
	if c, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA")); len(c.Events) != 0 {
		t.Errorf("the shipped measure has %+v", c.Events)
	}
}

func TestKnownIdsAreThoseOfReleasesThatWerePublished(t *testing.T) {
	h, one, two := sharing(t)
	for state, want := range map[postgres.Step]int{postgres.Submitted: 1, postgres.Checked: 1, postgres.Refused: 1, postgres.Published: 2, postgres.Deprecated: 2, postgres.Withdrawn: 2} {
		h.shared.Releases = []analysis.Kept{one, two}
		h.shared.Releases[0].State = state
		h.lookAgain(t)
		n := 0
		for _, m := range h.Catalogue.Known() {
			if m.ID == "falls-bundle" {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d of them are known, want %d", state, n, want)
		}
	}
}

func TestAMeasureThatOnlyAReleaseHasIsNamed(t *testing.T) {
	h, one, _ := sharing(t)
	h.shared.Adoptions[0].Layers = layersOf(postgres.Layer{Targets: []measures.Target{{Value: 1}}})
	h.lookAgain(t)
	d, err := h.Catalogue.Named("falls-bundle")
	if err != nil || d.Shipped() || len(d.Targets) != 0 || d.Adoption != nil {
		t.Errorf("%v: %+v", err, d)
	}
	h.shared.Adoptions = nil
	h.lookAgain(t)
	if d, err := h.Catalogue.Named("falls-bundle"); err != nil || d.Release.Manifest.ID != one.Manifest.ID {
		t.Errorf("adopted by nobody: %v", err)
	}
	h.shared.Releases[0].State, h.shared.Releases[1].State = postgres.Submitted, postgres.Withdrawn
	h.lookAgain(t)
	if _, err := h.Catalogue.Named("falls-bundle"); !errors.Is(err, analysis.ErrNoMeasure) {
		t.Errorf("offered by nobody: %v", err)
	}
}

// A release whose bytes come with the program as well stays everybody's, until it is
// withdrawn.
func TestWhatIsShippedIsNotTakenFromAnybodyByBeingShared(t *testing.T) {
	h := fallsHouse(t)
	spc, _ := h.books.Release("spc")
	h.shared.Releases = []analysis.Kept{keptOf(spc.Manifest, spc.Digest)}
	h.lookAgain(t)
	h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	h.shared.Releases[0].State = postgres.Withdrawn
	h.lookAgain(t)
	if got := reasons(t, h.ask(t, chartOf(clinician("RAA"), "falls", "RAA")).Err); !slices.Contains(got, "plugin_withdrawn") {
		t.Errorf("withdrawn: %v", got)
	}
}

func TestWithdrawalStopsDrawingAtOnce(t *testing.T) {
	h, one, _ := sharing(t)
	question := chartOf(clinician("RAA"), "falls-bundle", "RAA")
	h.chart(t, question)
	h.shared.Releases[0].State = postgres.Withdrawn
	h.lookAgain(t)
	answer := h.ask(t, question)
	if got := reasons(t, answer.Err); !slices.Contains(got, "plugin_withdrawn") || len(answer.Charts) > 0 {
		t.Errorf("withdrawn: %v, %d charts", got, len(answer.Charts))
	}
	// It is asked for and refused, and not silently drawn in another way.
	if answer.Definition == nil || answer.Definition.Release.Digest != one.Digest || h.reads.n.Load() != 1 {
		t.Errorf("definition %+v, %d readings", answer.Definition, h.reads.n.Load())
	}
	if c, _ := h.chart(t, chartOf(clinician("RBB"), "falls-bundle", "RBB")); c.Chart.Len() == 0 {
		t.Error("the other version stopped too")
	}
}

func TestAReleaseIsPreviewedByThoseWhoMayAdoptIt(t *testing.T) {
	h, one, two := sharing(t)
	preview := func(actor policy.Actor, at measures.ODSCode, k analysis.Kept) analysis.Question {
		q := chartOf(actor, "falls-bundle", at)
		q.Preview = &analysis.Preview{Release: plugins.Release{Digest: k.Digest}}
		return q
	}
	answer := h.ask(t, preview(lead("RCC"), "RCC", one))
	if answer.Err != nil || answer.Receipt.Release.Digest != one.Digest || len(answer.Charts) != 1 {
		t.Fatalf("RCC looks at it: %v", answer.Err)
	}
	book := h.book(t)
	if plugin := book[len(book)-2].Decision.Input.Plugin; plugin.Approval != "preview" || len(plugin.Signers) != 2 {
		t.Errorf("the ledger names %+v", plugin)
	}
	// RAA runs the first and looks at the second.
	if answer := h.ask(t, preview(lead("RAA"), "RAA", two)); answer.Err != nil || answer.Charts[0].Chart.Rules != measures.Anhoej {
		t.Errorf("RAA looks at the next version: %v", answer.Err)
	}
	for name, q := range map[string]analysis.Question{
		"a clinician":    preview(clinician("RCC"), "RCC", one),
		"another's lead": preview(lead("RAA"), "RCC", one),
		"all trusts":     preview(lead("RCC"), policy.Everyone, one),
		"as an export": func() analysis.Question {
			q := preview(lead("RCC"), "RCC", one)
			q.Action = policy.DataExport
			return q
		}(),
		"nobody's sign-in": preview(policy.Actor{}, "RCC", one),
	} {
		if answer := h.ask(t, q); !errors.Is(answer.Err, policy.ErrDenied) || len(answer.Charts) > 0 {
			t.Errorf("%s: %v", name, answer.Err)
		}
	}
	unknown := preview(lead("RCC"), "RCC", one)
	unknown.Preview.Release.Digest = plugins.DigestOf([]byte("another"))
	if err := h.ask(t, unknown).Err; !errors.Is(err, analysis.ErrNotKept) {
		t.Errorf("a release that is not here: %v", err)
	}
	h.shared.Releases[0].Verified = false
	h.lookAgain(t)
	if err := h.ask(t, preview(lead("RCC"), "RCC", one)).Err; !errors.Is(err, policy.ErrDenied) {
		t.Errorf("a release whose signatures do not hold: %v", err)
	}
}

// What a preview says of a release is read from the one that is kept.
func TestAPreviewIsOfTheKeptReleaseWhateverTheCallerSays(t *testing.T) {
	h, one, _ := sharing(t)
	invented := one.Manifest
	invented.Measures = slices.Clone(invented.Measures)
	invented.Measures[0].Dataset, invented.Measures[0].Title = "secret", "Another"
	q := chartOf(lead("RCC"), "falls-bundle", "RCC")
	q.Preview = &analysis.Preview{Release: plugins.Release{Manifest: invented, Digest: one.Digest}}
	if answer := h.ask(t, q); answer.Err != nil || answer.Measure.Dataset != "falls" || answer.Measure.Title != one.Manifest.Measures[0].Title {
		t.Errorf("%v: %+v", answer.Err, answer.Measure)
	}
}

// A release without code is computed by the library, and its own digest is what is
// adopted and withdrawn.
func TestAReleaseWithoutCodeIsPinnedByItsOwnDigest(t *testing.T) {
	h := fallsHouse(t)
	m := *falls
	m.ID, m.Title = "falls-pack", "Falls, as a pack has them"
	manifest := plugins.Manifest{ID: "falls-pack", Version: "1.0.0", Title: "Falls pack", Measures: []measures.Measure{m}}
	k := keptOf(manifest, plugins.DigestOf([]byte("falls-pack 1.0.0")))
	h.shared.Releases = []analysis.Kept{k}
	h.adopt("RAA", k, postgres.Layers{})
	h.lookAgain(t)
	answer := h.ask(t, chartOf(clinician("RAA"), "falls-pack", "RAA"))
	spc, _ := h.books.Release("spc")
	if answer.Err != nil || answer.Receipt.Release.Digest != spc.Digest || answer.Definition.Release.Digest != k.Digest {
		t.Fatalf("%v: computed by %s, defined by %s", answer.Err, answer.Receipt.Release.Digest.Short(), answer.Definition.Release.Digest.Short())
	}
	book := h.book(t)
	if plugin := book[len(book)-2].Decision.Input.Plugin; plugin.Digest != string(k.Digest) {
		t.Errorf("the policy was told of %+v", plugin)
	}
	h.shared.Releases[0].State = postgres.Withdrawn
	h.lookAgain(t)
	if got := reasons(t, h.ask(t, chartOf(clinician("RAA"), "falls-pack", "RAA")).Err); !slices.Contains(got, "plugin_withdrawn") {
		t.Errorf("withdrawn: %v", got)
	}
}

func TestAMeasureWhosePluginIsNotHereSaysSo(t *testing.T) {
	h := fallsHouse(t)
	m := *falls
	m.ID, m.Uses.Plugin = "falls-pack", "elsewhere"
	k := keptOf(plugins.Manifest{ID: "falls-pack", Version: "1.0.0", Measures: []measures.Measure{m}}, plugins.DigestOf([]byte("pack")))
	h.shared.Releases = []analysis.Kept{k}
	h.adopt("RAA", k, postgres.Layers{})
	h.lookAgain(t)
	answer := h.ask(t, chartOf(clinician("RAA"), "falls-pack", "RAA"))
	if answer.Err == nil || !strings.Contains(answer.Err.Error(), `plugin "elsewhere"`) || answer.Measure == nil {
		t.Errorf("%v", answer.Err)
	}
}

// For all organisations together, the reader's own pin draws, without what is laid
// over it at home.
func TestAllOrganisationsAreDrawnByTheReadersOwnPin(t *testing.T) {
	h := national(t)
	var ae *measures.Measure
	for _, m := range h.books.Measures() {
		if m.ID == "ae-4h" {
			ae = m
		}
	}
	m := *ae
	m.ID, m.Title, m.Uses.Plugin = "ae-4h-bundle", "Seen within 4 hours, by the bundle", "falls-bundle"
	k := h.version(t, "1.0.0", func(own *measures.Measure) { *own = m })
	h.shared.Releases = []analysis.Kept{k}
	h.adopt("RQW", k, postgres.Layers{Measures: map[measures.MeasureID]postgres.Layer{m.ID: {Targets: []measures.Target{{Value: 42}}}}})
	h.lookAgain(t)
	own, _ := h.chart(t, chartOf(clinician("RQW"), m.ID, "RQW"))
	if own.Chart.Target != 42 {
		t.Errorf("at home the target is %v", own.Chart.Target)
	}
	all := h.ask(t, chartOf(clinician("RQW"), m.ID, policy.Everyone))
	if all.Err != nil || len(all.Charts) < 100 || all.Receipt.Release.Digest != k.Digest || all.Definition.Adoption.Organisation != "RQW" {
		t.Fatalf("%v: %d charts", all.Err, len(all.Charts))
	}
	for i := range all.Charts {
		if all.Charts[i].Chart.Target == 42 {
			t.Fatalf("%s is held against the target of RQW", all.Charts[i].Organisation)
		}
	}
	if err := h.ask(t, chartOf(clinician("RC9"), m.ID, policy.Everyone)).Err; !errors.Is(err, analysis.ErrNoMeasure) {
		t.Errorf("for a reader whose trust has not adopted it: %v", err)
	}
	f, err := h.Compare(t.Context(), analysis.Comparison{Actor: clinician("RQW"), Action: policy.ChartRead, Measure: m.ID, Periods: 3})
	if err != nil || len(f.Groups) < 100 || f.Receipt.Release.Digest != k.Digest {
		t.Errorf("a funnel of %d by %s: %v", len(f.Groups), f.Receipt.Release.Digest.Short(), err)
	}
}
