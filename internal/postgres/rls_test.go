package postgres

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// guarded are the tables that hold figures of organisations and what is said about
// them: those whose policies ask for the scope. TestEveryTableOfAnOrganisationIsGuarded
// sees to it that a new one is among them.
func guarded(t testing.TB, db *DB) []string {
	t.Helper()
	rows, err := owner(t, db).Query(t.Context(), `
		SELECT DISTINCT tablename::text
		FROM pg_policies
		WHERE schemaname = 'public' AND qual LIKE '%signalbox.scope%'
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 5 {
		t.Fatalf("tables under the scope: %v, %v", tables, err)
	}
	return tables
}

// unguarded are tables that name an organisation and that everybody may read, with
// the reason. What is not here needs row-level security.
var unguarded = map[string]string{
	"organisation":      "the register is public",
	"organisation_name": "the register is public",
	"membership":        "the register is public",
	"succession":        "the register is public",
	"appointment":       "holds no figures, and is asked at sign-in, before anybody's organisation is known",
	"api_token":         "holds no figures, and is found by the digest of its secret, before anybody's organisation is known",
}

// TestEveryTableOfAnOrganisationIsGuarded asks the database itself which tables
// name an organisation, so that one that is added without thinking of this is found.
func TestEveryTableOfAnOrganisationIsGuarded(t *testing.T) {
	db := open(t)
	rows, err := owner(t, db).Query(t.Context(), `
		SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid),
			r.rolname <> '`+AppRole+`'
		FROM pg_class c
		JOIN pg_roles r ON r.oid = c.relowner
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'v')
			AND (EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('trust_id', 'owner_id', 'partner_id') AND NOT a.attisdropped)
				OR EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confrelid = 'organisation'::regclass))`)
	if err != nil {
		t.Fatal(err)
	}
	var table string
	var walled, foreign bool
	found := 0
	_, err = pgx.ForEachRow(rows, []any{&table, &walled, &foreign}, func() error {
		found++
		reason, open := unguarded[table]
		if !walled && !open || walled && open {
			t.Errorf("%s names an organisation; row-level security is forced: %v, said to be open because %q", table, walled, reason)
		}
		if !foreign {
			t.Errorf("%s belongs to the role of the program, which could switch its row-level security off", table)
		}
		return nil
	})
	if err != nil || found < 9 {
		t.Errorf("%d tables, %v", found, err)
	}
}

// TestScansOfEveryGuardedTableStayInTheScope reads whole tables, which is what any
// query is without its WHERE, in every scope.
func TestScansOfEveryGuardedTableStayInTheScope(t *testing.T) {
	db := open(t)
	secrets(t, db)
	raa, err := db.trustID(t.Context(), "RAA")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range guarded(t, db) {
		sql := `SELECT trust_id FROM ` + table
		for name, s := range map[string]scope{"one": {trusts: []int16{raa}, datasets: []int16{1}}, "nobody": {datasets: []int16{1}}} {
			lines := run(t, db, s, sql)
			for _, line := range lines {
				if line != "[1]" && (name == "nobody" || line != fmt.Sprintf("[%d]", raa)) {
					t.Errorf("%s shows a row of organisation %s to the scope of %s", table, line, name)
				}
			}
			if name == "one" && !slices.Contains(lines, fmt.Sprintf("[%d]", raa)) {
				t.Errorf("%s shows nothing of the scope's own organisation, so it proves nothing", table)
			}
		}
	}
}

// TestAScopeEndsWithItsTransaction uses one connection for everything, as a busy
// pool does: what one reader was shown is gone for the next, after an answer, after
// an error, and where somebody has left a scope behind in the session.
func TestAScopeEndsWithItsTransaction(t *testing.T) {
	first := open(t)
	secrets(t, first)
	db, err := Open(t.Context(), Config{URL: first.ownerURL, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	raa, _ := db.trustID(t.Context(), "RAA")
	rbb, _ := db.trustID(t.Context(), "RBB")
	of := func(id int16) scope { return scope{trusts: []int16{id}, datasets: []int16{1}} }
	unscoped := func(when string) {
		t.Helper()
		for _, table := range guarded(t, db) {
			var n int
			if err := db.pool.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` WHERE trust_id <> 1`).Scan(&n); err != nil || n > 0 {
				t.Errorf("%s, %s shows %d rows, %v", when, table, n, err)
			}
		}
	}
	if len(run(t, db, of(rbb), `SELECT numbers FROM observation`)) != 2 {
		t.Fatal("RBB does not see its own rows")
	}
	unscoped("after an answer")
	if err := db.read(t.Context(), of(rbb), `SELECT 1/0 FROM observation`, pgx.NamedArgs{}, func(pgx.Rows) error { return nil }); err == nil {
		t.Fatal("1/0 is an answer")
	}
	unscoped("after an error")
	if err := db.read(t.Context(), of(rbb), `SELECT numbers FROM observation`, pgx.NamedArgs{}, func(pgx.Rows) error { return ErrNotFound }); err == nil {
		t.Fatal("the reader's error is lost")
	}
	unscoped("after a reader that gave up")
	// Nothing in this package sets a scope for a whole session (see the test below).
	// If something did, the next transaction would still have its own.
	if _, err := db.pool.Exec(t.Context(), `SELECT set_config('signalbox.scope', '{1,2,3,4}', false), set_config('signalbox.dataset', '{1,2}', false)`); err != nil {
		t.Fatal(err)
	}
	for _, line := range run(t, db, of(raa), `SELECT trust_id, dataset_id FROM observation`) {
		if line != fmt.Sprintf("[%d 1]", raa) {
			t.Errorf("a scope left behind shows %s", line)
		}
	}
	if lines := run(t, db, scope{}, `SELECT trust_id FROM observation`); len(lines) > 0 {
		t.Errorf("a scope left behind shows %v to nobody", lines)
	}
}

// TestSettingsLastForATransactionOnly looks for set_config with any other last
// argument than true, and for SET, in the source of this package.
func TestSettingsLastForATransactionOnly(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	careless := regexp.MustCompile(`(?i)set_config\([^)]*,\s*false\)|\bSET\s+(SESSION\s+)?signalbox\.`)
	found := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found += strings.Count(string(source), "set_config(")
		if m := careless.Find(source); m != nil {
			t.Errorf("%s: %s lasts for the whole session and reaches whoever has the connection next", name, m)
		}
	}
	if found == 0 {
		t.Error("no setting was found at all")
	}
}

// readingQueries are all queries of this package that read a guarded table for
// somebody. TestEveryReadingQueryIsListed keeps the list complete.
func readingQueries(t *testing.T, db *DB) map[string]string {
	d := decision("alpha", []measures.ODSCode{"RAA"}, "n")
	d.Rows = []policy.RowRule{{Conditions: []policy.Condition{{Field: "ods", Op: "eq", Values: []any{"RAA"}}, {Field: "period", Op: "gte", Values: []any{"2020-01-01"}}}}}
	entry, err := db.catalogue(t.Context(), "alpha")
	if err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{"coverageQuery": coverageQuery, "eventQuery": eventQuery, "phaseQuery": phaseQuery, "loadsQuery": loadsQuery, "loadedByQuery": loadedByQuery, "toldQuery": toldQuery, "reachQuery": reachQuery + "TRUE", "openRowsQuery": openRowsQuery + "TRUE"}
	for name, q := range map[string]SeriesQuery{"now": {}, "as of": {AsOf: 99}, "strata": {Stratifier: "type"},
		"kind and period": {Kind: measures.Trust, Period: policy.Period{From: 18000, To: 30000}}} {
		q.Columns = []string{"n"}
		sql, _, err := seriesQuery(grantOf(t, d), q, entry, scope{trusts: []int16{1}})
		if err != nil {
			t.Fatal(err)
		}
		queries["series "+name] = sql
	}
	return queries
}

// secrets fills two trusts and two datasets. Whatever is of trust RBB or of
// dataset beta carries a mark.
func secrets(t *testing.T, db *DB) {
	t.Helper()
	for _, id := range []measures.DatasetID{"alpha", "beta"} {
		mark := map[measures.DatasetID]float64{"alpha": 1, "beta": 777000}[id]
		put(t, db, dataset(id, "n"), figure{org: "RAA", period: "2026-01-01", numbers: []float64{mark}},
			figure{org: "RAA", period: "2026-01-01", stratum: "s", numbers: []float64{mark + 1}},
			figure{org: "RBB", period: "2026-01-01", numbers: []float64{777001}},
			figure{org: "RBB", period: "2026-01-01", stratum: "s", numbers: []float64{777002}})
	}
	conn := owner(t, db)
	for _, sql := range []string{
		`INSERT INTO event (trust_id, start, kind, text, source, rebase, exclude)
			SELECT trust_id, '2026-01-01', 'intervention', CASE ods WHEN 'RBB' THEN 'secret' ELSE 'known' END, '', FALSE, FALSE FROM organisation WHERE ods IN ('RAA', 'RBB', 'ENG')`,
		`INSERT INTO phase (trust_id, measure, start, baseline, reason, author, approver, decided)
			SELECT trust_id, 'm', '2026-01-01', 12, CASE ods WHEN 'RBB' THEN 'secret' ELSE 'known' END, 'a', 'b', '2026-01-01' FROM organisation WHERE ods IN ('RAA', 'RBB')`,
		`INSERT INTO load SELECT trust_id, 900 + trust_id, 1, now(), CASE ods WHEN 'RBB' THEN 'secret' ELSE 'known' END, 'f', '', 'm', 1, 0, 1, 0, 0 FROM organisation WHERE ods IN ('RAA', 'RBB')`,
		`INSERT INTO release SELECT 'RZZ', trust_id, 1, '{"plus":["' || CASE ods WHEN 'RBB' THEN 'secret' ELSE 'known' END || '"]}', '{0}', '{1}', '{1}', '{7}', '{true}', 1
			FROM organisation WHERE ods IN ('RAA', 'RBB')`,
		`INSERT INTO load SELECT trust_id, 950, 2, now(), 'secret', 'f', '', 'm', 1, 0, 1, 0, 0 FROM organisation WHERE ods = 'RAA'`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, db *DB, s scope, sql string) []string {
	t.Helper()
	args := pgx.NamedArgs{}
	for _, name := range regexp.MustCompile(`@([a-z_]+[0-9]*)`).FindAllStringSubmatch(sql, -1) {
		args[name[1]] = nil
	}
	var lines []string
	err := db.read(t.Context(), s, sql, args, func(rows pgx.Rows) error {
		values, err := rows.Values()
		lines = append(lines, fmt.Sprint(values))
		return err
	})
	if err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
	return lines
}

// TestQueriesWithoutTheirWhereStillLeakNothing makes every WHERE of every
// reading query true, as a careless edit might, and looks for marks of another
// trust or dataset.
func TestQueriesWithoutTheirWhereStillLeakNothing(t *testing.T) {
	db := open(t)
	secrets(t, db)
	raa, err := db.trustID(t.Context(), "RAA")
	if err != nil {
		t.Fatal(err)
	}
	leaked := regexp.MustCompile(`777\d\d\d|7\.77|secret|RBB`)
	for name, sql := range readingQueries(t, db) {
		stripped := regexp.MustCompile(`\bWHERE\b`).ReplaceAllString(sql, "WHERE TRUE OR ")
		if stripped == sql {
			t.Errorf("%s has no WHERE", name)
		}
		lines := run(t, db, scope{trusts: []int16{raa}, datasets: []int16{1}}, stripped)
		if len(lines) == 0 {
			t.Errorf("%s returned nothing even of its own trust, so it proves nothing", name)
		}
		for _, line := range lines {
			if leaked.MatchString(line) {
				// Names of organisations and datasets are public; figures are not.
				t.Errorf("%s leaks %s", name, line)
			}
		}
		// The same query as the owner's role shows that there was something to leak.
		if name == "series now" && len(run(t, db, scope{everyone: true, datasets: []int16{1, 2}}, stripped)) <= len(lines) {
			t.Errorf("%s has nothing to leak", name)
		}
	}
}

func TestWithoutAScopeThereAreNoRows(t *testing.T) {
	db := open(t)
	secrets(t, db)
	tables := guarded(t, db)
	conn, err := db.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	count := func(table string) (n int) {
		t.Helper()
		// Number 1 is England: its loads and events concern everybody.
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` WHERE trust_id <> 1 OR '`+table+`' NOT IN ('load', 'event')`).Scan(&n); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		return n
	}
	for _, table := range tables {
		if n := count(table); n != 0 {
			t.Errorf("%s shows %d rows to a session that never had a scope", table, n)
		}
	}
	// After a scope has been set and gone, the setting is an empty string.
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT set_config('signalbox.scope', '{1,2,3}', true), set_config('signalbox.dataset', '{1}', true); COMMIT`); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if n := count(table); n != 0 {
			t.Errorf("%s shows %d rows after the scope was gone", table, n)
		}
	}
}

