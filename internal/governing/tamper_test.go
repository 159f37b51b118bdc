package governing

import (
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
)

// TestWhatIsChangedInTheStoreOfPoliciesIsFound does to it what only the owner of the
// tables can do, and takes it back each time.
func TestWhatIsChangedInTheStoreOfPoliciesIsFound(t *testing.T) {
	s := desk(t)
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	tables := []string{"policy_version", "policy_impact", "policy_submission", "policy_verdict", "policy_revision", "policy_pointer"}
	for _, table := range tables {
		pgtest.Exec(t, s.url, "CREATE TABLE kept_"+table+" AS TABLE "+table)
	}
	restore := "SET session_replication_role = replica;"
	for _, table := range tables {
		restore += "DELETE FROM " + table + "; INSERT INTO " + table + " OVERRIDING SYSTEM VALUE SELECT * FROM kept_" + table + ";"
	}
	for name, test := range map[string]struct{ sql, says string }{
		"files of a revision":     {`UPDATE policy_revision SET files = '{"own.rego":"package x"}'`, "its files are not those that its digest names"},
		"files and their digest":  {`UPDATE policy_version SET files = '{}', digest = 'sha256:' || repeat('0', 64)`, "other files"},
		"who approved":            {`UPDATE policy_verdict SET by = 'isla' WHERE by = 'odile'`, "the store says policy.approve by isla"},
		"a reason":                {`UPDATE policy_verdict SET reason = 'Otherwise.' WHERE by = 'odile'`, "it is not as it was when it was written"},
		"a no that becomes a yes": {`UPDATE policy_verdict SET approves = NOT approves WHERE by = 'odile'`, "it is not as it was"},
		"from when":               {`UPDATE policy_pointer SET effective_from = effective_from - interval '1 day'`, "it is not as it was"},
		"what is live":            {`UPDATE policy_pointer SET revision = 0, rollback = true`, "the store says policy.rollback"},
		"an approval taken out":   {`DELETE FROM policy_verdict WHERE by = 'odile'`, "it was taken out"},
		"a rollback put in": {`INSERT INTO policy_pointer (ods, revision, effective_from, set_at, set_by, name, rollback, reason, record)
			VALUES ('RAA', 0, now(), now(), 'isla', 'Isla', true, 'Mine.', 1)`, "the store says policy.rollback by isla"},
		"an impact": {`UPDATE policy_impact SET impact = '{}'`, "it is not as it was"},
	} {
		t.Run(name, func(t *testing.T) {
			pgtest.Exec(t, s.url, restore)
			if faults, err := s.Store.VerifyPolicies(t.Context()); err != nil || len(faults) > 0 {
				t.Fatalf("before anybody has tampered: %v, %v", faults, err)
			}
			pgtest.Exec(t, s.url, test.sql)
			faults, err := s.Store.VerifyPolicies(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, f := range faults {
				said += f.String() + "\n"
			}
			if !strings.Contains(said, test.says) {
				t.Errorf("it says %q, want %q", said, test.says)
			}
		})
	}
}

// TestTheProgramItselfCannotOverwriteTheHistory asks as the role that it works as.
func TestTheProgramItselfCannotOverwriteTheHistory(t *testing.T) {
	s := desk(t)
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	for _, table := range []string{"policy_draft", "policy_version", "policy_check", "policy_impact", "policy_submission", "policy_verdict",
		"policy_revision", "policy_pointer", "policy_shadow", "policy_shadow_stretch"} {
		for _, sql := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET " + column(table) + " = " + column(table), "TRUNCATE " + table} {
			if err := pgtest.Try(t, s.url, "SET ROLE signalbox_app; "+sql); err == nil || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	// Nor publish without two approvals, or roll back to what was never approved.
	for _, sql := range []string{
		`INSERT INTO policy_submission (ods, draft, version, digest, live, at, by, name, record)
			SELECT ods, draft, version, digest, 0, now(), 'x', 'x', 1 FROM policy_version;
		INSERT INTO policy_revision (ods, revision, submission, title, files, digest, published_at, record)
			SELECT ods, 2, (SELECT max(submission) FROM policy_submission), title, files, digest, now(), 1 FROM policy_version`,
		`INSERT INTO policy_pointer (ods, revision, effective_from, set_at, set_by, name, rollback, reason, record)
			VALUES ('RAA', 7, now(), now(), 'x', 'x', true, 'x', 1)`,
	} {
		if err := pgtest.Try(t, s.url, "SET ROLE signalbox_app; "+sql); err == nil {
			t.Errorf("done: %s", sql)
		}
	}
}

func column(table string) string {
	if table == "policy_verdict" {
		return "reason"
	}
	return "ods"
}
