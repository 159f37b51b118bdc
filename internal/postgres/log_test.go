package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// readerAt is a grant to read the log of an organisation.
func readerAt(t testing.TB, owner measures.ODSCode) policy.Grant {
	return governs(t, policy.LogRead, owner)
}

func governs(t testing.TB, action policy.Action, owner measures.ODSCode) policy.Grant {
	t.Helper()
	return grantOf(t, seal(policy.Decision{Allow: true, Request: policy.Request{ID: "reads the log", Action: action,
		Actor: policy.Actor{ID: "lead", ODS: owner}, Resource: policy.Resource{ODS: owner, Grain: "aggregate"}}}))
}

// asked is a recorded question: who of where asked for what of whom.
func asked(who string, from, of measures.ODSCode, dataset measures.DatasetID, allow bool, code string) policy.Decision {
	d := decision(dataset, []measures.ODSCode{of}, "n")
	d.Request.Actor.ID, d.Request.Actor.ODS, d.Request.Resource.ODS = who, from, of
	d.Request.Plugin = policy.Plugin{ID: "spc", Digest: "sha256:" + who}
	if d.Allow = allow; allow {
		d.Grants = []policy.GrantRef{{Code: code, Ref: "x"}}
	} else {
		d.Reasons = []policy.Reason{{Code: code, Message: "No.", Help: "Ask."}}
	}
	return d
}

