package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// figure is one row of figures as a test writes it.
type figure struct {
	org     measures.ODSCode
	period  string
	stratum string // "type=1"; empty: the whole
	numbers []float64
	state   measures.State
}

var none = measures.Missing

func dataset(id measures.DatasetID, columns ...string) measures.Dataset {
	d := measures.Dataset{ID: id, Title: string(id), Grain: measures.Month, Stratifiers: []string{"type"}}
	for _, name := range columns {
		d.Columns = append(d.Columns, measures.Column{Name: name, Title: name, Type: "count", Role: "value"})
	}
	return d
}

// put loads figures as one vintage.
func put(t testing.TB, db *DB, d measures.Dataset, figures ...figure) Counts {
	t.Helper()
	ctx := context.Background()
	in, err := db.BeginIntake(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Rollback()
	lists := FileLists{Datasets: []measures.Dataset{d}, Strata: []FileStratum{{}}, Source: "test", Refused: []int64{0}}
	orgs, strata, next := map[measures.ODSCode]int32{}, map[string]int32{"": 0}, 0
	err = in.Stage(ctx, func() (*StagedRow, error) {
		if next == len(figures) {
			return nil, io.EOF
		}
		f := figures[next]
		next++
		if _, seen := orgs[f.org]; !seen {
			orgs[f.org] = int32(len(lists.Organisations))
			lists.Organisations = append(lists.Organisations, FileOrganisation{ODS: f.org})
		}
		if _, seen := strata[f.stratum]; !seen {
			strata[f.stratum] = int32(len(lists.Strata))
			lists.Strata = append(lists.Strata, FileStratum{"type", f.stratum})
		}
		period, err := measures.ParseDate(f.period)
		return &StagedRow{Line: int32(next), Organisation: orgs[f.org], Stratum: strata[f.stratum], Period: period, State: f.state, Numbers: f.numbers}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	header := LoadHeader{As: measures.England, By: "test", File: "test.csv", Mapping: "test", Grants: mayLoad(t, d)}
	if err := in.Resolve(ctx, header, lists); err != nil {
		t.Fatal(err)
	}
	counts, err := in.Apply(ctx, header, lists)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return counts[0]
}

// show writes a series so that a test can compare it: period:state:numbers.
func show(list []measures.Series) string {
	out := ""
	for _, s := range list {
		out += fmt.Sprintf("%s/%s", s.Organisation, s.Stratum)
		for i := range s.Periods {
			out += fmt.Sprintf(" %s:%s", s.Periods[i].String()[:7], s.States[i])
			for _, c := range s.Columns {
				if measures.IsMissing(c[i]) {
					out += ":-"
				} else {
					out += fmt.Sprintf(":%g", c[i])
				}
			}
		}
		out += "\n"
	}
	return out
}

func series(t *testing.T, db *DB, d policy.Decision, q SeriesQuery) (string, DataVersion) {
	t.Helper()
	list, version, err := db.Series(t.Context(), grantOf(t, d), q)
	if err != nil {
		t.Fatal(err)
	}
	return show(list), version
}

func TestSeriesShowsGapsAndKeepsMissingApartFromZero(t *testing.T) {
	db := open(t)
	ae := dataset("ae", "numerator", "denominator")
	put(t, db, ae,
		figure{org: "RBB", period: "2026-01-01", numbers: []float64{5, 10}},
		figure{org: "RAA", period: "2026-01-01", numbers: []float64{0, 7.5}},
		figure{org: "RAA", period: "2026-02-01", numbers: []float64{none, 8}},
		figure{org: "RAA", period: "2026-05-01", numbers: []float64{3, 9}, state: measures.Provisional},
		figure{org: "RAA", period: "2026-06-01", numbers: []float64{none, none}, state: measures.Suppressed})
	both := []string{"numerator", "denominator"}
	got, version := series(t, db, decision("ae", everyone, both...), SeriesQuery{Columns: both})
	want := "RAA/ 2026-01:final:0:7.5 2026-02:not_measured:-:8 2026-03:not_measured:-:- 2026-04:not_measured:-:- 2026-05:provisional:3:9 2026-06:suppressed:-:-\n" +
		"RBB/ 2026-01:final:5:10\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if version.Loads != 1 || version.Rows != 5 || version.Load == 0 {
		t.Errorf("version %+v", version)
	}
	// One column alone is measured where it is there.
	got, _ = series(t, db, decision("ae", everyone, both...), SeriesQuery{Columns: []string{"denominator"}, Organisations: []measures.ODSCode{"RAA"},
		Period: policy.Period{From: measures.DateOf(2026, 2, 1), To: measures.DateOf(2026, 3, 1)}})
	if want := "RAA/ 2026-02:final:8\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

func TestTheWholeIsTheSumOfItsStrata(t *testing.T) {
	db := open(t)
	tests := dataset("tests", "waiting", "over")
	tests.Additive = true
	put(t, db, tests,
		figure{org: "RAA", period: "2026-01-01", stratum: "mri", numbers: []float64{10, 1}},
		figure{org: "RAA", period: "2026-01-01", stratum: "ct", numbers: []float64{20, 2}},
		figure{org: "RAA", period: "2026-03-01", stratum: "ct", numbers: []float64{30, none}},
		figure{org: "RAA", period: "2026-03-01", stratum: "mri", numbers: []float64{5, 1}, state: measures.Provisional})
	columns := []string{"over", "waiting"}
	got, _ := series(t, db, decision("tests", everyone, columns...), SeriesQuery{Columns: columns})
	if want := "RAA/ 2026-01:final:3:30 2026-02:not_measured:-:- 2026-03:not_measured:-:35\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
	got, _ = series(t, db, decision("tests", everyone, columns...), SeriesQuery{Columns: columns, Stratifier: "type"})
	want := "RAA/ct 2026-01:final:2:20 2026-02:not_measured:-:- 2026-03:not_measured:-:30\nRAA/mri 2026-01:final:1:10 2026-02:not_measured:-:- 2026-03:provisional:1:5\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// A rule that hides strata must not make a part pass for the whole.
	d := decision("tests", everyone, columns...)
	d.Rows = []policy.RowRule{{Conditions: []policy.Condition{{Field: "stratum", Op: "eq", Values: []any{"ct"}}}}}
	if _, _, err := db.Series(t.Context(), grantOf(t, d), SeriesQuery{Columns: columns}); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("the sum of some strata: %v", err)
	}
	got, _ = series(t, db, d, SeriesQuery{Columns: columns, Stratifier: "type", Period: policy.Period{To: measures.DateOf(2026, 1, 1)}})
	if want := "RAA/ct 2026-01:final:2:20\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

func TestARevisionIsAVintageAndTheOldOneCanBeRead(t *testing.T) {
	db := open(t)
	ae := dataset("ae", "numerator")
	first := put(t, db, ae, figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}}, figure{org: "RAA", period: "2026-02-01", numbers: []float64{2}})
	_, before := series(t, db, decision("ae", everyone, "numerator"), SeriesQuery{Columns: []string{"numerator"}})
	again := put(t, db, ae, figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}}, figure{org: "RAA", period: "2026-02-01", numbers: []float64{2}})
	second := put(t, db, ae, figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}}, figure{org: "RAA", period: "2026-02-01", numbers: []float64{20}},
		figure{org: "RAA", period: "2026-03-01", numbers: []float64{3}})
	if first.Added != 2 || again.Changed() || again.Unchanged != 2 || second.Added != 1 || second.Revised != 1 || second.Unchanged != 1 {
		t.Errorf("first %+v\nagain %+v\nsecond %+v", first, again, second)
	}
	now, after := series(t, db, decision("ae", everyone, "numerator"), SeriesQuery{Columns: []string{"numerator"}})
	if want := "RAA/ 2026-01:final:1 2026-02:final:20 2026-03:final:3\n"; now != want {
		t.Errorf("now %swant %s", now, want)
	}
	if after.Load <= before.Load || after.Loads != 2 {
		t.Errorf("versions %+v then %+v", before, after)
	}
	then, version := series(t, db, decision("ae", everyone, "numerator"), SeriesQuery{Columns: []string{"numerator"}, AsOf: before.Load})
	if want := "RAA/ 2026-01:final:1 2026-02:final:2\n"; then != want || version != before {
		t.Errorf("as of %d: %s%+v", before.Load, then, version)
	}
}

