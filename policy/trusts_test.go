package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// ofTrust is the policy of one trust, in a file of its own.
func ofTrust(code measures.ODSCode, rules string) map[measures.ODSCode][]Module {
	return map[measures.ODSCode][]Module{code: {{Name: "own.rego",
		Source: "package signalbox.trusts." + string(code) + "\n\nimport data.signalbox.national\n\n" + rules + "\n"}}}
}

func withTrusts(trusts map[measures.ODSCode][]Module) func(*EngineOptions) {
	return withPolicy(Policy{Trusts: trusts})
}

func TestTrustNarrowsWhatTheBaselineAllows(t *testing.T) {
	e := engine(t, withTrusts(ofTrust("RQW", `decision := object.union(national.decision, {
	"visible_columns": ["total"],
	"rows": [{"ods": {"in": ["RQW"]}, "period": {"gte": "2025-01-01"}}],
	"disclosure": object.union(national.decision.disclosure, {"min_cell_count": 20, "round_to": 10}),
})`)))
	d := decide(t, e, read(clinician(), "diagnostics", "RQW"))
	if !d.Allow || !slices.Equal(d.Columns, []string{"total"}) || d.Disclosure.MinCellCount != 20 || d.Disclosure.RoundTo != 10 {
		t.Errorf("%+v", d)
	}
	for period, want := range map[string]bool{"2024-06-01": false, "2025-06-01": true, "2026-06-01": false} {
		if got := anyMeets(d.Rows, map[string]any{"ods": "RQW", "period": period}); got != want {
			t.Errorf("%s is visible: %v, want %v", period, got, want)
		}
	}
}

func TestTrustDeniesWithItsOwnReason(t *testing.T) {
	e := engine(t, withTrusts(ofTrust("RQW", `decision := object.union(national.decision, {
	"allow": false,
	"reasons": [{"code": "training_out_of_date", "message": "Your training has run out.", "help": "Renew it."}],
})`)))
	d := mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "training_out_of_date")
	if d.Reasons[0].Rule != "RQW/own.rego:7" {
		t.Errorf("%+v", d.Reasons)
	}
	if d := decide(t, e, read(clinician(), "ae", "RWG")); !d.Allow {
		t.Errorf("the policy of one trust binds another: %+v", d)
	}
}

func TestTrustCannotLoosenTheBaseline(t *testing.T) {
	e := engine(t, withTrusts(ofTrust("RWG", "decision := object.union(object.union(national.decision, "+yes+`), {"disclosure": {"min_cell_count": 0}})`)))
	mustDeny(t, e, read(clinician(), "diagnostics", "RWG"), "not_your_trust")
	board := Actor{ID: "ana", ODS: "QM7", Orgs: []measures.ODSCode{"QM7"}, Roles: []Role{"analyst"}, Purpose: "planning", TrainedOn: trained}
	if d := decide(t, e, read(board, "diagnostics", "RWG")); !d.Allow || d.Disclosure.MinCellCount != 8 {
		t.Errorf("%+v", d)
	}
}

func TestTrustCannotWriteIntoTheBaseline(t *testing.T) {
	for _, pkg := range []string{"signalbox.national", "signalbox.facts", "signalbox.trusts.RXX", "signalbox.trusts", "signalbox.trusts.RQWX", "signalbox"} {
		mustRefuse(t, Policy{National: []Module{{Name: "x.rego", Source: "package signalbox.national\n"}},
			Trusts: map[measures.ODSCode][]Module{"RQW": {{Name: "x.rego", Source: "package " + pkg + "\n\ndecision := 1\n"}}}}, "must be in package")
	}
}

func TestBrokenTrustPolicyClosesThatTrustOnly(t *testing.T) {
	e := engine(t, withTrusts(ofTrust("RWG", `decision := national.decision if input.subject.purpose == "governance"`)))
	mustDeny(t, e, read(clinician(), "ae", "RWG"), "policy_undefined")
	if !decide(t, e, read(clinician(), "ae", "RQW")).Allow {
		t.Error("another trust is closed too")
	}
}

