package words

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

func readShared(t *testing.T, name string) []map[string]string {
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

// seenWithin4Hours charts every trust from June 2023, the first 24 months as baseline.
func seenWithin4Hours(t *testing.T) (Subject, map[string]*measures.Chart) {
	start := measures.DateOf(2023, 6, 1)
	phases := []measures.Phase{{Start: start, Baseline: 24}}
	inputs := map[string]*spc.Input{}
	months := map[string]map[int32][2]float64{}
	for _, row := range readShared(t, "ae_4h_trust_monthly_2016_2026.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if period < start {
			continue
		}
		if months[row["org_code"]] == nil {
			months[row["org_code"]] = map[int32][2]float64{}
		}
		y, errY := strconv.ParseFloat(row["numerator"], 64)
		n, errN := strconv.ParseFloat(row["denominator"], 64)
		if errY != nil || errN != nil {
			y = measures.Missing
		}
		months[row["org_code"]][int32(period)] = [2]float64{y, n}
	}
	for code, values := range months {
		in := &spc.Input{XIsDate: true, Phases: phases, Targets: []measures.Target{{Value: 78}}}
		for d := start; d <= measures.DateOf(2026, 5, 1); d = d.AddMonths(1) {
			v, ok := values[int32(d)]
			if !ok {
				v = [2]float64{measures.Missing, measures.Missing}
			}
			in.X, in.Y, in.N = append(in.X, int32(d)), append(in.Y, v[0]), append(in.N, v[1])
		}
		inputs[code] = in
	}
	p := spc.Defaults(measures.XmR, measures.MDC)
	p.Direction, p.Multiply = measures.Increase, 100
	charts := map[string]*measures.Chart{}
	for code, in := range inputs {
		c, err := spc.Compute(*in, p)
		if err != nil {
			t.Fatal(code, err)
		}
		charts[code] = &c
	}
	return Subject{Unit: measures.Unit{Multiply: 100, Symbol: "%", Words: "of attendances", Decimals: 1}, Grain: measures.Month, Phases: phases}, charts
}

func TestSentencesOfRealTrusts(t *testing.T) {
	s, charts := seenWithin4Hours(t)
	for code, want := range map[string]Reading{
		"RQW": {"80.7% in May 2026. All 12 months since the baseline lie above its upper limit of 65.9%:",
			"a real change, in the good direction.",
			"The 78% target lies above these limits; they are the old ones: new limits are due."},
		"RTP": {"58.6% in May 2026. 21 months in a row below the mean of 66.5%:",
			"a real change, in the wrong direction.",
			"The 78% target lies above the limits: without a change it will not be met."},
		"RD8": {"71.2% in May 2026. It moves only by chance around 74.4%.", "",
			"Some months will meet the 78% target, some will not."},
		"RWG": {"86.8% in May 2026. 17 months in a row above the mean of 76.8%, the last four of them above the upper limit of 82.2%:",
			"a real change, in the good direction.", "The 78% target lies within the limits."},
	} {
		if got := Sentence(s, charts[code]); got != want {
			t.Errorf("%s:\n got %q\nwant %q", code, got, want)
		}
	}
	for code, want := range map[string]string{
		"RQW": "All 12 months since the baseline lie above its upper limit: a real change. New limits are due.",
		"RD8": "Moves only by chance. Some months will meet the target, some will not.",
		"RWH": "17 months in a row above the mean: a real change. The target still lies above its limits.",
	} {
		if got := Brief(s, charts[code]); got != want {
			t.Errorf("%s:\n got %q\nwant %q", code, got, want)
		}
	}
}

func TestRulesAndIconsOfARealTrust(t *testing.T) {
	s, charts := seenWithin4Hours(t)
	c := charts["RQW"]
	want := []Rule{
		{Code: "rule-outside", Title: "Outside the limits.", Text: "14 of the last 15 months are above 65.9%. Three earlier months lie below 52.2%.", Fired: true,
			Cause: measures.Improvement, Chance: "By chance alone: about one in 370 months."},
		{Code: "rule-shift", Title: "A run on one side.", Text: "16 months in a row above the mean of 59.1%, from February 2025. Seven would do.", Fired: true,
			Cause: measures.Improvement, Chance: "By chance alone: of stretches of seven, one in 64."},
		{Code: "rule-two-in-three", Title: "Two of three near a limit.", Text: "Every month since March 2025, near the upper limit or beyond it.", Fired: true,
			Cause: measures.Improvement, Chance: "By chance alone: of threes, about one in 660."},
		{Code: "rule-trend", Title: "A trend of seven.", Text: "Not fired: no seven months rise or fall in a row.",
			Chance: "By chance alone: of stretches of seven, one in 2,520."},
	}
	if got := Explain(s, c); !slices.Equal(got, want) {
		t.Errorf("rules\n got %+v\nwant %+v", got, want)
	}
	assurance := Icon{"Target above these limits", "78% lies above 65.9%. Yet the last nine months all met it: new limits are due.", "Missed, at old limits", true}
	if got := Assurance(s, c); got != assurance {
		t.Errorf("assurance %+v, want %+v", got, assurance)
	}
	if got := Rules(c.Signals[c.Last()]); got != "Above the limit; 2 of 3; run above" {
		t.Errorf("rules of the last point %q", got)
	}
}
