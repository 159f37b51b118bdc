package export

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// canvas is a grid of letters with a scale at its left: row 0 is the top, column
// 0 the left.
type canvas struct {
	p           *page
	rows, width int
	left        int // columns before the plot
	low, high   float64
	perTick     int     // rows between labels of the axis
	tick        float64 // value between them
	decimals    int
	cells       [][]mark
}

// mark is one letter of the grid and what it means, for colour.
type mark struct {
	letter rune
	cause  measures.Cause
	line   bool // part of a line, drawn faintly
}

// scale chooses round labels that take in every number, on about so many rows.
func (c *canvas) scale(rows int, columns ...[]float64) {
	low, high := math.Inf(1), math.Inf(-1)
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
	c.tick, c.decimals = roundStep((high - low) / 4)
	c.low, c.high = math.Floor(low/c.tick)*c.tick, math.Ceil(high/c.tick)*c.tick
	ticks := int(math.Round((c.high - c.low) / c.tick))
	c.perTick = max(1, int(math.Round(float64(rows)/float64(ticks))))
	c.rows = ticks*c.perTick + 1
	for i := 0; i <= ticks; i++ {
		c.left = max(c.left, utf8.RuneCountInString(c.tickLabel(i))+2)
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

func (c *canvas) tickLabel(i int) string {
	return words.Number(c.high-float64(i)*c.tick, c.decimals)
}

// open makes the grid, once its width is known.
func (c *canvas) open(width int) {
	c.width = width
	c.cells = make([][]mark, c.rows)
	for r := range c.cells {
		c.cells[r] = slices.Repeat([]mark{{letter: ' '}}, width)
	}
}

// row is where a value lies, or -1 where there is none, or none in sight.
func (c *canvas) row(v float64) int {
	if measures.IsMissing(v) || v < c.low || v > c.high {
		return -1
	}
	return int(math.Round((c.high - v) / (c.high - c.low) * float64(c.rows-1)))
}

// put writes a mark where a value lies. A mark that means something is never
// covered by one that does not.
func (c *canvas) put(column int, v float64, m mark) {
	r := c.row(v)
	if r < 0 || column < 0 || column >= c.width {
		return
	}
	there := &c.cells[r][column]
	special := there.cause > measures.Common
	if m.line && there.letter != ' ' && !there.line || special && m.cause <= measures.Common {
		return
	}
	*there = m
}

// label is a text at the right end of a line.
type label struct {
	row  int
	text string
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

func (c *canvas) write(labels []label) {
	for r, row := range c.cells {
		tick := ""
		edge := "│"
		if r%c.perTick == 0 {
			tick, edge = c.tickLabel(r/c.perTick), "┤"
		}
		line := strings.Repeat(" ", c.left-2-utf8.RuneCountInString(tick)) + tick + " " + edge
		for from := 0; from < len(row); {
			to := from // letters of one look are painted together
			text := ""
			for ; to < len(row) && row[to].line == row[from].line && row[to].cause == row[from].cause; to++ {
				text += string(row[to].letter)
			}
			if row[from].line {
				line += c.p.dim(text)
			} else {
				line += c.p.paint(row[from].cause, text)
			}
			from = to
		}
		for _, l := range labels {
			if l.row == r {
				line += " " + l.text
			}
		}
		c.p.line(line)
	}
}
