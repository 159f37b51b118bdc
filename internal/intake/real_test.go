package intake

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// grantFor asks the national policy for a published dataset of all
// organisations, and records the decision, as the program does.
func grantFor(t *testing.T, db *postgres.DB, dataset measures.DatasetID, stratifiers ...string) policy.Grant {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Dataset(t.Context(), dataset)
	if err != nil {
		t.Fatal(err)
	}
	data.Datasets[d.ID] = policy.FactsOf(d)
	data.Plugins["sha256:test"] = policy.PluginFacts{ID: "test", Approved: true}
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range d.Columns {
		columns = append(columns, c.Name)
	}
	decision, err := engine.Decide(t.Context(), policy.Request{
		ID: "test", Now: 1780000000, Action: policy.ChartRead,
		Actor:    policy.Actor{ID: "somebody", ODS: "RQW", Orgs: []measures.ODSCode{"RQW"}, Roles: []policy.Role{"clinician"}, Purpose: "improvement", Assurance: "aal2"},
		Plugin:   policy.Plugin{ID: "test", Version: "1.0.0", Digest: "sha256:test", Approval: "approved"},
		Resource: policy.Resource{Dataset: dataset, Columns: columns, ODS: policy.Everyone, Grain: "aggregate", Stratifiers: stratifiers},
	})
	if err != nil {
		t.Fatal(err)
	}
	record, err := db.Record(t.Context(), decision)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := record.Grant()
	if err != nil {
		t.Fatal(err)
	}
	return grant
}

