package analysis_test

import (
	"errors"
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// TestSplitBetweenTheStretchesThatWereAskedFor compares a year with the year before
// it, whatever stretches the chart would choose, and adds the change up by hand.
func TestSplitBetweenTheStretchesThatWereAskedFor(t *testing.T) {
	h := national(t)
	q := mixOf(clinician("RQW"), "ae-4h", "RQW")
	q.Period.To = measures.DateOf(2026, 5, 31)
	q.Between = &analysis.Between{Before: policy.Period{From: measures.DateOf(2024, 6, 1), To: measures.DateOf(2025, 5, 31)},
		After: policy.Period{From: measures.DateOf(2025, 6, 1)}}
	got, err := h.split(t, q)
	if err != nil {
		t.Fatal(err)
	}
	var within, all [2]float64
	for _, row := range records(t, "nhs_ae_provider_monthly.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if row["org_code"] != "RQW" || period < q.Between.Before.From || period > q.Period.To {
			continue
		}
		after := 0
		if period >= q.Between.After.From {
			after = 1
		}
		all[after] += number(t, row["attendances_total"])
		within[after] += number(t, row["attendances_total"]) - number(t, row["over4h_total"])
	}
	want := within[1]/all[1] - within[0]/all[0]
	if !(math.Abs(got.Split.Change-want) <= 1e-9) || got.Before.Periods != 12 || got.After.Periods != 12 {
		t.Errorf("%.6f over %d and %d months, want %.6f over 12 and 12", got.Split.Change, got.Before.Periods, got.After.Periods, want)
	}
	q.Between.After.From = measures.DateOf(2026, 1, 1)
	if _, err := h.split(t, q); !errors.Is(err, analysis.ErrNoMix) {
		t.Errorf("five months after: %v", err)
	}
}
