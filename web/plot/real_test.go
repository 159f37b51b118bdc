package plot_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/web/plot"
)

// shared opens a reference file that lies beside the checkout.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	root := os.Getenv("SIGNALBOX_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		t.Skipf("%v: put the reference data beside the checkout or name its folder in SIGNALBOX_SHARED", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// realTrust is the share seen within four hours at a trust, from April 2022,
// with a new phase and a baseline of 24 months from June 2023.
func realTrust(t testing.TB, code string) plot.Picture {
	t.Helper()
	rows, err := csv.NewReader(shared(t, "data/ae_4h_trust_monthly_2016_2026.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	in := spc.Input{XIsDate: true, Targets: []measures.Target{{Value: 78}},
		Phases: []measures.Phase{{Start: measures.DateOf(2022, 4, 1)}, {Start: measures.DateOf(2023, 6, 1), Baseline: 24, Reason: "one start for all trusts"}}}
	for _, row := range rows[1:] {
		period, err := measures.ParseDate(row[1])
		if err != nil {
			t.Fatal(err)
		}
		y, errY := strconv.ParseFloat(row[2], 64)
		n, errN := strconv.ParseFloat(row[3], 64)
		if row[0] == code && period >= measures.DateOf(2022, 4, 1) && errY == nil && errN == nil {
			in.X, in.Y, in.N = append(in.X, int32(period)), append(in.Y, y), append(in.N, n)
		}
	}
	p := spc.Defaults(measures.XmR, measures.MDC)
	p.Direction, p.Multiply = measures.Increase, 100
	c, err := spc.Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return plot.Picture{ID: strings.ToLower(code), Chart: &c, Title: "Seen within 4 hours", Organisation: code, Unit: percent,
		Grain: measures.Month, Phases: in.Phases, Constant: 2.66}
}

func TestRealTrustIsDrawnWithItsPublishedFigures(t *testing.T) {
	text := string(plot.Append(nil, realTrust(t, "RQW"), plot.Wide))
	for _, want := range []string{
		`>80.7%</tspan> May 2026</text>`, `>78%</tspan> Target</text>`, `>65.9%</tspan> Upper limit</text>`,
		`>59.1%</tspan> Mean</text>`, `>52.2%</tspan> Lower limit</text>`,
		`Upper limit <tspan class="v">63.9%</tspan>`, `Mean <tspan class="v">55.8%</tspan>`, `Lower limit <tspan class="v">47.6%</tspan>`,
		`Phase 2 baseline: 24 months`, `Limits held`, `New phase: one start for all trusts`,
		`<title>April 2022: 64.1%, improvement</title>`, `<title>May 2026: 80.7%, improvement</title>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the chart of RQW lacks %s", want)
		}
	}
}
