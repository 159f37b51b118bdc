package analysis_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// closedTo is a policy of RAA that lets nobody load, and changes nothing else.
var closedTo = policy.Policy{Trusts: map[measures.ODSCode][]policy.Module{"RAA": {{Name: "own.rego", Source: `package signalbox.trusts.RAA

import data.signalbox.national

decision := national.decision if input.action != "data.load"

decision := object.union(national.decision, {
	"allow": false,
	"reasons": [{"code": "closed_for_audit", "message": "Nothing is loaded while we are audited.", "help": "Wait for the end of the audit."}],
}) if {
	input.action == "data.load"
}
`}}}}

const twoTrusts = "measure,org_code,period,numerator,denominator\nharm,RAA,2026-01-01,1,10\nharm,RBB,2026-01-01,2,10\n"

// loading tries to load a table of figures, and gives what the ledger holds of it.
func (h *house) loading(t *testing.T, rules policy.Policy, actor policy.Actor, as measures.ODSCode, text string) (intake.Report, []ledger.Entry, error) {
	t.Helper()
	head, err := h.db.LedgerHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report, failed := intake.Load(t.Context(), h.db, intake.Options{Gate: analysis.NewLoading(h.db, rules, actor, now),
		Files: []string{write(t, "harm.csv", text)}, As: as, By: "test", RefusedDir: t.TempDir(), Now: now})
	lines, err := h.db.LedgerEntries(t.Context(), head.Size, 100)
	if err != nil {
		t.Fatal(err)
	}
	var entries []ledger.Entry
	for _, line := range lines {
		entry, err := ledger.Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return report, entries, failed
}

func TestALoadIsDecidedBeforeAndRecordedAfter(t *testing.T) {
	h := open(t)
	h.trusts(t)
	report, entries, err := h.loading(t, policy.Policy{}, analysis.Operator("operator-ivo"), "RAA",
		"measure,org_code,period,numerator,denominator\nharm,RAA,2026-01-01,1,10\nharm,RAA,2026-02-01,many,10\nharm,RAA,2026-03-01,3,10\n")
	if err != nil || !report.Files[0].Committed {
		t.Fatal(report, err)
	}
	if len(entries) != 2 || entries[0].Decision == nil || entries[1].Result == nil {
		t.Fatalf("the ledger has %+v", entries)
	}
	in := entries[0].Decision.Input
	if in.Action != policy.DataLoad || in.Subject.ID != "operator-ivo" || in.Resource.ODS != "RAA" || in.Resource.Dataset != "harm" || len(in.Resource.Columns) == 0 || !entries[0].Decision.Allow {
		t.Errorf("the decision is %+v", entries[0].Decision)
	}
	if r := entries[1].Result; r.Record != entries[0].Sequence || r.Rows != 2 || r.Digest != report.Files[0].Digest || r.Problem != "" {
		t.Errorf("the result is %+v of the file %s", r, report.Files[0].Digest)
	}
}

func TestADeniedLoadWritesNothing(t *testing.T) {
	h := open(t)
	h.trusts(t)
	manager := policy.Actor{ID: "ivo", ODS: "RBB", Orgs: []measures.ODSCode{"RBB"}, Roles: []policy.Role{"data_manager"}, Purpose: "improvement"}
	clinician := manager
	clinician.Roles = []policy.Role{"clinician"}
	own := "measure,org_code,period,numerator,denominator\nharm,RBB,2026-01-01,2,10\n"
	for name, test := range map[string]struct {
		rules policy.Policy
		actor policy.Actor
		as    measures.ODSCode
		text  string
		code  string // of the denial; empty: the policy opened a part only
	}{
		"by a clinician":                       {policy.Policy{}, clinician, "RBB", own, "load_role_missing"},
		"by a data manager, nationally":        {policy.Policy{}, manager, "", twoTrusts, "load_not_your_organisation"},
		"by nobody":                            {policy.Policy{}, policy.Actor{}, "RBB", own, "not_signed_in"},
		"against the trust's own policy":       {closedTo, analysis.Operator("operator-ivo"), "RAA", strings.ReplaceAll(own, "RBB", "RAA"), "closed_for_audit"},
		"with a trust that the policy excepts": {closedTo, analysis.Operator("operator-ivo"), "", twoTrusts, ""},
	} {
		_, entries, err := h.loading(t, test.rules, test.actor, test.as, test.text)
		switch {
		case len(entries) == 0 || entries[0].Decision == nil:
			t.Errorf("%s: the ledger has %+v", name, entries)
		case test.code == "":
			if !errors.Is(err, postgres.ErrOutOfScope) || !strings.Contains(err.Error(), "RAA") || len(entries) != 2 || entries[1].Result.Problem == "" {
				t.Errorf("%s: %v, and the ledger has %+v", name, err, entries)
			}
		case !errors.Is(err, policy.ErrDenied) || entries[0].Decision.Allow || entries[0].Decision.Reasons[0].Code != test.code:
			t.Errorf("%s: %v, and the ledger has %+v", name, err, entries[0].Decision)
		}
	}
	if d, err := h.db.Dataset(t.Context(), "harm"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("something was written: %+v, %v", d, err)
	}
	for _, code := range []measures.ODSCode{"RAA", "RBB"} {
		if coverage, err := h.db.DatasetsWithData(t.Context(), code); err != nil || len(coverage) != 0 {
			t.Errorf("%s has figures: %+v, %v", code, coverage, err)
		}
	}
	// The same file goes in where the policy says yes to all of it.
	if report, _, err := h.loading(t, policy.Policy{}, manager, "RBB", own); err != nil || !report.Files[0].Committed {
		t.Errorf("the trust's own data manager: %+v, %v", report, err)
	}
}

func TestWithoutAGateNothingIsLoaded(t *testing.T) {
	h := open(t)
	if _, err := intake.Load(t.Context(), h.db, intake.Options{Files: []string{write(t, "harm.csv", twoTrusts)}, By: "test"}); err == nil {
		t.Error("figures were loaded and nobody was asked")
	}
}
