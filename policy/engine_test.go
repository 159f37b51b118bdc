package policy

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC).Unix()

const approved = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

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
		"diagnostics": {Title: "Waits for a diagnostic test", Licence: "none", Columns: columns},
		"made_up":     {Title: "Made-up attendances", Licence: "none", Synthetic: true, Columns: columns},
	}
	data.Organisations = map[measures.ODSCode]OrganisationFacts{
		"RQW": {Name: "Princess Alexandra", Kind: "trust", ICB: "QM7"},
		"RWG": {Name: "West Hertfordshire", Kind: "trust", ICB: "QM7"},
		"RXX": {Name: "Elsewhere", Kind: "trust", ICB: "QXX"},
		"QM7": {Name: "Hertfordshire and West Essex", Kind: "icb"},
		"X26": {Name: "NHS England", Kind: "national"},
	}
	data.Plugins = map[string]PluginFacts{approved: {ID: "spc", Version: "1.0.0", Approved: true}}
	data.Agreements = map[AgreementKey]Agreement{
		KeyOf("RXX", "RQW", "diagnostics"): {Ref: "DSA-1", Expires: noon + 90, Purposes: []Purpose{"improvement"}},
	}
	return data
}

func engine(t testing.TB, change ...func(*EngineOptions)) *Engine {
	t.Helper()
	o := EngineOptions{Data: reference(t)}
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
		Roles: []Role{"clinician"}, Purpose: "improvement", Assurance: "aal2"}
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
