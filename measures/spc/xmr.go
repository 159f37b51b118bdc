package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

const (
	// rangeLimit is D4 for ranges of two: the upper limit of moving ranges over
	// their mean (Montgomery; Provost and Murray, The Health Care Data Guide).
	rangeLimit = 3.267
	// medianRangeLimit is the same over their median (Wheeler): 3.267*1.128/0.954.
	medianRangeLimit = 3.865
)

// toLimit is the distance from centre to limit, in mean moving ranges.
func (p *Parameters) toLimit() float64 {
	if p.Constant == Constant1128 {
		return 3 / Constant1128
	}
	return p.Constant
}

// xmr draws a chart of individual values: Shewhart limits from the mean moving
// range of the baseline. They are not clamped.
func (w *work) xmr(s span) {
	base := s.base()
	centre := w.given()
	switch {
	case !measures.IsMissing(centre):
	case w.p.Median:
		centre = w.median(base)
	default:
		centre = w.mean(base)
	}
	w.centre(s, centre)
	mean := w.meanRange(base)
	if measures.IsMissing(mean) || measures.IsMissing(centre) {
		w.limits(s, measures.Missing, measures.Missing, measures.Missing, measures.Missing)
		return
	}
	far := float64(w.p.toLimit() * mean)
	near := far * 2 / 3
	w.limits(s, centre-far, centre+far, centre-near, centre+near)
}

// meanRange is the mean moving range of consecutive rows, or Missing. With
// screening on, ranges that are not below 3.267 times the mean are left out,
// once (Nelson 1982; Provost and Murray).
func (w *work) meanRange(s span) float64 { return w.meanRangeOf(w.c.Y, s) }

// meanRangeOf is the same for what is plotted on another scale.
func (w *work) meanRangeOf(column []float64, s span) float64 {
	return w.screened(s, rangeLimit, func(bound float64) total { return w.rangesBelow(column, s, bound) })
}

// screened is a mean of ranges, screened if that is asked for; limit is where
// screening stands, in means, and below adds the ranges below a bound.
func (w *work) screened(s span, limit float64, below func(bound float64) total) float64 {
	all := below(math.Inf(1))
	if !w.p.Screen {
		return all.mean()
	}
	left := below(float64(limit * all.mean()))
	w.adviseOnScreening(s, all, left)
	// The peers' screening throws every range away on a constant series, and on
	// a nearly constant one leaves limits of no width, outside which every point
	// lies. Screening that leaves nothing is no screening.
	if mean := left.mean(); mean > 0 {
		return mean
	}
	return all.mean()
}

// rangesBelow adds the moving ranges below a bound.
func (w *work) rangesBelow(column []float64, s span, bound float64) total {
	var t total
	previous := measures.Missing
	for i := s.from; i < s.to; i++ {
		if !w.counts(i) {
			continue // the range bridges it
		}
		y := column[i]
		if r := math.Abs(y - previous); r < bound {
			t.add(r)
		}
		previous = y
	}
	return t
}

// mr draws the moving ranges themselves. Its near line stands where qicharts2
// puts it, at two thirds of the upper limit; docs/deviations.md says more.
func (w *work) mr(s span) {
	w.ranges(s)
	base := s.base()
	centre, upper := w.given(), rangeLimit
	switch {
	case !measures.IsMissing(centre):
	case w.p.Median:
		centre, upper = w.median(base), medianRangeLimit
	default:
		centre = w.mean(base)
	}
	w.centre(s, centre)
	// A range is never below 0, whether or not there are any.
	if measures.IsMissing(centre) {
		w.limits(s, 0, centre, 0, centre)
		return
	}
	upper = float64(upper * centre)
	w.limits(s, 0, upper, 0, upper*2/3)
}

// ranges puts moving ranges in the place of the values of a phase. The first
// point has none; an excluded point has its own, and the next bridges it.
func (w *work) ranges(s span) {
	previous := measures.Missing
	for i := s.from; i < s.to; i++ {
		y := w.c.Y[i]
		if w.c.Y[i] = measures.Missing; y == y && previous == previous {
			w.c.Y[i] = math.Abs(y - previous)
		}
		if w.counts(i) {
			previous = y
		}
	}
}
