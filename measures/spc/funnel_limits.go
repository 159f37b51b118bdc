package spc

import (
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// limits are, from the bottom up, those of 99.8 and 95 percent and again of 95
// and 99.8, for a group of n. They rise in this order, with the target between.
func (f *funnel) limits(n float64) [4]float64 {
	none := [4]float64{measures.Missing, measures.Missing, measures.Missing, measures.Missing}
	if !(n > 0) || measures.IsMissing(f.target) || measures.IsMissing(f.origin()) {
		return none
	}
	if f.ratio == Standardised && !(f.expected(n) > 0) || f.exact && !(max(n, f.expected(n)) <= largestExact) {
		return none
	}
	far, near := f.interval(n, tail998), f.interval(n, tail95)
	limits := [4]float64{far[0], near[0], near[1], far[1]}
	for i, v := range limits {
		switch {
		case !(math.Abs(v) <= largest*largest):
			limits[i] = measures.Missing // too far out for a number
		case i < 2:
			limits[i] = min(v, f.target)
		default:
			limits[i] = max(v, f.target)
		}
	}
	return limits
}

// interval is where a group of n lies by chance but for a tail on each side.
func (f *funnel) interval(n float64, t tail) [2]float64 {
	switch {
	case f.exact && f.ratio == Proportion:
		return countInterval(binomial{n, f.target}, n, 1, t)
	case f.exact:
		return countInterval(poisson{f.expected(n)}, f.expected(n)/f.target, math.Inf(1), t)
	case f.ratio == Standardised && !f.additive:
		e := f.expected(n)
		// The chi-square limits of a Poisson mean; half its quantile for twice the
		// degrees of freedom is that of a gamma number.
		return [2]float64{float64(gammaLower(e, t) / e * f.target), float64(gammaUpper(e+1, t) / e * f.target)}
	}
	origin := f.origin()
	reach := float64(t.score * math.Sqrt(f.variance(n)+f.tau2))
	return [2]float64{f.back(origin - reach), f.back(origin + reach)}
}

// countInterval is the interval of a count over n, of which there can be most at most.
func countInterval(d discrete, n, most float64, t tail) [2]float64 {
	lower, upper := interpolated(d, t.chance, -t.score), interpolated(d, 1-t.chance, t.score)
	return [2]float64{max(0, lower/n), min(max(0, upper/n), most)}
}

// variance is that of chance on the transformed scale for a group of n that is
// like the target. For rates that is one with as many events as the target
// gives it: the peers put the exposure in the place of the events.
func (f *funnel) variance(n float64) float64 {
	switch {
	case f.ratio == Rate:
		_, v := f.transformed(float64(f.target*n), n)
		return v
	case f.ratio == Standardised && f.transform == Log:
		return 1 / f.expected(n)
	}
	return 1 / (4 * n)
}

// back takes a point of the transformed scale to a ratio. Where the scale ends,
// so do the limits: the peers go on past its end, where arcsine and square root
// turn round and a lower limit would rise again as groups get smaller.
func (f *funnel) back(y float64) float64 {
	switch {
	case f.ratio == Proportion:
		return squaredSine(y)
	case f.ratio == Standardised && f.transform == Sqrt:
		y = max(y, 0)
		return float64(y * y)
	}
	return exp(y)
}

// hundredths rounds to two decimals, as the Summary Hospital-level Mortality
// Indicator does with expected deaths: the decimal nearest to the number itself.
func hundredths(v float64) float64 {
	if v >= 1<<46 {
		return v // its neighbours are further apart than that
	}
	to, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 2, 64), 64)
	return to
}

// fewGroups is how many groups it takes to know how far they differ beyond chance.
const fewGroups = 10

func (w *work) adviseFewGroups(n int) {
	text := "The limits allow for differences between groups beyond chance, and " + strconv.Itoa(n) + " groups are too few to know these well; from " + strconv.Itoa(fewGroups) + " groups on they can be relied upon."
	if n < 2 {
		text = "There are no limits: they were to allow for differences between groups beyond chance, and it takes at least two groups to see any."
	}
	w.note(NoteFewGroups, text)
}

// adviseFewExpected finds groups that the chi-square limits put outside although
// chance gives so few events, or none, more often than once in a thousand. It
// can where few are expected: half of all groups that expect 0.7 have none.
func (w *work) adviseFewExpected(s span, f *funnel) {
	if f.ratio != Standardised || f.additive || f.exact {
		return
	}
	groups := 0
	for i := s.from; i < s.to; i++ {
		e, y := f.expected(w.c.N[i]), w.c.Y[i]
		if e < 30 && y < w.c.Lower[i] && log(cumulative(poisson{e}, math.Floor(w.in.Y[i]))) > tail998.log {
			groups++
		}
	}
	if groups > 0 {
		w.note(NoteFewExpected, "Groups below their limit of 99.8 percent although so few events are not so unlikely where few are expected: "+
			strconv.Itoa(groups)+". Exact limits tell them apart.")
	}
}