// A policy that says no to everybody must not keep its own trust from going
// back to the one before, or another trust from being appointed to.
func TestNoPolicyOfATrustLocksItsGovernanceTeamOut(t *testing.T) {
	lead := Actor{ID: "lead", ODS: "RWG", Orgs: []measures.ODSCode{"RWG"}, Roles: []Role{"governance_lead"}, Purpose: "governance", Assurance: "aal2"}
	for _, rule := range []string{
		`decision := object.union(national.decision, {"allow": false, "reasons": [{"code": "no", "message": "No.", "help": "Ask."}]})`,
		`decision := national.decision if input.action == "data.load"`,
	} {
		e := engine(t, withTrusts(ofTrust("RWG", rule)))
		if decide(t, e, read(lead, "ae", "RWG")).Allow {
			t.Error("the policy of the trust is not asked")
		}
		for _, action := range []Action{PolicyWrite, PolicyApprove, PolicyRollback, AccessDecide, PeopleAppoint, LogRead} {
			r := Request{ID: "1", Now: noon, Action: action, Actor: lead, Change: Change{Kind: "policy", Ref: "sha256:1", Author: "another"},
				Resource: Resource{ODS: "RWG", Grain: "aggregate"}}
			if d := decide(t, e, r); !d.Allow || d.Scope != nil || d.Rows != nil || d.Columns != nil {
				t.Errorf("%s: %+v", action, d)
			}
		}
	}
}

func TestQuestionToEverybodyLeavesOutATrustThatSaysNo(t *testing.T) {
	trusts := ofTrust("RWG", `decision := object.union(national.decision, {"allow": false, "reasons": [{"code": "no", "message": "No.", "help": "Ask."}]})`)
	trusts["RXX"] = ofTrust("RXX", `decision := object.union(national.decision, {"rows": [{"ods": {"in": ["RXX"]}, "period": {"gte": "2025-01-01"}}]})`)["RXX"]
	trusts["RQW"] = ofTrust("RQW", `decision := object.union(national.decision, {"visible_columns": ["seen"]})`)["RQW"]
	d := decide(t, engine(t, withTrusts(trusts)), read(clinician(), "ae", Everyone))
	if !d.Allow || !slices.Equal(d.Columns, []string{"seen", "total"}) {
		t.Fatalf("%+v", d)
	}
	for _, test := range []struct {
		ods    string
		period string
		want   bool
	}{
		{"QM7", "2024-06-01", true},  // it has no policy of its own
		{"QM7", "2023-06-01", false}, // before the period that was asked for
		{"RXX", "2024-06-01", false}, {"RXX", "2025-06-01", true},
		{"RWG", "2025-06-01", false}, // it said no
		{"RQW", "2025-06-01", false}, // it would show only half of the columns
	} {
		row := map[string]any{"ods": test.ods, "period": test.period}
		open := slices.Contains(d.Scope, measures.ODSCode(test.ods)) && anyMeets(d.Rows, row)
		if open != test.want {
			t.Errorf("%v: open %v, want %v", row, open, test.want)
		}
	}
	if slices.Contains(d.Scope, Everyone) {
		t.Errorf("scope %v", d.Scope)
	}
}

func TestManyTrustsEachHaveAPolicyOfTheirOwn(t *testing.T) {
	trusts := map[measures.ODSCode][]Module{}
	for i := range 100 {
		code := measures.ODSCode("Q" + string(rune('A'+i/26)) + string(rune('A'+i%26)))
		trusts[code] = ofTrust(code, "decision := national.decision\n# "+strings.Repeat("x", 20_000))[code]
	}
	engine(t, withTrusts(trusts))
	trusts["QAA"][0].Source += "# " + strings.Repeat("x", maxPolicyBytes)
	mustRefuse(t, Policy{Trusts: trusts}, "the most are")
}
