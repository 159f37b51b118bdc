package plot

import (
	"math"
	"strconv"
)

// phaseBrackets draws what made the limits: a bracket for each phase, or for
// its baseline and for the time its limits have been held since.
func (d *drawing) phaseBrackets() {
	several := len(d.segments) > 1
	for k := range d.segments {
		seg := &d.segments[k]
		count := 0
		for i := seg.from; i < seg.to; i++ {
			if !notMeasured(d.p.Chart, i) {
				count++
			}
		}
		if count == 0 {
			continue
		}
		all := strconv.Itoa(count) + " " + d.slots.noun(count)
		name := "Phase " + strconv.Itoa(int(seg.phase))
		switch held := seg.heldFrom < seg.x1; {
		case held:
			base := strconv.Itoa(seg.baseline) + " " + d.slots.noun(seg.baseline)
			end := seg.heldFrom - 2
			if end > seg.x0 {
				if several {
					d.bracket(seg.x0, end, name+" baseline: "+base, "Baseline: "+base, "Baseline", name)
				} else {
					d.bracket(seg.x0, end, "Baseline: "+base, "Baseline")
				}
			}
			d.bracket(math.Max(seg.heldFrom+1, seg.x0), seg.x1, "Limits held", "Held")
		case several:
			d.bracket(seg.x0, seg.x1, name+": "+all, name, strconv.Itoa(int(seg.phase)))
		default:
			d.bracket(seg.x0, seg.x1, all)
		}
	}
}

// bracket writes the first of its texts that fits under it.
func (d *drawing) bracket(x0, x1 float64, texts ...string) {
	y := d.bottom + 19 + d.em
	d.open("br")
	d.xy('M', x0, y)
	d.s("v5")
	d.x('H', x1)
	d.s("v-5")
	d.shut()
	for _, text := range texts {
		if textWidth(text, .9*d.em) > x1-x0-2 {
			continue
		}
		d.s(`<text class="brt"`)
		d.attribute("font-size", .9*d.em)
		d.attribute("x", (x0+x1)/2)
		d.attribute("y", y+5+d.em)
		d.s(` text-anchor="middle">`)
		d.s(text)
		d.s("</text>")
		return
	}
}
