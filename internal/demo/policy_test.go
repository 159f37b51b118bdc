package demo_test

import (
	"testing"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

const digest = "sha256:0000000000000000000000000000000000000000000000000000000000000001"

// engine knows the demonstration as governance would.
func engine(t *testing.T) *policy.Engine {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	data.Datasets = map[measures.DatasetID]policy.DatasetFacts{}
	for id, d := range definitions(t) {
		data.Datasets[id] = policy.FactsOf(d)
	}
	data.Organisations = map[measures.ODSCode]policy.OrganisationFacts{
		"ZZA": {Name: "A", Kind: "trust", ICB: "ZZQNW"}, "ZZB": {Name: "B", Kind: "trust", ICB: "ZZQNW"}, "ZZQNW": {Name: "Board", Kind: "icb"},
	}
	data.Plugins = map[string]policy.PluginFacts{digest: {ID: "spc", Version: "1.0.0", Approved: true}}
	e, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The demonstration must show both a yes and a no, each to the right people.
func TestWhoSeesWhatInTheDemonstration(t *testing.T) {
	e := engine(t)
	for _, test := range []struct {
		person  string
		dataset measures.DatasetID
		ods     measures.ODSCode
		want    bool
	}{
		{"demo-clinician", "demo_falls", "ZZA", true},
		{"demo-clinician", "demo_falls", "ZZB", false},
		{"demo-clinician-b", "demo_falls", "ZZB", true},
		{"demo-clinician-b", "demo_falls", "ZZA", false},
		{"demo-clinician", "ae_4h", "ZZB", true},
		{"demo-improvement-lead", "demo_falls", "ZZA", true},
		{"demo-data-manager", "demo_falls", "ZZA", true},
		{"demo-governance-lead", "demo_falls", "ZZA", true},
		{"demo-governance-lead", "demo_falls", "ZZB", false},
		{"demo-analyst", "demo_falls", "ZZB", true},
		{"demo-innovator", "demo_falls", "ZZA", false},
		{"demo-clinician", "demo_missed", "ZZA", true},
		{"demo-clinician", "demo_missed", "ZZB", false},
		{"demo-analyst", "demo_missed", "ZZB", true},
		{"demo-innovator", "ae_4h", "ZZA", true},
		{"demo-clinician", "falls_rate", "ZZA", true},
		{"demo-clinician", "falls_rate", "ZZB", false},
		{"demo-clinician-b", "staff_speak_up", "ZZB", true},
		{"demo-clinician", "programme", "ZZQNW", true},
		{"demo-innovator", "falls_rate", "ZZA", true}, // invented, and said to be
	} {
		var actor policy.Actor
		for _, p := range demo.People(measures.DateOf(2026, 9, 1)) {
			if p.Actor.ID == test.person {
				actor = p.Actor
			}
		}
		d, err := e.Decide(t.Context(), policy.Request{
			ID: "test", Now: 1_790_000_000, Action: policy.ChartRead, Actor: actor,
			Plugin: policy.Plugin{ID: "spc", Version: "1.0.0", Digest: digest, Signers: []string{}, Approval: "approved"},
			Resource: policy.Resource{Dataset: test.dataset, Columns: []string{"numerator", "denominator"}, ODS: test.ods,
				Grain: "aggregate", Stratifiers: []string{}, Period: policy.Period{From: measures.DateOf(2023, 6, 1), To: measures.DateOf(2026, 5, 31)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if d.Allow != test.want {
			t.Errorf("%s reads %s of %s: %v, want %v (%+v)", test.person, test.dataset, test.ods, d.Allow, test.want, d.Reasons)
		}
		if !d.Allow && (len(d.Reasons) == 0 || d.Reasons[0].Message == "" || d.Reasons[0].Help == "") {
			t.Errorf("%s is refused %s of %s without a reason and a way forward", test.person, test.dataset, test.ods)
		}
	}
}
