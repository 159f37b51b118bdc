package plot

import (
	"math"
	"sort"

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
func (d *drawing) rightLabels() {
	labels := d.findLabels()
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
		d.s(`<tspan class="v"`)
		if l.big {
			d.attribute("font-size", 1.2*d.em)
		}
		d.s(">")
		d.escaped(l.value)
		d.s("</tspan> ")
		d.escaped(l.word)
		d.s("</text>")
	}
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
		add("lv"+d.causeClass(last), c.Y[last], d.value(c.Y[last], symbol), d.lastWhen(c.X[last]), 0)
		labels[0].big = true
	}
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
	v := d.lastOf(c.Centre)
	add("lm", v, d.value(v, symbol), d.p.centreWord(), 2)
	v = d.lastOf(c.Upper)
	add("ll", v, d.value(v, symbol), upper, -2)
	v = d.lastOf(c.Lower)
	add("ll", v, d.value(v, symbol), lower, 3)
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
func (d *drawing) widestLabel() float64 {
	most := 0.0
	for _, l := range d.findLabels() {
		times := bold
		if l.big {
			times *= 1.2
		}
		most = math.Max(most, textWidth(l.value, d.em)*times+textWidth(" "+l.word, d.em))
	}
	return most
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

// insideLabels names the lines of earlier phases where they are, at whichever
// end has fewer points under the words.
func (d *drawing) insideLabels() {
	c := d.p.Chart
	for k := 0; k < len(d.segments)-1; k++ {
		seg := &d.segments[k]
		upper, upperSame := same(c.Upper, seg)
		lower, lowerSame := same(c.Lower, seg)
		centre, centreSame := same(c.Centre, seg)
		up, down := .33*d.em, 1.07*d.em
		roomy := !upperSame || !lowerSame || (d.y(lower)-d.y(upper)) > 2*apart*d.em
		if upperSame && d.within(upper) {
			d.insideLabel(seg, "ll halo", "Upper limit", "Upper", upper, -up, down)
		}
		if centreSame && roomy && d.within(centre) {
			d.insideLabel(seg, "lm halo", d.p.centreWord(), "", centre, -up, down)
		}
		if lowerSame && d.within(lower) {
			d.insideLabel(seg, "ll halo", "Lower limit", "Lower", lower, down, -up)
		}
	}
}

func (d *drawing) within(v float64) bool { return v >= d.scale.low && v <= d.scale.high }

// same gives the one value of a column over a segment, if it has only one.
func same(column []float64, seg *segment) (float64, bool) {
	value := measures.Missing
	for i := seg.from; i < seg.to; i++ {
		v := at(column, i)
		if !finite(v) {
			continue
		}
		if finite(value) && v != value {
			return value, false
		}
		value = v
	}
	return value, finite(value)
}

// insideLabel writes a label above or below its line, at the first of two
// shifts unless the second covers less.
func (d *drawing) insideLabel(seg *segment, class, word, short string, v float64, shifts ...float64) {
	value := d.value(v, true)
	room := seg.x1 - seg.x0 - 10
	if d.size != Wide {
		word = short
	}
	wide := func() float64 { return textWidth(word+" ", d.em) + textWidth(value, d.em)*bold }
	if wide() > room {
		word = short
	}
	if wide() > room {
		word = ""
	}
	if wide() > room {
		return
	}
	least, x, y := math.MaxInt, 0.0, 0.0
	for _, shift := range shifts {
		if at := d.y(v) + shift; at < d.bottom-3 { // below it stand the months
			if right, n := d.clearest(seg, wide(), at); n < least {
				least, x, y = n, right, at
			}
		}
	}
	if least == math.MaxInt {
		return
	}
	d.text(class, x, y, "end")
	if word != "" {
		d.s(word)
		d.s(" ")
	}
	d.s(`<tspan class="v">`)
	d.escaped(value)
	d.s("</tspan></text>")
}

// clearest finds the right end of a line of text where it covers least of the
// data, from the end of the phase backwards, and how much that is: math.MaxInt
// where every place lies over a field that has words of its own.
func (d *drawing) clearest(seg *segment, wide, y float64) (right float64, least int) {
	least = math.MaxInt
	for x := seg.x1 - 5; x-wide >= seg.x0+5; x -= d.em {
		if d.overGap(x-wide, x) {
			continue
		}
		if n := d.covered(seg, x-wide, x, y); n < least {
			least, right = n, x
		}
	}
	return right, least
}

func (d *drawing) overGap(x0, x1 float64) bool {
	for _, s := range d.spans {
		if d.slotX(s.first-.5) < x1 && d.slotX(s.last+.5) > x0 {
			return true
		}
	}
	return false
}

// covered counts how much of the data line lies under a line of text, in
// quarters of the way from point to point.
func (d *drawing) covered(seg *segment, x0, x1, y float64) int {
	c := d.p.Chart
	top, bottom := y-1.1*d.em, y+.5*d.em
	n := 0
	for i := seg.from; i < seg.to; i++ {
		if measures.IsMissing(c.Y[i]) {
			continue
		}
		px, py := d.px[i-d.from], d.y(c.Y[i])
		qx, qy := px, py
		if i+1 < seg.to && !measures.IsMissing(c.Y[i+1]) {
			qx, qy = d.px[i+1-d.from], d.y(c.Y[i+1])
		}
		if qx < x0-6 || px > x1+6 {
			continue
		}
		for part := 0.0; part < 1; part += .25 {
			x, at := px+part*(qx-px), py+part*(qy-py)
			if x > x0-6 && x < x1+6 && at > top && at < bottom {
				n++
			}
		}
	}
	return n
}
