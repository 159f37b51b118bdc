package spc

import "github.com/signalbox-health/signalbox/measures"

// clamp keeps centre and limits within what the measure can be. It comes last:
// signals, causes and both icons are those of the limits as they were reckoned,
// so that a bound changes what is drawn and nothing that is said. Ranges,
// standard deviations and cumulative sums are not values of the measure, so its
// bounds say nothing of them.
func (w *work) clamp() {
	least, most := w.p.Floor, w.p.Ceiling
	if measures.IsMissing(least) && measures.IsMissing(most) {
		return
	}
	switch w.p.Kind {
	case measures.MR, measures.S, measures.CUSUM, measures.Bernoulli, measures.VLAD:
		return
	}
	c := &w.c
	names := ""
	for _, line := range [...]struct {
		name   string
		column []float64
	}{{"centre", c.Centre}, {"lower limit", c.Lower}, {"upper limit", c.Upper},
		{"lower near line", c.NearLower}, {"upper near line", c.NearUpper}} {
		if !bound(line.column, least, most) {
			continue
		}
		if names != "" {
			names += ", "
		}
		names += line.name
	}
	if names != "" {
		w.note(NoteClamped, "Drawn no further than the measure can go"+bounds(least, most)+": "+names+". Signals and icons are those of the lines as reckoned.")
	}
}

// bound moves the numbers of a column that lie beyond a bound onto it, and
// reports whether there were any. A missing bound bounds nothing.
func bound(column []float64, least, most float64) (moved bool) {
	for i, v := range column {
		switch {
		case v < least:
			column[i], moved = least, true
		case v > most:
			column[i], moved = most, true
		}
	}
	return moved
}

func bounds(least, most float64) string {
	text := ""
	if !measures.IsMissing(least) {
		text = ", from " + number(least)
	}
	if !measures.IsMissing(most) {
		text += ", up to " + number(most)
	}
	return text
}
