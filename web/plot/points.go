package plot

import (
	"bytes"
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// Radii of the point shapes in the wide chart, in pixels.
const (
	circleR   = 3.9
	diamondR  = 5.8
	triangleR = 5.8
	squareR   = 4.5
	hiddenR   = 5
	lastTimes = 1.25 // the last point is so much larger
)

// look is the shape and class of a point. Colour never stands alone: each
// meaning has its own shape.
type look uint8

const (
	lookNone look = iota
	lookCommon
	lookImprovement
	lookConcernUp
	lookConcernDown
	lookNeutral
	lookExcluded
	looks
)

var lookClasses = [looks]string{"", "p-common", "p-improvement", "p-concern", "p-concern", "p-neutral", "p-out"}

// lookOf chooses the shape of a point. A triangle points the way the value
// went, which for a concern is the way that was not wanted.
func lookOf(c *measures.Chart, i int) look {
	if measures.IsMissing(c.Y[i]) {
		return lookNone
	}
	if i < len(c.States) && c.States[i] == measures.Excluded {
		return lookExcluded
	}
	if i >= len(c.Causes) {
		return lookCommon
	}
	return lookOfCause(c.Causes[i], c.Direction)
}

func lookOfCause(cause measures.Cause, wanted measures.Direction) look {
	switch cause {
	case measures.Improvement:
		return lookImprovement
	case measures.Concern:
		if wanted == measures.Decrease {
			return lookConcernUp
		}
		return lookConcernDown
	case measures.NeutralHigh, measures.NeutralLow:
		return lookNeutral
	}
	return lookCommon
}

// shape writes a point's outline as path data, relative after the first pair
// so that equal shapes are equal text and compress to nothing.
func (w *pen) shape(l look, x, y, times float64) {
	switch l {
	case lookImprovement:
		r := diamondR * times
		w.xy('M', x, y-r)
		w.xy('l', r, r)
		w.xy('l', -r, r)
		w.xy('l', -r, -r)
		w.s("z")
	case lookConcernDown:
		r := triangleR * times
		w.xy('M', x, y+r)
		w.xy('l', r, -1.76*r)
		w.x('h', -2*r)
		w.s("z")
	case lookConcernUp:
		r := triangleR * times
		w.xy('M', x, y-r)
		w.xy('l', r, 1.76*r)
		w.x('h', -2*r)
		w.s("z")
	case lookNeutral:
		r := squareR * times
		w.xy('M', x-r, y-r)
		w.x('h', 2*r)
		w.x('v', 2*r)
		w.x('h', -2*r)
		w.s("z")
	case lookExcluded:
		r := circleR * times
		w.xy('M', x-r, y-r)
		w.xy('l', 2*r, 2*r)
		w.xy('m', -2*r, 0)
		w.xy('l', 2*r, -2*r)
	default:
		w.ring(x, y, circleR*times)
	}
}

// ring writes a circle as path data. The radius is rounded first: half circles
// whose ends lie nearer together than two written radii would bulge.
func (w *pen) ring(x, y, r float64) {
	r = math.Round(r*10) / 10
	w.xy('M', x-r, y)
	for _, span := range [...]float64{2 * r, -2 * r} {
		w.x('a', r)
		w.s(" ")
		w.n(r)
		w.s(" 0 0 0 ")
		w.n(span)
		w.s(" 0")
	}
	w.s("z")
}

// drawPoints writes the points look by look. In the wide chart each has its
// own title for a pointer to find; in the others all of a look are one path.
func (d *drawing) drawPoints() {
	c := d.p.Chart
	last := c.Last()
	for l := lookCommon; l < looks; l++ {
		for _, provisional := range [...]bool{false, true} {
			opened := false
			for i := d.from; i < d.to; i++ {
				if lookOf(c, i) != l || isProvisional(c, i) != provisional {
					continue
				}
				if !opened {
					d.openLook(l, provisional)
					opened = true
				}
				times := d.pointScale()
				if i == last {
					times *= lastTimes
				}
				if d.titles {
					d.s(`<path d="`)
				}
				d.shape(l, d.px[i-d.from], d.y(c.Y[i]), times)
				if d.titles {
					d.s(`"><title>`)
					d.pointTitle(i)
					d.s("</title></path>")
				}
			}
			if opened && d.titles {
				d.s("</g>")
			} else if opened {
				d.shut()
			}
		}
	}
	d.hiddenPoints()
}

// pointScale is the size of the points, smaller where they would touch.
func (d *drawing) pointScale() float64 {
	return math.Min(d.frame.points, math.Max(.5, d.slotWide/(2*circleR)))
}

func (d *drawing) openLook(l look, provisional bool) {
	if d.titles {
		d.s(`<g class="`)
	} else {
		d.s(`<path class="`)
	}
	d.s(lookClasses[l])
	if provisional {
		d.s(" prov")
	}
	if d.titles {
		d.s(`">`)
	} else {
		d.s(`" d="`)
	}
}

// hiddenPoints marks suppressed values by dashed rings just above the axis:
// the eye is told that they exist and nothing about how large they are.
func (d *drawing) hiddenPoints() {
	c := d.p.Chart
	r := hiddenR * d.frame.points
	for i := d.from; i < d.to; i++ {
		if !isHidden(c, i) {
			continue
		}
		d.s(`<circle class="p-hidden"`)
		d.attribute("cx", d.px[i-d.from])
		d.attribute("cy", d.bottom-1.8*r)
		d.attribute("r", r)
		if !d.titles {
			d.s("/>")
			continue
		}
		d.s("><title>")
		d.pointTitle(i)
		d.s("</title></circle>")
	}
}

func isProvisional(c *measures.Chart, i int) bool {
	return i < len(c.States) && c.States[i] == measures.Provisional
}

func isHidden(c *measures.Chart, i int) bool {
	return i < len(c.States) && c.States[i] == measures.Suppressed
}

// pointTitle writes what a point says as the text of an element.
func (d *drawing) pointTitle(i int) {
	start := len(d.b)
	d.pointText(i)
	if bytes.ContainsAny(d.b[start:], `<>&"`) {
		text := string(d.b[start:])
		d.b = d.b[:start]
		d.escaped(text)
	}
}

// pointText says what a point is: "April 2022: 64.1%, improvement".
func (d *drawing) pointText(i int) {
	c := d.p.Chart
	d.b = d.p.appendWhen(d.b, &d.slots, c.X[i])
	if isHidden(c, i) {
		d.s(": ")
		d.s(d.p.hiddenWords())
		return
	}
	d.s(": ")
	d.b = appendValue(d.b, c.Y[i], d.p.Unit.Decimals)
	d.s(d.p.Unit.Symbol)
	switch lookOf(c, i) {
	case lookImprovement:
		d.s(", improvement")
	case lookConcernUp, lookConcernDown:
		d.s(", concern")
	case lookNeutral:
		d.s(", changed")
	case lookExcluded:
		d.s(", left out of the limits")
	default:
		if len(d.p.Chart.Upper) > 0 && finite(at(c.Upper, i)) {
			d.s(", common cause")
		}
	}
	if isProvisional(c, i) {
		d.s(", provisional")
	}
}
