package spc

import (
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// The kinds in this file carry earlier points along. What is held against the
// limits is not Y but what has been summed up, and the limits of all but ewma
// are plus and minus Decision: in standard deviations for cusum, in units of
// log-likelihood for bernoulli and vlad. Y and Centre stay in the units of the
// data: Centre is what the values are measured from.
//
// Each phase begins anew. A missing point has no sum; the sum goes on from it
// as it was. An excluded point shows the sum as it stands, and adds nothing.

// summed reports whether a kind holds sums against its limits, not values.
func (w *work) summed() bool {
	switch w.p.Kind {
	case measures.EWMA, measures.CUSUM, measures.Bernoulli, measures.VLAD:
		return true
	}
	return false
}

// hasRuns reports whether it means something that points follow one another on
// one side of the centre. Groups come in no order, and single outcomes are not
// spread about a middle.
func (w *work) hasRuns() bool {
	switch w.p.Kind {
	case measures.Funnel, measures.Bernoulli, measures.VLAD:
		return false
	}
	return true
}

// passed flags the points whose sums lie beyond their limits. Both sums of one
// point can: the one that has not yet come back, and the other.
func (w *work) passed(s span) {
	c := &w.c
	for i := s.from; i < s.to; i++ {
		if measures.IsMissing(c.Y[i]) {
			continue
		}
		up, down := measures.Missing, measures.Missing
		switch {
		case c.EWMA != nil:
			up, down = c.EWMA[i], c.EWMA[i]
		case c.CusumHigh != nil:
			up, down = c.CusumHigh[i], c.CusumLow[i]
		}
		// A sum of log-likelihoods decides when it reaches its limit (Steiner 2000).
		reaches := w.p.Kind == measures.Bernoulli || w.p.Kind == measures.VLAD
		if up > c.Upper[i] || reaches && up == c.Upper[i] {
			c.Signals[i] |= measures.OutsideUpper
		}
		if down < c.Lower[i] || reaches && down == c.Lower[i] {
			c.Signals[i] |= measures.OutsideLower
		}
	}
}

// deviation is the standard deviation of single values by the mean moving range
// of the baseline, never screened, or Missing.
func (w *work) deviation(base span) float64 {
	ranges := w.rangesBelow(w.c.Y, base, math.Inf(1))
	if sd := ranges.mean() / Constant1128; !measures.IsMissing(sd) {
		return sd
	}
	return measures.Missing
}

func (w *work) givenOrMean(base span) float64 {
	if centre := w.given(); !measures.IsMissing(centre) {
		return centre
	}
	return w.mean(base)
}

// sumColumns makes room for the two sums where an earlier phase has not.
func (w *work) sumColumns() {
	c := &w.c
	if n := len(c.X); c.CusumHigh == nil {
		both := make([]float64, 2*n)
		c.CusumHigh, c.CusumLow = both[:n:n], both[n:]
	}
}

// cusum adds up how far points lie from the centre, in standard deviations,
// less half the shift that is looked for (Page 1954; Montgomery). A head start
// finds a process that begins wrong sooner (Lucas and Crosier 1982).
func (w *work) cusum(s span) {
	w.sumColumns()
	c := &w.c
	centre, sd := w.givenOrMean(s.base()), w.deviation(s.base())
	w.centre(s, centre)
	h, k := w.p.Decision, w.p.Shift/2
	if !(sd >= smallest) || measures.IsMissing(centre) {
		w.noSums(s, "its baseline does not vary, so there is no standard deviation to measure a shift in")
		return
	}
	w.limits(s, -h, h, measures.Missing, measures.Missing)
	up, down := w.p.HeadStart, 0-w.p.HeadStart
	for i := s.from; i < s.to; i++ {
		y := c.Y[i]
		if !measures.IsMissing(y) && w.counts(i) {
			z := (y - centre) / sd
			up, down = max(0, up+z-k), min(0, down+z+k)
		}
		w.sums(i, up, down)
	}
}

// sums writes the sums at a point, which has none where it is missing.
func (w *work) sums(i int, up, down float64) {
	if measures.IsMissing(w.c.Y[i]) {
		up, down = measures.Missing, measures.Missing
	}
	w.c.CusumHigh[i], w.c.CusumLow[i] = up, down
}

// noSums leaves a phase without sums and limits and says why.
func (w *work) noSums(s span, why string) {
	for i := s.from; i < s.to; i++ {
		w.c.CusumHigh[i], w.c.CusumLow[i] = measures.Missing, measures.Missing
	}
	w.limits(s, measures.Missing, measures.Missing, measures.Missing, measures.Missing)
	if w.measured(s) > 0 {
		w.note(NoteNoLimits, "Phase "+strconv.Itoa(int(w.c.Phase[s.from]))+" has no sums and no limits: "+why+".")
	}
}

// ewma is a mean in which older points weigh less and less (Roberts 1959). Its
// limits widen as it forgets where it began; at a missing point they are those
// that a value there would have had.
func (w *work) ewma(s span) {
	c := &w.c
	if c.EWMA == nil {
		c.EWMA = make([]float64, len(c.X))
	}
	centre, sd := w.givenOrMean(s.base()), w.deviation(s.base())
	w.centre(s, centre)
	weight := w.p.Lambda
	keep := 1 - weight
	value, kept := centre, 1.0 // kept is keep^(2i)
	for i := s.from; i < s.to; i++ {
		y, after := c.Y[i], float64(kept*float64(keep*keep))
		switch {
		case measures.IsMissing(y):
			c.EWMA[i] = measures.Missing
			w.ewmaLimits(i, centre, sd, after)
			continue
		case w.counts(i):
			value, kept = float64(weight*y)+float64(keep*value), after
		}
		c.EWMA[i] = value
		w.ewmaLimits(i, centre, sd, kept)
	}
}

func (w *work) ewmaLimits(i int, centre, sd, kept float64) {
	c := &w.c
	c.Lower[i], c.Upper[i], c.NearLower[i], c.NearUpper[i] = measures.Missing, measures.Missing, measures.Missing, measures.Missing
	if measures.IsMissing(sd) || measures.IsMissing(centre) {
		return
	}
	sigma := float64(sd * math.Sqrt(float64(w.p.Lambda/(2-w.p.Lambda)*(1-kept))))
	far, near := float64(3*sigma), float64(2*sigma)
	c.Lower[i], c.Upper[i], c.NearLower[i], c.NearUpper[i] = centre-far, centre+far, centre-near, centre+near
}
