package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// Whatever was asked of an organisation can be made a case, and the policy that
// answered it passes the case.
func TestCasesOfRecordedDecisionsPassUnderThePolicyThatDecided(t *testing.T) {
	for _, owner := range []measures.ODSCode{"RQW", "8HK33"} {
		files := templateOf(t, owner)
		known := reference(t)
		known.Organisations["8HK33"] = known.Organisations["RQW"]
		e := engine(t, withTrusts(map[measures.ODSCode][]Module{owner: files}), func(o *EngineOptions) { o.Data = known })
		made, n := files, 0
		for r := range questions() {
			if r.Resource.ODS == "RQW" {
				r.Resource.ODS = owner
			}
			if n++; n%37 != 0 || r.Actor.ID == "" { // a few of them are enough, and quick
				continue
			}
			next, err := AddCase(owner, made, decide(t, e, r).Document(), fmt.Sprintf("Record %d", n), known)
			if err == nil {
				made = next
			} else if !errors.Is(err, ErrNoCase) {
				t.Fatal(err)
			}
		}
		report, err := Test(t.Context(), made)
		if err != nil {
			t.Fatal(err)
		}
		before, err := Test(t.Context(), files)
		if err != nil {
			t.Fatal(err)
		}
		if added := report.Passed - before.Passed; added < 6 || len(report.Failures) > 0 {
			t.Errorf("%s: %d cases passed, failures %v", owner, added, report.Failures)
		}
	}
}

func TestACaseFailsWhereThePolicyAnswersOtherwise(t *testing.T) {
	files := templateOf(t, "RQW")
	e := engine(t, withTrusts(map[measures.ODSCode][]Module{"RQW": files}))
	question := read(Actor{ID: "ana", ODS: "QM7", Orgs: []measures.ODSCode{"QM7"}, Roles: []Role{"analyst"}, TrainedOn: trained, Purpose: "planning"}, "diagnostics", "RQW")
	yes := decide(t, e, question).Document()
	if !yes.Allow {
		t.Fatalf("%+v", yes.Reasons)
	}
	no := yes
	no.Allow, no.Reasons = false, []Reason{{Code: "no_ground", Message: "No.", Help: "Ask.", Rule: "x.rego:1"}}
	for name, d := range map[string]Document{"yes": yes, "no": no} {
		made, err := AddCase("RQW", files, d, "Record 7: "+name, reference(t))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Test(t.Context(), made)
		if err != nil {
			t.Fatal(err)
		}
		if failed := len(report.Failures); failed != map[string]int{"yes": 0, "no": 1}[name] {
			t.Errorf("%s: %v\n%s", name, report.Failures, made[len(made)-1].Source)
		}
		if _, err := AddCase("RQW", made, d, "Record 7: "+name, reference(t)); !errors.Is(err, ErrNoCase) {
			t.Errorf("the same case twice: %v", err)
		}
	}
}

func TestSomeDecisionsMakeNoCase(t *testing.T) {
	e := engine(t)
	everyone := decide(t, e, read(clinician(), "diagnostics", Everyone)).Document()
	host := decide(t, e, read(clinician(), "diagnostics", "RQW")).Document()
	host.Allow, host.Reasons = false, []Reason{{Code: "wider_than_asked", Rule: "host"}}
	for name, test := range map[string]struct {
		d     Document
		owner measures.ODSCode
		want  string
	}{
		"about another":         {decide(t, e, read(clinician(), "diagnostics", "RWG")).Document(), "RQW", "about RWG"},
		"denied to everybody":   {everyone, "RQW", "all organisations"},
		"denied by the program": {host, "RQW", "the program itself"},
		"governance":            {Document{Input: Input{Action: LogRead, Resource: Material{ODS: "RQW"}}}, "RQW", "opens no data"},
	} {
		if source, err := CaseOf(test.owner, test.d, name, reference(t)); !errors.Is(err, ErrNoCase) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\n%s", name, err, source)
		}
	}
}
