package spc

import "github.com/signalbox-health/signalbox/measures"

// likelihoods adds up, case by case, how much better each outcome (1 or 0) fits
// odds that have changed by OddsRatio than the odds it was expected to have.
// CusumHigh speaks for more events than expected, CusumLow, drawn below 0, for
// fewer; which of them is worse, the measure knows. A sum that reaches Decision
// signals and begins again at 0 with the next case (Steiner and others 2000,
// Biostatistics 1:441; Neuburger and others 2017, BMJ Qual Saf 26:919).
//
// An odds ratio of 2 and one of a half ask for the same two sums.
func (w *work) likelihoods(s span, chance func(i int) float64) {
	h, ratio := w.p.Decision, max(w.p.OddsRatio, 1/w.p.OddsRatio)
	w.limits(s, -h, h, measures.Missing, measures.Missing)
	more, up, down := log(ratio), 0.0, 0.0
	for i := s.from; i < s.to; i++ {
		if y := w.c.Y[i]; !measures.IsMissing(y) && w.counts(i) {
			p := chance(i)
			if up >= h {
				up = 0
			}
			if down <= -h {
				down = 0
			}
			// Of an event, ln(p1/p0); of none, ln((1-p1)/(1-p0)); p1 has the changed odds.
			up = max(0, up+float64(y*more)-log1p(float64(p*(ratio-1))))
			down = min(0, down+float64(y*more)+log1p(float64(p*(1/ratio-1))))
		}
		w.sums(i, up, down)
	}
}

// bernoulli holds single outcomes against one rate: one given from outside, or
// that of the baseline.
func (w *work) bernoulli(s span) {
	w.sumColumns()
	p := w.givenOrMean(s.base())
	w.centre(s, p)
	if !(p > 0 && p < 1) {
		w.noSums(s, "all outcomes of its baseline are the same, so its odds are not known")
		return
	}
	w.likelihoods(s, func(int) float64 { return p })
}

// vlad adds up expected less observed: it goes up by what a case was expected to
// lose when it is not lost (Lovegrove and others 1997, Lancet 350:1128). It has
// no limits of its own; those on the chart are of the risk-adjusted sums beside
// it, which need each case with its own chance. Centre is the expected number.
func (w *work) vlad(s span) {
	c := &w.c
	if c.VLAD == nil {
		c.VLAD = make([]float64, len(c.X))
	}
	sum := 0.0
	for i := s.from; i < s.to; i++ {
		c.Centre[i], c.VLAD[i] = c.N[i], measures.Missing
		if measures.IsMissing(c.Y[i]) {
			continue
		}
		if w.counts(i) {
			sum += c.N[i] - c.Y[i]
		}
		c.VLAD[i] = sum
	}
	if w.aggregated() {
		if s.from == 0 {
			w.note(NoteAggregated, "Only the sum of expected less observed is drawn: the risk-adjusted sums beside it need one point for each case, an outcome of 0 or 1 with its own chance between them.")
		}
		w.limits(s, measures.Missing, measures.Missing, measures.Missing, measures.Missing)
		return
	}
	w.sumColumns()
	w.likelihoods(s, func(i int) float64 { return c.N[i] })
}

// aggregated reports whether some point is not a single case: an outcome of 0 or
// 1 that had a chance above 0 and below 1.
func (w *work) aggregated() bool {
	for i, y := range w.c.Y {
		if n := w.c.N[i]; !measures.IsMissing(y) && (y != 0 && y != 1 || n >= 1) {
			return true
		}
	}
	return false
}
