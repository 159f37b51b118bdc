package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// rangeToSigma is d2 for ranges of two, rounded as the tools have it: a mean
// moving range over it estimates sigma (Montgomery).
const rangeToSigma = 1.128

// rates draws p and u charts: numerators over denominators about their ratio
// over the baseline, with limits as wide as chance makes them at each
// denominator (Shewhart; Montgomery; Provost and Murray). With C the centre,
// sigma is sqrt(C(1-C)/n) for proportions and sqrt(C/n) for rates, and limits
// are not drawn beyond 0, nor beyond 1 for proportions.
//
// Their primed forms pp and up widen or narrow sigma by what the points vary
// beyond chance (Laney 2002, Quality Engineering 14:531).
func (w *work) rates(s span) {
	base := s.base()
	centre := w.given()
	if measures.IsMissing(centre) {
		centre = w.ratio(base)
	}
	w.centre(s, centre)
	variance, most := centre, math.Inf(1)
	if w.p.Kind == measures.P || w.p.Kind == measures.PPrime {
		variance, most = float64(centre*(1-centre)), 1
	}
	beyond := 1.0
	if w.p.Kind == measures.PPrime || w.p.Kind == measures.UPrime {
		beyond = w.beyondChance(base, centre, variance)
	}
	for i := s.from; i < s.to; i++ {
		w.spread(i, float64(math.Sqrt(variance/w.c.N[i])*beyond), 0, most)
	}
}

// ratio is the sum of numerators over the sum of denominators of the points of
// a span that count, or Missing.
func (w *work) ratio(s span) float64 {
	var over, under total
	for i := s.from; i < s.to; i++ {
		if w.counts(i) && w.present(i) {
			over.add(w.in.Y[i])
			under.add(w.in.N[i])
		}
	}
	return over.over(under)
}

// counted draws a c chart: counts about their mean C, sigma sqrt(C), limits not
// below 0 (Shewhart; Montgomery).
func (w *work) counted(s span) {
	centre := w.given()
	if measures.IsMissing(centre) {
		centre = w.mean(s.base())
	}
	w.centre(s, centre)
	if measures.IsMissing(centre) {
		w.limits(s, centre, centre, centre, centre)
		return
	}
	sigma := math.Sqrt(centre)
	far, near := float64(3*sigma), float64(2*sigma)
	w.limits(s, max(centre-far, 0), centre+far, max(centre-near, 0), centre+near)
}

// countedOf draws an np chart: counts out of a denominator about n times their
// proportion p over the baseline, sigma sqrt(np(1-p)), limits within 0 and n
// (Shewhart; Montgomery). A centre given from outside is a count; over the mean
// denominator of the baseline it is p, so that the centre still follows n.
func (w *work) countedOf(s span) {
	p := w.ratio(s.base())
	if given := w.given(); !measures.IsMissing(given) {
		p = given / w.meanDenominator(s.base())
		if p > 1 {
			w.err = bad("the centre is a count of " + number(w.p.Centre) + ", more than the mean denominator of the baseline; give a count below that, or leave the centre out")
		}
	}
	for i := s.from; i < s.to; i++ {
		n := w.c.N[i]
		w.c.Centre[i] = measures.Missing
		if n > 0 && !measures.IsMissing(p) {
			w.c.Centre[i] = float64(n * p)
		}
		w.spread(i, math.Sqrt(n*p*(1-p)), 0, n)
	}
}

// meanDenominator of the points of a span that count.
func (w *work) meanDenominator(s span) float64 {
	var t total
	for i := s.from; i < s.to; i++ {
		if w.counts(i) && w.present(i) {
			t.add(w.in.N[i])
		}
	}
	return t.mean()
}

// spread draws the limits of one point at three sigma about its centre and its
// near lines at two, none below least or above most. Lines stop at what the
// measure can be before the rules look at them: a point on such a line is not
// beyond it. A missing point has none, nor has one without a sigma.
func (w *work) spread(i int, sigma, least, most float64) {
	c := &w.c
	centre := c.Centre[i]
	// Written so that a sigma which is missing or beyond all bounds fails.
	if !(sigma <= largest*largest) || measures.IsMissing(centre) || measures.IsMissing(c.Y[i]) {
		none := measures.Missing
		c.Lower[i], c.Upper[i], c.NearLower[i], c.NearUpper[i] = none, none, none, none
		return
	}
	if w.sigma != nil {
		w.sigma[i] = sigma
	}
	far, near := float64(3*sigma), float64(2*sigma)
	c.Lower[i], c.Upper[i] = max(centre-far, least), min(centre+far, most)
	c.NearLower[i], c.NearUpper[i] = max(centre-near, least), min(centre+near, most)
}
