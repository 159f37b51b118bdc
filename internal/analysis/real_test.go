package analysis_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// publishedFiles are all files of the reference data that hold organisations,
// figures or events.
var publishedFiles = []string{"ods_trusts.csv", "ods_icbs.csv", "ods_successions.csv",
	"ae_4h_trust_monthly_2016_2026.csv", "nhs_ae_provider_monthly.csv", "nhsr_ae_attendances_2016_2019.csv",
	"cancer_62d_provider_monthly.csv", "diagnostics_6wk_trust_monthly.csv", "rtt_incomplete_trust_monthly.csv",
	"rtt_snapshot_2026_06.csv", "programme_series.csv", "annotations.csv"}

// knownRefusals are rows of those files that cannot be taken: totals that name no
// organisation.
var knownRefusals = map[string]int64{"cancer_62d_provider_monthly.csv": 24}

// national is a house with all published figures.
func national(t testing.TB) *house {
	t.Helper()
	h := open(t)
	var paths []string
	for _, name := range publishedFiles {
		paths = append(paths, shared(t, name))
	}
	for _, file := range h.load(t, "", paths...) {
		if !file.Committed || file.RowsIn == 0 || file.Refused != knownRefusals[file.File] {
			t.Errorf("%s: %d rows in, %d refused, committed %v", file.File, file.RowsIn, file.Refused, file.Committed)
		}
	}
	h.lookAgain(t)
	return h
}

// records reads a file of the reference data as maps from column to cell.
func records(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func number(t testing.TB, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestLimitsOfEveryTrustAgreeThroughTheWholeHouse takes the published file in,
// asks for every trust's chart as a reader would, and holds mean, limits and the
// points outside them against a reckoning made elsewhere: 36 months from June
// 2023, the first 24 as baseline.
func TestLimitsOfEveryTrustAgreeThroughTheWholeHouse(t *testing.T) {
	h := national(t)
	golden := records(t, "golden_ae4h_limits.csv")
	if len(golden) < 60 {
		t.Fatalf("%d rows in the golden file", len(golden))
	}
	everyone := chartOf(clinician("RQW"), "ae-4h", policy.Everyone)
	everyone.Everything, everyone.Period.To = false, measures.DateOf(2026, 5, 31)
	answer := h.ask(t, everyone)
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	together := map[measures.ODSCode]*analysis.Chart{}
	for i := range answer.Charts {
		together[answer.Charts[i].Organisation] = &answer.Charts[i]
	}
	for _, want := range golden {
		one := everyone
		one.Organisation = measures.ODSCode(want["org_code"])
		alone, _ := h.chart(t, one)
		compareWithGolden(t, want, alone)
		// The same trust among all the others is the same chart.
		if among := together[one.Organisation]; among == nil || bits(among) != bits(alone) {
			t.Errorf("%s: the chart among all trusts is not the trust's own", one.Organisation)
		}
	}
}

func compareWithGolden(t *testing.T, want map[string]string, got *analysis.Chart) {
	t.Helper()
	c, outside := &got.Chart, 0
	for _, s := range c.Signals {
		if s&(measures.OutsideLower|measures.OutsideUpper) != 0 {
			outside++
		}
	}
	for _, line := range []struct {
		name string
		got  float64
	}{{"xmr_mean_24", c.Centre[0]}, {"xmr_lower", c.Lower[0]}, {"xmr_upper", c.Upper[0]}} {
		// The page says percent, the golden file a share.
		if w := number(t, want[line.name]); !(max(line.got/100-w, w-line.got/100) <= 1e-6) {
			t.Errorf("%s: %s = %.7f, want %.7f", want["org_code"], line.name, line.got/100, w)
		}
	}
	if strconv.Itoa(outside) != want["xmr_outside_36"] || strconv.Itoa(c.Len()) != want["points"] {
		t.Errorf("%s: %d points outside of %d, want %s of %s", want["org_code"], outside, c.Len(), want["xmr_outside_36"], want["points"])
	}
}

// TestAttendancesOfEnglandAreTheSumOfTheFile adds up what the main job gives for
// all organisations, month by month.
func TestAttendancesOfEnglandAreTheSumOfTheFile(t *testing.T) {
	h := national(t)
	want := map[measures.Date]float64{}
	for _, row := range records(t, "nhs_ae_provider_monthly.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if row["attendances_total"] != "" {
			want[period] += number(t, row["attendances_total"])
		}
	}
	answer := h.ask(t, chartOf(clinician("RQW"), "ae-attendances", policy.Everyone))
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	got := map[measures.Date]float64{}
	for i := range answer.Charts {
		for j, v := range answer.Charts[i].Numerator {
			if !measures.IsMissing(v) {
				got[measures.Date(answer.Charts[i].Chart.X[j])] += v
			}
		}
	}
	if len(want) != 86 || len(got) != len(want) {
		t.Errorf("%d months in the file, %d in the charts, want 86", len(want), len(got))
	}
	for month, total := range want {
		if got[month] != total {
			t.Errorf("%s: %.0f attendances, the file has %.0f", month, got[month], total)
		}
	}
}
