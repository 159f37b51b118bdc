package policy

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC).Unix()

// trained is some weeks before noon.
var trained = measures.DateOf(2026, 5, 1)

const (
	approved  = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	adopted   = "sha256:2222222222222222222222222222222222222222222222222222222222222222" // by RQW and RXX
	shipped   = "sha256:4444444444444444444444444444444444444444444444444444444444444444" // with the program, and withdrawn since
	withdrawn = "sha256:3333333333333333333333333333333333333333333333333333333333333333"
)

// reference is a small country: two trusts of one integrated care board, a
// third elsewhere, and a national body.
func reference(t testing.TB) ReferenceData {
	t.Helper()
	data, err := NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]bool{"seen": true, "total": true}
	data.Datasets = map[measures.DatasetID]DatasetFacts{
		"ae":          {Title: "A&E attendances", Licence: "OGL-UK-3.0", Published: true, Columns: columns},
		"restricted":  {Title: "Staff survey", Licence: "© publisher", Published: true, Columns: columns},
		"diagnostics": {Title: "Waits for a diagnostic test", Licence: "none", Columns: columns, Stratifiers: []string{"test"}},
		"made_up":     {Title: "Made-up attendances", Licence: "none", Synthetic: true, Columns: columns},
	}
	data.Organisations = map[measures.ODSCode]OrganisationFacts{
		"RQW": {Name: "Princess Alexandra", Kind: "trust", ICB: "QM7"},
		"RWG": {Name: "West Hertfordshire", Kind: "trust", ICB: "QM7"},
		"RXX": {Name: "Elsewhere", Kind: "trust", ICB: "QXX"},
		"QM7": {Name: "Hertfordshire and West Essex", Kind: "icb"},
		"X26": {Name: "NHS England", Kind: "national"},
		"ENG": {Name: "England", Kind: "national"},
	}
	data.Plugins = map[string]PluginFacts{
		approved: {ID: "spc", Version: "1.0.0", Approved: true},
		adopted: {ID: "pressure", Version: "2.1.0", Approved: true, Datasets: []measures.DatasetID{"diagnostics", "ae"}, Publisher: "northvale", State: ReleasePublished,
			Offered: true, Adopters: map[measures.ODSCode]AdopterFacts{"RQW": {Stage: "adopted"}, "RXX": {Stage: "pilot", Datasets: []measures.DatasetID{"made_up"}}}},
		shipped: {ID: "old", Version: "1.0.0", Approved: true, State: ReleaseWithdrawn},
		withdrawn: {ID: "harmful", Version: "1.0.0", Approved: true, Publisher: "northvale", State: ReleaseWithdrawn,
			Adopters: map[measures.ODSCode]AdopterFacts{"RQW": {Stage: "adopted"}}},
	}
	data.Agreements = map[AgreementKey]Agreement{
		KeyOf("RXX", "RQW", "diagnostics"): {Ref: "DSA-1", Expires: noon + 90, Purposes: []Purpose{"improvement"}},
	}
	return data
}