func table(t testing.TB, path string) (header []string, rows [][]string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

// load loads as the operator of the machine.
func load(t testing.TB, db *postgres.DB, o Options) (Report, error) {
	t.Helper()
	o.Gate = operator(db)
	return Load(t.Context(), db, o)
}

func operator(db *postgres.DB) Gate {
	return analysis.NewLoading(db, policy.Policy{}, analysis.Operator("operator-test"), time.Now)
}

func mustLoad(t testing.TB, db *postgres.DB, o Options) []FileReport {
	t.Helper()
	report, err := load(t, db, o)
	if err != nil {
		t.Fatal(err)
	}
	return report.Files
}

// TestAllPublishedFilesLoad takes in every file there is, in a bad order,
// twice.
func TestAllPublishedFilesLoad(t *testing.T) {
	db := open(t)
	var paths []string
	for _, name := range realFiles {
		paths = append(paths, shared(t, name))
	}
	// Known faults of the files: totals among the providers, one trust twice,
	// figure for figure.
	refused := map[string]int64{"cancer_62d_provider_monthly.csv": 24}
	repeated := map[string]int64{"diagnostics_6wk_trust_monthly.csv": 49, "rtt_incomplete_trust_monthly.csv": 4}
	for _, f := range mustLoad(t, db, options(t, paths...)) {
		if !f.Committed || f.Refused != refused[f.File] || f.RowsIn == 0 || f.Unchanged != repeated[f.File] && f.Mapping != "ods_icbs" {
			t.Errorf("%s: %+v", f.File, f)
		}
		if (f.RefusedFile != "") != (f.Refused > 0) {
			t.Errorf("%s: refused %d, file %q", f.File, f.Refused, f.RefusedFile)
		}
	}
	for _, f := range mustLoad(t, db, options(t, paths...)) {
		if f.Added+f.Revised > 0 || f.Load != 0 || !f.Committed {
			t.Errorf("%s loaded again: %+v", f.File, f)
		}
	}
	loaded := sumOfAttendances(t, db)
	want := map[measures.Date]float64{}
	header, rows := table(t, shared(t, "nhs_ae_provider_monthly.csv"))
	for _, row := range rows {
		if n, err := strconv.ParseFloat(row[slices.Index(header, "attendances_total")], 64); err == nil {
			d, _ := measures.ParseDate(row[0])
			want[d] += n
		}
	}
	if len(loaded) != 86 || len(want) != 86 {
		t.Errorf("%d months loaded, %d in the file", len(loaded), len(want))
	}
	for d, n := range want {
		if loaded[d] != n {
			t.Errorf("England, %s: %.0f loaded, %.0f in the file", d, loaded[d], n)
		}
	}
	checkMainSeries(t, db)
	checkHalves(t, db)
	checkRegister(t, db)
}

// checkHalves makes sure that a patient shared by two providers stays half a
// patient at each.
func checkHalves(t *testing.T, db *postgres.DB) {
	list, _, err := db.Series(t.Context(), grantFor(t, db, "cancer_62d"), postgres.SeriesQuery{Columns: []string{"denominator"}})
	if err != nil {
		t.Fatal(err)
	}
	halves, want := 0, 0
	for _, s := range list {
		for _, n := range s.Columns[0] {
			if !measures.IsMissing(n) && n != math.Trunc(n) {
				halves++
			}
		}
	}
	_, rows := table(t, shared(t, "cancer_62d_provider_monthly.csv"))
	for _, row := range rows {
		if strings.HasSuffix(row[4], ".5") && row[0] != "Total" {
			want++
		}
	}
	if halves != want || halves == 0 {
		t.Errorf("%d halves loaded, %d in the file", halves, want)
	}
}

func sumOfAttendances(t *testing.T, db *postgres.DB) map[measures.Date]float64 {
	t.Helper()
	list, _, err := db.Series(t.Context(), grantFor(t, db, "ae_provider"), postgres.SeriesQuery{Columns: []string{"attendances_total"}})
	if err != nil {
		t.Fatal(err)
	}
	sum := map[measures.Date]float64{}
	for _, s := range list {
		for i, n := range s.Columns[0] {
			if !measures.IsMissing(n) {
				sum[s.Periods[i]] += n
			}
		}
	}
	return sum
}

// checkMainSeries compares every cell of the main file with what is read.
func checkMainSeries(t *testing.T, db *postgres.DB) {
	list, version, err := db.Series(t.Context(), grantFor(t, db, "ae_4h"), postgres.SeriesQuery{Columns: []string{"numerator", "denominator"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 173 || version.Loads != 1 || version.Rows != 18373 {
		t.Errorf("%d trusts, %+v", len(list), version)
	}
	got := map[string][2]float64{}
	blank := 0
	for _, s := range list {
		for i, p := range s.Periods {
			got[string(s.Organisation)+p.String()] = [2]float64{s.Columns[0][i], s.Columns[1][i]}
			if measures.IsMissing(s.Columns[0][i]) != (s.States[i] == measures.NotMeasured) {
				t.Fatalf("%s %s: %v is %s", s.Organisation, p, s.Columns[0][i], s.States[i])
			}
		}
	}
	_, rows := table(t, shared(t, "ae_4h_trust_monthly_2016_2026.csv"))
	for _, row := range rows {
		cell := got[row[0]+row[1]]
		want, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			want = math.NaN()
			blank++
		}
		below, _ := strconv.ParseFloat(row[3], 64)
		if cell[1] != below || cell[0] != want && !(math.IsNaN(cell[0]) && math.IsNaN(want)) {
			t.Fatalf("%s %s: %v, want %s/%s", row[0], row[1], cell, row[2], row[3])
		}
	}
	if blank != 686 {
		t.Errorf("%d blank numerators, want 686", blank)
	}
}

func checkRegister(t *testing.T, db *postgres.DB) {
	day := measures.DateOf
	for _, test := range []struct {
		code   measures.ODSCode
		on     measures.Date
		name   string
		icb    measures.ODSCode
		region string
	}{
		{"RA7", day(2019, 6, 1), "University Hospitals Bristol NHS Foundation Trust", "", "South West"},
		{"RA7", day(2026, 7, 1), "Bristol NHS Foundation Trust", "QUY", "South West"},
		{"RQW", day(2026, 6, 1), "The Princess Alexandra Hospital NHS Trust", "D7T5G", "East of England"},
		{"NQ106", day(2021, 3, 1), "Fryatt Hospital", "", "East of England"},
		{"RY9", day(2026, 6, 1), "Hounslow And Richmond Community Healthcare NHS Trust", "", "London"},
	} {
		o, err := db.Organisation(t.Context(), test.code, test.on)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.EqualFold(o.Name, test.name) || o.ICB.ODS != test.icb || o.Region.Name != test.region {
			t.Errorf("%s on %s is %q in %q, %q; want %+v", test.code, test.on, o.Name, o.ICB.ODS, o.Region.Name, test)
		}
	}
	for text, want := range map[string]measures.ODSCode{"princes alexandria": "RQW", "RY9": "RY9", "luton and dunstable": "RC9", "NQ106": "NQ106", "southport ormskirk": "RVY"} {
		found, err := db.SearchOrganisations(t.Context(), text, 3)
		if err != nil || len(found) == 0 || found[0].ODS != want {
			t.Errorf("search for %q: %v, %v", text, found, err)
		}
	}
	trusts, err := db.Organisations(t.Context(), measures.Trust)
	if err != nil || len(trusts) < 201 || len(trusts) > 203 {
		t.Errorf("%d trusts open, %v", len(trusts), err)
	}
}

func TestChecksAndTargetsAreNotData(t *testing.T) {
	db := open(t)
	for _, name := range []string{"golden_ae4h_limits.csv", "mix_check_ae4h.csv", "seed_targets.csv"} {
		report, err := load(t, db, options(t, shared(t, name)))
		if err == nil || report.Files[0].Committed || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestARevisedCopyOfTheMainFile changes two cells of a real file, adds a month
// and leaves the rest.
func TestARevisedCopyOfTheMainFile(t *testing.T) {
	db := open(t)
	path := shared(t, "ae_4h_trust_monthly_2016_2026.csv")
	first := mustLoad(t, db, options(t, path))[0]
	before := attendances(t, db, 0)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	revised := strings.Replace(string(text), "R0A,2017-10-01,32081,35744,", "R0A,2017-10-01,32081,35745,", 1)
	revised = strings.Replace(revised, "R0A,2017-11-01,30332,34314,", "R0A,2017-11-01,,34314,", 1)
	revised += "R0A,2026-06-01,5,10,test\n"
	copied := filepath.Join(t.TempDir(), "revised.csv")
	if err := os.WriteFile(copied, []byte(revised), 0o600); err != nil {
		t.Fatal(err)
	}
	second := mustLoad(t, db, options(t, copied))[0]
	if second.Revised != 2 || second.Added != 1 || second.Unchanged != first.Added-2 || second.Load <= first.Load {
		t.Errorf("%+v", second)
	}
	if after := attendances(t, db, 0); after[2017] != before[2017]+1 || after[2026] != before[2026]+10 {
		t.Errorf("before %v, after %v", before, after)
	}
	if then := attendances(t, db, first.Load); fmt.Sprint(then) != fmt.Sprint(before) {
		t.Errorf("as of the first load: %v, was %v", then, before)
	}
	// Loaded again, the old file is a revision too: the latest word counts.
	third := mustLoad(t, db, options(t, path))[0]
	if third.Revised != 2 || third.Added != 0 {
		t.Errorf("%+v", third)
	}
}

func attendances(t *testing.T, db *postgres.DB, asOf int32) map[int]float64 {
	t.Helper()
	list, _, err := db.Series(t.Context(), grantFor(t, db, "ae_4h"), postgres.SeriesQuery{Columns: []string{"denominator"}, AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	years := map[int]float64{}
	for _, s := range list {
		for i, n := range s.Columns[0] {
			if year, _, _ := s.Periods[i].Civil(); !measures.IsMissing(n) {
				years[year] += n
			}
		}
	}
	return years
}
