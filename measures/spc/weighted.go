package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

const (
	// rangeToSigmaExact is sqrt(pi/2): the difference of two normal numbers has a
	// mean of sqrt(2)*sqrt(2/pi) sigma, and here the sqrt(2) is in the weights.
	rangeToSigmaExact = 1.2533141373155002512
	// weightedRangeLimit is where screening of weighted ranges stands (Taylor 2018).
	weightedRangeLimit = 3.2665
)

// weighted draws an i' chart: values about their mean weighted by n, limits
// wider where n is small (Taylor 2018, Normalized Individuals Control Chart).
// Sigma of a point is S/sqrt(n), where S is the mean over the baseline of
//
//	sqrt(pi/2) * |y[i]-y[i-1]| / sqrt(1/n[i]+1/n[i-1])
//
// Limits are not clamped, as those of individual values are not.
func (w *work) weighted(s span) {
	base := s.base()
	centre := w.given()
	if measures.IsMissing(centre) {
		centre = w.ratio(base)
	}
	w.centre(s, centre)
	ranges := w.weightedRanges(base)
	mean := w.screened(s, weightedRangeLimit, func(bound float64) total {
		var t total
		for _, r := range ranges {
			if r < bound {
				t.add(r)
			}
		}
		return t
	})
	for i := s.from; i < s.to; i++ {
		w.spread(i, mean/math.Sqrt(w.c.N[i]), math.Inf(-1), math.Inf(1))
	}
}

// weightedRanges are the ranges of a baseline, each where its second point
// stands. They bridge excluded points and do not bridge missing ones.
func (w *work) weightedRanges(s span) []float64 {
	c := &w.c
	ranges := c.NearUpper[s.from:s.to] // not filled yet, so it serves as scratch space
	y, n := measures.Missing, measures.Missing
	for i := range ranges {
		ranges[i] = measures.Missing
		at := s.from + i
		if !w.counts(at) {
			continue
		}
		if r := math.Abs(c.Y[at] - y); r == r {
			ranges[i] = float64(rangeToSigmaExact*r) / math.Sqrt(1/c.N[at]+1/n)
		}
		y, n = c.Y[at], c.N[at]
	}
	return ranges
}
