package spc

import "github.com/signalbox-health/signalbox/measures"

// high and low are the signals that speak of large and of small values. The
// zone rules name no side, so their points say it themselves (see lean), but for
// those of undirected, which are special cause without any direction: points
// that alternate, hug the centre or shun it.
const (
	undirected = measures.Nelson4 | measures.Nelson7 | measures.Nelson8

	high = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	low  = measures.OutsideLower | measures.TrendDecreasing | measures.TwoInThreeBelow | measures.ShiftBelow
)

// judge gives every point its cause, and the chart its two icons.
func (w *work) judge() {
	c := &w.c
	for i, s := range c.Signals {
		switch {
		case measures.IsMissing(c.Y[i]):
			c.Causes[i] = measures.NoCause
		case s == 0:
			c.Causes[i] = measures.Common
		default:
			c.Causes[i] = w.cause(s, c.Causes[i])
		}
	}
	// The groups of a funnel come in no order: none of them is the last.
	if w.p.Kind == measures.Funnel || w.fewAtLast() {
		return
	}
	w.variation()
	if !w.summed() { // limits of sums do not say where values will fall
		w.assurance()
	}
}

// cause follows the first signal. Only where a rule set says so does an
// improvement win over an earlier concern. Which way a point of the zone rules
// leans was written down when its rules were looked at.
func (w *work) cause(s measures.Signals, lean measures.Cause) measures.Cause {
	first := s & -s // the lowest bit
	up := first & high
	switch {
	case first&undirected != 0:
		return lean
	case first&(high|low) == 0 && lean == measures.NeutralHigh:
		up = first
	}
	if w.book.improvementWins {
		switch {
		case w.p.Direction == measures.Increase && s&high != 0,
			w.p.Direction == measures.Decrease && s&low != 0:
			return measures.Improvement
		}
	}
	switch {
	case w.p.Direction == measures.Neutral && up != 0:
		return measures.NeutralHigh
	case w.p.Direction == measures.Neutral:
		return measures.NeutralLow
	case (w.p.Direction == measures.Increase) == (up != 0):
		return measures.Improvement
	}
	return measures.Concern
}

// fewAtLast reports whether the last phase has too few points for icons.
func (w *work) fewAtLast() bool {
	n := w.c.Len()
	if n == 0 {
		return true
	}
	from := n - 1
	for from > 0 && w.c.Phase[from-1] == w.c.Phase[n-1] {
		from--
	}
	return w.few(span{from: from, to: n})
}

// variation speaks of the last measured point, not of a missing one after it.
func (w *work) variation() {
	i := w.c.Last()
	if i < 0 {
		return
	}
	wantHigh := w.p.Direction == measures.Increase
	switch w.c.Causes[i] {
	case measures.Common:
		w.c.Variation = measures.CommonCause
	case measures.Improvement:
		w.c.Variation = measures.ImprovementLow
		if wantHigh {
			w.c.Variation = measures.ImprovementHigh
		}
	case measures.Concern:
		w.c.Variation = measures.ConcernHigh
		if wantHigh {
			w.c.Variation = measures.ConcernLow
		}
	case measures.NeutralHigh:
		w.c.Variation = measures.ShiftHigh
	case measures.NeutralLow:
		w.c.Variation = measures.ShiftLow
	}
}

// target is the latest target that has begun by the last point, or Missing.
func (w *work) target() float64 {
	v := measures.Missing
	n := len(w.in.X)
	for _, t := range w.in.Targets {
		if t.From == 0 || n > 0 && int32(t.From) <= w.in.X[n-1] {
			v = t.Value
		}
	}
	return v
}

// assurance compares the latest target with the latest limits. A target exactly
// on a limit is hit or miss, as the peers have it. Where limits hang on a
// denominator, a missing point has none, and the latest are those before it.
func (w *work) assurance() {
	c := &w.c
	target, last := c.Target, c.Len()-1
	for last > 0 && measures.IsMissing(c.Y[last]) && measures.IsMissing(c.Upper[last]) && c.Phase[last-1] == c.Phase[last] {
		last--
	}
	lower, upper := c.Lower[last], c.Upper[last]
	if measures.IsMissing(target) || measures.IsMissing(lower+upper) || w.p.Direction == measures.Neutral {
		return
	}
	switch {
	case target > upper && w.p.Direction == measures.Increase, target < lower && w.p.Direction == measures.Decrease:
		c.Assurance = measures.Fail
	case target > upper, target < lower:
		c.Assurance = measures.Pass
	default:
		c.Assurance = measures.HitOrMiss
	}
}
