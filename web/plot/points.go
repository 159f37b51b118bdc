package plot

import (
	"bytes"
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// drawPoints writes the points look by look. In the wide chart each has its
// own title for a pointer to find; in the others all of a look are one path.
func (d *drawing) drawPoints() {
	c := d.p.Chart
	last, summed := c.Last(), d.p.made.bare
	for l := lookCommon; l < looks; l++ {
		for _, provisional := range [...]bool{false, true} {
			opened := false
			for i := d.from; i < d.to; i++ {
				if lookOf(c, i) != l || isProvisional(c, i) != provisional {
					continue
				}
				times := d.pointScale()
				if summed {
					times = d.frame.points
				}
				switch {
				case i == last:
					times *= lastTimes
				case summed && l == lookCommon:
					if d.slotWide < crowded {
						continue
					}
					times *= sumTimes
				}
				if !opened {
					d.openLook(l, provisional)
					opened = true
				}
				if d.titles {
					d.s(`<path d="`)
				}
				d.shape(l, d.px[i-d.from], d.stands(i), times)
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

// Points of sums mean something only where one passes its limit: the others are
// small, and left out where they would lie on each other.
const (
	sumTimes = .5
	crowded  = 4 // pixels from point to point
)

// stands is the y of a point: of the main line, or of the lower sum where only
// that one has passed its limit.
func (d *drawing) stands(i int) float64 {
	if d.onLower(i) {
		return d.y(d.p.Chart.CusumLow[i])
	}
	return d.py[i-d.from]
}

func (d *drawing) onLower(i int) bool {
	c := d.p.Chart
	return d.p.made.upper != "" && i < len(c.Signals) && c.Signals[i]&(measures.OutsideUpper|measures.OutsideLower) == measures.OutsideLower
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
	if l == lookCommon && d.p.made.bare {
		d.s(" bare")
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
	if isHidden(c, i) && d.p.made.gap == nil {
		d.s(": ")
		d.s(d.p.hiddenWords())
		return
	}
	d.s(": ")
	if d.p.made.gap != nil {
		d.linesText(i)
		return
	}
	if d.p.made.values == nil {
		d.b = appendValue(d.b, c.Y[i], d.p.Unit.Decimals)
		d.s(d.p.Unit.Symbol)
	} else {
		d.madeText(i)
	}
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
		if finite(at(c.Upper, i)) {
			d.s(", common cause")
		}
	}
	if isProvisional(c, i) {
		d.s(", provisional")
	}
}
