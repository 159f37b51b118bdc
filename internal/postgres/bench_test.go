package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// BenchmarkLayout compares the two ways to keep a source row of thirteen
// columns: one row with an array, as observation does, or a row for each
// column. 18,000 source rows, with the indexes of observation.
func BenchmarkLayout(b *testing.B) {
	const source = `FROM generate_series(1, 150) t, generate_series(1, 120) m`
	const month = `(DATE '2016-01-01' + make_interval(months => m))::date`
	for name, insert := range map[string]string{
		"array": `SELECT t, 1, 0, ` + month + `, 1, 0, ARRAY[t, m, t*m, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]::float8[] ` + source,
		"rows":  `SELECT t, c, 0, ` + month + `, 1, 0, ARRAY[t*m*c]::float8[] ` + source + `, generate_series(1, 13) c`,
	} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			conn := owner(b, db)
			var bytes int64
			for b.Loop() {
				if _, err := conn.Exec(b.Context(), `TRUNCATE observation`); err != nil {
					b.Fatal(err)
				}
				if _, err := conn.Exec(b.Context(), `INSERT INTO observation (trust_id, dataset_id, dim_id, period, load_id, state, numbers) `+insert+` ORDER BY 1, 2, 3, 4`); err != nil {
					b.Fatal(err)
				}
			}
			if err := conn.QueryRow(b.Context(), `SELECT pg_total_relation_size('observation')`).Scan(&bytes); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(bytes)/18000, "bytes/source-row")
		})
	}
}

// national fills 215 organisations, 40 datasets and 120 months: a million rows.
func national(b *testing.B) *DB {
	b.Helper()
	db := open(b)
	put(b, db, dataset("d7", "numerator", "denominator"))
	conn := owner(b, db)
	for _, sql := range []string{
		`INSERT INTO organisation (ods, kind) SELECT 'X' || lpad(i::text, 4, '0'), 'trust' FROM generate_series(1, 215) i`,
		`INSERT INTO observation (trust_id, dataset_id, dim_id, period, load_id, state, numbers)
			SELECT o.trust_id, d, 0, (DATE '2016-01-01' + make_interval(months => m))::date, 1, 0, ARRAY[random() * 1000, 1000]
			FROM organisation o, generate_series(1, 40) d, generate_series(0, 119) m
			WHERE o.kind = 'trust' ORDER BY 1, 2, 3, 4`,
		`VACUUM ANALYZE observation`,
	} {
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

// BenchmarkSeries reads out of a million rows: one series, all organisations
// over ten years, all organisations in one month, one series as of a load.
func BenchmarkSeries(b *testing.B) {
	db := national(b)
	columns := []string{"numerator", "denominator"}
	grant := grantOf(b, decision("d7", everyone, columns...))
	one := []measures.ODSCode{"X0100"}
	month := policy.Period{From: measures.DateOf(2020, 5, 1), To: measures.DateOf(2020, 5, 1)}
	for _, test := range []struct {
		name string
		q    SeriesQuery
		rows int64
	}{
		{"one", SeriesQuery{Organisations: one}, 120},
		{"one-as-of", SeriesQuery{Organisations: one, AsOf: 1}, 120},
		{"all", SeriesQuery{}, 25800},
		{"all-one-month", SeriesQuery{Period: month}, 215},
	} {
		b.Run(test.name, func(b *testing.B) {
			test.q.Columns = columns
			b.ReportAllocs()
			for b.Loop() {
				if _, v, err := db.Series(b.Context(), grant, test.q); err != nil || v.Rows != test.rows {
					b.Fatal(v, err)
				}
			}
		})
	}
}

var indexed = regexp.MustCompile(`observation_(current|pkey)[^\n]*\n\s*(Recheck Cond|Index Cond): \(\(trust_id = ANY \(\$\d\)`)

// TestSeriesIsReadByIndex looks at the plans of the queries that pages wait
// for: one series and all organisations must come from the index on current
// rows, with the scope as a condition of the index and not as a filter.
func TestSeriesIsReadByIndex(t *testing.T) {
	db := open(t)
	put(t, db, dataset("ae", "n"))
	conn := owner(t, db)
	for _, sql := range []string{
		`INSERT INTO organisation (ods, kind) SELECT 'X' || lpad(i::text, 4, '0'), 'trust' FROM generate_series(1, 60) i`,
		`INSERT INTO observation (trust_id, dataset_id, dim_id, period, load_id, state, numbers)
			SELECT o.trust_id, d, 0, (DATE '2016-01-01' + make_interval(months => m))::date, 1, 0, ARRAY[m]
			FROM organisation o, generate_series(1, 20) d, generate_series(0, 59) m WHERE o.kind = 'trust' ORDER BY 1, 2, 3, 4`,
		`VACUUM ANALYZE observation`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	entry, err := db.catalogue(t.Context(), "ae")
	if err != nil {
		t.Fatal(err)
	}
	id, err := db.trustID(t.Context(), "X0010")
	if err != nil {
		t.Fatal(err)
	}
	grant := grantOf(t, decision("ae", everyone, "n"))
	for name, s := range map[string]scope{"one": {trusts: []int16{id}, datasets: []int16{1}}, "all": {everyone: true, datasets: []int16{1}}} {
		sql, args, err := seriesQuery(grant, SeriesQuery{Columns: []string{"n"}}, entry, s)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		if err := db.read(t.Context(), s, `EXPLAIN (COSTS OFF) `+sql, args, func(rows pgx.Rows) error {
			values, err := rows.Values()
			plan += fmt.Sprintln(values[0])
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if !indexed.MatchString(plan) {
			t.Errorf("%s is read by\n%s", name, plan)
		}
	}
}

// BenchmarkRowSecurity reads one series of one trust out of a million rows, in
// turns as the program does it and past row-level security, and reports the one
// as a share of the other.
func BenchmarkRowSecurity(b *testing.B) {
	db := national(b)
	id, err := db.trustID(b.Context(), "X0100")
	if err != nil {
		b.Fatal(err)
	}
	entry, err := db.catalogue(b.Context(), "d7")
	if err != nil {
		b.Fatal(err)
	}
	s := scope{trusts: []int16{id}, datasets: []int16{entry.number}}
	sql, args, err := seriesQuery(grantOf(b, decision("d7", everyone, "numerator")), SeriesQuery{Columns: []string{"numerator"}}, entry, s)
	if err != nil {
		b.Fatal(err)
	}
	settings := db.pool.Config().Copy()
	delete(settings.ConnConfig.RuntimeParams, "role")
	powerful, err := pgxpool.NewWithConfig(b.Context(), settings)
	if err != nil {
		b.Fatal(err)
	}
	defer powerful.Close()
	past := &DB{pool: powerful}
	var with, without []time.Duration
	type turn struct {
		db    *DB
		times *[]time.Duration
	}
	turns := []turn{{db, &with}, {past, &without}}
	for b.Loop() {
		slices.Reverse(turns)
		for _, turn := range turns {
			began, rows := time.Now(), 0
			if err := turn.db.read(b.Context(), s, sql, args, func(pgx.Rows) error { rows++; return nil }); err != nil || rows != 120 {
				b.Fatal(rows, err)
			}
			*turn.times = append(*turn.times, time.Since(began))
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	b.ReportMetric(float64(with[len(with)/2])/float64(without[len(without)/2]), "with/without")
	b.ReportMetric(float64(with[len(with)/2].Microseconds()), "p50-us")
}
