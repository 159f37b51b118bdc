package spc

import (
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// unanswerable are cases of settings that we do not have, with the reason.
var unanswerable = map[string]string{
	"qic_cdi_run_quarterly": "months are summed to quarters before a series is charted, not by the chart",
	"qic_edge_i_yneg_false": "limits of an XmR chart are never clamped: docs/deviations.md, 5",
}

// deviations are cases in which we mean to differ from the peer: why, and what
// we answer instead. docs/deviations.md tells the same story at length.
var deviations = map[string]struct {
	reason string
	check  func(*testing.T, *measures.Chart)
}{
	"ptd_edge_constant": {"1: screening a constant series leaves no moving range, so the peer draws no limits",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 10, 10, 10); wantNoSignals(t, c) }},
	"ptd_edge_n2_equal": {"1: the same with two equal points",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 5, 5, 5); wantNoSignals(t, c) }},
	"qic_edge_constant_i": {"1: the same in qicharts2",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 4, 4, 4); wantNoSignals(t, c) }},
	"qic_gtt_harmed_i": {"1: the same on real data, 1 of 20 in every month",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 0.05, 0.05, 0.05); wantNoSignals(t, c) }},
	"qic_gtt_harmed_ip": {"1: the same with weights",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 0.05, 0.05, 0.05); wantNoSignals(t, c) }},
	"qic_gtt_harmed_pp": {"1: the same in the z of a p' chart",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 0.05, 0.05, 0.05); wantNoSignals(t, c) }},
	"qic_edge_all_zero_ip": {"1: the same with zeros",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 0, 0, 0); wantNoSignals(t, c) }},
	"qic_cdi_rate_ip_freeze24": {"12: the baseline alone makes the limits; the peer takes all ranges, so its frozen limits move with each new month",
		wantWeightedBaseline},
	"ptd_edge_constant_then_one": {"2: screening leaves ranges of zero only, and then every point is an outlier",
		func(t *testing.T, c *measures.Chart) {
			// 19 points of 100 and one of 90: ranges 10 and 10 among 19, so 2.66*20/19.
			wantLines(t, c, 0, 99.5, 99.5-2.66*20/19, 99.5+2.66*20/19)
			for i, s := range c.Signals {
				if outside := s&(measures.OutsideLower|measures.OutsideUpper) != 0; outside != (c.Y[i] == 90) {
					t.Errorf("outside[%d] = %v at %g", i, outside, c.Y[i])
				}
			}
		}},
	"ptd_ae_RRK_rebase_date_not_in_data": {"3: a phase begins at the first point at or after its date; the peer ignores the date",
		func(t *testing.T, c *measures.Chart) {
			for i, phase := range c.Phase {
				if want := int32(1); (measures.Date(c.X[i]).String() >= "2018-04-15") != (phase == want+1) {
					t.Errorf("%s is in phase %d", c.XText(i), phase)
				}
			}
		}},
	"ptd_edge_flat_step_between_trends": {"4: a point of one trend, up, before a flat step; the peer calls it decreasing",
		func(t *testing.T, c *measures.Chart) {
			if c.Signals[6]&(measures.TrendIncreasing|measures.TrendDecreasing) != measures.TrendIncreasing || c.Causes[6] != measures.Improvement {
				t.Errorf("point 7 has %q, %s", c.Signals[6].Names(), c.Causes[6])
			}
		}},
	"qic_edge_i_part_and_freeze": {"6: a baseline holds in every phase; the peer forgets it where there are phases",
		func(t *testing.T, c *measures.Chart) {
			mean1 := (5.0 + 7 + 6 + 8 + 5) / 5
			range1 := (2.0 + 1 + 2 + 3) / 4
			wantLines(t, c, 0, mean1, mean1-3/1.128*range1, mean1+3/1.128*range1)
			mean2 := (7.0 + 6 + 5 + 7 + 6) / 5
			range2 := (1.0 + 1 + 2 + 1) / 4
			wantLines(t, c, 10, mean2, mean2-3/1.128*range2, mean2+3/1.128*range2)
		}},
}

// wantWeightedBaseline reckons the limits of an i' chart with a baseline of 24
// points again, straight from Taylor's formulas.
func wantWeightedBaseline(t *testing.T, c *measures.Chart) {
	t.Helper()
	var events, exposure, sum, kept float64
	var ranges []float64
	for i := range 24 {
		events, exposure = events+c.Y[i]*c.N[i], exposure+c.N[i]
		if i > 0 {
			ranges = append(ranges, math.Sqrt(math.Pi/2)*math.Abs(c.Y[i]-c.Y[i-1])/math.Sqrt(1/c.N[i]+1/c.N[i-1]))
			sum += ranges[i-1]
		}
	}
	mean := sum / 23
	sum = 0
	for _, r := range ranges {
		if r < 3.2665*mean {
			sum, kept = sum+r, kept+1
		}
	}
	for i, n := range c.N {
		centre, far := events/exposure, 3*sum/kept/math.Sqrt(n)
		wantLines(t, c, i, centre, centre-far, centre+far)
	}
}

func wantLines(t *testing.T, c *measures.Chart, i int, centre, lower, upper float64) {
	t.Helper()
	if !close9(c.Centre[i], centre) || !close9(c.Lower[i], lower) || !close9(c.Upper[i], upper) {
		t.Errorf("lines at point %d: %.10g, %.10g, %.10g; want %.10g, %.10g, %.10g",
			i+1, c.Centre[i], c.Lower[i], c.Upper[i], centre, lower, upper)
	}
}

func wantNoSignals(t *testing.T, c *measures.Chart) {
	t.Helper()
	for i, s := range c.Signals {
		if s != 0 {
			t.Errorf("point %d has %q", i+1, s.Names())
		}
	}
}
