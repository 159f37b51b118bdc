package disclosure

import (
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// meanRangeToLimit is 3/d2 for moving ranges of two: a limit lies so many mean
// ranges from the centre, and so magnifies what a point adds to the mean range.
const meanRangeToLimit = 2.66

// baselinePoints is the shortest baseline the rule sets of the NHS accept. A
// chart does not say how many points made its lines, so the fewest is assumed:
// the fewer they were, the more each of them shows in the lines.
const baselinePoints = 12

// roundLines rounds centre and limits, which were computed on true figures, so
// that they cannot be solved for a hidden one.
//
// A mean over m points, known to a step s, gives their sum to m*s. Even for
// somebody who knew all the other points exactly, counts from 1 to min-1 stay
// indistinguishable if m*s covers min counts, hence s = min/m counts; for limits
// 2.66 times that. One step serves all lines, taken up to 1, 2 or 5 times a
// power of ten. One count is worth multiply/denominator of what is plotted: most
// where the denominator is least. The centre of a run chart is a median, that is
// one of the points, so there the step covers min counts by itself. Where the
// step reaches half the distance between the limits (or, without limits, half
// the range of what is shown) the lines say nothing and are left out.
func roundLines(terms policy.Disclosure, f *Figure, c *measures.Chart, hide []bool) (withheld bool) {
	for from := 0; from < c.Len(); {
		to := phaseEnd(c, from)
		step := lineStep(terms, f, from, to)
		if step > 0 {
			withheld = roundPhase(f, c, hide, from, to, step) || withheld
		}
		from = to
	}
	return withheld
}

func roundPhase(f *Figure, c *measures.Chart, hide []bool, from, to int, step float64) (withheld bool) {
	varying := varies(f.Chart.Lower, from, to) || varies(f.Chart.Upper, from, to)
	coarse := 2*step >= room(f, c, from, to)
	for _, column := range [][]float64{c.Centre, c.Lower, c.Upper, c.NearLower, c.NearUpper} {
		for i := from; i < to && i < len(column); i++ {
			switch {
			case measures.IsMissing(column[i]):
			case coarse:
				withheld = true
				column[i] = measures.Missing
			default:
				column[i] = nearest(column[i], step)
			}
		}
	}
	if varying && !coarse && slices.Contains(hide[from:to], true) {
		return remakeLimits(f, c, from, to)
	}
	return withheld
}

// remakeLimits replaces limits that follow the denominator, in a phase with a
// hidden point. Each of them, rounded at its own place, would narrow down the
// centre they share until it told the hidden count; and a limit at the hidden
// point would tell its denominator. Limits of p and u charts are made again from
// what is released, centre and denominators, and so tell nothing more. Those of
// other kinds hang on the true figures in more ways, and are left out; so is the
// centre of an np chart, which follows the denominator too.
func remakeLimits(f *Figure, c *measures.Chart, from, to int) (withheld bool) {
	for i := from; i < to; i++ {
		if measures.IsMissing(f.Chart.Upper[i]) {
			continue
		}
		centre, sigma := c.Centre[i]/f.Multiply, measures.Missing
		ceiling := math.Inf(1)
		switch c.Kind {
		case measures.P:
			sigma, ceiling = math.Sqrt(centre*(1-centre)/c.N[i]), 1
		case measures.U:
			sigma = math.Sqrt(centre / c.N[i])
		case measures.NP:
			c.Centre[i] = measures.Missing
		}
		withheld = withheld || measures.IsMissing(sigma) && !measures.IsMissing(c.Y[i])
		line := func(sigmas float64) float64 {
			return min(max(centre+sigmas*sigma, 0), ceiling) * f.Multiply
		}
		c.Lower[i], c.NearLower[i], c.NearUpper[i], c.Upper[i] = line(-3), line(-2), line(2), line(3)
	}
	return withheld
}

func lineStep(terms policy.Disclosure, f *Figure, from, to int) float64 {
	points, least := 0, math.Inf(1)
	for i := from; i < to; i++ {
		if measures.IsMissing(f.Chart.Y[i]) {
			continue
		}
		points++
		if f.Denominator != nil && f.Denominator[i] > 0 && f.Chart.Kind != measures.NP {
			least = min(least, f.Denominator[i])
		}
	}
	if points == 0 {
		return 0
	}
	worth := f.Multiply
	if !math.IsInf(least, 1) {
		worth /= least
	}
	cells := float64(max(terms.MinCellCount, terms.RoundTo))
	if f.Chart.Kind == measures.Run {
		return niceAbove(cells * math.Abs(worth))
	}
	return niceAbove(meanRangeToLimit * cells * math.Abs(worth) / float64(min(points, baselinePoints)))
}

// room is the least distance between the limits of a phase, or the range of
// what is shown where there are none.
func room(f *Figure, c *measures.Chart, from, to int) float64 {
	between, low, high := math.Inf(1), math.Inf(1), math.Inf(-1)
	for i := from; i < to; i++ {
		if i < len(f.Chart.Lower) && i < len(f.Chart.Upper) && !measures.IsMissing(f.Chart.Upper[i]-f.Chart.Lower[i]) {
			between = min(between, f.Chart.Upper[i]-f.Chart.Lower[i])
		}
		if !measures.IsMissing(c.Y[i]) {
			low, high = min(low, c.Y[i]), max(high, c.Y[i])
		}
	}
	if math.IsInf(between, 1) {
		return high - low
	}
	return between
}

// niceAbove is the least of 1, 2 and 5 times a power of ten that is not below v.
func niceAbove(v float64) float64 {
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

func phaseEnd(c *measures.Chart, from int) int {
	to := from + 1
	for to < c.Len() && to < len(c.Phase) && c.Phase[to] == c.Phase[from] {
		to++
	}
	if len(c.Phase) != c.Len() {
		return c.Len()
	}
	return to
}

func varies(column []float64, from, to int) bool {
	first := measures.Missing
	for i := from; i < to && i < len(column); i++ {
		switch {
		case measures.IsMissing(column[i]):
		case measures.IsMissing(first):
			first = column[i]
		case math.Abs(column[i]-first) > 1e-12*math.Abs(first):
			return true
		}
	}
	return false
}
