package disclosure

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// small says which points of a figure are hidden for themselves.
func small(terms policy.Disclosure, f *Figure) []bool {
	hide := make([]bool, f.Chart.Len())
	for i := range hide {
		if i >= len(f.Numerator) || f.Denominator != nil && i >= len(f.Denominator) {
			continue // the figure will be withheld whole
		}
		hide[i] = tooSmall(terms, f.Numerator[i])
		if f.Denominator != nil {
			hide[i] = hide[i] || tooSmall(terms, f.Denominator[i]) || tooSmall(terms, f.Denominator[i]-f.Numerator[i])
		}
	}
	return hide
}

// tooSmall knows that counts may be decimals. A missing count hides nothing:
// there is nothing to see.
func tooSmall(terms policy.Disclosure, cell float64) bool {
	return cell > 0 && cell < float64(terms.MinCellCount) || cell == 0 && !terms.ZeroVisible
}

// hideSecond hides a second stratum where exactly one of an organisation and
// period is hidden: it could be had by taking the others from the total. It
// takes the next smallest, so that as little as possible is lost.
func hideSecond(figures []Figure, hide [][]bool) {
	type cell struct {
		organisation measures.ODSCode
		x            int32
	}
	hidden := map[cell]int{}
	next := map[cell][2]int{} // figure and point of the smallest that is visible
	smallest := map[cell]float64{}
	for i := range figures {
		f := &figures[i]
		if f.Stratum == "" {
			continue
		}
		for j, x := range f.Chart.X {
			at := cell{f.Organisation, x}
			if hide[i][j] {
				hidden[at]++
				continue
			}
			if j >= len(f.Numerator) || measures.IsMissing(f.Numerator[j]) {
				continue
			}
			// A zero hides nothing beside a small number: take one only
			// where there is nothing else.
			size := f.Numerator[j]
			if size == 0 {
				size = math.MaxFloat64
			}
			if have, some := smallest[at]; !some || size < have {
				smallest[at], next[at] = size, [2]int{i, j}
			}
		}
	}
	for at, n := range hidden {
		if second, some := next[at]; n == 1 && some {
			hide[second[0]][second[1]] = true
		}
	}
}

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
