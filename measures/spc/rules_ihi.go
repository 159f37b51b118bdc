package spc

import "github.com/signalbox-health/signalbox/measures"

// ihiShift is how many useful points in a row on one side make a shift.
const ihiShift = 6

// ihi looks for the shifts and trends of run charts as quality improvement is
// taught (Perla, Provost and Murray 2011, BMJ Quality & Safety 20:46). Points on
// the centre and missing ones are passed over: they neither add nor break. Of
// equal neighbours a trend counts the first.
func (w *work) ihi(s span) {
	c := &w.c
	previous := measures.Missing
	steps, direction := 0, 0 // steps in a row the same way
	length, side := 0, 0     // useful points in a row on the same side
	for i := s.from; i < s.to; i++ {
		y := c.Y[i]
		if measures.IsMissing(y) || !w.counts(i) {
			continue
		}
		if now := order(y, previous); now != 0 {
			steps, direction = lasts(steps, direction, now), now
			if steps >= w.p.Trend-1 {
				w.ihiTrend(s, i, steps, direction)
			}
		}
		previous = y
		if now := order(y, c.Centre[i]); now != 0 {
			length, side = lasts(length, side, now), now
			if length >= ihiShift {
				w.ihiShift(i, length, side)
			}
		}
	}
}

// ihiTrend flags the points of a trend that ends at last, or the newest of one
// that goes on. A turning point belongs to two trends; the later one says which
// way it went.
func (w *work) ihiTrend(s span, last, steps, direction int) {
	set, clear := measures.TrendIncreasing, measures.TrendDecreasing
	if direction < 0 {
		set, clear = clear, set
	}
	points := 1
	if steps == w.p.Trend-1 {
		points = w.p.Trend
	}
	for i := last; points > 0; points-- {
		// The first of equal neighbours is the one that counts.
		before := w.before(s, i)
		for before >= s.from && w.c.Y[before] == w.c.Y[i] {
			i, before = before, w.before(s, before)
		}
		w.c.Signals[i] = w.c.Signals[i]&^clear | set
		i = before
	}
}

// before is the nearest earlier point of a phase that is there and counts, or
// one less than the first.
func (w *work) before(s span, i int) int {
	for i--; i >= s.from; i-- {
		if w.counts(i) && !measures.IsMissing(w.c.Y[i]) {
			break
		}
	}
	return i
}

// ihiShift flags the useful points of a shift that ends at last.
func (w *work) ihiShift(last, length, side int) {
	set := measures.ShiftAbove
	if side < 0 {
		set = measures.ShiftBelow
	}
	points := 1
	if length == ihiShift {
		points = ihiShift
	}
	for i := last; points > 0; i-- {
		if w.counts(i) && order(w.c.Y[i], w.c.Centre[i]) != 0 {
			w.c.Signals[i] |= set
			points--
		}
	}
}

// runsTable has the fewest and the most runs to be expected of 10 to 30 useful
// points (Perla, Provost and Murray 2011, after Swed and Eisenhart 1943). The
// printed tables differ in single entries, so runs_test.go checks each against
// the exact distribution.
var runsTable = [...][2]int32{
	{3, 9}, {3, 10}, {3, 11}, {4, 11}, {4, 12}, {5, 12}, {5, 13}, {5, 13}, {6, 14}, {6, 15}, {6, 16},
	{7, 16}, {7, 17}, {7, 17}, {8, 18}, {8, 18}, {9, 19}, {10, 19}, {10, 20}, {10, 20}, {11, 21},
}

// runsBounds are the fewest and the most runs to be expected, or
// measures.NoNumber where the table has no row.
func runsBounds(useful int32) (low, high int32) {
	row := int(useful) - 10
	if row < 0 || row >= len(runsTable) {
		return measures.NoNumber, measures.NoNumber
	}
	return runsTable[row][0], runsTable[row][1]
}
