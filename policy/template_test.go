package policy

import (
	"os"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/format"

	"github.com/signalbox-health/signalbox/measures"
)

// Codes that begin with a digit are written otherwise in Rego.
var startingTrusts = []measures.ODSCode{"RQW", "8HK33"}

func templateOf(t testing.TB, code measures.ODSCode) []Module {
	t.Helper()
	modules, err := Template(code, measures.DateOf(2027, 6, 15))
	if err != nil {
		t.Fatal(err)
	}
	return modules
}

func TestThePolicyToStartFromPassesItsOwnTests(t *testing.T) {
	for _, code := range startingTrusts {
		modules := templateOf(t, code)
		for _, m := range modules {
			formatted, err := format.Source(m.Name, []byte(m.Source))
			if err != nil {
				t.Fatal(err)
			}
			if string(formatted) != m.Source {
				t.Errorf("%s of %s is not as opa fmt would write it:\n%s", m.Name, code, formatted)
			}
			if strings.Contains(m.Source, "OWNER") || strings.Contains(m.Source, "REVIEW") {
				t.Errorf("%s of %s is not filled in", m.Name, code)
			}
		}
		report, err := Test(t.Context(), modules)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Failures) > 0 || report.Passed < 10 {
			t.Errorf("%s: %d passed, failures %v", code, report.Passed, report.Failures)
		}
		for _, line := range report.Uncovered {
			if !strings.HasPrefix(line, "baseline/") {
				t.Errorf("no test reaches %s", line)
			}
		}
	}
	for _, code := range []measures.ODSCode{"", "ENG", "no code"} {
		if _, err := Template(code, 0); err == nil {
			t.Errorf("%q has a policy", code)
		}
	}
}

// A trust that starts with it and changes nothing changes no answer.
func TestThePolicyToStartFromChangesNoAnswer(t *testing.T) {
	with := engine(t, withPolicy(Policy{Trusts: map[measures.ODSCode][]Module{"RQW": templateOf(t, "RQW"), "RWG": templateOf(t, "RWG")}}))
	without := engine(t)
	n := 0
	for r := range questions() {
		if r.Resource.ODS == Everyone {
			continue // its scope is told as a list once there are policies of trusts
		}
		left, right := decide(t, with, r).Document(), decide(t, without, r).Document()
		left.PolicyRevision, right.PolicyRevision = "", ""
		if !equalJSON(t, left, right) {
			t.Fatalf("%+v\nwith    %+v\nwithout %+v", r, left, right)
		}
		n++
	}
	if n < 500 {
		t.Errorf("only %d questions", n)
	}
}

// What is switched on reaches the answer, through the engine and its types.
func TestARuleThatIsSwitchedOnNarrows(t *testing.T) {
	modules := switchedOn(t, "RWG")
	e := engine(t, withPolicy(Policy{Trusts: map[measures.ODSCode][]Module{"RWG": modules}}))
	board := Actor{ID: "ana", ODS: "QM7", Roles: []Role{"analyst"}, Purpose: "planning", TrainedOn: trained}
	d := decide(t, e, read(board, "diagnostics", "RWG"))
	if !d.Allow || d.Disclosure.MinCellCount != 20 || len(d.Rows) != 1 {
		t.Fatalf("%+v", d)
	}
	for _, row := range []struct {
		period  string
		stratum any
		want    bool
	}{{"2024-06-01", nil, true}, {"2024-06-01", "ct", false}, {"2024-03-01", nil, false}} {
		if anyMeets(d.Rows, map[string]any{"ods": "RWG", "period": row.period, "stratum": row.stratum}) != row.want {
			t.Errorf("%+v in %+v", row, d.Rows)
		}
	}
	export := read(board, "diagnostics", "RWG")
	export.Action = DataExport
	if denied := mustDeny(t, e, export, "no_taking_away"); !strings.HasPrefix(denied.Reasons[0].Rule, "RWG/narrower.rego:") {
		t.Errorf("%+v", denied.Reasons)
	}
}

// switchedOn is the policy to start from with all of its rules in force but one,
// which would leave out the datasets of these tests.
func switchedOn(t testing.TB, code measures.ODSCode) []Module {
	modules := templateOf(t, code)
	for i := range modules {
		modules[i].Source = strings.NewReplacer(`"whole_organisation_only": false`, `"whole_organisation_only": true`,
			`"nothing_before_first_day": false`, `"nothing_before_first_day": true`, `"more_hidden": false`, `"more_hidden": true`,
			`"no_taking_away": false`, `"no_taking_away": true`, `"evidence_stays": false`, `"evidence_stays": true`).Replace(modules[i].Source)
	}
	return modules
}

// The examples in the handbook for authors are put into the policy to start from
// and have to pass there.
func TestTheExamplesInTheHandbookHold(t *testing.T) {
	handbook, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	modules, blocks := templateOf(t, "RQW"), 0
	for _, block := range strings.Split(string(handbook), "```rego\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		file := "narrower.rego"
		if strings.HasPrefix(text, "test_") {
			file = "decision_test.rego"
		}
		for i := range modules {
			if modules[i].Name == file {
				modules[i].Source += "\n" + text
			}
		}
		blocks++
	}
	report, err := Test(t.Context(), modules)
	if err != nil || len(report.Failures) > 0 || blocks != 4 {
		t.Errorf("%d examples: %v, %v", blocks, report.Failures, err)
	}
	for _, field := range RowFields() {
		if !strings.Contains(string(handbook), "| `"+field.Name+"` | ") {
			t.Errorf("the handbook does not tell of the field %s", field.Name)
		}
	}
}