func engine(t testing.TB, change ...func(*EngineOptions)) *Engine {
	t.Helper()
	// A test machine may be busy: only the tests of the deadline are about time.
	o := EngineOptions{Data: reference(t), Deadline: time.Minute}
	for _, f := range change {
		f(&o)
	}
	e, err := NewEngine(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func clinician() Actor {
	return Actor{ID: "person-7", Name: "A. Person", ODS: "RQW", Orgs: []measures.ODSCode{"RQW"},
		Roles: []Role{"clinician"}, Purpose: "improvement", Assurance: "aal2", TrainedOn: trained}
}

func read(who Actor, dataset measures.DatasetID, ods measures.ODSCode) Request {
	return Request{ID: "request-1", Now: noon, Action: ChartRead, Actor: who,
		Plugin: Plugin{ID: "spc", Version: "1.0.0", Digest: approved, Signers: []string{}, Approval: "approved"},
		Resource: Resource{Dataset: dataset, Columns: []string{"seen", "total"}, ODS: ods, Grain: "aggregate", Stratifiers: []string{},
			Period: Period{From: measures.DateOf(2024, 1, 1), To: measures.DateOf(2026, 1, 1)}}}
}

func decide(t testing.TB, e *Engine, r Request) Decision {
	t.Helper()
	d, err := e.Decide(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func codes(d Decision) []string {
	var list []string
	for _, r := range d.Reasons {
		list = append(list, r.Code)
	}
	slices.Sort(list)
	return list
}

func TestClinicianReadsOwnTrustExactly(t *testing.T) {
	d := decide(t, engine(t), read(clinician(), "diagnostics", "RQW"))
	if !d.Allow || d.Disclosure.MinCellCount != 0 || !slices.Equal(d.Scope, []measures.ODSCode{"RQW"}) ||
		!slices.Equal(d.Columns, []string{"seen", "total"}) || !slices.Equal(d.Obligations, []string{"audit"}) || d.CacheSeconds != 60 {
		t.Errorf("%+v", d)
	}
	rule := d.Rows[0]
	want := []Condition{{"ods", "in", []any{"RQW"}}, {"period", "gte", []any{"2024-01-01"}}, {"period", "lte", []any{"2026-01-01"}}}
	if len(d.Rows) != 1 || len(rule.Conditions) != 3 {
		t.Fatalf("rows %+v", d.Rows)
	}
	for i, c := range rule.Conditions {
		if c.Field != want[i].Field || c.Op != want[i].Op || c.Values[0] != want[i].Values[0] {
			t.Errorf("condition %+v, want %+v", c, want[i])
		}
	}
	if grant, err := Recorded(d, 1).Grant(); err != nil || !grant.Valid() || !grant.Sees("seen") || grant.Sees("names") {
		t.Errorf("grant %+v, %v", grant, err)
	}
}

func TestClinicianOfAnotherTrustIsToldWhoCanShare(t *testing.T) {
	d := decide(t, engine(t), read(clinician(), "diagnostics", "RWG"))
	if d.Allow || d.Scope != nil || d.Rows != nil || d.Columns != nil || !slices.Equal(codes(d), []string{"not_your_trust"}) {
		t.Fatalf("%+v", d)
	}
	reason := d.Reasons[0]
	if reason.Message != "West Hertfordshire has not shared “Waits for a diagnostic test” with your organisation, and it is not published." ||
		reason.Help == "" || reason.Rule == "" {
		t.Errorf("%+v", reason)
	}
	if _, err := Recorded(d, 1).Grant(); err == nil {
		t.Error("a denial became a grant")
	}
}

// permissive stands in for a policy with a mistake: it allows everything.
func permissive(t testing.TB) func(*EngineOptions) {
	return withPolicy(national(t, "decision := object.union("+yes+`, {"disclosure": {"min_cell_count": 0}})`))
}

func TestHostHoldsItsInvariantsUnderAnyPolicy(t *testing.T) {
	e := engine(t, permissive(t))
	for name, test := range map[string]struct {
		change func(*Request)
		code   string
	}{
		"plugin that is not approved": {func(r *Request) { r.Plugin.Digest = "sha256:22" }, "plugin_not_approved"},
		"chart without a plugin":      {func(r *Request) { r.Plugin = Plugin{} }, "plugin_not_approved"},
		"export through a bad plugin": {func(r *Request) { r.Action, r.Plugin.Digest = DataExport, "sha256:22" }, "plugin_not_approved"},
		"data of single people":       {func(r *Request) { r.Resource.Grain = "person" }, "aggregates_only"},
		"nobody":                      {func(r *Request) { r.Actor.ID = "" }, "not_signed_in"},
		"an unknown action":           {func(r *Request) { r.Action = "data.delete" }, "action_unknown"},
	} {
		r := read(clinician(), "diagnostics", "RQW")
		test.change(&r)
		if d := mustDeny(t, e, r, test.code); d.Reasons[0].Rule != "host" || d.Reasons[0].Help == "" {
			t.Errorf("%s: %+v", name, d.Reasons)
		}
	}
}

func TestSmallNumbersAreHiddenAcrossOrganisationsUnderAnyPolicy(t *testing.T) {
	e := engine(t, permissive(t))
	for _, test := range []struct {
		name    string
		request Request
		want    int
	}{
		{"own", read(clinician(), "diagnostics", "RQW"), 0},
		{"another's, unpublished", read(clinician(), "diagnostics", "RWG"), 8},
		{"everybody's, unpublished", read(clinician(), "diagnostics", Everyone), 8},
		{"another's, published", read(clinician(), "ae", "RWG"), 0},
		{"everybody's, published", read(clinician(), "ae", Everyone), 0},
		{"a dataset nobody knows", read(clinician(), "rumours", "RWG"), 8},
		{"somebody of no organisation", read(Actor{ID: "x"}, "diagnostics", "RWG"), 8},
	} {
		if d := decide(t, e, test.request); !d.Allow || d.Disclosure.MinCellCount != test.want {
			t.Errorf("%s: threshold %d, want %d", test.name, d.Disclosure.MinCellCount, test.want)
		}
	}
}

func TestAnswerIsNeverWiderThanTheQuestion(t *testing.T) {
	question := read(clinician(), "diagnostics", "RQW")
	for name, change := range map[string]string{
		"another organisation":    `{"ods_scope": ["RQW", "RWG"]}`,
		"everybody":               `{"ods_scope": ["ENG"]}`,
		"a column more":           `{"visible_columns": ["seen", "names"]}`,
		"only what was not asked": `{"ods_scope": ["RWG"]}`,
	} {
		e := engine(t, withPolicy(national(t, "decision := object.union("+yes+", "+change+")")))
		if d := mustDeny(t, e, question, "wider_than_asked"); d.Reasons[0].Help == "" {
			t.Errorf("%s: %+v", name, d.Reasons)
		}
	}
	e := engine(t, withPolicy(national(t, "decision := object.union("+yes+`, {"rows": [{"all": true}, {"ods": {"in": ["RWG"]}}, {"period": {"gte": "2020-01-01"}}]})`)))
	rows := decide(t, e, question).Rows
	if len(rows) != 2 {
		t.Fatalf("%+v", rows)
	}
	row := map[string]any{"ods": "RQW", "period": "2025-01-01"}
	for _, wider := range []map[string]any{{"ods": "RWG", "period": "2025-01-01"}, {"ods": "RQW", "period": "2023-12-31"}, {"ods": "RQW", "period": "2026-01-02"}} {
		if !anyMeets(rows, row) || anyMeets(rows, wider) {
			t.Errorf("rows %+v", rows)
		}
	}
}

func TestEveryDenialExplainsItself(t *testing.T) {
	e := engine(t)
	allowed, denied := 0, 0
	for r := range questions() {
		d := decide(t, e, r)
		if d.Allow {
			allowed++
			continue
		}
		denied++
		if len(d.Reasons) == 0 || d.Scope != nil || d.Rows != nil || d.Columns != nil || d.Grants != nil || d.CacheSeconds != 0 {
			t.Fatalf("%+v", d)
		}
		for _, reason := range d.Reasons {
			if reason.Code == "" || reason.Message == "" || reason.Help == "" || reason.Rule == "" {
				t.Fatalf("%+v", reason)
			}
		}
	}
	if allowed < 50 || denied < 500 {
		t.Errorf("%d allowed, %d denied", allowed, denied)
	}
}

func TestReasonNamesTheLineOfItsRule(t *testing.T) {
	reason := decide(t, engine(t), read(clinician(), "diagnostics", "RWG")).Reasons[0]
	modules, err := Baseline()
	if err != nil {
		t.Fatal(err)
	}
	file, number, _ := strings.Cut(reason.Rule, ":")
	i := slices.IndexFunc(modules, func(m Module) bool { return m.Name == file })
	line, err := strconv.Atoi(number)
	if i < 0 || err != nil || !strings.Contains(strings.Split(modules[i].Source, "\n")[line-1], reason.Code) {
		t.Errorf("rule %q does not lead to %q", reason.Rule, reason.Code)
	}
}

func TestEngineKeepsItsClockForRequestsWithoutTime(t *testing.T) {
	e := engine(t, func(o *EngineOptions) { o.Now = func() time.Time { return time.Unix(noon+7200, 0) } })
	r := read(clinician(), "diagnostics", "RXX")
	r.Now = 0
	if d := decide(t, e, r); d.Allow || d.Request.Now != noon+7200 {
		t.Errorf("allowed %v at %d", d.Allow, d.Request.Now)
	}
}

func TestDecisionsGoOnWhileRulesAndDataAreExchanged(t *testing.T) {
	e := engine(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var readers sync.WaitGroup
	for i := range 2 {
		readers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				r := read(clinician(), "diagnostics", "RQW")
				r.Now += int64(60 * (n + i)) // so that the cache does not answer
				if d, err := e.Decide(context.Background(), r); err != nil || !d.Allow {
					t.Errorf("%+v, %v", d, err)
					return
				}
			}
		})
	}
	exchanges := 0
	for ; ctx.Err() == nil; exchanges++ {
		if err := e.SetData(context.Background(), reference(t)); err != nil {
			t.Error(err)
		}
		if err := e.SetPolicy(context.Background(), Policy{}); err != nil {
			t.Error(err)
		}
	}
	readers.Wait()
	if exchanges == 0 {
		t.Error("nothing was exchanged")
	}
}

func TestExplainSaysWhatWasChecked(t *testing.T) {
	checks, err := engine(t).Explain(context.Background(), read(clinician(), "diagnostics", "RWG"))
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for _, c := range checks {
		met[c.Code] = c.Met
		if c.Text == "" {
			t.Errorf("%+v has no words", c)
		}
	}
	if !met["signed_in"] || !met["purpose"] || !met["plugin"] || met["own"] || met["published"] {
		t.Errorf("%+v", checks)
	}
	e := engine(t, withPolicy(national(t, "decision := "+yes)))
	if _, err := e.Explain(context.Background(), read(clinician(), "ae", "RWG")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
