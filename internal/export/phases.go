package export

import (
	"strconv"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// phases tells each phase in a line, where there are several: from where to
// where, and the lines at its end.
func (p *page) phases(item *Item) {
	c := item.Chart
	if len(c.Phases) < 2 || c.Kind == measures.Funnel {
		return
	}
	p.line("")
	for from := 0; from < c.Len(); {
		to := from
		for to+1 < c.Len() && c.Phase[to+1] == c.Phase[from] {
			to++
		}
		label := "Phase " + strconv.Itoa(int(c.Phase[from])) + "  "
		p.wrapped(label, utf8.RuneCountInString(label), phaseText(item, from, to))
		from = to + 1
	}
}

func phaseText(item *Item, from, to int) string {
	c, unit := item.Chart, item.Words.Unit
	text := shortX(c, from)
	if to > from {
		text += " to " + shortX(c, to) + ", " + pluralPoints(to-from+1)
	}
	if v := c.Centre[to]; !measures.IsMissing(v) {
		text += ": " + centreName(item) + " " + words.Line(v, unit)
	}
	switch c.Kind {
	case measures.CUSUM, measures.Bernoulli, measures.VLAD: // whose limits are not in units of the data
		return text + "."
	}
	if !measures.IsMissing(c.Upper[to]) && !measures.IsMissing(c.Lower[to]) {
		text += ", limits " + words.Limits(c.Lower[to], c.Upper[to], unit)
	}
	return text + "."
}

func shortX(c *measures.Chart, i int) string {
	if !c.XIsDate {
		return c.XText(i)
	}
	date := measures.Date(c.X[i])
	_, _, day := date.Civil()
	if day == 1 {
		return date.ShortMonth()
	}
	return strconv.Itoa(day) + " " + date.ShortMonth()
}
