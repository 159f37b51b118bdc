package disclosure

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// quiet gives the signals of a chart as they are released, its points and
// signals being those given. The seventh value, 6, is hidden.
func quiet(t *testing.T, rules measures.RuleSet, y []float64, signal measures.Signals, at ...int) []measures.Signals {
	t.Helper()
	f := figure(y, nil)
	f.Chart.Rules = rules
	for _, i := range at {
		f.Chart.Signals[i-1], f.Chart.Causes[i-1] = signal, measures.Concern
	}
	return apply(t, national, f).Chart.Signals
}

var withASix = []float64{60, 62, 61, 63, 62, 61, 6, 62, 61, 60, 63, 62, 61, 60, 62, 63, 61, 60, 62, 61, 63, 62}

// A rule that flags only the point completing its pattern has looked at the
// points before: eight in a row on one side, the last of them flagged, tell the
// side of each.
func TestZoneRuleIsQuietWhereItLookedAtAHiddenPoint(t *testing.T) {
	for signal, reach := range map[measures.Signals]int{measures.WE2: 3, measures.WE3: 5, measures.WE4: 8,
		measures.Nelson2: 9, measures.Nelson4: 14, measures.Nelson5: 3, measures.Nelson6: 5, measures.Nelson7: 15, measures.Nelson8: 8} {
		last, first := 7+reach-1, 7+reach
		out := quiet(t, measures.Nelson, withASix, signal, last, first)
		if out[last-1] != 0 || out[first-1] != signal {
			t.Errorf("%v: point %d says %v, point %d says %v", signal.Names(), last, out[last-1].Names(), first, out[first-1].Names())
		}
	}
	if out := quiet(t, measures.Nelson, withASix, measures.Nelson3, 12); out[11] != 0 {
		t.Errorf("a trend, however long it was asked to be, says %v", out[11].Names())
	}
	if out := quiet(t, measures.Nelson, withASix, measures.Nelson1, 8); out[7] != measures.Nelson1 {
		t.Error("a point outside the limits tells nothing of the one before")
	}
}

// Two in three flags two points and looks at a third: that it is not flagged
// tells where it lies.
func TestThirdOfTwoInThreeIsNotTold(t *testing.T) {
	for _, at := range [][]int{{6, 8}, {5, 6}, {8, 9}} {
		out := quiet(t, measures.MDC, withASix, measures.TwoInThreeAbove, at...)
		for _, i := range at {
			if out[i-1] != 0 {
				t.Errorf("flagged %v: point %d says %v", at, i, out[i-1].Names())
			}
		}
	}
	if out := quiet(t, measures.MDC, withASix, measures.TwoInThreeAbove, 3, 4, 10, 11); out[3] == 0 || out[9] == 0 {
		t.Error("two in three away from the hidden point is gone")
	}
}

// A shift under ihi goes on beyond a point on the median, so a hidden point that
// is not flagged amid one would be known to lie there.
func TestHiddenPointOnTheMedianIsNotTold(t *testing.T) {
	f := figure([]float64{9, 10, 9, 6, 9, 10, 9, 4, 3, 4, 3, 4}, nil)
	f.Chart.Rules = measures.IHI
	for i := range f.Chart.Centre {
		f.Chart.Centre[i] = 6
	}
	for _, i := range []int{0, 1, 2, 4, 5, 6} {
		f.Chart.Signals[i] = measures.ShiftAbove
	}
	out := apply(t, national, f).Chart
	for i, s := range out.Signals {
		if s != 0 {
			t.Errorf("point %d says %v", i+1, s.Names())
		}
	}
}
