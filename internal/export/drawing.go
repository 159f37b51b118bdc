package export

import (
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// drawing is one panel of a chart over time.
type drawing struct {
	canvas
	item  *Item
	c     *measures.Chart
	panel *panel
	from  int // the first point drawn
	step  int // columns a point; 0 where points share columns
	seen  map[rune]measures.Cause
}

// sharing is how many points may stand in one column before older ones are left
// out: more would make a band of every series.
const sharing = 3

// draw draws every panel of a chart.
func (p *page) draw(item *Item) {
	if item.Chart.Kind == measures.Funnel {
		p.funnel(item)
		return
	}
	panels := panelsOf(item)
	for i := range panels {
		if panels[i].heading != "" {
			p.line("")
			p.line(panels[i].heading + ":")
		}
		d := drawing{canvas: canvas{p: p}, item: item, c: item.Chart, panel: &panels[i], seen: map[rune]measures.Cause{}}
		d.draw()
	}
}

func (d *drawing) draw() {
	p := d.panel
	columns := [][]float64{p.single, p.centre, p.lower, p.upper, p.target, p.trajectory}
	for _, s := range p.series {
		columns = append(columns, s.values)
	}
	d.scale(p.rows, columns...)
	labels := apart(p.labels(d.c, d.row), d.rows)
	right := 0
	for _, l := range labels {
		right = max(right, utf8.RuneCountInString(l.text)+1)
	}
	if d.p.columns < 60 {
		labels, right = nil, 0
	}
	d.fit(d.p.columns - d.left - right)
	d.plot()
	d.write(labels)
	d.axis()
	d.key()
}

// fit decides how many columns a point gets, how many points share one, or how
// many points there is room for: the newest.
func (d *drawing) fit(room int) {
	room = max(room, 10)
	n := d.c.Len()
	if n <= room {
		d.step = min(4, max(1, room/n))
		d.open((n-1)*d.step + 1)
		return
	}
	if !d.panel.all && n > sharing*room {
		d.from = n - sharing*room
	}
	d.open(room)
}

func (d *drawing) column(i int) int {
	if d.step > 0 {
		return (i - d.from) * d.step
	}
	return (i - d.from) * d.width / (d.c.Len() - d.from)
}

// plot fills the grid: lines first, points over them.
func (d *drawing) plot() {
	p := d.panel
	d.level(p.lower, '╌')
	d.level(p.upper, '╌')
	d.level(p.centre, '─')
	d.dotted(p.target, '·')
	d.dotted(p.trajectory, '~')
	d.boundaries()
	for i := d.from; p.single != nil && i < d.c.Len(); i++ {
		d.put(d.column(i), p.single[i], mark{letter: '+', line: true})
	}
	for _, s := range p.series {
		for i := d.from; s.values != nil && i < d.c.Len(); i++ {
			d.point(s, i)
		}
	}
}

// point draws one point. A sum of nothing is part of its line and no mark.
func (d *drawing) point(s series, i int) {
	v := s.values[i]
	if measures.IsMissing(v) || len(d.panel.series) > 1 && v == 0 {
		return
	}
	cause := d.c.Causes[i]
	if len(d.panel.series) > 1 && d.c.Signals[i]&s.signals == 0 {
		cause = measures.Common // the other sum has the signal
	}
	letter := glyphOf(cause, d.up(i))
	if stateOf(d.c, i) == measures.Excluded {
		letter = '○'
	}
	d.seen[letter] = cause
	d.put(d.column(i), v, mark{letter: letter, cause: cause})
}

// up reports whether a point went up: its signals say so, or else its place.
func (d *drawing) up(i int) bool {
	const ups = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	if d.c.Causes[i] == measures.Concern && d.c.Direction != measures.Neutral {
		return d.c.Direction == measures.Decrease
	}
	return d.c.Signals[i]&ups != 0
}

// level draws a line from point to point of each phase.
func (d *drawing) level(values []float64, letter rune) {
	for i := d.from; values != nil && i < d.c.Len(); i++ {
		to := d.column(i)
		if i+1 < d.c.Len() && d.c.Phase[i+1] == d.c.Phase[i] {
			to = max(to, d.column(i+1)-1)
		}
		for column := d.column(i); column <= to; column++ {
			d.put(column, values[i], mark{letter: letter, line: true})
		}
	}
}

// dotted draws a line that is nobody's limit, wherever no other line is.
func (d *drawing) dotted(values []float64, letter rune) {
	for i := d.from; values != nil && i < d.c.Len(); i++ {
		to := d.column(i)
		if i+1 < d.c.Len() {
			to = max(to, d.column(i+1)-1)
		}
		for column := d.column(i); column <= to; column++ {
			if r := d.row(values[i]); r >= 0 && column%2 == 0 && d.cells[r][column].letter == ' ' {
				d.put(column, values[i], mark{letter: letter, line: true})
			}
		}
	}
}

// boundaries draws an upright line where a phase begins, if there is a column
// for it.
func (d *drawing) boundaries() {
	if d.step < 2 {
		return
	}
	for i := d.from + 1; i < d.c.Len(); i++ {
		if d.c.Phase[i] == d.c.Phase[i-1] {
			continue
		}
		for r := range d.cells {
			if at := &d.cells[r][d.column(i)-1]; at.letter == ' ' {
				*at = mark{letter: '┊', line: true}
			}
		}
	}
}

// key names the shapes that are on the chart, in a row or two.
func (d *drawing) key() {
	k := key{p: d.p, left: d.left}
	for _, letter := range "◆▲▼■●" {
		if cause, drawn := d.seen[letter]; drawn {
			k.add(letter, cause, causeWord(cause))
		}
	}
	if _, drawn := d.seen['○']; drawn {
		k.add('○', measures.Common, "left out")
	}
	for _, line := range []struct {
		letter rune
		drawn  bool
		word   string
	}{{'+', d.panel.single != nil, "single values"}, {'~', d.panel.trajectory != nil, "planned"}, {'×', d.anyMissing(), "no value"}} {
		if line.drawn {
			k.add(line.letter, measures.Common, line.word)
		}
	}
	k.end()
}

func (d *drawing) anyMissing() bool {
	for i := d.from; i < d.c.Len(); i++ {
		if measures.IsMissing(d.c.Y[i]) {
			return true
		}
	}
	return false
}

func causeWord(c measures.Cause) string {
	switch c {
	case measures.Improvement:
		return "improvement"
	case measures.Concern:
		return "concern"
	case measures.NeutralHigh, measures.NeutralLow:
		return "changed"
	}
	return "common cause"
}

// key is the legend being written below a drawing.
type key struct {
	p      *page
	left   int
	line   string
	length int
}

func (k *key) add(letter rune, cause measures.Cause, word string) {
	if k.length > 0 && k.left+k.length+3+2+len(word) > k.p.columns {
		k.end()
	}
	if k.length > 0 {
		k.line, k.length = k.line+"   ", k.length+3
	}
	k.line, k.length = k.line+k.p.paint(cause, string(letter))+" "+word, k.length+2+len(word)
}

func (k *key) end() {
	if k.length > 0 {
		k.p.line(strings.Repeat(" ", k.left) + k.line)
		k.line, k.length = "", 0
	}
}
