package export

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// axis draws the line below the chart, with a tick and a label every so many
// points, and a mark where a value is missing.
func (d *drawing) axis() {
	n := d.c.Len()
	rule, below := []rune(strings.Repeat("─", d.width)), []rune(strings.Repeat(" ", d.left+d.width+12))
	for i := d.from; i < n; i++ {
		if measures.IsMissing(d.c.Y[i]) {
			rule[d.column(i)] = '×'
		}
	}
	every, free := d.every(), 0
	for i := d.from; i < n; i++ {
		if !d.labelled(i, every) {
			continue
		}
		text := d.xLabel(i)
		at := d.left + d.column(i)
		if at < free || at+utf8.RuneCountInString(text) > d.p.columns {
			continue
		}
		if rule[d.column(i)] == '─' {
			rule[d.column(i)] = '┬'
		}
		copy(below[at:], []rune(text))
		free = at + utf8.RuneCountInString(text) + 2
	}
	d.p.line(strings.Repeat(" ", d.left-1) + "└" + string(rule))
	d.p.line(string(below))
	d.howMany()
}

// howMany tells what a reader cannot count: points that are not drawn, and those
// that share a column.
func (d *drawing) howMany() {
	n := d.c.Len()
	text := ""
	if d.from > 0 {
		text = "The last " + strconv.Itoa(n-d.from) + " of " + pluralPoints(n) + "."
	}
	if shared := (n - d.from + d.width - 1) / d.width; d.step == 0 && shared > 1 {
		text = strings.TrimSpace(text + " Up to " + pluralPoints(shared) + " share a column.")
	}
	if text != "" {
		d.p.line(strings.Repeat(" ", d.left) + text)
	}
}

// every is how many points lie between labels: enough for a label's own width.
func (d *drawing) every() int {
	for _, every := range []int{1, 2, 3, 6, 12, 24, 60, 120} {
		if columns := every * d.step; columns >= 9 || d.step == 0 && every*d.width >= 9*(d.c.Len()-d.from) {
			return every
		}
	}
	return 120
}

// labelled reports whether a point may carry a label. Months are labelled at the
// same months of every year.
func (d *drawing) labelled(i, every int) bool {
	if !d.c.XIsDate || !d.monthly() {
		return (i-d.from)%every == 0
	}
	year, month, _ := measures.Date(d.c.X[i]).Civil()
	first, begin, _ := measures.Date(d.c.X[d.from]).Civil()
	return ((year-first)*12+month-begin)%every == 0
}

func (d *drawing) monthly() bool {
	if d.item.Words.Grain != "" {
		return d.item.Words.Grain == measures.Month
	}
	for _, x := range d.c.X {
		if _, _, day := measures.Date(x).Civil(); day != 1 {
			return false
		}
	}
	return true
}

func (d *drawing) xLabel(i int) string {
	switch {
	case !d.c.XIsDate:
		return d.c.XText(i)
	case d.monthly():
		return measures.Date(d.c.X[i]).ShortMonth()
	}
	_, _, day := measures.Date(d.c.X[i]).Civil()
	return strconv.Itoa(day) + " " + measures.Date(d.c.X[i]).ShortMonth()
}
