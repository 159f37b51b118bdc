package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// beyondChance is Laney's sigma z: how much wider than chance alone the points
// of a baseline vary from one to the next. Each point is standardised,
// z = (y-C)/sqrt(variance/n), and sigma z is the mean moving range of z over
// 1.128, screened as that of an xmr chart is. It is Missing where there are no
// ranges, and where every proportion of the baseline is 0 or 1: chance then
// leaves nothing to compare with.
func (w *work) beyondChance(base span, centre, variance float64) float64 {
	if !(variance > 0) {
		if !measures.IsMissing(centre) {
			w.adviseNoLimits(base)
		}
		return measures.Missing
	}
	z := w.c.NearUpper // not filled yet, so it serves as scratch space
	for i := base.from; i < base.to; i++ {
		z[i] = (w.c.Y[i] - centre) / math.Sqrt(variance/w.c.N[i])
	}
	return w.meanRangeOf(z, base) / rangeToSigma
}
