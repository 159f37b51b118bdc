package spc

import (
	"math/bits"

	"github.com/signalbox-health/signalbox/measures"
)

// history is what the zone rules remember of the points before this one: one
// bit a point, the newest lowest, and the length of the present trend.
type history struct {
	points       int    // seen since the last gap, up to 5
	above, below uint16 // the centre
	above1       uint16 // one sigma above it
	below1       uint16
	above2       uint16 // two sigma above it
	below2       uint16
	within       uint16 // one sigma of the centre, the lines themselves included
	turns        uint16 // the step to this point goes against the step before
	direction    int    // of the step to this point
	steps        int    // steps in a row the same way
	previous     float64
	lean         measures.Cause // the side of the latest point off the centre
}

// begin is the history at the start of a phase. Until a point lies off the
// centre, the lean is arbitrary, and only a phase that hugs its centre exactly
// can show it.
func begin() history {
	return history{previous: measures.Missing, lean: measures.NeutralHigh}
}

// The widths of the patterns, as bits.
const (
	last3  = 1<<3 - 1
	last5  = 1<<5 - 1
	last8  = 1<<8 - 1
	last9  = 1<<9 - 1
	last12 = 1<<12 - 1
	last15 = 1<<15 - 1
)

// westernElectric looks for the four rules of the Western Electric handbook
// (1956). A rule flags the point that completes its pattern, if that point is
// part of it.
func (w *work) westernElectric(s span) {
	h := begin()
	for i := s.from; i < s.to; i++ {
		found := w.beyond(i, measures.WE1)
		if w.remember(&h, i) {
			if h.twoInThree() {
				found |= measures.WE2
			}
			if h.fourInFive() {
				found |= measures.WE3
			}
			if h.above&last8 == last8 || h.below&last8 == last8 {
				found |= measures.WE4
			}
		}
		w.conclude(i, found, &h)
	}
}

// nelson looks for the eight rules of Nelson (1984, Journal of Quality
// Technology 16:237), flagging as above.
func (w *work) nelson(s span) {
	h := begin()
	for i := s.from; i < s.to; i++ {
		found := w.beyond(i, measures.Nelson1)
		if w.remember(&h, i) {
			found |= w.nelsonPatterns(&h)
		}
		w.conclude(i, found, &h)
	}
}

func (w *work) nelsonPatterns(h *history) measures.Signals {
	var found measures.Signals
	if h.above&last9 == last9 || h.below&last9 == last9 {
		found |= measures.Nelson2
	}
	if h.steps >= w.p.Trend-1 {
		found |= measures.Nelson3
	}
	if h.turns&last12 == last12 { // twelve turns are fourteen points
		found |= measures.Nelson4
	}
	if h.twoInThree() {
		found |= measures.Nelson5
	}
	if h.fourInFive() {
		found |= measures.Nelson6
	}
	if h.within&last15 == last15 {
		found |= measures.Nelson7
	}
	if (h.above1|h.below1)&last8 == last8 && h.above1&last8 != 0 && h.below1&last8 != 0 {
		found |= measures.Nelson8
	}
	return found
}

// beyond is the rule on points outside the limits, if it fires.
func (w *work) beyond(i int, rule measures.Signals) measures.Signals {
	if y := w.c.Y[i]; y > w.c.Upper[i] || y < w.c.Lower[i] {
		return rule
	}
	return 0
}

// remember adds a point to the history. It reports whether the point may
// complete a pattern: an excluded one is passed over, and a missing one ends
// every pattern.
func (w *work) remember(h *history, i int) bool {
	if !w.counts(i) {
		return false
	}
	c := &w.c
	y := c.Y[i]
	if measures.IsMissing(y) {
		*h = history{previous: measures.Missing, lean: h.lean}
		return false
	}
	h.points = min(h.points+1, 5)
	lower, upper := w.inner(i)
	push(&h.above, y > c.Centre[i])
	push(&h.below, y < c.Centre[i])
	push(&h.above1, y > upper)
	push(&h.below1, y < lower)
	push(&h.above2, y > c.NearUpper[i])
	push(&h.below2, y < c.NearLower[i])
	// In a phase that does not vary there is nothing to hug.
	push(&h.within, y >= lower && y <= upper && lower < upper)
	step := order(y, h.previous)
	push(&h.turns, step != 0 && step == -h.direction)
	h.steps, h.direction, h.previous = lasts(h.steps, h.direction, step), step, y
	switch order(y, c.Centre[i]) {
	case 1:
		h.lean = measures.NeutralHigh
	case -1:
		h.lean = measures.NeutralLow
	}
	return true
}

func push(history *uint16, yes bool) {
	*history <<= 1
	if yes {
		*history |= 1
	}
}

func (h *history) twoInThree() bool {
	return h.points >= 3 && (most(h.above2, last3, 2) || most(h.below2, last3, 2))
}

func (h *history) fourInFive() bool {
	return h.points >= 5 && (most(h.above1, last5, 4) || most(h.below1, last5, 4))
}

// most reports whether so many of the last points have a bit, the newest among them.
func most(history, window uint16, least int) bool {
	return history&1 != 0 && bits.OnesCount16(history&window) >= least
}

// conclude writes down what fired at a point and which way the first of it
// leans: a trend the way it goes, the rest to the side on which the point lies.
func (w *work) conclude(i int, found measures.Signals, h *history) {
	w.c.Signals[i] = found
	if found == 0 {
		return
	}
	lean := h.lean
	switch {
	case found&-found == measures.Nelson3 && h.direction > 0:
		lean = measures.NeutralHigh
	case found&-found == measures.Nelson3:
		lean = measures.NeutralLow
	case w.c.Y[i] > w.c.Upper[i]: // an excluded point leaves no trace in the history
		lean = measures.NeutralHigh
	case w.c.Y[i] < w.c.Lower[i]:
		lean = measures.NeutralLow
	}
	w.c.Causes[i] = lean
}

// cutsBoth reports whether the zone rules need more than the lines of a chart to
// know its sigma: of a small group's proportion the lines at 2 and at 3 sigma
// may all be cut off at 0 and 1.
func (w *work) cutsBoth() bool {
	if w.p.Rules != measures.WesternElectric && w.p.Rules != measures.Nelson {
		return false
	}
	return w.p.Kind == measures.P || w.p.Kind == measures.PPrime || w.p.Kind == measures.NP
}

// inner are the lines at one sigma on either side of the centre, Missing where a
// point has no limits. They are never cut: a rule that counts points beyond them
// must not take a line at 0 for one at one sigma.
func (w *work) inner(i int) (lower, upper float64) {
	c := &w.c
	centre, nearLower, nearUpper := c.Centre[i], c.NearLower[i], c.NearUpper[i]
	if measures.IsMissing(nearUpper) {
		return measures.Missing, measures.Missing
	}
	switch {
	case w.sigma != nil:
		return centre - w.sigma[i], centre + w.sigma[i]
	case w.p.Kind == measures.G:
		// The limits are those of the mean, the centre is the median. No line lies
		// below: sigma is more than the mean, so none could be reached.
		return measures.Missing, float64(2*nearUpper) - c.Upper[i]
	case w.p.Kind == measures.T && nearUpper != centre:
		x := toNelson(centre)
		sigma := (toNelson(nearUpper) - x) / 2
		return fromNelson(x - sigma), fromNelson(x + sigma)
	}
	// Other kinds cut their lower lines only, if any, so the longer side tells.
	sigma := max(nearUpper-centre, centre-nearLower) / 2
	return centre - sigma, centre + sigma
}
