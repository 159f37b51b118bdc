package spc

import "github.com/signalbox-health/signalbox/measures"

// book says which rules a rule set has.
type book struct {
	outside bool // a point beyond a limit
	// sameSide: two in three asks that all three lie on one side of the centre.
	sameSide bool
	// outsideCounts: points beyond a limit count as near it in two in three, as
	// the Making Data Count team has had it since late 2023 (NHSRplotthedots
	// issue 194).
	outsideCounts    bool
	improvementWins  bool // at a point that is improvement and concern at once
	longestAndFewest bool // the runs test of a whole phase
	runsTable        bool // too few or too many runs in a phase, by the table
}

func bookOf(rules measures.RuleSet) book {
	switch rules {
	case measures.MDC:
		return book{outside: true, sameSide: true, outsideCounts: true, improvementWins: true}
	case measures.MDCR022:
		return book{outside: true, sameSide: true}
	case measures.Anhoej:
		return book{outside: true, longestAndFewest: true}
	case measures.IHI:
		return book{outside: true, runsTable: true}
	case measures.WesternElectric, measures.Nelson, measures.PowerBI:
		return book{outside: true}
	}
	return book{}
}

// shiftLength is how many points in a row on one side of the mean make a shift.
const shiftLength = 7

// signals finds every rule that fires at every point of a phase.
func (w *work) signals(s span) {
	if !w.book.outside {
		return
	}
	patterns := w.patterned()
	switch {
	case patterns && w.p.Rules == measures.WesternElectric:
		w.westernElectric(s)
		return // its first rule is the one on points outside
	case patterns && w.p.Rules == measures.Nelson:
		w.nelson(s)
		return
	}
	w.outside(s)
	if !patterns {
		return
	}
	switch w.p.Rules {
	case measures.MDC, measures.MDCR022:
		w.mdc(s)
	case measures.IHI:
		w.ihi(s)
	case measures.PowerBI:
		w.mdc(s)
		w.scores(s)
	}
}

// patterned reports whether a pattern among points means something. Ranges
// overlap and sums carry earlier points along, so a run of them says nothing
// new; the groups of a funnel come in no order.
func (w *work) patterned() bool {
	switch w.p.Kind {
	case measures.MR, measures.EWMA, measures.CUSUM, measures.Funnel, measures.Bernoulli, measures.VLAD:
		return false
	}
	return true
}

func (w *work) outside(s span) {
	c := &w.c
	if w.summed() {
		w.passed(s)
		return
	}
	for i := s.from; i < s.to; i++ {
		if y := c.Y[i]; y > c.Upper[i] {
			c.Signals[i] |= measures.OutsideUpper
		} else if y < c.Lower[i] {
			c.Signals[i] |= measures.OutsideLower
		}
	}
}

// mdc looks for trends, shifts and, where the rule set has it so, two points in
// three near a limit on one side. It goes over the points once and counts how
// long each pattern has lasted.
func (w *work) mdc(s span) {
	c := &w.c
	previous := measures.Missing
	steps, direction := 0, 0 // steps in a row the same way
	length, side := 0, 0     // points in a row on the same side
	first, second := -1, -1  // the two points before this one
	for i := s.from; i < s.to; i++ {
		if !w.counts(i) {
			continue
		}
		y := c.Y[i]
		if measures.IsMissing(y) {
			previous, steps, direction, length, side, first, second = y, 0, 0, 0, 0, -1, -1
			continue
		}

		now := order(y, previous)
		steps, direction = lasts(steps, direction, now), now
		if steps >= w.p.Trend-1 {
			w.trend(i, steps, direction)
		}

		now = order(y, c.Centre[i])
		length, side = lasts(length, side, now), now
		if length >= shiftLength {
			w.shift(i, length, side)
		}

		// With the last three all on one side, the side has lasted three.
		if length >= 3 && w.book.sameSide {
			w.twoInThree(first, second, i, side)
		}
		previous, first, second = y, second, i
	}
}

// lasts counts on while a pattern goes the same way. Equal numbers end it.
func lasts(count, before, now int) int {
	switch {
	case now == 0:
		return 0
	case now == before:
		return count + 1
	}
	return 1
}

// trend flags the points of a trend that ends at last. A turning point belongs
// to two trends; the later one says which way it went.
func (w *work) trend(last, steps, direction int) {
	set, clear := measures.TrendIncreasing, measures.TrendDecreasing
	if direction < 0 {
		set, clear = clear, set
	}
	points := 1
	if steps == w.p.Trend-1 {
		points = w.p.Trend
	}
	w.flag(last, points, set, clear)
}

func (w *work) shift(last, length, side int) {
	set := measures.ShiftAbove
	if side < 0 {
		set = measures.ShiftBelow
	}
	points := 1
	if length == shiftLength {
		points = shiftLength
	}
	w.flag(last, points, set, 0)
}

// flag marks so many points back from last, passing over excluded ones.
func (w *work) flag(last, points int, set, clear measures.Signals) {
	for i := last; points > 0; i-- {
		if w.counts(i) {
			w.c.Signals[i] = w.c.Signals[i]&^clear | set
			points--
		}
	}
}

// twoInThree flags those of three points on one side of the centre that lie
// beyond the near line, if there are at least two.
func (w *work) twoInThree(a, b, c, side int) {
	na, nb, nc := w.near(a, side), w.near(b, side), w.near(c, side)
	if !(na && nb || na && nc || nb && nc) {
		return
	}
	set := measures.TwoInThreeAbove
	if side < 0 {
		set = measures.TwoInThreeBelow
	}
	if na {
		w.c.Signals[a] |= set
	}
	if nb {
		w.c.Signals[b] |= set
	}
	if nc {
		w.c.Signals[c] |= set
	}
}

func (w *work) near(i, side int) bool {
	c := &w.c
	if !w.book.outsideCounts && c.Signals[i]&(measures.OutsideUpper|measures.OutsideLower) != 0 {
		return false
	}
	if side > 0 {
		return c.Y[i] > c.NearUpper[i]
	}
	return c.Y[i] < c.NearLower[i]
}

// order is 1 where a lies above b, -1 below, 0 where equal or either is missing.
func order(a, b float64) int {
	switch {
	case a > b:
		return 1
	case a < b:
		return -1
	}
	return 0
}
