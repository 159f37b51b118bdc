package postgres

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// known is a row of figures as a row rule sees it. A stratum of nothing is the
// whole organisation, which a rule sees as null.
type known struct{ ods, dataset, stratum, period string }

// meets is what a row rule means, read from its description and not from its
// translation: every condition holds, and what is null meets is_null alone.
func (k known) meets(rule policy.RowRule) bool {
	return rule.All || !slices.ContainsFunc(rule.Conditions, func(c policy.Condition) bool { return !k.holds(c) })
}

func (k known) holds(c policy.Condition) bool {
	value := map[string]string{"ods": k.ods, "dataset": k.dataset, "stratum": k.stratum, "period": k.period}[c.Field]
	if c.Op == "is_null" {
		return (value == "") == c.Values[0].(bool)
	}
	return value != "" && slices.ContainsFunc(c.Values, func(v any) bool {
		want := v.(string)
		switch c.Op {
		case "eq", "in":
			return value == want
		case "gte":
			return value >= want // days are written so that their order is that of their text
		case "gt":
			return value > want
		case "lte":
			return value <= want
		}
		return value < want
	})
}

func anyRule(rules []policy.RowRule, k known) bool {
	return slices.ContainsFunc(rules, k.meets)
}

var (
	someODS      = []string{"RAA", "RBB", "RCC", "RDD", "REE", "RFF", "RGG", "RHH", "RJJ", "RKK", "ZZZ", "raa", "RAA ", "", "R%", "ENG"}
	someDatasets = []string{"alpha", "beta", "gamma", "alph", "register"}
	someStrata   = []string{"major", "minor", "night's", "", "{}", "major,minor", "nobody"}
)

func someDay(random *rand.Rand) string {
	return measures.DateOf(2021+random.IntN(3), 1+random.IntN(12), 1+random.IntN(2)).String()
}

// anyWritten draws a rule as somebody might write it, now and then one that
// cannot be kept.
func anyWritten(random *rand.Rand) policy.RowRule {
	if random.IntN(12) == 0 {
		return policy.RowRule{All: true}
	}
	var rule policy.RowRule
	add := func(field, op string, values ...any) {
		rule.Conditions = append(rule.Conditions, policy.Condition{Field: field, Op: op, Values: values})
	}
	from := func(list []string) any { return list[random.IntN(len(list))] }
	several := func(list []string) (values []any) {
		for range random.IntN(5) {
			values = append(values, from(list))
		}
		return values
	}
	for field, list := range map[string][]string{"ods": someODS, "dataset": someDatasets, "stratum": someStrata} {
		switch random.IntN(8) {
		case 0, 1:
			add(field, "in", several(list)...)
		case 2:
			add(field, "eq", from(list))
		case 3:
			add(field, "is_null", random.IntN(2) == 0)
		}
	}
	for _, op := range []string{"gte", "gt", "lte", "lt", "eq"} {
		if random.IntN(5) == 0 {
			add("period", op, someDay(random))
		}
	}
	switch random.IntN(16) {
	case 0:
		add("period", "in", someDay(random), someDay(random), someDay(random))
	case 1:
		add("period", "is_null", random.IntN(2) == 0)
	case 2: // none of these can be kept
		add([]string{"numerator", "trust_id", "ODS", "", "o.trust_id OR TRUE"}[random.IntN(5)], "eq", "RAA")
	case 3:
		add("period", "in", "yesterday")
	}
	if len(rule.Conditions) == 0 {
		rule.All = true
	}
	return rule
}

