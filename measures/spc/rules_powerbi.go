package spc

import "github.com/signalbox-health/signalbox/measures"

// scores looks for two in three as PowerBI-SPC does: a point beyond the upper
// near line scores 1, one beyond the lower -1, and three points with a sum of 2
// or more either way are a signal. The third point may lie anywhere else, on the
// other side of the centre too, but not beyond the other near line. Points that
// score are flagged, the one in between is not.
func (w *work) scores(s span) {
	c := &w.c
	a, b := -1, -1 // the two points before this one
	scoreA, scoreB := 0, 0
	for i := s.from; i < s.to; i++ {
		if !w.counts(i) {
			continue
		}
		if measures.IsMissing(c.Y[i]) {
			a, b, scoreA, scoreB = -1, -1, 0, 0
			continue
		}
		score := 0
		switch y := c.Y[i]; {
		case y > c.NearUpper[i]:
			score = 1
		case y < c.NearLower[i]:
			score = -1
		}
		if sum := scoreA + scoreB + score; sum >= 2 {
			w.scored(measures.TwoInThreeAbove, a, scoreA, b, scoreB, i, score)
		} else if sum <= -2 {
			w.scored(measures.TwoInThreeBelow, a, -scoreA, b, -scoreB, i, -score)
		}
		a, b, scoreA, scoreB = b, i, scoreB, score
	}
}

// scored flags those of three points whose score is 1.
func (w *work) scored(set measures.Signals, a, scoreA, b, scoreB, c, scoreC int) {
	if scoreA == 1 {
		w.c.Signals[a] |= set
	}
	if scoreB == 1 {
		w.c.Signals[b] |= set
	}
	if scoreC == 1 {
		w.c.Signals[c] |= set
	}
}
