package advice

import (
	"cmp"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
)

func readShared(t testing.TB, name string) []map[string]string {
	t.Helper()
	root := os.Getenv("SIGNALBOX_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(root, "data", name))
	if err != nil {
		t.Skipf("%v: put the reference data beside the checkout or name it in SIGNALBOX_SHARED", err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
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

// seenWithin4Hours are the series of every trust from a month on.
func seenWithin4Hours(t testing.TB, start measures.Date) map[string]spc.Input {
	t.Helper()
	type month struct {
		x    int32
		y, n float64
	}
	months := map[string][]month{}
	for _, row := range readShared(t, "ae_4h_trust_monthly_2016_2026.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if period >= start {
			months[row["org_code"]] = append(months[row["org_code"]], month{int32(period), cell(t, row["numerator"]), cell(t, row["denominator"])})
		}
	}
	series := map[string]spc.Input{}
	for code, list := range months {
		slices.SortFunc(list, func(a, b month) int { return cmp.Compare(a.x, b.x) })
		in := spc.Input{XIsDate: true}
		for _, m := range list {
			in.X, in.Y, in.N = append(in.X, m.x), append(in.Y, m.y), append(in.N, m.n)
		}
		series[code] = in
	}
	return series
}

var share = measures.Unit{Multiply: 100, Symbol: "%", Decimals: 1}

// adviceOn charts a trust from June 2023, the first 24 months as baseline.
func adviceOn(t testing.TB, in spc.Input, kind measures.Kind) []measures.Note {
	t.Helper()
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 24}}
	p := spc.Defaults(kind, measures.MDC)
	p.Direction, p.Multiply = measures.Increase, share.Multiply
	c, err := spc.Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return Of(&c, About{Grain: measures.Month, Unit: share, Share: true, Decided: in.Phases, Value: words.Line, Period: words.Period})
}

func textOf(notes []measures.Note, code string) string {
	for _, n := range notes {
		if n.Code == code {
			return n.Text
		}
	}
	return ""
}

// TestSigmaZOfEveryTrustAgreesWithAnIndependentReckoning: what is said of the
// dispersion of p charts carries the sigma z that was reckoned elsewhere.
func TestSigmaZOfEveryTrustAgreesWithAnIndependentReckoning(t *testing.T) {
	series := seenWithin4Hours(t, measures.DateOf(2023, 6, 1))
	said := 0
	golden := readShared(t, "golden_ae4h_limits.csv")
	for _, want := range golden {
		sigma := cell(t, want["sigma_z_24"])
		text := textOf(adviceOn(t, series[want["org_code"]], measures.P), OverDispersed)
		if text == "" {
			if sigma > 1.5 {
				t.Errorf("%s: nothing is said of a sigma z of %v", want["org_code"], sigma)
			}
			continue
		}
		said++
		if !strings.Contains(text, "vary "+times(sigma)+" as much") {
			t.Errorf("%s: sigma z is %v, and the advice %q", want["org_code"], sigma, text)
		}
	}
	if said < len(golden)*9/10 {
		t.Errorf("over-dispersion is said of %d of %d trusts", said, len(golden))
	}
}

func TestAdviceOnRealTrusts(t *testing.T) {
	series := seenWithin4Hours(t, measures.DateOf(2023, 6, 1))
	for _, test := range []struct {
		trust, code string
		says        []string
	}{
		{"RQW", RebaseShift, []string{"The last 16 months, from February 2025, lie above the mean of 59.1%. From August 2025 on they keep to a new level; their mean is 79.5%"}},
		{"RNQ", RebaseShift, []string{"The last 27 months, from March 2024", "may be due"}},
		{"RWE", RebaseShift, []string{"The last 14 months, from April 2025", "63.0%"}},
		{"RTR", RebaseShift, []string{"The last 17 months, from January 2025"}},
		{"RXR", RebaseShift, []string{"76.9%", "79.1%"}},
		{"RA7", Seasonal, []string{"July is high, December is low", "May 2025"}},
		{"RGR", Seasonal, []string{"January and December are low"}},
		{"RAJ", MixedDirections, []string{"concern (February 2026) after improvement (October 2025)"}},
		{"RXL", MixedDirections, []string{"improvement (April 2026) after concern"}},
		{"RA2", Autocorrelated, []string{"36 months"}},
		{"RJZ", Autocorrelated, []string{"waiting list"}},
		{"RTF", Autocorrelated, []string{"too narrow by about"}},
		{"RXP", Autocorrelated, nil},
	} {
		text := textOf(adviceOn(t, series[test.trust], measures.XmR), test.code)
		if text == "" {
			t.Errorf("%s: no %s", test.trust, test.code)
		}
		for _, say := range test.says {
			if !strings.Contains(text, say) {
				t.Errorf("%s: %q does not say %q", test.trust, text, say)
			}
		}
	}
}

// TestTenYearsOfWinters: over ten years the winter shows at most trusts.
func TestTenYearsOfWinters(t *testing.T) {
	seasonal, winter, long := 0, 0, 0
	for _, in := range seenWithin4Hours(t, 0) {
		if len(in.X) < 120 {
			continue
		}
		long++
		if text := textOf(adviceOn(t, in, measures.XmR), Seasonal); text != "" {
			seasonal++
			if strings.Contains(text, "December") {
				winter++
			}
		}
	}
	if 2*seasonal < long || 3*winter < 2*seasonal {
		t.Errorf("a season is said of %d of %d trusts, and December is named at %d", seasonal, long, winter)
	}
	// At a hospital for children it is autumn that is hard, and August that is not.
	children := textOf(adviceOn(t, seenWithin4Hours(t, 0)["RBS"], measures.XmR), Seasonal)
	if !strings.Contains(children, "August is high, October and November are low") {
		t.Errorf("RBS: %q", children)
	}
}
