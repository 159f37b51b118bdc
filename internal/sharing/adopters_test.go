package sharing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// arithmetic is the library with its modules in a sandbox, started once for all tests.
var arithmetic = sync.OnceValues(func() (*library.Library, error) { return library.Open() })

// adopter is an installation that runs for the trust RAA: a database, the national
// policy, the library in a sandbox, and a release of others that RAA has adopted.
type adopter struct {
	db       *postgres.DB
	url      string
	library  *library.Library
	main     *analysis.Analysis
	shelf    *sharing.Shelf
	adopting *sharing.Adopting
	witness  *sharing.Witness
	list     registry.List
	node     registry.Key
	signers  []registry.Key                       // author and checker of releases
	own      map[measures.ODSCode][]policy.Module // policies of trusts
	now      time.Time
	reads    atomic.Int64
}

// counting says how often figures were read.
type counting struct {
	*postgres.DB
	n *atomic.Int64
}

func (c counting) Material(ctx context.Context, g policy.Grant, q postgres.SeriesQuery, m measures.MeasureID) (postgres.Material, error) {
	c.n.Add(1)
	return c.DB.Material(ctx, g, q, m)
}

// newAdopter loads the figures that there are in July 2025, and adopts the release.
func newAdopter(t testing.TB, files ...string) *adopter {
	t.Helper()
	h := &adopter{url: pgtest.URL(t), node: newKey(t), now: time.Date(2025, 7, 15, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	if err := postgres.Migrate(t.Context(), h.url); err != nil {
		t.Fatal(err)
	}
	var err error
	if h.db, err = postgres.Open(t.Context(), postgres.Config{URL: h.url, Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.db.Close)
	if h.library, err = arithmetic(); err != nil {
		t.Fatal(err)
	}
	box := newSandbox(t, h.library)
	h.main = &analysis.Analysis{Catalogue: analysis.NewCatalogue(h.library), Ledger: h.db, Data: counting{h.db, &h.reads}, Plugins: box, Now: clock}
	h.load(t, "", `ods_code,name,trust_type,region,ics_short,icb_code,icb_name,predecessor_codes,merger_date,has_ae_series
RAA,Ashford Trust,Acute,North West,,QNW,North Board,,,y
RBB,Birchwood Trust,Acute,North West,,QNW,North Board,,,y
`)
	author, checker := newKey(t), newKey(t)
	from := h.now.AddDate(-1, 0, 0)
	h.list = registry.List{Serial: 7, Issued: from, Expires: h.now.AddDate(3, 0, 0), Publishers: []registry.Publisher{{
		ID: "bellmere", Name: "Bellmere Trust (fictional)", Class: "trust", Names: []string{"bellmere-*"}, Threshold: 2,
		Keys: []registry.PublisherKey{{Key: author.Public(), Holder: "ward analyst", Role: registry.RoleAuthor, From: from},
			{Key: checker.Public(), Holder: "head of audit", Role: registry.RoleChecker, From: from}}}},
		Nodes: []registry.Node{{ID: "ashford", Name: "Ashford", Organisations: []measures.ODSCode{"RAA"}, Key: h.node.Public(), From: from}}}
	list := func(context.Context) (*registry.List, error) { return &h.list, nil }
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	refresh := func(ctx context.Context) error { return h.refresh(ctx) }
	h.shelf = &sharing.Shelf{Store: h.db, Ledger: h.db, List: list, Host: box, Examine: sound, Refresh: refresh, Now: clock, Log: log}
	h.adopting = &sharing.Adopting{Store: h.db, Register: h.db, Charts: h.main, Catalogue: h.main.Catalogue, Ledger: h.db,
		Facts: h.shelf.Facts, Refresh: refresh, Now: clock}
	h.witness = &sharing.Witness{Store: h.db, Charts: h.main, Record: h.db, Now: clock,
		Voice: &sharing.Voice{Key: func() (registry.Key, error) { return h.node, nil }, List: list, Now: clock},
		Name:  h.db.OrganisationName}
	for _, f := range files {
		h.load(t, "RAA", f)
	}
	h.look(t)
	h.signers = []registry.Key{author, checker}
	kept := h.bring(t, wards(t))
	choice := sharing.Choice{Digest: kept.Digest, Stage: postgres.Adopted, Sends: true}
	proposed, err := h.adopting.Propose(t.Context(), lead("RAA"), choice)
	if err != nil {
		t.Fatal(err)
	}
	// As proposed, with two years of months for a baseline.
	choice.Layers = proposed.Choice.Layers
	layer := choice.Layers.Measures[bellmereFalls]
	layer.Baseline = &postgres.Baseline{From: measures.DateOf(2023, 7, 1), To: measures.DateOf(2025, 6, 1)}
	choice.Layers.Measures[bellmereFalls] = layer
	if _, err := h.adopting.Adopt(t.Context(), lead("RAA"), choice); err != nil {
		t.Fatal(err)
	}
	return h
}

// bring signs a release and takes it in.
func (h *adopter) bring(t testing.TB, release registry.Release) postgres.KeptRelease {
	t.Helper()
	var err error
	for _, key := range h.signers {
		if release, err = release.Sign(key, "bellmere", registry.Build{}, h.now); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := h.shelf.Bring(t.Context(), lead("RAA"), release, postgres.FromBundle)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// newSandbox runs the library's modules for readers.
func newSandbox(t testing.TB, shipped *library.Library) *host.Host {
	t.Helper()
	h := newHost(t, host.Options{CacheDir: compiled})
	for _, digest := range shipped.Modules() {
		module, err := shipped.Module(digest)
		if err == nil {
			_, err = h.Install(t.Context(), module)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// lead is an improvement lead of a trust.
func lead(at measures.ODSCode) policy.Actor {
	return policy.Actor{ID: "lead-" + strings.ToLower(string(at)), ODS: at, Orgs: []measures.ODSCode{at}, Roles: []policy.Role{"improvement_lead"},
		Purpose: "improvement", Assurance: "aal2", TrainedOn: measures.DateOf(2025, 7, 14)}
}

// wards is a release of two measures of the same figures: as a whole, and split by ward.
func wards(t testing.TB) registry.Release {
	t.Helper()
	m := measures.Measure{ID: "bellmere-falls", Family: "bellmere-falls", Title: "Falls", Dataset: "falls", Grain: measures.Month,
		Inputs: []measures.Input{{Name: "numerator", Plus: []string{"numerator"}}, {Name: "denominator", Plus: []string{"denominator"}}},
		Unit:   measures.Unit{Multiply: 1000, Words: "per 1,000 bed days", Decimals: 1}, Direction: measures.Decrease, Rules: measures.MDC, Baseline: 24,
		Stratifiers: []string{"ward"}, Mix: &measures.Mix{Of: "ward", Stratifier: "ward"},
		Uses: measures.Uses{Plugin: "spc", Entry: "xmr"}, Problem: "People fall.", ReviewDate: measures.DateOf(2028, 1, 1)}
	text, err := json.Marshal(plugins.Manifest{ID: "bellmere-falls", Version: "1.0.0", Title: "Falls on wards", Publisher: "Bellmere Trust",
		Licence: "MIT", Measures: []measures.Measure{m}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.ReleaseOf(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// falls are the figures of a trust and its three wards for some months from January
// 2023, in a tidy file. Few fall on the last ward.
func falls(from, to int, count func(month int) [3]int) string {
	var b strings.Builder
	b.WriteString("measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note\n")
	days := [3]int{4000, 2500, 1000}
	for i := from; i < to; i++ {
		n := count(i)
		days[2] = 1000 + 20*i // Oak grows
		row := func(falls, days int, by string) {
			fmt.Fprintf(&b, "falls,RAA,%s,%d,%d,,%s,,\n", measures.DateOf(2023, 1+i, 1), falls, days, by)
		}
		row(n[0]+n[1]+n[2], days[0]+days[1]+days[2], ",")
		for w, ward := range []string{"Elm", "Ash", "Oak"} {
			row(n[w], days[w], "ward,"+ward)
		}
	}
	return b.String()
}

// fewer falls on all wards from July 2025 on.
func fewer(month int) [3]int {
	n := [3]int{120 + (month*37)%17, 60 + (month*29)%11, 30 + (month*23)%9}
	if month >= 30 {
		n[0], n[1], n[2] = n[0]-40, n[1]-20, n[2]-10
	}
	return n
}

func (h *adopter) load(t testing.TB, as measures.ODSCode, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "figures.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return h.now }
	report, err := intake.Load(t.Context(), h.db, intake.Options{Gate: analysis.NewLoading(h.db, policy.Policy{}, analysis.Operator("operator-test"), clock),
		Files: []string{path}, As: as, By: "test", RefusedDir: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Files {
		if !f.Committed || f.Refused > 0 {
			t.Fatalf("%s: %d rows refused", f.File, f.Refused)
		}
	}
}

func (h *adopter) look(t testing.TB) {
	t.Helper()
	if err := h.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// refresh lets charts and policy take notice of everything that is here.
func (h *adopter) refresh(ctx context.Context) error {
	if err := h.main.Catalogue.Refresh(ctx, h.db); err != nil {
		return err
	}
	shared, err := h.shelf.Look(ctx)
	if err != nil {
		return err
	}
	if err := h.main.Catalogue.Share(shared); err != nil {
		return err
	}
	reference, err := analysis.Reference(ctx, h.db, h.library.Releases())
	if err != nil {
		return err
	}
	shared.Inform(&reference)
	engine, err := policy.NewEngine(ctx, policy.EngineOptions{Data: reference, Policy: policy.Policy{Trusts: h.own},
		Now: func() time.Time { return h.now }, Deadline: time.Minute})
	if err != nil {
		return err
	}
	h.main.Policy, h.shelf.Policy, h.adopting.Policy, h.witness.Policy = engine, engine, engine, engine
	return nil
}

// aYearLater loads what happened since the adoption.
func (h *adopter) aYearLater(t testing.TB, count func(month int) [3]int) int64 {
	t.Helper()
	h.now = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	h.load(t, "RAA", falls(30, 42, count))
	h.look(t)
	live, err := h.db.Adoptions(t.Context())
	if err != nil || len(live) != 1 {
		t.Fatalf("adoptions: %v, %v", live, err)
	}
	return live[0].ID
}
