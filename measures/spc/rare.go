package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// geometricMedian is the median of a geometric number over its mean, which the
// drawn centre of a g chart is where the mean is given from outside (Provost and
// Murray, The Health Care Data Guide).
const geometricMedian = 0.693

// between draws a g chart: cases between events (Benneyan 2001; Provost and
// Murray). Such numbers are skewed, so the centre is their median, with as many
// points above it as below, while the limits are those of their mean M:
// M + 3*sqrt(M(M+1)) above and always 0 below.
func (w *work) between(s span) {
	mean := w.given()
	centre := float64(geometricMedian * mean)
	if measures.IsMissing(mean) {
		mean, centre = w.mean(s.base()), w.median(s.base())
	}
	w.centre(s, centre)
	if measures.IsMissing(mean) {
		w.limits(s, mean, mean, mean, mean)
		return
	}
	sigma := math.Sqrt(mean * (mean + 1))
	w.limits(s, 0, mean+float64(3*sigma), 0, mean+float64(2*sigma))
}

// times draws a t chart: times between events. Raised to 1/3.6 they are nearly
// normal (Nelson 1994, Journal of Quality Technology 26:239); centre and limits
// are those of individual values on that scale, raised to 3.6 again. A limit
// below 0 there is 0.
func (w *work) times(s span) {
	base := s.base()
	x := w.c.NearUpper // not filled yet, so it serves as scratch space
	var t total
	for i := base.from; i < base.to; i++ {
		x[i] = toNelson(w.c.Y[i])
		if w.counts(i) && x[i] == x[i] {
			t.add(x[i])
		}
	}
	mean, centre := t.mean(), w.given()
	if measures.IsMissing(centre) {
		centre = w.timeOf(mean, x, base)
	} else {
		mean = toNelson(centre)
	}
	w.centre(s, centre)
	spread := w.meanRangeOf(x, base)
	switch {
	case measures.IsMissing(spread) || measures.IsMissing(mean):
		none := measures.Missing
		w.limits(s, none, none, none, none)
	case spread == 0:
		w.limits(s, centre, centre, centre, centre)
	default:
		far := float64(w.p.toLimit() * spread)
		near := far * 2 / 3
		w.limits(s, fromNelson(mean-far), fromNelson(mean+far), fromNelson(mean-near), fromNelson(mean+near))
	}
}

// timeOf turns a mean on Nelson's scale back into a time. Where it is the mean
// of equal times it is that time to the last bit: through the power and back, it
// would come out beside it, and every point of a constant series lie outside.
func (w *work) timeOf(mean float64, x []float64, s span) float64 {
	if measures.IsMissing(mean) {
		return measures.Missing
	}
	for i := s.from; i < s.to; i++ {
		if x[i] == mean && w.counts(i) {
			return w.c.Y[i]
		}
	}
	return fromNelson(mean)
}

// nelsonPower makes times between events nearly normal.
const nelsonPower = 3.6

// toNelson is y^(1/3.6), or Missing where y is not above 0.
func toNelson(y float64) float64 {
	if !(y > 0) {
		return measures.Missing
	}
	return exp(log(y) / nelsonPower)
}

// fromNelson is x^3.6, and 0 where x is not above 0.
func fromNelson(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return exp(float64(nelsonPower * log(x)))
}
