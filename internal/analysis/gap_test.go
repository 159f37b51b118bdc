package analysis_test

import (
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
)

// line is a chart of so many months from January 2024.
func line(months int, value func(i int) (float64, measures.State)) *analysis.Chart {
	var c analysis.Chart
	for i := range months {
		y, state := value(i)
		c.Chart.X = append(c.Chart.X, int32(measures.DateOf(2024, 1+i, 1)))
		c.Chart.Y, c.Chart.States = append(c.Chart.Y, y), append(c.Chart.States, state)
	}
	return &c
}

func TestGapIsTheDifferenceAndHiddenWhereEitherSideIs(t *testing.T) {
	a := line(30, func(i int) (float64, measures.State) {
		switch i {
		case 3:
			return measures.Missing, measures.Suppressed
		case 4:
			return measures.Missing, measures.NotMeasured
		}
		return 20 + float64(i%3), measures.Final
	})
	b := line(30, func(i int) (float64, measures.State) {
		if i == 5 {
			return measures.Missing, measures.Suppressed
		}
		if i == 29 {
			return 10, measures.Provisional
		}
		return 10, measures.Final
	})
	gap, err := analysis.GapOf(wardFalls, a, b, "the other")
	if err != nil {
		t.Fatal(err)
	}
	c := &gap.Chart
	for i, want := range map[int]measures.State{2: measures.Final, 3: measures.Suppressed, 4: measures.NotMeasured, 5: measures.Suppressed, 29: measures.Provisional} {
		if c.States[i] != want || measures.IsMissing(c.Y[i]) != (want == measures.Suppressed || want == measures.NotMeasured) {
			t.Errorf("month %d: %v in state %v, want %v", i, c.Y[i], c.States[i], want)
		}
	}
	if c.Kind != measures.XmR || c.Y[7] != 11 || measures.IsMissing(c.Upper[29]) || math.Abs(c.Centre[0]-11) > .2 || c.Direction != measures.Neutral {
		t.Errorf("kind %s, %v around %v below %v", c.Kind, c.Y[7], c.Centre[0], c.Upper[29])
	}
	d := gap.Distance
	if d.Points != 12 || d.Above != 12 || d.Below != 0 || math.Abs(d.Mean-11) > 1e-9 || !d.Apart() {
		t.Errorf("%+v", d)
	}
}

func TestGapOfFewPointsOrNone(t *testing.T) {
	flat := func(value float64) func(int) (float64, measures.State) {
		return func(int) (float64, measures.State) { return value, measures.Final }
	}
	for _, test := range []struct {
		months int
		kind   measures.Kind
		rules  measures.RuleSet
		points int
	}{{0, measures.Run, measures.NoRules, 0}, {9, measures.Run, measures.NoRules, 9}, {12, measures.Run, measures.Anhoej, 12}, {13, measures.XmR, measures.MDC, 12}} {
		gap, err := analysis.GapOf(wardFalls, line(test.months, flat(7)), line(40, flat(7)), "the other")
		if err != nil {
			t.Fatal(err)
		}
		if gap.Chart.Kind != test.kind || gap.Chart.Rules != test.rules || gap.Distance.Points != test.points || gap.Distance.Apart() || gap.Chart.Len() != test.months {
			t.Errorf("%d months: %s under %s, %+v", test.months, gap.Chart.Kind, gap.Chart.Rules, gap.Distance)
		}
	}
}
