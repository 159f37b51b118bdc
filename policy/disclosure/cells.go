package disclosure

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// madeOfCounts reports whether every value of the chart is what its counts
// make, to within a rounding error of the arithmetic.
func madeOfCounts(f *Figure) bool {
	c := &f.Chart
	if len(f.Numerator) != c.Len() || f.Denominator != nil && len(f.Denominator) != c.Len() || len(c.Y) != c.Len() {
		return false
	}
	made := plotted(f, c.Y, nil)
	for i, y := range c.Y {
		if !measures.IsMissing(y) && !(math.Abs(made[i]-y) <= 1e-9*math.Max(1, math.Abs(y))) {
			return false
		}
	}
	return true
}

// plotted makes the values of a chart from the counts of a figure, where the
// chart has a value. Kinds that plot something else come out missing, and so
// does a moving range that reaches back to a hidden point.
func plotted(f *Figure, y []float64, hide []bool) []float64 {
	c := &f.Chart
	out := make([]float64, len(y))
	values := make([]float64, len(y))
	before := -1 // the point that a moving range reaches back to
	for i := range y {
		values[i] = value(f, i)
		out[i] = measures.Missing
		if i > 0 && len(c.Phase) == len(y) && c.Phase[i] != c.Phase[i-1] {
			before = -1
		}
		switch {
		case measures.IsMissing(y[i]):
		case c.Kind == measures.MR && before >= 0:
			out[i] = math.Abs(values[i] - values[before])
		case c.Kind == measures.MR:
		default:
			out[i] = values[i]
		}
		if hide != nil && hide[i] || counted(c, i) && !measures.IsMissing(values[i]) {
			before = i
		}
	}
	return out
}

// counted reports whether a point takes part in statistics.
func counted(c *measures.Chart, i int) bool {
	return i >= len(c.States) || c.States[i] != measures.Excluded
}

func value(f *Figure, i int) float64 {
	switch f.Chart.Kind {
	case measures.C, measures.NP:
		return f.Numerator[i] * f.Multiply
	case measures.Run, measures.XmR, measures.MR, measures.P, measures.PPrime, measures.U, measures.UPrime, measures.IPrime:
		if f.Denominator == nil {
			return f.Numerator[i] * f.Multiply
		}
		return f.Numerator[i] / f.Denominator[i] * f.Multiply
	}
	// The others are withheld. On g and t charts every point is one event, that is
	// one person, and no rounding makes one person more. On xbar and s charts
	// values are means of subgroups whose counts are not here. EWMA, cusum,
	// bernoulli and vlad carry sums through all points, whose steps tell each of
	// them. Custom may be anything. Funnels go their own way, see Funnel.
	return measures.Missing
}
