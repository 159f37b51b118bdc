package plot

import (
	"math"
	"sort"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// label stands at the right end of a line: the value bold, then a word.
type label struct {
	class       string
	value, word string
	at, y       float64 // where its line ends; where the label stands
	rank        int     // order among labels of the same height
	big         bool
}

// apart is the least distance between two labels, in em.
const apart = 1.36

// rightLabels writes the labels at the right end of the lines.
func (d *drawing) rightLabels() { d.writeLabels(d.findLabels()) }

// writeLabels places labels at the right end of their lines, apart from each other.
func (d *drawing) writeLabels(labels []label) {
	sort.SliceStable(labels, func(i, j int) bool {
		if labels[i].at != labels[j].at {
			return labels[i].at < labels[j].at
		}
		return labels[i].rank < labels[j].rank
	})
	push(labels, apart*d.em, d.top-.3*d.em, d.bottom)
	for _, l := range labels {
		if math.Abs(l.y-l.at) > 4 {
			d.line("lead", d.right+1, l.at, d.right+d.labelGap-3, l.y)
		}
		d.text(l.class, d.right+d.labelGap, l.y+.35*d.em, "")
		if l.value != "" {
			d.s(`<tspan class="v"`)
			if l.big {
				d.attribute("font-size", 1.2*d.em)
			}
			d.s(">")
			d.escaped(l.value)
			d.s("</tspan> ")
		}
		d.escaped(d.fitting(l))
		d.s("</text>")
	}
}

// fitting is the word of a label, cut where its end would leave the drawing.
func (d *drawing) fitting(l label) string {
	room := d.width - d.right - d.labelGap
	word := l.word
	for n := utf8.RuneCountInString(word) - 1; n > 1 && d.wideLabel(label{value: l.value, word: word, big: l.big}) > room; n-- {
		word = cut(l.word, n)
	}
	return word
}

// findLabels lists what is written at the right: the last value, the target,
// the centre line and the limits of the last phase.
func (d *drawing) findLabels() []label {
	c := d.p.Chart
	symbol := d.size != Narrow
	var labels []label
	add := func(class string, v float64, value, word string, rank int) {
		if finite(v) && v >= d.scale.low-1e-9 && v <= d.scale.high+1e-9 {
			labels = append(labels, label{class: class, value: value, word: word, at: d.y(v), y: d.y(v), rank: rank})
		}
	}
	if last := c.Last(); last >= d.from && last >= 0 {
		word := d.lastWhen(c.X[last])
		if d.p.made.end != "" {
			word = d.short(d.p.made.end)
		}
		add("lv"+d.causeClass(last), c.Y[last], d.value(c.Y[last], symbol), word, 0)
		labels[0].big = true
	}
	d.columnLabels(add)
	if targets := d.p.targetValues(); len(targets) > 0 {
		t := targets[len(targets)-1]
		add("lt", t, d.targetValue(t, symbol), "Target", 1)
		if d.scale.targetOutside > 0 && t > d.scale.high {
			labels = append(labels, label{class: "lt", value: "↑ " + d.targetValue(t, symbol), word: "Target", at: d.top, y: d.top, rank: -1})
		} else if d.scale.targetOutside < 0 && t < d.scale.low {
			labels = append(labels, label{class: "lt", value: "↓ " + d.targetValue(t, symbol), word: "Target", at: d.bottom, y: d.bottom, rank: 9})
		}
	}
	upper, lower := "Upper limit", "Lower limit"
	if d.size != Wide {
		upper, lower = "Upper", "Lower"
	}
	sums := d.p.made.upper != ""
	if sums {
		upper, lower = d.p.made.upper, d.p.made.lower
		if d.size != Wide {
			upper, lower = "Decision", "Decision"
		}
	}
	v := d.lastOf(c.Centre)
	if !sums {
		add("lm", v, d.lineValue(v, symbol), d.short(d.p.centreWord()), 2)
	}
	v = d.lastOf(c.Upper)
	add("ll", v, d.lineValue(v, symbol), upper, -2)
	if v = d.lastOf(c.Lower); c.Kind != measures.MR { // no range is below zero
		add("ll", v, d.lineValue(v, symbol), lower, 3)
	}
	return labels
}

// lastOf is the last value of a column within the last phase.
func (d *drawing) lastOf(column []float64) float64 {
	c := d.p.Chart
	for i := d.to - 1; i >= d.from && phaseOf(c, i) == phaseOf(c, d.to-1); i-- {
		if v := at(column, i); finite(v) {
			return v
		}
	}
	return measures.Missing
}

func (d *drawing) causeClass(i int) string {
	switch lookOf(d.p.Chart, i) {
	case lookImprovement:
		return " c-improvement"
	case lookConcernUp, lookConcernDown:
		return " c-concern"
	case lookNeutral:
		return " c-neutral"
	}
	return ""
}

// widestLabel is the room that the labels at the right need.
func (d *drawing) widestLabel() float64 { return d.widestOf(d.findLabels()) }

func (d *drawing) widestOf(labels []label) float64 {
	most := 0.0
	for _, l := range labels {
		most = math.Max(most, d.wideLabel(l))
	}
	return most
}

func (d *drawing) wideLabel(l label) float64 {
	times := bold
	if l.big {
		times *= 1.2
	}
	return textWidth(l.value, d.em)*times + textWidth(" ", d.em) + textWidth(l.word, d.em)
}

// push moves labels, given in order of height, so that they stand at least so
// far apart and within the plot, each as near to its line as that allows. It
// is the pool-adjacent-violators way of isotonic regression: labels that touch
// form a block that settles around its own middle.
func push(labels []label, apart, top, bottom float64) {
	type block struct {
		sum  float64
		size int
	}
	blocks := make([]block, 0, 8)
	for i, l := range labels {
		blocks = append(blocks, block{l.at - float64(i)*apart, 1})
		for n := len(blocks); n > 1; n = len(blocks) {
			a, b := blocks[n-2], blocks[n-1]
			if a.sum/float64(a.size) <= b.sum/float64(b.size) {
				break
			}
			blocks = append(blocks[:n-2], block{a.sum + b.sum, a.size + b.size})
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.size {
			labels[i].y = b.sum/float64(b.size) + float64(i)*apart
			i++
		}
	}
	for i := range labels {
		labels[i].y = math.Max(labels[i].y, top+float64(i)*apart)
	}
	for i := len(labels) - 1; i >= 0; i-- {
		labels[i].y = math.Min(labels[i].y, bottom-float64(len(labels)-1-i)*apart)
	}
}
