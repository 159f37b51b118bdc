package analysis_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/host/child"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// The sandbox of these tests is the test itself, started again with one word.
const childWord = "sandbox-of-a-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		if err := child.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	status := m.Run()
	closeSandboxes()
	os.Exit(status)
}

// sandboxes are started once for all tests: compiling the library takes a second.
var (
	sandboxes      = sync.OnceValues(startSandboxes)
	closeSandboxes = func() {}
)

type installed struct {
	host    *host.Host
	library *library.Library
}

func startSandboxes() (installed, error) {
	shipped, err := library.Open()
	if err != nil {
		return installed{}, err
	}
	dir, err := os.MkdirTemp("", "signalbox-analysis-test")
	if err != nil {
		return installed{}, err
	}
	// Under the race detector the sandbox is the program that SIGNALBOX_SANDBOX
	// names: a detector inside it takes the memory that its limits are about.
	child := []string{os.Getenv("SIGNALBOX_SANDBOX"), "sandbox"}
	if child[0] == "" {
		self, err := os.Executable()
		if err != nil {
			return installed{}, err
		}
		child = []string{self, childWord}
	}
	h, err := host.New(host.Options{Executable: child, CacheDir: filepath.Join(dir, "code"),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return installed{}, err
	}
	closeSandboxes = func() { _ = h.Close(); _ = os.RemoveAll(dir) }
	for _, digest := range shipped.Modules() {
		module, err := shipped.Module(digest)
		if err == nil {
			_, err = h.Install(context.Background(), module)
		}
		if err != nil {
			return installed{}, err
		}
	}
	return installed{h, shipped}, nil
}

// house is the whole floor, with nothing left out: a database, the policy
// engine with the national baseline, the library's plugins in their sandbox.
type house struct {
	*analysis.Analysis
	db    *postgres.DB
	url   string
	reads *countedData
	runs  *countedRuns
	books shelf
	// shared is what others have published and organisations have adopted.
	shared analysis.Shared
}

// shelf is the library with measures of the test's own.
type shelf struct {
	*library.Library
	more []*measures.Measure
}

func (s shelf) Measures() []*measures.Measure { return append(s.Library.Measures(), s.more...) }

// countedData and countedRuns say how often data were read and plugins run.
type countedData struct {
	analysis.Data
	n      atomic.Int64
	before func() // called just before each reading
}

func (c *countedData) Material(ctx context.Context, g policy.Grant, q postgres.SeriesQuery, m measures.MeasureID) (postgres.Material, error) {
	c.n.Add(1)
	if c.before != nil {
		c.before()
	}
	return c.Data.Material(ctx, g, q, m)
}

type countedRuns struct {
	analysis.Sandbox
	n atomic.Int64
}

func (c *countedRuns) Run(ctx context.Context, digest plugins.Digest, q wire.Request) ([]measures.Chart, error) {
	c.n.Add(1)
	return c.Sandbox.Run(ctx, digest, q)
}

// now is after the last month of all figures in these tests.
func now() time.Time { return time.Date(2026, 8, 15, 12, 0, 0, 0, time.UTC) }

// open builds a house on a database of the test's own.
func open(t testing.TB, more ...*measures.Measure) *house {
	t.Helper()
	boxes, err := sandboxes()
	if err != nil {
		t.Fatal("sandboxes for the test: ", err)
	}
	h := &house{url: pgtest.URL(t), books: shelf{boxes.library, more}}
	if err := postgres.Migrate(t.Context(), h.url); err != nil {
		t.Fatal(err)
	}
	if h.db, err = postgres.Open(t.Context(), postgres.Config{URL: h.url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.db.Close)
	h.reads, h.runs = &countedData{Data: h.db}, &countedRuns{Sandbox: boxes.host}
	h.Analysis = &analysis.Analysis{Catalogue: analysis.NewCatalogue(h.books), Ledger: h.db, Data: h.reads, Plugins: h.runs, Now: now}
	return h
}

// lookAgain lets the catalogue and the policy take notice of what was loaded.
func (h *house) lookAgain(t testing.TB, agreements ...agreement) {
	t.Helper()
	if err := h.Catalogue.Refresh(t.Context(), h.db); err != nil {
		t.Fatal(err)
	}
	reference, err := analysis.Reference(t.Context(), h.db, h.books.Releases())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Catalogue.Share(h.shared); err != nil {
		t.Fatal(err)
	}
	h.shared.Inform(&reference)
	for _, a := range agreements {
		reference.Agreements[policy.KeyOf(a.owner, a.partner, a.dataset)] = policy.Agreement{
			Ref: "DSA-1", Expires: now().Add(time.Hour).Unix(), Purposes: []policy.Purpose{"improvement"}, MinCellCount: 8}
	}
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: reference})
	if err != nil {
		t.Fatal(err)
	}
	h.Policy = engine
}

// agreement lets the staff of partner read a dataset of owner.
type agreement struct {
	owner, partner measures.ODSCode
	dataset        measures.DatasetID
}

// gate asks for loads as the operator of the machine.
func (h *house) gate() intake.Gate {
	return analysis.NewLoading(h.db, policy.Policy{}, analysis.Operator("operator-test"), now)
}

