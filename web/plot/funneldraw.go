package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// begin opens the element. It is no image, because what it holds can be used.
func (d *funnel) begin() {
	id := d.f.ID + d.suffix
	d.s(`<svg xmlns="http://www.w3.org/2000/svg" class="`)
	d.s(d.class)
	d.s(` funnel" viewBox="0 0 `)
	d.n(d.width)
	d.s(" ")
	d.n(d.height)
	d.s(`" preserveAspectRatio="xMinYMin" role="`)
	if d.linked {
		d.s("group")
	} else {
		d.s("img")
	}
	d.s(`" aria-labelledby="`)
	d.escaped(id)
	d.s(`-t" aria-describedby="`)
	d.escaped(id)
	d.s(`-d"`)
	d.attribute("font-size", d.em)
	d.s(`><title id="`)
	d.escaped(id)
	d.s(`-t">`)
	d.escaped(d.f.heading())
	d.s(`</title><desc id="`)
	d.escaped(id)
	d.s(`-d">`)
	d.escaped(d.f.describe())
	d.s("</desc>")
}

func (d *funnel) draw() {
	d.grid()
	l := d.lines
	if d.scale.empty {
		l = &funnelLines{centre: measures.Missing}
	}
	d.field(l.lower998, l.upper998)
	d.curve("far", l.lower998)
	d.curve("far", l.upper998)
	d.curve("lim", l.lower95)
	d.curve("lim", l.upper95)
	if v := l.centre; finite(v) && v >= d.scale.low && v <= d.scale.high {
		d.line("mean", d.left, d.y(v), d.right, d.y(v))
	}
	if len(l.n) > 0 {
		d.text("ll", d.left, 1.1*d.em, "")
		d.escaped(d.f.allowance(d.size))
		d.s("</text>")
	}
	d.leaders()
	for _, g := range d.groups {
		d.groupPoint(g)
	}
	d.writeNames()
	d.writeLabels(d.lineLabels())
	d.sizeAxis()
}

// field fills between the outer limits, along the edge of the plot where they
// lie beyond it.
func (d *funnel) field(lower, upper []float64) {
	n := d.lines.n
	start := len(d.b)
	d.open("band")
	empty := len(d.b)
	for k := 0; k < len(lower); {
		if !finite(lower[k]) || !finite(upper[k]) {
			k++
			continue
		}
		end := k
		for end+1 < len(lower) && finite(lower[end+1]) && finite(upper[end+1]) {
			end++
		}
		d.xy('M', d.sizeX(n[k]), d.y(upper[k]))
		for i := k + 1; i <= end; i++ {
			d.xy('L', d.sizeX(n[i]), d.y(upper[i]))
		}
		for i := end; i >= k; i-- {
			d.xy('L', d.sizeX(n[i]), d.y(lower[i]))
		}
		d.s("Z")
		k = end + 1
	}
	if len(d.b) == empty {
		d.b = d.b[:start]
		return
	}
	d.shut()
}

// curve draws a smooth line as far as it lies within the plot.
func (d *funnel) curve(class string, values []float64) {
	n := d.lines.n
	start := len(d.b)
	d.open(class)
	empty := len(d.b)
	joined := false
	for k, v := range values {
		inside := finite(v) && d.within(v)
		if k > 0 && finite(v) && finite(values[k-1]) && inside != d.within(values[k-1]) {
			x := d.crossing(n[k-1], n[k], values[k-1], v)
			edge := d.top
			if math.Min(v, values[k-1]) < d.scale.low {
				edge = d.bottom
			}
			if inside {
				d.xy('M', x, edge)
			} else {
				d.xy('L', x, edge)
			}
			joined = inside
		}
		if !inside {
			joined = false
			continue
		}
		command := byte('L')
		if !joined {
			command = 'M'
		}
		d.xy(command, d.sizeX(n[k]), d.y(v))
		joined = true
	}
	if len(d.b) == empty {
		d.b = d.b[:start]
		return
	}
	d.shut()
}

// crossing is the x at which a line from one value to another leaves the plot.
func (d *funnel) crossing(n0, n1, v0, v1 float64) float64 {
	edge := d.scale.high
	if math.Min(v0, v1) < d.scale.low {
		edge = d.scale.low
	}
	x0, x1 := d.sizeX(n0), d.sizeX(n1)
	return x0 + (edge-v0)/(v1-v0)*(x1-x0)
}

// leastReach is the radius, in pixels, of what the ring of the keyboard goes round.
// It takes no presses: neighbours would take each other's. The table has every
// link too.
const leastReach = 6

// groupPoint draws one group, as a link where it leads somewhere.
func (d *funnel) groupPoint(g spot) {
	group := d.f.group(g.index)
	link := d.linked && group.Href != ""
	if link {
		d.s(`<a href="`)
		d.escaped(group.Href)
		d.s(`">`)
	} else {
		d.s("<g>")
	}
	d.s("<title>")
	d.escaped(d.f.pointText(g.index))
	d.s("</title>")
	r := d.radius()
	if link {
		// The ring of the keyboard goes round this, and not round a point of 5 pixels.
		d.open("reach")
		d.ring(g.x, g.y, math.Max(r+2, leastReach))
		d.shut()
	}
	if group.Own {
		d.open("own")
		d.ring(g.x, g.y, r+4)
		d.shut()
	}
	place, l := d.f.place(g.index), d.f.lookOf(g.index)
	class := lookClasses[l]
	switch {
	case l == lookCommon && (place == within || place == unlimited):
		class = "p-in"
	case l == lookCommon:
		class = "p-common"
	}
	d.open(class)
	d.shape(l, g.x, g.y, r/circleR)
	d.shut()
	if link {
		d.s("</a>")
	} else {
		d.s("</g>")
	}
}

// sizeAxis draws the axis of the denominators, what they are, and the notes.
func (d *funnel) sizeAxis() {
	d.open("axis")
	d.xy('M', d.left, d.bottom)
	d.x('H', d.right)
	ticks := d.sizes.ticks(func(n float64) (x, wide float64) {
		return d.sizeX(n), textWidth(d.sizeText(n), d.em) + .9*d.em
	})
	for _, n := range ticks {
		d.xy('M', d.sizeX(n), d.bottom)
		d.s("v5")
	}
	d.shut()
	for _, n := range ticks {
		d.text("ax", d.sizeX(n), d.bottom+6+d.em, "middle")
		d.s(d.sizeText(n))
		d.s("</text>")
	}
	for i, text := range d.foot {
		class := "ax"
		if i >= d.titleLines {
			class = "ll"
		}
		d.text(class, d.left, d.bottom+8+(2.35+1.35*float64(i))*d.em, "")
		d.escaped(text)
		d.s("</text>")
	}
}

func (d *funnel) sizeText(n float64) string {
	from := 1e6
	if d.size == Narrow {
		from = 1e4
	}
	decimals := 0
	if n < 1 {
		decimals = int(math.Ceil(-math.Log10(n)))
	}
	if n == 0 {
		decimals = 0
	}
	return string(appendLarge(nil, n, decimals, from))
}
