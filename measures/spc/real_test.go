package spc

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// rows reads a file of the reference data as maps from column to cell.
func rows(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(sharedFolder(t, "data", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		out = append(out, row)
	}
	return out
}

func cell(t testing.TB, text string) float64 {
	t.Helper()
	if text == "" {
		return measures.Missing
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestLimitsOfEveryTrustAgreeWithAnIndependentReckoning: seen within 4 hours, 36
// months from June 2023, the first 24 as baseline.
func TestLimitsOfEveryTrustAgreeWithAnIndependentReckoning(t *testing.T) {
	trusts := map[string]*Input{}
	for _, row := range rows(t, "ae_4h_trust_monthly_2016_2026.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if period < measures.DateOf(2023, 6, 1) || period > measures.DateOf(2026, 5, 1) {
			continue
		}
		in := trusts[row["org_code"]]
		if in == nil {
			in = &Input{XIsDate: true, Phases: []measures.Phase{{Start: measures.DateOf(2023, 6, 1), Baseline: 24}}}
			trusts[row["org_code"]] = in
		}
		in.X = append(in.X, int32(period))
		in.Y = append(in.Y, cell(t, row["numerator"]))
		in.N = append(in.N, cell(t, row["denominator"]))
	}
	golden := rows(t, "golden_ae4h_limits.csv")
	if len(golden) < 60 {
		t.Fatalf("%d rows", len(golden))
	}
	for _, want := range golden {
		code := want["org_code"]
		in := trusts[code]
		if in == nil {
			t.Errorf("%s has no series", code)
			continue
		}
		in.sort()
		c := compute(t, *in, Defaults(measures.XmR, measures.MDC))
		outside := 0
		for _, s := range c.Signals {
			if s&(measures.OutsideLower|measures.OutsideUpper) != 0 {
				outside++
			}
		}
		for _, line := range []struct {
			name string
			got  float64
		}{{"xmr_mean_24", c.Centre[0]}, {"xmr_lower", c.Lower[0]}, {"xmr_upper", c.Upper[0]}} {
			if w := cell(t, want[line.name]); !(max(line.got-w, w-line.got) <= 1e-6) {
				t.Errorf("%s: %s = %.7f, want %.7f", code, line.name, line.got, w)
			}
		}
		if strconv.Itoa(outside) != want["xmr_outside_36"] {
			t.Errorf("%s: %d points outside, want %s", code, outside, want["xmr_outside_36"])
		}
	}
}