func TestAGrantOpensWhatItSaysAndNoMore(t *testing.T) {
	db := open(t)
	ae := dataset("ae", "numerator", "secret")
	put(t, db, ae, figure{org: "RAA", period: "2026-01-01", numbers: []float64{1, 9}}, figure{org: "RBB", period: "2026-01-01", numbers: []float64{2, 9}},
		figure{org: "RBB", period: "2026-02-01", numbers: []float64{3, 9}})
	own := decision("ae", []measures.ODSCode{"RAA"}, "numerator")
	limited := own
	limited.Request.Resource.Period = policy.Period{From: measures.DateOf(2026, 1, 1), To: measures.DateOf(2026, 6, 1)}
	for name, test := range map[string]struct {
		decision policy.Decision
		query    SeriesQuery
		want     error
	}{
		"another organisation": {own, SeriesQuery{Columns: []string{"numerator"}, Organisations: []measures.ODSCode{"RBB"}}, ErrOutOfScope},
		"another column":       {own, SeriesQuery{Columns: []string{"secret"}}, ErrOutOfScope},
		"another stratifier":   {own, SeriesQuery{Columns: []string{"numerator"}, Stratifier: "ethnicity"}, ErrOutOfScope},
		"an earlier period":    {limited, SeriesQuery{Columns: []string{"numerator"}, Period: policy.Period{From: measures.DateOf(2025, 1, 1), To: measures.DateOf(2026, 1, 1)}}, ErrOutOfScope},
		"an open period":       {limited, SeriesQuery{Columns: []string{"numerator"}, Period: policy.Period{From: measures.DateOf(2026, 1, 1)}}, ErrOutOfScope},
		"nobody":               {decision("ae", everyone, "numerator"), SeriesQuery{Columns: []string{"numerator"}, Organisations: []measures.ODSCode{"RZZ"}}, ErrNotFound},
		"an unknown dataset":   {decision("zz", everyone, "numerator"), SeriesQuery{Columns: []string{"numerator"}}, ErrNotFound},
		"an unknown column":    {decision("ae", everyone, "numinator"), SeriesQuery{Columns: []string{"numinator"}}, ErrNotFound},
	} {
		if list, _, err := db.Series(t.Context(), grantOf(t, test.decision), test.query); !errors.Is(err, test.want) || list != nil {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	if _, _, err := db.Series(t.Context(), policy.Grant{}, SeriesQuery{Columns: []string{"numerator"}}); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("an empty grant: %v", err)
	}
	got, _ := series(t, db, own, SeriesQuery{Columns: []string{"numerator"}})
	if want := "RAA/ 2026-01:final:1\n"; got != want {
		t.Errorf("own data: %swant %s", got, want)
	}
}

func TestRowRulesBecomeConditions(t *testing.T) {
	db := open(t)
	ae := dataset("ae", "n")
	put(t, db, ae, figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}}, figure{org: "RAA", period: "2026-02-01", numbers: []float64{2}},
		figure{org: "RBB", period: "2026-01-01", numbers: []float64{3}}, figure{org: "RBB", period: "2026-02-01", numbers: []float64{4}},
		figure{org: "RBB", period: "2026-02-01", stratum: "x", numbers: []float64{5}})
	when := func(field, op string, values ...any) policy.Condition {
		return policy.Condition{Field: field, Op: op, Values: values}
	}
	all := func(conditions ...policy.Condition) policy.RowRule { return policy.RowRule{Conditions: conditions} }
	for name, test := range map[string]struct {
		rules []policy.RowRule
		want  []float64
	}{
		"none":             {nil, nil},
		"all":              {[]policy.RowRule{{All: true}}, []float64{1, 2, 3, 4}},
		"one organisation": {[]policy.RowRule{all(when("ods", "eq", "RAA"))}, []float64{1, 2}},
		"two of them":      {[]policy.RowRule{all(when("ods", "in", "RAA", "RBB"), when("period", "gte", "2026-02-01"))}, []float64{2, 4}},
		"either":           {[]policy.RowRule{all(when("ods", "eq", "RAA"), when("period", "lt", "2026-02-01")), all(when("ods", "eq", "RBB"), when("period", "gt", "2026-01-01"))}, []float64{1, 4}},
		"months":           {[]policy.RowRule{all(when("period", "in", "2026-01-01", "2027-01-01"))}, []float64{1, 3}},
		"until":            {[]policy.RowRule{all(when("period", "lte", "2026-01-01"))}, []float64{1, 3}},
		"this dataset":     {[]policy.RowRule{all(when("dataset", "eq", "ae"))}, []float64{1, 2, 3, 4}},
		"another dataset":  {[]policy.RowRule{all(when("dataset", "eq", "other"))}, nil},
		"wholes":           {[]policy.RowRule{all(when("stratum", "is_null", true))}, []float64{1, 2, 3, 4}},
		"strata":           {[]policy.RowRule{all(when("stratum", "is_null", false))}, nil},
		"nobody":           {[]policy.RowRule{all(when("ods", "in"))}, nil},
		"odd text":         {[]policy.RowRule{all(when("ods", "eq", "RAA' OR TRUE --"))}, nil},
	} {
		d := decision("ae", everyone, "n")
		d.Rows = test.rules
		list, _, err := db.Series(t.Context(), grantOf(t, d), SeriesQuery{Columns: []string{"n"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []float64
		for _, s := range list {
			for _, v := range s.Columns[0] {
				if !math.IsNaN(v) {
					got = append(got, v)
				}
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	for _, bad := range []policy.Condition{when("postcode", "eq", "x"), when("ods", "gte", "R"), when("period", "eq", "yesterday"),
		when("period", "gte", 3.0), when("ods", "like", "R%"), when("stratum", "is_null", "yes"), when("period", "gte"), when("o.ods) OR (TRUE", "eq", "x")} {
		d := decision("ae", everyone, "n")
		d.Rows = []policy.RowRule{all(bad)}
		if list, _, err := db.Series(t.Context(), grantOf(t, d), SeriesQuery{Columns: []string{"n"}}); err == nil {
			t.Errorf("%+v was accepted and gave %d series", bad, len(list))
		}
	}
}