// load takes files in as one organisation, or as national data.
func (h *house) load(t testing.TB, as measures.ODSCode, paths ...string) []intake.FileReport {
	t.Helper()
	report, err := intake.Load(t.Context(), h.db, intake.Options{Gate: h.gate(), Files: paths, As: as, By: "test", RefusedDir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return report.Files
}

// trusts puts organisations into the register: two trusts of one board, and one of none.
func (h *house) trusts(t testing.TB) {
	t.Helper()
	h.load(t, "", write(t, "trusts.csv", `ods_code,name,trust_type,region,ics_short,icb_code,icb_name,predecessor_codes,merger_date,has_ae_series
RAA,Ashford Trust,Acute,North West,,QNW,North Board,,,y
RBB,Birchwood Trust,Acute,North West,,QNW,North Board,,,y
RCC,Cedarhill Trust,Acute,London,,QLD,South Board,,,y
`))
}

// falls is a measure of a dataset that nobody published.
var falls = &measures.Measure{
	ID: "falls", Title: "Falls in hospital", Dataset: "falls", Family: "falls", Grain: measures.Month, Type: "outcome",
	Inputs: []measures.Input{{Name: "numerator", Plus: []string{"numerator"}}, {Name: "denominator", Plus: []string{"denominator"}}},
	Unit:   measures.Unit{Multiply: 1000, Decimals: 2}, Direction: measures.Decrease, Rules: measures.MDC, Baseline: 24,
	Uses: measures.Uses{Plugin: "spc", Entry: "xmr"},
}

const tidyHeader = "measure,org_code,period,numerator,denominator,value,stratifier,stratum,status,note\n"

// fallsOf writes so many months of falls from January 2023, a little different
// each month and each trust, in a tidy file.
func fallsOf(t testing.TB, code measures.ODSCode, months int) string {
	var b strings.Builder
	b.WriteString(tidyHeader)
	for i := range months {
		fmt.Fprintf(&b, "falls,%s,%s,%d,%d,,,,,\n", code, measures.DateOf(2023, 1+i, 1), 100+(i*37+int(code[1]))%23, 19000+(i*53)%400)
	}
	return write(t, "falls-"+string(code)+".csv", b.String())
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trained is some weeks before now.
var trained = measures.DateOf(2026, 7, 1)

// clinician is somebody who treats patients at a trust.
func clinician(at measures.ODSCode) policy.Actor {
	return policy.Actor{ID: "clinician-" + strings.ToLower(string(at)), ODS: at, Orgs: []measures.ODSCode{at},
		Roles: []policy.Role{"clinician"}, Purpose: "improvement", Assurance: "aal2", TrainedOn: trained}
}

// chartOf asks for one measure of one organisation.
func chartOf(actor policy.Actor, measure measures.MeasureID, code measures.ODSCode) analysis.Question {
	return analysis.Question{Actor: actor, Action: policy.ChartRead, Measure: measure, Organisation: code, Everything: true}
}

// ask asks one question, whose answer may be an error.
func (h *house) ask(t testing.TB, q analysis.Question) analysis.Answer {
	t.Helper()
	answers, err := h.Ask(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return answers[0]
}

// chart asks for the one chart of a question.
func (h *house) chart(t testing.TB, q analysis.Question) (*analysis.Chart, analysis.Receipt) {
	t.Helper()
	answer := h.ask(t, q)
	if answer.Err != nil {
		t.Fatalf("%s of %s for %s: %v", q.Measure, q.Organisation, q.Actor.ID, answer.Err)
	}
	if len(answer.Charts) != 1 {
		t.Fatalf("%s of %s: %d charts", q.Measure, q.Organisation, len(answer.Charts))
	}
	return &answer.Charts[0], answer.Receipt
}

// book reads the whole ledger, verified: every entry as it was written, numbers
// without a gap, no result without a decision that allows.
func (h *house) book(t testing.TB) []ledger.Entry {
	t.Helper()
	lines, err := h.db.LedgerEntries(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	var entries []ledger.Entry
	head, err := ledger.Verify(func(yield func(ledger.Record, error) bool) {
		for i, line := range lines {
			entry, err := ledger.Decode(line)
			entries = append(entries, entry)
			if !yield(ledger.Record{Sequence: int64(i) + 1, Canonical: line}, err) {
				return
			}
		}
	}, h.db.LedgerHashes(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if int(head.Size) != len(lines) {
		t.Fatalf("the ledger has %d entries and a tree of %d", len(lines), head.Size)
	}
	return asked(entries)
}

// asked leaves out what the loading of a test's figures recorded.
func asked(entries []ledger.Entry) []ledger.Entry {
	loads := map[int64]bool{}
	return slices.DeleteFunc(entries, func(e ledger.Entry) bool {
		if e.Decision != nil {
			loads[e.Sequence] = e.Decision.Input.Action == policy.DataLoad
			return loads[e.Sequence]
		}
		return loads[e.Result.Record]
	})
}

// shared gives the path of a file of the reference data, which is kept beside
// the checkout and is no part of it.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir := cmp.Or(os.Getenv("SIGNALBOX_SHARED"), filepath.Join("..", "..", "..", "shared"))
	path := filepath.Join(dir, "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("this test reads %s, which is not here; set SIGNALBOX_SHARED to the folder of the reference data", name)
	}
	return path
}
