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

// fourHours is those seen within 4 hours at every trust, 36 months from June
// 2023, the first 24 as baseline.
func fourHours(t *testing.T) map[string]*Input {
	t.Helper()
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
	for _, in := range trusts {
		in.sort()
	}
	return trusts
}

func outside(c *measures.Chart) int {
	n := 0
	for _, s := range c.Signals {
		if s&(measures.OutsideLower|measures.OutsideUpper) != 0 {
			n++
		}
	}
	return n
}

func TestLimitsOfEveryTrustAgreeWithAnIndependentReckoning(t *testing.T) {
	trusts := fourHours(t)
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
		c := compute(t, *in, Defaults(measures.XmR, measures.MDC))
		for _, line := range []struct {
			name string
			got  float64
		}{{"xmr_mean_24", c.Centre[0]}, {"xmr_lower", c.Lower[0]}, {"xmr_upper", c.Upper[0]}} {
			if w := cell(t, want[line.name]); !(max(line.got-w, w-line.got) <= 1e-6) {
				t.Errorf("%s: %s = %.7f, want %.7f", code, line.name, line.got, w)
			}
		}
		if got := strconv.Itoa(outside(&c)); got != want["xmr_outside_36"] {
			t.Errorf("%s: %s points outside, want %s", code, got, want["xmr_outside_36"])
		}
	}
}

// With thousands of patients a month the limits of a p chart are absurdly
// narrow; those of p' have what varies between months in them.
func TestProportionsOfEveryTrustAgreeWithAnIndependentReckoning(t *testing.T) {
	trusts := fourHours(t)
	for _, want := range rows(t, "golden_ae4h_limits.csv") {
		code := want["org_code"]
		in := trusts[code]
		if in == nil {
			t.Errorf("%s has no series", code)
			continue
		}
		p := compute(t, *in, Defaults(measures.P, measures.MDC))
		prime := compute(t, *in, Defaults(measures.PPrime, measures.MDC))
		// From the lower limits: the upper ones of some trusts are cut at 1.
		beyond := (prime.Centre[0] - prime.Lower[0]) / (p.Centre[0] - p.Lower[0])
		if d := p.Centre[0] - cell(t, want["p_bar_24"]); !(max(d, -d) <= 1e-6) {
			t.Errorf("%s: centre %.7f, want %s", code, p.Centre[0], want["p_bar_24"])
		}
		if d := beyond - cell(t, want["sigma_z_24"]); !(max(d, -d) <= 1e-3) {
			t.Errorf("%s: sigma z %.5f, want %s", code, beyond, want["sigma_z_24"])
		}
		if got := strconv.Itoa(outside(&p)); got != want["p_outside_36"] {
			t.Errorf("%s: %s points outside the limits of p, want %s", code, got, want["p_outside_36"])
		}
		if got := strconv.Itoa(outside(&prime)); got != want["p_prime_outside_36"] {
			t.Errorf("%s: %s points outside the limits of p', want %s", code, got, want["p_prime_outside_36"])
		}
	}
}
