package postgres

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// guarded are the tables whose rows belong to a trust.
var guarded = []string{"observation", "load", "dataset_coverage", "event", "phase"}

// readingQueries are all queries of this package that read a guarded table for
// somebody. TestEveryReadingQueryIsListed keeps the list complete.
func readingQueries(t *testing.T, db *DB) map[string]string {
	d := decision("alpha", []measures.ODSCode{"RAA"}, "n")
	d.Rows = []policy.RowRule{{Conditions: []policy.Condition{{Field: "ods", Op: "eq", Values: []any{"RAA"}}, {Field: "period", Op: "gte", Values: []any{"2020-01-01"}}}}}
	entry, err := db.catalogue(t.Context(), "alpha")
	if err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{"coverageQuery": coverageQuery, "eventQuery": eventQuery, "phaseQuery": phaseQuery, "loadsQuery": loadsQuery, "loadedByQuery": loadedByQuery, "reachQuery": reachQuery + "TRUE"}
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
	conn, err := db.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	count := func(table string) (n int) {
		t.Helper()
		where := map[string]string{"load": " WHERE trust_id <> 1", "event": " WHERE trust_id <> 1"}[table]
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM `+table+where).Scan(&n); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		return n
	}
	for _, table := range guarded {
		if n := count(table); n != 0 {
			t.Errorf("%s shows %d rows to a session that never had a scope", table, n)
		}
	}
	// After a scope has been set and gone, the setting is an empty string.
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT set_config('signalbox.scope', '{1,2,3}', true), set_config('signalbox.dataset', '{1}', true); COMMIT`); err != nil {
		t.Fatal(err)
	}
	for _, table := range guarded {
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
	reads := regexp.MustCompile(`(?i)\b(FROM|JOIN)\s+(` + strings.Join(guarded, "|") + `)\b`)
	listed := strings.Join([]string{coverageQuery, eventQuery, phaseQuery, loadsQuery, loadedByQuery, reachQuery}, "\n") + "FROM observation o\n\tWHERE "
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