func TestALoadWritesOnlyForItsOrganisations(t *testing.T) {
	db := open(t)
	secrets(t, db)
	raa, _ := db.trustID(t.Context(), "RAA")
	rbb, _ := db.trustID(t.Context(), "RBB")
	in, err := db.BeginIntake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Rollback()
	in.as, in.datasets = raa, []int16{1}
	if err := in.setScope(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	insert := `INSERT INTO observation (trust_id, dataset_id, dim_id, period, load_id, state, numbers) VALUES ($1, $2, 0, '2026-09-01', 99, 0, '{1}')`
	if _, err := in.tx.Exec(t.Context(), insert, raa, 1); err != nil {
		t.Fatalf("its own row: %v", err)
	}
	for _, wrong := range [][2]int16{{rbb, 1}, {raa, 2}, {32767, 1}} {
		nested, err := in.tx.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nested.Exec(t.Context(), insert, wrong[0], wrong[1]); err == nil {
			t.Errorf("wrote a row of organisation %d and dataset %d", wrong[0], wrong[1])
		}
		nested.Rollback(t.Context())
	}
	tag, err := in.tx.Exec(t.Context(), `UPDATE observation SET superseded_by = 5`)
	if err != nil || tag.RowsAffected() != 3 {
		t.Errorf("an update without WHERE touched %d rows, want the 3 of RAA in dataset 1 (%v)", tag.RowsAffected(), err)
	}
}

// TestEveryReadingQueryIsListed looks through the source of this package for
// queries of guarded tables that the list above does not have. The loader is
// left out: it reads in order to write, and writes only for its organisations.
func TestEveryReadingQueryIsListed(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	reads := regexp.MustCompile(`(?i)\b(FROM|JOIN)\s+(` + strings.Join(guarded(t, open(t)), "|") + `)\b`)
	listed := strings.Join([]string{coverageQuery, eventQuery, phaseQuery, loadsQuery, loadedByQuery, toldQuery, reachQuery, openRowsQuery}, "\n") + "FROM observation o\n\tWHERE "
	found := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || slices.Contains([]string{"apply.go", "putevents.go"}, name) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING || !reads.MatchString(text.Value) {
				return true
			}
			found++
			if body := strings.TrimSpace(strings.Trim(text.Value, "`\"")); !strings.Contains(listed, body) {
				t.Errorf("%s reads a guarded table in a query that is not listed: %s", name, body)
			}
			return true
		})
	}
	if found < 5 {
		t.Errorf("only %d queries of guarded tables were found; the test looks in the wrong place", found)
	}
}
