package evidence

import (
	"cmp"
	"encoding/csv"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// within4Hours is the measure of the library, as far as judging needs it.
var within4Hours = &measures.Measure{ID: "ae-4h", Title: "Seen within 4 hours", Grain: measures.Month, Direction: measures.Increase,
	Unit: measures.Unit{Multiply: 100, Symbol: "%", Decimals: 1}, Targets: []measures.Target{{Value: 78}},
	Mix: &measures.Mix{Of: "type of department"}}

var (
	firstBefore = measures.DateOf(2023, 6, 1)
	lastBefore  = measures.DateOf(2025, 5, 1)
	firstAfter  = measures.DateOf(2025, 6, 1)
	lastAfter   = measures.DateOf(2026, 5, 1)
)

// rowsOf reads a file of the reference data as maps from column to cell.
func rowsOf(t testing.TB, name string) []map[string]string {
	t.Helper()
	dir := cmp.Or(os.Getenv("SIGNALBOX_SHARED"), filepath.Join("..", "..", "..", "..", "shared"))
	f, err := os.Open(filepath.Join(dir, "data", name))
	if err != nil {
		t.Skipf("this test reads %s, which is not here; set SIGNALBOX_SHARED to the folder of the reference data", name)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]string, len(all)-1)
	for i, cells := range all[1:] {
		rows[i] = map[string]string{}
		for k, column := range all[0] {
			rows[i][column] = cells[k]
		}
	}
	return rows
}

func number(t testing.TB, cell string) float64 {
	t.Helper()
	if cell == "" {
		return measures.Missing
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// published gives the case of every trust with all 36 months of 4-hour figures,
// split by the types of its departments.
func published(t testing.TB) map[string]Case {
	t.Helper()
	figures := map[string]*disclosure.Figure{}
	rows := rowsOf(t, "ae_4h_trust_monthly_2016_2026.csv")
	slices.SortStableFunc(rows, func(a, b map[string]string) int { return cmp.Compare(a["period"], b["period"]) })
	for _, row := range rows {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if period < firstBefore || period > lastAfter {
			continue
		}
		f := figures[row["org_code"]]
		if f == nil {
			f = &disclosure.Figure{Multiply: 100}
			figures[row["org_code"]] = f
		}
		f.Chart.X, f.Chart.States = append(f.Chart.X, int32(period)), append(f.Chart.States, measures.Final)
		f.Numerator = append(f.Numerator, number(t, row["numerator"]))
		f.Denominator = append(f.Denominator, number(t, row["denominator"]))
	}
	splits := splitsByType(t)
	cases := map[string]Case{}
	for code, f := range figures {
		if len(f.Chart.X) == 36 && !slices.ContainsFunc(f.Numerator, measures.IsMissing) {
			cases[code] = Case{Measure: within4Hours, Kind: measures.XmR, Rules: measures.MDC, Figure: *f,
				From: firstBefore, To: lastBefore, Locked: 24, First: firstAfter, Split: splits[code]}
		}
	}
	return cases
}

// splitsByType adds up the types of department before and after, and splits.
func splitsByType(t testing.TB) map[string]*mix.Split {
	t.Helper()
	strata := map[string][]mix.Stratum{}
	for _, row := range rowsOf(t, "nhs_ae_provider_monthly.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if period < firstBefore || period > lastAfter {
			continue
		}
		list := strata[row["org_code"]]
		if list == nil {
			list = []mix.Stratum{{Name: "1"}, {Name: "2"}, {Name: "3"}}
			strata[row["org_code"]] = list
		}
		for i, name := range []string{"type1", "type2", "type3"} {
			to := &list[i].Before
			if period >= firstAfter {
				to = &list[i].After
			}
			all := number(t, row["attendances_"+name])
			to.Denominator += all
			to.Numerator += all - number(t, row["over4h_"+name])
		}
	}
	splits := map[string]*mix.Split{}
	for code, list := range strata {
		if split, err := mix.Of(list); err == nil {
			splits[code] = &split
		}
	}
	return splits
}

// TestTheNineTrustsOfTheListing judges nine trusts, four of which improved, as
// worked out elsewhere: from the sums of attendances before and after, which give
// 70.3% where the mean of the months, about which the limits lie, is 70.2%. What the
// strata tell is the same in both, because both split the sums.
func TestTheNineTrustsOfTheListing(t *testing.T) {
	cases := published(t)
	for _, want := range []struct {
		code            string
		before, after   float64
		within, between float64
		result          registry.Result
		kept            int
	}{
		{"RWY", 70.2, 83.5, 13.2, 0, registry.Improved, 12},
		{"RQW", 59.1, 77.7, 17.6, 1.0, registry.Improved, 12},
		{"RWG", 76.8, 85.1, 8.6, -0.3, registry.Improved, 12},
		{"RRK", 58.4, 64.3, 3.3, 2.9, registry.Improved, 12},
		{"RWJ", 63.0, 69.0, 0.6, 5.3, registry.MostlyMix, 12},
		{"RBD", 79.5, 79.9, 0.8, -0.3, registry.Unchanged, 0},
		{"REF", 77.0, 78.5, 2.2, -0.7, registry.Unchanged, 0},
		{"RTP", 66.5, 58.9, -7.5, 0, registry.Concern, 12},
		{"RVR", 75.2, 71.7, -5.2, 1.6, registry.Concern, 9},
	} {
		got := judged(t, cases[want.code])
		for _, v := range [][2]float64{{*got.Before.Mean, want.before}, {*got.After.Mean, want.after},
			{got.Mix.Within, want.within}, {got.Mix.Between, want.between}} {
			if !(math.Abs(v[0]-v[1]) <= 0.0501) {
				t.Errorf("%s: %.2f, want %.1f", want.code, v[0], v[1])
			}
		}
		if got.Result != want.result || got.Kept != want.kept || got.Before.Points != 24 || got.After.Points != 12 {
			t.Errorf("%s: %s, kept %d, %d and %d points; want %s, kept %d", want.code, got.Result, got.Kept,
				got.Before.Points, got.After.Points, want.result, want.kept)
		}
	}
}

// TestEveryTrustIsJudged says how the results of all trusts fall, and that the
// limits they are judged against are those that were reckoned elsewhere.
func TestEveryTrustIsJudged(t *testing.T) {
	cases := published(t)
	tally := map[registry.Result]int{}
	for _, c := range cases {
		tally[judged(t, c).Result]++
	}
	want := map[registry.Result]int{registry.Improved: 61, registry.MostlyMix: 15, registry.Unchanged: 49, registry.Concern: 13, registry.Unclear: 1}
	if !maps.Equal(tally, want) {
		t.Errorf("results of %d trusts: %v, want %v", len(cases), tally, want)
	}
	for _, golden := range rowsOf(t, "golden_ae4h_limits.csv") {
		c := judged(t, cases[golden["org_code"]]).Drawn
		for _, line := range []struct{ got, want float64 }{{c.Centre[0], number(t, golden["xmr_mean_24"])},
			{c.Lower[35], number(t, golden["xmr_lower"])}, {c.Upper[35], number(t, golden["xmr_upper"])}} {
			if !(math.Abs(line.got/100-line.want) <= 1e-6) {
				t.Errorf("%s: %.7f, want %.7f", golden["org_code"], line.got/100, line.want)
			}
		}
	}
}
