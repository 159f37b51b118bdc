package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// saved has the governance lead of RAA save versions of a draft, each by an act of
// its own, and gives the records of the acts.
func (i *installation) saved(titles ...string) (records []int64) {
	i.t.Helper()
	ctx := i.t.Context()
	reference, err := policy.NationalReference()
	if err != nil {
		i.t.Fatal(err)
	}
	reference.Organisations["RAA"] = policy.OrganisationFacts{Name: "Ashford", Kind: "trust"}
	engine, err := policy.NewEngine(ctx, policy.EngineOptions{Data: reference})
	if err != nil {
		i.t.Fatal(err)
	}
	today := measures.Date(i.now.Unix() / 86400)
	lead := policy.Actor{ID: "lead", Name: "Lead", ODS: "RAA", Orgs: []measures.ODSCode{"RAA"}, Roles: []policy.Role{"governance_lead"},
		Purpose: "governance", Assurance: "aal2", TrainedOn: today - 20}
	files, err := policy.Template("RAA", today+365)
	if err != nil {
		i.t.Fatal(err)
	}
	desk := &governing.Desk{Policy: engine, Ledger: i.db, Now: i.clock}
	v := postgres.PolicyVersion{Owner: "RAA", Files: files, Name: lead.Name}
	for n, title := range titles {
		v.Title, v.At = title, i.now
		v.Files[0].Source += "\n# " + title + "\n"
		grant, err := desk.Ask(ctx, lead, policy.PolicyWrite, "RAA", policy.Change{Kind: "policy", Ref: policy.FilesDigest(v.Files), Author: lead.ID})
		if err != nil {
			i.t.Fatalf("version %d: %v", n+1, err)
		}
		saved, act, err := i.db.SavePolicy(ctx, grant, v)
		if err != nil {
			i.t.Fatal(err)
		}
		if err := i.db.RecordResults(ctx, []postgres.Result{{Record: grant.Record(), Digest: act}}); err != nil {
			i.t.Fatal(err)
		}
		v.Draft, v.Version = saved.Draft, saved.Version
		records = append(records, grant.Record().Sequence())
	}
	return records
}

func TestVerifyTellsTamperingOfThePolicyStoreApart(t *testing.T) {
	i := install(t)
	i.decided(2)
	records := i.saved("first", "second", "third")
	if out := i.must("audit", "verify"); !strings.Contains(out, "Sound: 10 records") {
		t.Fatal(out)
	}
	pgtest.SQL(t, i.cfg.ownerURL, `CREATE TABLE saved_version AS TABLE policy_version; SELECT 1`)
	for _, test := range []struct {
		name, sql string
		record    int64
		says      string
	}{
		{"another title", `UPDATE policy_version SET title = 'harmless' WHERE version = 2`, records[1], "not as it was when it was written"},
		{"other files", `UPDATE policy_version v SET files = w.files FROM policy_version w WHERE v.version = 2 AND w.version = 1`, records[1], "not those that its digest names"},
		{"other files with their digest", `UPDATE policy_version v SET (files, digest) = (w.files, w.digest) FROM policy_version w WHERE v.version = 2 AND w.version = 1`,
			records[1], "about other files"},
		{"a version deleted", `DELETE FROM policy_version WHERE version = 3`, records[2], "it was taken out"},
		{"everything deleted", `DELETE FROM policy_version`, records[0], "it was taken out"},
		{"versions exchanged", `UPDATE policy_version SET version = 9 WHERE version = 1; UPDATE policy_version SET version = 1 WHERE version = 2; UPDATE policy_version SET version = 2 WHERE version = 9`,
			records[0], "not as it was when it was written"},
		{"a version added on the strength of another decision", `INSERT INTO policy_version SELECT ods, draft, 4, base, title, files, digest, saved_at, saved_by, name, 1 FROM policy_version WHERE version = 3`,
			1, "no decision about a policy of that number"},
		{"a version added on the strength of its neighbour's", `INSERT INTO policy_version SELECT ods, draft, 4, base, title, files, digest, saved_at, saved_by, name, record FROM policy_version WHERE version = 3`,
			records[2], "not as it was when it was written"},
	} {
		pgtest.SQL(t, i.cfg.ownerURL, `DELETE FROM policy_version; INSERT INTO policy_version SELECT * FROM saved_version; SELECT 1`)
		pgtest.SQL(t, i.cfg.ownerURL, test.sql+"; SELECT 1")
		fault := i.fault(1, "audit", "verify")
		if fault.Kind != policyStore || fault.Sequence != test.record || !strings.Contains(fault.Detail, test.says) {
			t.Errorf("%s: record %d, %s: %s; want record %d and %q", test.name, fault.Sequence, fault.Kind, fault.Detail, test.record, test.says)
		}
	}
}

// Records about data may go; what was done about policies stays, and the store is
// compared with it as before.
func TestWhatWasDoneAboutPoliciesIsNotLetGo(t *testing.T) {
	i := install(t)
	i.now = i.now.AddDate(-1, 0, 0)
	i.decided(2)
	records := i.saved("first", "second")
	i.now = i.now.AddDate(1, 0, 0)
	i.decided(1)
	before := i.now.AddDate(0, -1, 0).Format(time.DateOnly)
	if out := i.must("audit", "prune", "--before", before, "--keep-export", filepath.Join(i.cfg.dataDir, "kept.gz")); !strings.Contains(out, "4 records up to 8") {
		t.Error(out)
	}
	if out := i.must("audit", "verify"); !strings.Contains(out, "records 1-8") {
		t.Error(out)
	}
	pgtest.SQL(t, i.cfg.ownerURL, `DELETE FROM policy_version WHERE version = 2; SELECT 1`)
	if fault := i.fault(1, "audit", "verify"); fault.Kind != policyStore || fault.Sequence != records[1] {
		t.Errorf("%+v", fault)
	}
}