func someRules(t *testing.T, random *rand.Rand) []policy.RowRule {
	rules := make([]policy.RowRule, 1+random.IntN(3))
	for i := range rules {
		text, err := json.Marshal(anyWritten(random))
		if err == nil {
			err = json.Unmarshal(text, &rules[i]) // as an engine reads them
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return rules
}

// layRows fills observation with so many rows whose load number is their place in
// the list.
func layRows(t *testing.T, db *DB, random *rand.Rand, n int) []known {
	conn := owner(t, db)
	exec := func(sql string, args ...any) {
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
	trusts, strata := someODS[:10], append([]string{""}, someStrata[:3]...)
	for _, code := range trusts {
		exec(`INSERT INTO organisation (ods, kind) VALUES ($1, 'trust')`, code)
	}
	for i, id := range someDatasets[:3] {
		exec(`INSERT INTO dataset VALUES ($1, $2, '{}')`, 10+i, id)
	}
	for i, stratum := range strata[1:] {
		exec(`INSERT INTO dim VALUES ($1::int4, jsonb_build_object('type', $2::text), 'type', $2::text)`, 1+i, stratum)
	}
	rows := make([]known, n)
	batch := &pgx.Batch{}
	for i := range rows {
		dataset, dim := random.IntN(3), random.IntN(len(strata))
		rows[i] = known{trusts[random.IntN(len(trusts))], someDatasets[dataset], strata[dim], someDay(random)}
		batch.Queue(`INSERT INTO observation SELECT trust_id, $2::int2, $3::int4, $4::text::date, $5::int4, $5::int4, 0, '{1}' FROM organisation WHERE ods = $1`,
			rows[i].ods, 10+dataset, dim, rows[i].period, i)
	}
	if err := conn.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestRowRulesMeanTheSameInTheDatabase puts generated rules, and rules narrowed by
// other rules, to 5,000 rows twice: as SQL, and row by row. No row is wider and
// none is lost; a rule that cannot be kept is an error and opens nothing.
func TestRowRulesMeanTheSameInTheDatabase(t *testing.T) {
	db, random := open(t), rand.New(rand.NewPCG(11, 12))
	rows := layRows(t, db, random, 5000)
	wanted := 500_000
	if n, err := strconv.Atoi(os.Getenv("SIGNALBOX_ROW_CASES")); err == nil {
		wanted = n
	}
	cases, seen, refused, inSQL, began := 0, 0, 0, time.Duration(0), time.Now()
	everything := scope{everyone: true, datasets: []int16{10, 11, 12}}
	for cases < wanted {
		base, own := someRules(t, random), someRules(t, random)
		both := policy.Intersect(policy.Decision{Allow: true, Rows: base}, policy.Decision{Allow: true, Rows: own}).Rows
		args := pgx.NamedArgs{}
		where, err := rowsWhere(both, args)
		if err != nil {
			refused++
			continue
		}
		var found []int32
		asked := time.Now()
		sql := `SELECT COALESCE(array_agg(o.load_id), '{}') FROM observation o WHERE ` + where
		if err := db.read(t.Context(), everything, sql, args, func(r pgx.Rows) error { return r.Scan(&found) }); err != nil {
			t.Fatalf("%v in %s", err, where)
		}
		inSQL += time.Since(asked)
		open := make([]bool, len(rows))
		for _, i := range found {
			open[i] = true
		}
		for i, row := range rows {
			if may := anyRule(base, row) && anyRule(own, row); open[i] != may {
				t.Fatalf("row %+v is open in SQL: %v, by the rules: %v\n%s\nand %s\nas %s", row, open[i], may, inWords(base), inWords(own), where)
			}
		}
		cases, seen = cases+len(rows), seen+len(found)
	}
	t.Logf("%d cases, %d rules refused, %d rows seen; %.0f cases a second, %s of %s in the database",
		cases, refused, seen, float64(cases)/time.Since(began).Seconds(), inSQL.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	if seen < cases/50 || refused == 0 {
		t.Errorf("the rules saw %d rows of %d and %d could not be kept: the test proves little", seen, cases, refused)
	}
}

func inWords(rules []policy.RowRule) string {
	text, err := json.Marshal(rules)
	return fmt.Sprint(string(text), err)
}
