package sharing_test

import (
	"fmt"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// seen is a chart of four months with the signals of each.
func seen(code measures.ODSCode, end measures.Variation, target measures.Assurance, signals ...measures.Signals) analysis.Chart {
	c := measures.Chart{Variation: end, Assurance: target, Signals: signals}
	for i := range signals {
		c.X = append(c.X, int32(i))
	}
	return analysis.Chart{Figure: disclosure.Figure{Organisation: code, Chart: c}}
}

func TestBehaviourCountsWhatReadersAreTold(t *testing.T) {
	const up, down, run, low = measures.OutsideUpper, measures.OutsideLower, measures.ShiftAbove, measures.ShiftBelow
	more, fewer := &measures.Measure{Direction: measures.Increase}, &measures.Measure{Direction: measures.Decrease}
	for _, test := range []struct {
		name string
		a, b sharing.Charted
		want string // organisations, signals, variation, assurance, agreement
	}{
		{"the same",
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.ImprovementHigh, measures.Pass, 0, up|run, run, 0)}},
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.ImprovementHigh, measures.Pass, 0, up|run, run, 0)}},
			"1 3/3 1/1 1/1 1.00"},
		{"turned round, it tells the same",
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.ImprovementHigh, measures.Pass, 0, up|run, run, 0)}},
			sharing.Charted{fewer, []analysis.Chart{seen("ZZA", measures.ImprovementLow, measures.Pass, 0, down|low, low, 0)}},
			"1 3/3 1/1 1/1 1.00"},
		{"neither direction is wanted, so a side is a side",
			sharing.Charted{&measures.Measure{}, []analysis.Chart{seen("ZZA", measures.ShiftHigh, measures.AssuranceEmpty, up, 0)}},
			sharing.Charted{fewer, []analysis.Chart{seen("ZZA", measures.ImprovementLow, measures.AssuranceEmpty, down, 0)}},
			"1 0/2 0/1 0/0 0.00"},
		{"a rule more, and another end at one of two",
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.CommonCause, measures.Fail, up, run, 0, 0), seen("ZZB", measures.CommonCause, measures.Fail, up)}},
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.CommonCause, measures.Fail, up, 0, 0, 0), seen("ZZB", measures.ConcernLow, measures.Fail, up)}},
			"2 2/3 1/2 2/2 0.71"},
		{"quiet charts agree about their ends only",
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.CommonCause, measures.AssuranceEmpty, 0, 0)}},
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.CommonCause, measures.AssuranceEmpty, 0, 0)}},
			"1 0/0 1/1 0/0 1.00"},
		{"nothing is said of organisations that one of them lacks",
			sharing.Charted{more, []analysis.Chart{seen("ZZA", measures.CommonCause, measures.Pass, up)}},
			sharing.Charted{more, []analysis.Chart{seen("ZZB", measures.CommonCause, measures.Pass, up)}},
			"0 0/0 0/0 0/0 unknown"},
	} {
		b := sharing.Behave(test.a, test.b)
		got := fmt.Sprintf("%d %d/%d %d/%d %d/%d", b.Organisations, b.Signals.Same, b.Signals.Of, b.Variation.Same, b.Variation.Of, b.Assurance.Same, b.Assurance.Of)
		if agreement, known := b.Agreement(); known {
			got += fmt.Sprintf(" %.2f", agreement)
		} else {
			got += " unknown"
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		if back := sharing.Behave(test.b, test.a); back != b {
			t.Errorf("%s: the other way round it is %+v", test.name, back)
		}
	}
}