// story fills a log of two organisations: RAA has figures of alpha, RBB of beta.
func story(t testing.TB) *DB {
	t.Helper()
	db := open(t)
	put(t, db, dataset("alpha", "n"), figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}})
	put(t, db, dataset("beta", "n"), figure{org: "RBB", period: "2026-01-01", numbers: []float64{1}})
	records, err := db.RecordAll(t.Context(), []policy.Decision{
		asked("ann", "RAA", "RAA", "alpha", true, "own"),        // 1
		asked("bob", "RBB", "RAA", "alpha", false, "not_yours"), // 2
		asked("bob", "RBB", "RBB", "beta", true, "own"),         // 3: none of RAA's business
		asked("cat", "QWE", "ENG", "alpha", true, "national"),   // 4: of everybody, RAA among them
		asked("cat", "QWE", "ENG", "beta", true, "national"),    // 5: of everybody, RAA has none
		asked("ann", "RAA", "RBB", "beta", false, "not_yours"),  // 6: by RAA's own
		asked("ann", "RAA", "ENG", "beta", true, "published"),   // 7
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.RecordResults(t.Context(), []Result{{Record: records[0], Rows: 12, Suppressed: 3, Digest: "sha256:00"}}); err != nil { // 8
		t.Fatal(err)
	}
	return db
}

func sequences(t testing.TB, db *DB, q LogQuery) []int64 {
	t.Helper()
	lines, err := db.Decisions(t.Context(), readerAt(t, q.Owner), q)
	if err != nil {
		t.Fatal(err)
	}
	list := []int64{}
	for _, line := range lines {
		list = append(list, line.Sequence)
	}
	return list
}

func TestAnOrganisationReadsItsOwnLogAndNobodyElses(t *testing.T) {
	db := story(t)
	yes, no := true, false
	for _, test := range []struct {
		name string
		q    LogQuery
		want []int64
	}{
		{"all of RAA", LogQuery{Owner: "RAA"}, []int64{7, 6, 4, 2, 1}},
		{"all of RBB", LogQuery{Owner: "RBB"}, []int64{7, 6, 5, 3, 2}},
		{"a person", LogQuery{Owner: "RAA", Person: "bob"}, []int64{2}},
		{"a dataset", LogQuery{Owner: "RAA", Dataset: "beta"}, []int64{7, 6}},
		{"a plugin", LogQuery{Owner: "RAA", Plugin: "sha256:cat"}, []int64{4}},
		{"another's people", LogQuery{Owner: "RAA", Asker: "QWE"}, []int64{4}},
		{"denied", LogQuery{Owner: "RAA", Allow: &no}, []int64{6, 2}},
		{"allowed", LogQuery{Owner: "RAA", Allow: &yes}, []int64{7, 4, 1}},
		{"a reason", LogQuery{Owner: "RAA", Code: "not_yours"}, []int64{6, 2}},
		{"a grant", LogQuery{Owner: "RAA", Code: "national"}, []int64{4}},
		{"an action", LogQuery{Owner: "RAA", Action: "data.export"}, []int64{}},
		{"a page", LogQuery{Owner: "RAA", Limit: 2}, []int64{7, 6}},
		{"the next", LogQuery{Owner: "RAA", Limit: 2, Before: 6}, []int64{4, 2}},
		{"before there was any", LogQuery{Owner: "RAA", To: time.Now().Add(-time.Hour)}, []int64{}},
		{"this hour", LogQuery{Owner: "RAA", From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}, []int64{7, 6, 4, 2, 1}},
	} {
		if got := sequences(t, db, test.q); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestALogLineSaysWhatBecameOfIt(t *testing.T) {
	db := story(t)
	line, err := db.LoggedDecision(t.Context(), readerAt(t, "RAA"), "RAA", 1)
	if err != nil || line.Result == nil || line.Result.Rows != 12 || line.Result.Suppressed != 3 || line.ResultSequence != 8 ||
		line.Document.Input.Subject.ID != "ann" {
		t.Errorf("%+v, %v", line, err)
	}
	if line, err = db.LoggedDecision(t.Context(), readerAt(t, "RAA"), "RAA", 2); err != nil || line.Result != nil || line.Document.Reasons[0].Code != "not_yours" {
		t.Errorf("%+v, %v", line, err)
	}
	for _, sequence := range []int64{3, 5, 8, 99} {
		if _, err := db.LoggedDecision(t.Context(), readerAt(t, "RAA"), "RAA", sequence); !errors.Is(err, ErrNotFound) {
			t.Errorf("record %d is not in this log: %v", sequence, err)
		}
	}
}

func TestTheLogTakesAGrantForIt(t *testing.T) {
	db := story(t)
	for name, grant := range map[string]policy.Grant{
		"none":               {},
		"another's":          readerAt(t, "RBB"),
		"for something else": governs(t, policy.AccessDecide, "RAA"),
	} {
		if lines, err := db.Decisions(t.Context(), grant, LogQuery{Owner: "RAA"}); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("%s: %d lines, %v", name, len(lines), err)
		}
		if _, err := db.LoggedDecision(t.Context(), grant, "RAA", 1); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("%s: %v", name, err)
		}
		for _, err := range db.Documents(t.Context(), grant, "RAA", time.Time{}, 10) {
			if !errors.Is(err, ErrOutOfScope) {
				t.Errorf("%s: a document, %v", name, err)
			}
		}
	}
}

func TestAnAuthorReplaysWhatWasAskedOfTheirOrganisation(t *testing.T) {
	db := story(t)
	var who []string
	for d, err := range db.Documents(t.Context(), governs(t, policy.PolicyWrite, "RAA"), "RAA", time.Now().Add(-time.Hour), 10) {
		if err != nil {
			t.Fatal(err)
		}
		who = append(who, d.Input.Subject.ID+" of "+string(d.Input.Resource.ODS))
	}
	if got := strings.Join(who, ", "); got != "cat of ENG, bob of RAA, ann of RAA" {
		t.Error(got)
	}
}

// Entries of before the columns were there are found too.
func TestOldEntriesAreFiledByTheMigration(t *testing.T) {
	db := story(t)
	conn := owner(t, db)
	before := sequences(t, db, LogQuery{Owner: "RAA", Code: "not_yours"})
	for _, sql := range []string{
		`UPDATE goose_db_version SET version_id = 0 WHERE version_id = 8`,
		`DROP TABLE ledger_pruned`, `ALTER TABLE ledger DROP COLUMN subject_ods, DROP COLUMN purpose, DROP COLUMN plugin, DROP COLUMN codes`,
		`DROP INDEX IF EXISTS ledger_about, ledger_by, ledger_uses, ledger_person, ledger_denied`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	migration, err := migrations.ReadFile("migrations/00008_ledger.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(migration), "-- +goose Down")
	if _, err := conn.Exec(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	if after := sequences(t, db, LogQuery{Owner: "RAA", Code: "not_yours"}); !slices.Equal(before, after) || len(after) != 2 {
		t.Errorf("%v, after the migration %v", before, after)
	}
	if got := sequences(t, db, LogQuery{Owner: "RAA", Plugin: "sha256:cat"}); !slices.Equal(got, []int64{4}) {
		t.Errorf("%v", got)
	}
}

// million fills a log of a million decisions of 50 trusts without their hashes:
// searching does not look at those. RAA is a trust like any other.
func million(b testing.TB, n int) *DB {
	b.Helper()
	db := open(b)
	put(b, db, dataset("d7", "n"), figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}})
	canonical, err := entryAt(1, asked("p1", "RAA", "RAA", "d7", true, "own")).Canonical()
	if err != nil {
		b.Fatal(err)
	}
	conn := owner(b, db)
	for _, sql := range []string{
		`ALTER TABLE ledger DISABLE TRIGGER ALL`, // its foreign key
		fmt.Sprintf(`INSERT INTO ledger (sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)
			SELECT i, TIMESTAMPTZ '2025-01-01' + i * interval '30 seconds', 'decision', 'r' || i, 'p' || i %% 5000,
				CASE i %% 50 WHEN 0 THEN 'RAA' ELSE 'R' || lpad((i %% 50)::text, 2, '0') END, 'improvement',
				CASE WHEN i %% 3 = 0 THEN 'ENG' WHEN i %% 7 = 1 THEN 'RAA' ELSE 'R' || lpad((i %% 50)::text, 2, '0') END,
				'd' || i %% 40, 'sha256:' || i %% 60, 'chart.read', i %% 200 <> 3,
				CASE WHEN i %% 200 = 3 THEN ARRAY['not_yours'] WHEN i = 17 THEN ARRAY['rare'] ELSE ARRAY['own'] END,
				convert_to(replace(replace('%s', '"sequence":1,', '"sequence":' || i || ','), 'request-X', 'r' || i), 'UTF8')
			FROM generate_series(1, %d) i`, strings.ReplaceAll(string(canonical), "'", "''"), n),
		`ALTER TABLE ledger ENABLE TRIGGER ALL`, `VACUUM ANALYZE ledger`,
	} {
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

// searches are what readers ask of a long log.
var searches = map[string]LogQuery{
	"newest":   {},
	"person":   {Person: "p100"},
	"nobody":   {Person: "not there"},
	"dataset":  {Dataset: "d7"},
	"plugin":   {Plugin: "sha256:50"},
	"denied":   {Allow: new(bool)},
	"rare":     {Code: "rare"},
	"reason":   {Code: "not_yours"},
	"old days": {From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC)},
	"deep":     {Before: 1000},
	"asker":    {Asker: "R17"},
}

// BenchmarkSearch reads one page of 50 lines of a log of a million.
func BenchmarkSearch(b *testing.B) {
	db := million(b, 1_000_000)
	for name, q := range searches {
		q.Owner = "RAA"
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.Decisions(b.Context(), readerAt(b, "RAA"), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The planner must find every page by an index, and never read the log through.
func TestTheLogIsSearchedByIndex(t *testing.T) {
	db := million(t, 30_000)
	for name, q := range searches {
		q.Owner = "RAA"
		s, err := db.searchOf(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		// Thirty thousand entries are read through as quickly, so the planner is
		// told not to: what it then cannot avoid would cost a second in a million.
		var plan []string
		err = pgx.BeginFunc(t.Context(), db.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SET LOCAL enable_seqscan = off`); err != nil {
				return err
			}
			rows, err := tx.Query(t.Context(), `EXPLAIN `+s.sql(true), s.args)
			if err == nil {
				plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

func entryAt(sequence int64, d policy.Decision) ledger.Entry {
	return ledger.Decided(sequence, time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC), d)
}

func TestUsesAreCountedWithoutPeopleAndWithoutSmallNumbers(t *testing.T) {
	db := story(t)
	if _, err := owner(t, db).Exec(t.Context(), `UPDATE organisation SET kind = 'trust' WHERE ods IN ('RAA', 'RBB')`); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if _, err := db.Record(t.Context(), asked("ann", "RAA", "RAA", "alpha", true, "own")); err != nil {
			t.Fatal(err)
		}
	}
	uses, err := db.Uses(t.Context(), time.Now().Add(-time.Hour), 8)
	if err != nil {
		t.Fatal(err)
	}
	want := []Use{
		{"alpha", "improvement", "other", 0, true}, // cat, of a board that is not in the register
		{"alpha", "improvement", "trust", 9, false},
		{"beta", "improvement", "other", 0, true},
		{"beta", "improvement", "trust", 0, true},
	}
	if !slices.Equal(uses, want) {
		t.Errorf("%+v, want %+v", uses, want)
	}
	if uses, err := db.Uses(t.Context(), time.Now().Add(time.Hour), 8); err != nil || len(uses) != 0 {
		t.Errorf("%+v, %v", uses, err)
	}
}

// Codes come from policies, and policies may say anything.
func TestCodesOfAnyTextAreFiledAsTheyAre(t *testing.T) {
	db := open(t)
	put(t, db, dataset("alpha", "n"), figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}})
	d := asked("ann", "RAA", "RAA", "alpha", false, `a "quoted" \ back, {and} ’ more`)
	d.Reasons = append(d.Reasons, policy.Reason{Code: "NULL"}, policy.Reason{Code: ""}, policy.Reason{Code: `\"`})
	if _, err := db.Record(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{d.Reasons[0].Code, "NULL", `\"`} {
		if got := sequences(t, db, LogQuery{Owner: "RAA", Code: code}); !slices.Equal(got, []int64{1}) {
			t.Errorf("%q: %v", code, got)
		}
	}
	err := db.Audit(t.Context(), func(a *Audit) error {
		_, err := a.Verify()
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
