package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

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
	value := d.lineValue(v, true)
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
	x, y := d.clearestOf(seg, wide(), d.y(v), shifts...)
	if x == 0 {
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

// clearestOf finds the right end of a line of text at one of some heights above
// or below a line, or 0 where there is no place at all.
func (d *drawing) clearestOf(seg *segment, wide, line float64, shifts ...float64) (x, y float64) {
	least := math.MaxInt
	for _, shift := range shifts {
		if at := line + shift; at < d.bottom-3 { // below it stand the months
			if right, n := d.clearest(seg, wide, at); n < least {
				least, x, y = n, right, at
			}
		}
	}
	return x, y
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
		if least == 0 {
			break
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
	top, bottom := y-1.1*d.em, y+.5*d.em
	n := 0
	for i := seg.from - d.from; i < seg.to-d.from; i++ {
		px, py := d.px[i], d.py[i]
		qx, qy := px, py
		if i+1 < seg.to-d.from && !measures.IsMissing(d.py[i+1]) {
			qx, qy = d.px[i+1], d.py[i+1]
		}
		// Nothing compares with what is missing, so such points count nothing.
		if qx < x0-6 || px > x1+6 || min(py, qy) > bottom || max(py, qy) < top {
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
