package candidate

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// The child of these tests is the test itself, started again with one word, or the
// program that SIGNALBOX_SANDBOX names. Under the race detector it has to be the
// program: the detector's own memory is more than a child may have.
const childWord = "policy-bench-of-a-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// bench gives one whose candidates live in children of this test.
func bench(t testing.TB, o Options) *Bench {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Executable = []string{self, childWord}
	if program := os.Getenv("SIGNALBOX_SANDBOX"); program != "" {
		o.Executable = []string{program, "policy-bench"}
	}
	if o.Reference == nil {
		data := country(t)
		o.Reference = func() policy.ReferenceData { return data }
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// noon is a day in June 2026.
var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC).Unix()

// country is the reference data of these tests: two trusts of one board, one of
// another, and a national body.
func country(t testing.TB) policy.ReferenceData {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	data.Organisations = map[measures.ODSCode]policy.OrganisationFacts{
		"RAA": {Name: "Ashford Trust", Kind: "trust", ICB: "QAA"},
		"RBB": {Name: "Birchwood Trust", Kind: "trust", ICB: "QAA"},
		"RCC": {Name: "Cedarhill Trust", Kind: "trust", ICB: "QCC"},
		"QAA": {Name: "Southern Board", Kind: "icb"},
		"X99": {Name: "National Office", Kind: "national"},
	}
	columns := map[string]bool{"seen": true, "total": true}
	data.Datasets = map[measures.DatasetID]policy.DatasetFacts{
		"emergency": {Title: "Emergency attendances", Licence: "OGL-UK-3.0", Published: true, Columns: columns},
		"falls":     {Title: "Falls on wards", Licence: "none", Columns: columns, Stratifiers: []string{"ward"}},
	}
	data.Plugins = map[string]policy.PluginFacts{"sha256:1111": {ID: "spc", Version: "1.0.0", Approved: true}}
	data.Agreements = map[policy.AgreementKey]policy.Agreement{
		policy.KeyOf("RAA", "RCC", "falls"): {Ref: "DSA-1", Expires: noon + 1000*day, Purposes: []policy.Purpose{"improvement"}, MinCellCount: 8},
	}
	return data
}

// files makes modules of texts by name.
func files(texts map[string]string) []policy.Module {
	var modules []policy.Module
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		modules = append(modules, policy.Module{Name: name, Source: texts[name]})
	}
	return modules
}

// soundRules and soundTests are the policy of a trust that shows nobody else what
// is from before 2025, and nobody what is from its ward of invented patients.
const soundRules = `# METADATA
# title: Sharing at Ashford Trust
# custom:
#   owner: Information governance, Ashford Trust
#   review: 2027-04-01
package signalbox.trusts.RAA

import data.signalbox.facts
import data.signalbox.national

# METADATA
# title: Others see nothing from before 2025
decision := object.union(national.decision, {"rows": recent}) if {
	national.decision.allow
	not facts.own
}

decision := national.decision if {
	national.decision.allow
	facts.own
}

decision := national.decision if not national.decision.allow

# METADATA
# title: Rows since January 2025
recent contains {"period": {"gte": "2025-01-01"}} if national.decision.allow
`

const soundTests = `package signalbox.trusts.RAA_test

import data.signalbox.trusts.RAA

question(organisation, purpose) := {
	"v": 1,
	"now": 1781524800,
	"request_id": "",
	"action": "chart.read",
	"subject": {"id": "amina", "ods": organisation, "orgs": [organisation], "roles": ["clinician"], "purpose": purpose, "assurance": "aal2", "trained_on": "2026-05-01"},
	"plugin": {"id": "spc", "version": "1.0.0", "digest": "sha256:1111", "signers": [], "approval": "approved"},
	"change": null,
	"resource": {"dataset": "falls", "columns": ["seen"], "ods": "RAA", "grain": "aggregate", "stratifiers": [], "period": {"from": null, "to": null}},
}

facts := object.union(data.reference, {
	"organisations": {"RAA": {"name": "Ashford Trust", "kind": "trust", "icb": "", "region": ""}, "RCC": {"name": "Cedarhill Trust", "kind": "trust", "icb": "", "region": ""}},
	"datasets": {"falls": {"title": "Falls", "owner": "", "licence": "", "published": false, "synthetic": false, "columns": {"seen": true}, "stratifiers": []}},
	"plugins": {"sha256:1111": {"id": "spc", "version": "1.0.0", "approved": true, "datasets": null}},
	"agreements": {"RAA|RCC|falls": {"ref": "DSA-1", "expires": 1881524800, "purposes": ["improvement"], "export": false, "min_cell_count": 8}},
})

test_our_own_staff_see_all_of_it if {
	decision := RAA.decision with input as question("RAA", "improvement") with data.reference as facts
	decision.rows == [{"ods": {"in": ["RAA"]}}]
}

test_others_see_what_is_recent if {
	decision := RAA.decision with input as question("RCC", "improvement") with data.reference as facts
	decision.rows == {{"period": {"gte": "2025-01-01"}}}
}

test_others_without_a_ground_see_nothing if {
	decision := RAA.decision with input as question("RCC", "planning") with data.reference as facts
	not decision.allow
}
`

func sound() []policy.Module {
	return files(map[string]string{"sharing.rego": soundRules, "sharing_test.rego": soundTests})
}

// patience is the deadline of what must pass, on a machine that may be busy.
const patience = 3 * time.Minute
