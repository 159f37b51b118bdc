package export

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// drawing is a chart on a grid of letters: row 0 is the top, column 0 the left.
type drawing struct {
	p           *page
	item        *Item
	c           *measures.Chart
	from        int // the first point drawn
	step        int // columns a point
	rows        int
	low, high   float64
	tick        float64 // value between two labels of the axis
	perTick     int     // rows between them
	decimals    int     // of the axis
	cells       [][]mark
	left, width int // columns before the plot, and of it
}

// mark is one letter of the grid and what it means, for colour.
type mark struct {
	letter rune
	cause  measures.Cause
	line   bool // part of a line, drawn faintly
}

// rowsWanted is about how tall a chart is.
const rowsWanted = 15

func (p *page) draw(item *Item) {
	d := drawing{p: p, item: item, c: item.Chart}
	d.scale()
	labels := d.labels()
	right := 0
	for _, l := range labels {
		right = max(right, utf8.RuneCountInString(l.text)+1)
	}
	if p.columns < 60 {
		labels, right = nil, 0
	}
	d.fit(p.columns - d.left - right)
	d.plot()
	d.write(labels)
	d.axis()
	d.key()
}

// scale chooses round labels that take in the points, lines and target.
func (d *drawing) scale() {
	low, high := math.Inf(1), math.Inf(-1)
	columns := [][]float64{d.c.Y, d.c.Centre, d.c.Lower, d.c.Upper, {d.c.Target}}
	for _, column := range columns {
		for _, v := range column {
			if !measures.IsMissing(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if !(high > low) {
		margin := max(1, math.Abs(high)/10)
		low, high = low-margin, high+margin
	}
	d.tick, d.decimals = roundStep((high - low) / 4)
	d.low, d.high = math.Floor(low/d.tick)*d.tick, math.Ceil(high/d.tick)*d.tick
	ticks := int(math.Round((d.high - d.low) / d.tick))
	d.perTick = max(1, int(math.Round(rowsWanted/float64(ticks))))
	d.rows = ticks*d.perTick + 1
	for i := 0; i <= ticks; i++ {
		d.left = max(d.left, utf8.RuneCountInString(d.tickLabel(i))+2)
	}
}

// roundStep is 1, 2 or 5 times a power of ten, not below the step asked for, and
// the decimals it takes to write it.
func roundStep(step float64) (rounded float64, decimals int) {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, times := range []float64{1, 2, 5, 10} {
		if rounded = times * power; rounded >= step {
			break
		}
	}
	return rounded, max(0, -int(math.Floor(math.Log10(rounded)+1e-9)))
}

func (d *drawing) tickLabel(i int) string {
	return words.Number(d.high-float64(i)*d.tick, d.decimals)
}

// fit decides how many columns a point gets, or how many points there is room
// for: the newest.
func (d *drawing) fit(room int) {
	room = max(room, 10)
	n := d.c.Len()
	d.step = min(4, max(1, room/max(1, n)))
	if n > room {
		d.from = n - room
	}
	d.width = (n-d.from-1)*d.step + 1
}

func (d *drawing) column(i int) int { return (i - d.from) * d.step }

// row is where a value lies, or -1 where there is none.
func (d *drawing) row(v float64) int {
	if measures.IsMissing(v) {
		return -1
	}
	return int(math.Round((d.high - v) / (d.high - d.low) * float64(d.rows-1)))
}

// plot fills the grid: lines first, points over them.
func (d *drawing) plot() {
	d.cells = make([][]mark, d.rows)
	for r := range d.cells {
		d.cells[r] = slices.Repeat([]mark{{letter: ' '}}, d.width)
	}
	d.level(d.c.Lower, '╌')
	d.level(d.c.Upper, '╌')
	d.level(d.c.Centre, '─')
	d.target()
	d.boundaries()
	for i := d.from; i < d.c.Len(); i++ {
		r := d.row(d.c.Y[i])
		if r < 0 {
			continue
		}
		letter := glyphOf(d.c.Causes[i], d.up(i))
		if stateOf(d.c, i) == measures.Excluded {
			letter = '○'
		}
		d.cells[r][d.column(i)] = mark{letter: letter, cause: d.c.Causes[i]}
	}
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
	for i := d.from; i < d.c.Len(); i++ {
		r := d.row(values[i])
		if r < 0 {
			continue
		}
		to := d.column(i)
		if i+1 < d.c.Len() && d.c.Phase[i+1] == d.c.Phase[i] {
			to = d.column(i+1) - 1
		}
		for column := d.column(i); column <= to; column++ {
			d.cells[r][column] = mark{letter: letter, line: true}
		}
	}
}

// target is dotted across the whole chart, wherever no other line is.
func (d *drawing) target() {
	r := d.row(d.c.Target)
	if r < 0 {
		return
	}
	for column := range d.cells[r] {
		if d.cells[r][column].letter == ' ' && column%2 == 0 {
			d.cells[r][column] = mark{letter: '·', line: true}
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

// label is a text at the right end of a line.
type label struct {
	row  int
	text string
}

// labels names the lines of the last phase with their values, from the top.
func (d *drawing) labels() []label {
	end, unit := d.c.Len()-1, d.item.Words.Unit
	centre := "mean"
	if d.c.Kind == measures.Run {
		centre = "median"
	}
	if d.item.Words.Centre != "" {
		centre = d.item.Words.Centre
	}
	last := d.c.Y[d.c.Last()]
	lines := []struct {
		v    float64
		text string
	}{
		{last, words.Value(last, unit) + " latest"},
		{d.c.Target, words.Target(d.c.Target, unit) + " target"},
		{d.c.Upper[end], words.Value(d.c.Upper[end], unit) + " upper limit"},
		{d.c.Centre[end], words.Value(d.c.Centre[end], unit) + " " + centre},
		{d.c.Lower[end], words.Value(d.c.Lower[end], unit) + " lower limit"},
	}
	slices.SortStableFunc(lines, func(a, b struct {
		v    float64
		text string
	}) int {
		return cmp.Compare(b.v, a.v)
	})
	var labels []label
	for _, line := range lines {
		if r := d.row(line.v); r >= 0 {
			labels = append(labels, label{r, line.text})
		}
	}
	return apart(labels, d.rows)
}

// apart moves labels that share a row, so that each has one of its own, in
// order, and together they stay as near to where they belong as they can.
func apart(labels []label, rows int) []label {
	// Labels that touch form a block, placed where its labels lie on average.
	type block struct{ first, n, sum int } // sum of each label's row less its place in the block
	start := func(b block) int {
		return max(0, min(rows-b.n, int(math.Round(float64(b.sum)/float64(b.n)))))
	}
	var blocks []block
	for i, l := range labels {
		blocks = append(blocks, block{i, 1, l.row})
		for k := len(blocks) - 1; k > 0 && start(blocks[k-1])+blocks[k-1].n > start(blocks[k]); k-- {
			a, b := blocks[k-1], blocks[k]
			blocks = append(blocks[:k-1], block{a.first, a.n + b.n, a.sum + b.sum - a.n*b.n})
		}
	}
	for _, b := range blocks {
		for k := range b.n {
			labels[b.first+k].row = start(b) + k
		}
	}
	return labels
}

func (d *drawing) write(labels []label) {
	for r, row := range d.cells {
		tick := ""
		edge := "│"
		if r%d.perTick == 0 {
			tick, edge = d.tickLabel(r/d.perTick), "┤"
		}
		line := strings.Repeat(" ", d.left-2-utf8.RuneCountInString(tick)) + tick + " " + edge
		for _, m := range row {
			switch {
			case m.line:
				line += d.p.dim(string(m.letter))
			default:
				line += d.p.paint(m.cause, string(m.letter))
			}
		}
		for _, l := range labels {
			if l.row == r {
				line += " " + l.text
			}
		}
		d.p.line(line)
	}
}
