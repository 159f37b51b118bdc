package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// installation is one with a database and a data folder of its own.
type installation struct {
	t   testing.TB
	cfg config
	db  *postgres.DB
	now time.Time // of what is recorded
}

func install(t testing.TB) *installation {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	i := &installation{t: t, cfg: config{databaseURL: url, ownerURL: url, dataDir: t.TempDir()}, now: time.Now()}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, Now: i.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	i.db = db
	return i
}

func (i *installation) clock() time.Time { return i.now }

// run runs a command of the installation and gives what it printed and its exit status.
func (i *installation) run(args ...string) (string, int) {
	i.t.Helper()
	var out bytes.Buffer
	root := newRootCommand(&i.cfg)
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(io.Discard)
	err := root.ExecuteContext(i.t.Context())
	if err != nil {
		fmt.Fprintln(&out, err)
	}
	return out.String(), statusOf(err)
}

// must runs a command that succeeds.
func (i *installation) must(args ...string) string {
	i.t.Helper()
	out, status := i.run(args...)
	if status != 0 {
		i.t.Fatalf("signalbox %s: status %d\n%s", strings.Join(args, " "), status, out)
	}
	return out
}

// file writes a text to a file of the installation.
func (i *installation) file(name, text string) string {
	i.t.Helper()
	path := filepath.Join(i.cfg.dataDir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// decided records n decisions with their results: twice as many records.
func (i *installation) decided(n int) {
	i.t.Helper()
	for range n {
		d := policy.Decision{Allow: true, Grants: []policy.GrantRef{{Code: "own_organisation", Ref: "RAA"}}, PolicyRevision: "test", DataRevision: "test",
			Request: policy.Request{ID: fmt.Sprintf("request-%d", requestNumber.Add(1)), Now: i.now.Unix(), Action: policy.ChartRead,
				Actor:    policy.Actor{ID: "ann", ODS: "RAA", Orgs: []measures.ODSCode{"RAA"}, Purpose: "improvement"},
				Resource: policy.Resource{Dataset: "falls", Columns: []string{"n"}, ODS: "RAA", Grain: "aggregate"}}}
		record, err := i.db.Record(i.t.Context(), d)
		if err != nil {
			i.t.Fatal(err)
		}
		if err := i.db.RecordResults(i.t.Context(), []postgres.Result{{Record: record, Rows: 12, Digest: "sha256:00"}}); err != nil {
			i.t.Fatal(err)
		}
	}
}

// rewritten makes all stored hashes fit the records again, as somebody with full
// power over the tables could.
func (i *installation) rewritten() {
	i.t.Helper()
	rows := pgtest.SQL(i.t, i.cfg.ownerURL, `SELECT convert_from(entry, 'UTF8') FROM ledger ORDER BY sequence`)
	var hashes []ledger.Hash
	stored := ledger.HashReaderFunc(func(places []int64) (out []ledger.Hash, _ error) {
		for _, p := range places {
			out = append(out, hashes[p])
		}
		return out, nil
	})
	statements := "TRUNCATE ledger_hash;"
	for n, row := range rows {
		added, err := ledger.Append(int64(n+1), []byte(row[0]), stored)
		if err != nil {
			i.t.Fatal(err)
		}
		for _, s := range added {
			hashes = append(hashes, s.Hash)
			statements += fmt.Sprintf(`INSERT INTO ledger_hash VALUES (%d, '\x%x');`, s.Index, s.Hash[:])
		}
	}
	pgtest.SQL(i.t, i.cfg.ownerURL, statements+"SELECT 1")
}

// edited replaces text within records, in SQL.
func edited(where, old, new string) string {
	return fmt.Sprintf(`UPDATE ledger SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '%s', '%s'), 'UTF8') WHERE %s;`, old, new, where)
}

const unbound = `ALTER TABLE ledger DROP CONSTRAINT IF EXISTS ledger_previous_fkey;`

// tamperings are what somebody with the password of the database's superuser may
// try. Ten decisions with their results are there, and a head of twelve records
// was signed and kept.
var tamperings = []struct {
	name, sql string
	rewrite   bool // hashes too
	sequence  int64
	kind      string
}{
	{name: "an edited name", sql: edited("sequence = 9", `"ann"`, `"eve"`), sequence: 9, kind: ledger.Edited},
	{name: "a denial made of a yes", sql: edited("sequence = 9", `"allow":true`, `"allow":false`), sequence: 9, kind: ledger.Edited},
	{name: "other figures released", sql: edited("sequence = 10", `"rows":12`, `"rows":11`), sequence: 10, kind: ledger.Edited},
	{name: "a record deleted", sql: unbound + `DELETE FROM ledger WHERE sequence = 7`, sequence: 7, kind: ledger.Missing},
	{name: "the end deleted", sql: `DELETE FROM ledger WHERE sequence > 15`, sequence: 16, kind: ledger.Missing},
	{name: "the end deleted with its hashes, beyond the head", sequence: 11, kind: ledger.Missing,
		sql: fmt.Sprintf(`DELETE FROM ledger WHERE sequence > 10; DELETE FROM ledger_hash WHERE place >= %d`, ledger.HashCount(10))},
	{name: "everything deleted", sql: `TRUNCATE ledger, ledger_hash`, sequence: 1, kind: ledger.Missing},
	{name: "two exchanged", sequence: 4, kind: ledger.Reordered,
		sql: `UPDATE ledger a SET entry = b.entry FROM ledger b WHERE (a.sequence, b.sequence) IN ((4, 8), (8, 4))`},
	{name: "two exchanged with their numbers", sequence: 3, kind: ledger.Reordered, sql: `
		UPDATE ledger a SET (recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)
			= (b.recorded, b.kind, b.request_id, b.actor, b.subject_ods, b.purpose, b.ods, b.dataset, b.plugin, b.action, b.allow, b.codes, b.entry)
		FROM ledger b WHERE (a.sequence, b.sequence) IN ((3, 5), (5, 3))`},
	{name: "results exchanged", sequence: 2, kind: ledger.Unfounded, rewrite: true, sql: `
		UPDATE ledger a SET request_id = b.request_id, entry = convert_to(replace(convert_from(a.entry, 'UTF8'), a.request_id, b.request_id), 'UTF8')
		FROM ledger b WHERE (a.sequence, b.sequence) IN ((2, 4), (4, 2))`},
	{name: "one inserted", sequence: 7, kind: ledger.Inserted, sql: unbound + `
		ALTER TABLE ledger DROP CONSTRAINT ledger_pkey;
		UPDATE ledger SET sequence = sequence + 1 WHERE sequence >= 7;
		INSERT INTO ledger (sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)
			SELECT 7, recorded, kind, 'request-new', actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes,
				convert_to(replace(convert_from(entry, 'UTF8'), request_id, 'request-new'), 'UTF8')
			FROM ledger WHERE sequence = 8`},
	{name: "one added at the end", sequence: 21, kind: ledger.BadHash, sql: `
		INSERT INTO ledger (sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)
			SELECT 21, recorded, kind, 'request-new', actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes,
				convert_to(replace(replace(convert_from(entry, 'UTF8'), request_id, 'request-new'), '"sequence":19', '"sequence":21'), 'UTF8')
			FROM ledger WHERE sequence = 19`},
	{name: "a hash changed", sql: `UPDATE ledger_hash SET hash = sha256('x') WHERE place = 2`, sequence: 2, kind: ledger.BadHash},
	{name: "hashes deleted", sql: `DELETE FROM ledger_hash WHERE place > 20`, sequence: 12, kind: ledger.BadHash},
	{name: "hidden from the search", sql: `UPDATE ledger SET actor = 'nobody' WHERE sequence = 5`, sequence: 5, kind: ledger.Misfiled},
	{name: "another day in the column", sql: `UPDATE ledger SET recorded = recorded - interval '1 year' WHERE sequence = 5`, sequence: 5, kind: ledger.Misfiled},
	{name: "edited, with all hashes made again", sql: edited("sequence = 9", `"rows":[]`, `"rows":[{}]`), rewrite: true, sequence: 9, kind: ledger.Edited},
	{name: "edited well, with all hashes made again", sequence: 1, kind: ledger.Rewritten, rewrite: true,
		sql: edited("sequence = 9", `"ann"`, `"eve"`) + `UPDATE ledger SET actor = 'eve' WHERE sequence = 9`},
	{name: "emptied, as if let go", sql: `UPDATE ledger SET entry = '' WHERE sequence = 5`, sequence: 5, kind: ledger.Edited},
	{name: "let go without a signature", sequence: 1, kind: ledger.Forged,
		sql: `UPDATE ledger SET entry = '' WHERE sequence = 5; INSERT INTO ledger_pruned VALUES (5, now(), 'it was me')`},
}

// restored lays the tables out again as they were before one tampering.
const restored = unbound + `
	ALTER TABLE ledger DROP CONSTRAINT IF EXISTS ledger_pkey;
	TRUNCATE ledger, ledger_hash, ledger_pruned;
	INSERT INTO ledger (sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)
		SELECT sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry FROM saved_ledger;
	INSERT INTO ledger_hash SELECT * FROM saved_hash;
	ALTER TABLE ledger ADD CONSTRAINT ledger_pkey PRIMARY KEY (sequence);
	ALTER TABLE ledger ADD CONSTRAINT ledger_previous_fkey FOREIGN KEY (previous) REFERENCES ledger (sequence);
	SELECT 1`

func TestVerifyTellsEveryTamperingOfTheDatabaseApart(t *testing.T) {
	i := install(t)
	i.decided(6)
	i.must("audit", "head")
	i.decided(4)
	pgtest.SQL(t, i.cfg.ownerURL, `CREATE TABLE saved_ledger AS TABLE ledger; CREATE TABLE saved_hash AS TABLE ledger_hash; SELECT 1`)
	for _, test := range tamperings {
		pgtest.SQL(t, i.cfg.ownerURL, restored)
		if out := i.must("audit", "verify"); !strings.Contains(out, "Sound: 20 records of the database") || !strings.Contains(out, "head of 12 records") {
			t.Fatal(out)
		}
		pgtest.SQL(t, i.cfg.ownerURL, test.sql+"; SELECT 1")
		if test.rewrite {
			i.rewritten()
		}
		if fault := i.fault(1, "audit", "verify"); fault.Sequence != test.sequence || fault.Kind != test.kind {
			t.Errorf("%s: record %d is %s: %s; want record %d, %s", test.name, fault.Sequence, fault.Kind, fault.Detail, test.sequence, test.kind)
		}
	}
	out, status := i.run("audit", "verify")
	if status != 1 || !strings.Contains(out, "CHANGED: the database") || !strings.Contains(out, "record 1: forged") {
		t.Errorf("status %d\n%s", status, out)
	}
}

// fault runs a verification that finds something, and gives the first.
func (i *installation) fault(status int, args ...string) ledger.Fault {
	i.t.Helper()
	out, got := i.run(append(args, "--format", "json")...)
	line, _, _ := strings.Cut(out, "\n")
	var found struct{ Faults []ledger.Fault }
	if err := json.Unmarshal([]byte(line), &found); err != nil || got != status || len(found.Faults) == 0 {
		i.t.Fatalf("status %d, %v\n%s", got, err, out)
	}
	return found.Faults[0]
}

// Whoever rewrites records and hashes alike is found by heads alone; this is what
// docs/audit.md says that verify cannot do.
func TestARewrittenLedgerIsFoundByAHeadThatLeftTheMachine(t *testing.T) {
	i := install(t)
	i.decided(6)
	head := i.must("audit", "head")
	if !strings.Contains(head, "\n12\n") {
		t.Fatal(head)
	}
	key := strings.TrimSpace(i.must("audit", "key"))
	pgtest.SQL(t, i.cfg.ownerURL, edited("sequence = 9", `"ann"`, `"eve"`)+`UPDATE ledger SET actor = 'eve' WHERE sequence = 9; SELECT 1`)
	i.rewritten()
	// The data folder is gone too: a new one knows no head.
	i.cfg.dataDir = t.TempDir()
	if out := i.must("audit", "verify"); !strings.Contains(out, "no signed head is kept") {
		t.Error(out)
	}
	paper := i.file("paper.note", head)
	if fault := i.fault(1, "audit", "verify", "--head", paper, "--key", key); fault.Kind != ledger.Rewritten {
		t.Errorf("%+v", fault)
	}
	// Nor does it sign what it would then be bound to.
	file := filepath.Join(i.cfg.dataDir, "x.sbl")
	i.must("audit", "export", file)
	if fault := i.fault(1, "audit", "verify", file, "--head", paper); fault.Kind != ledger.Rewritten {
		t.Errorf("%+v", fault)
	}
}

func TestNoHeadIsSignedOfALedgerThatDoesNotContinueTheLast(t *testing.T) {
	i := install(t)
	i.decided(6)
	i.must("audit", "head")
	pgtest.SQL(t, i.cfg.ownerURL, edited("sequence = 9", `"ann"`, `"eve"`)+`SELECT 1`)
	i.rewritten()
	i.db.Close()
	if out, status := i.run("audit", "head"); status != 1 || !strings.Contains(out, "no head was signed") {
		t.Errorf("status %d\n%s", status, out)
	}
}

var requestNumber atomic.Int64
