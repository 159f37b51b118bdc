package plot

import "math"

// drawing is one chart in one size while it is being drawn.
type drawing struct {
	pen
	*frame
	p        *Picture // as it is drawn; see plotted
	size     Size
	slots    slots
	scale    scale
	from, to int       // the points drawn
	px, py   []float64 // where each drawn point stands; py is missing where it is
	slotWide float64
	origin   float64 // the slot at the left edge

	left, top, right, bottom float64 // the edges of the plot
	segments                 []segment
	marks                    []mark
	spans                    []span

	scratch, upper, lower []float64 // reused from segment to segment
}

// Append draws the chart in one size and appends it to b. A chart without any
// point gives an empty frame with its title.
func Append(b []byte, p Picture, size Size) []byte {
	d := newDrawing(p, size)
	d.place()
	d.b = b
	d.whole()
	return d.b
}

// whole writes the drawing as one element.
func (d *drawing) whole() {
	d.begin()
	d.draw()
	d.s("</svg>")
}

// newDrawing finds the scale and the margins of a drawing, because the place of
// everything else depends on them.
func newDrawing(p Picture, size Size) *drawing {
	q := p.plotted()
	d := &drawing{frame: q.frame(size), p: &q, size: size}
	d.margins()
	return d
}

// aligned are two charts of the same points, one below the other, so that the
// same month stands at the same place in both.
func aligned(upper, lower Picture, size Size) (a, b *drawing) {
	a, b = newDrawing(upper, size), newDrawing(lower, size)
	a.left, a.right = math.Max(a.left, b.left), math.Min(a.right, b.right)
	b.left, b.right = a.left, a.right
	a.place()
	b.place()
	return a, b
}

// widestMargin is the part of the width that labels may take at most.
const widestMargin = .4

func (d *drawing) margins() {
	c := d.p.Chart
	d.slots = newSlots(c, d.p.Grain)
	d.to = c.Len()
	if d.frame.last > 0 && d.to > 0 && !d.p.made.long {
		newest := d.slots.at[d.to-1]
		for d.slots.at[d.from] <= newest-float64(d.frame.last) {
			d.from++
		}
	}
	d.scale = newScale(d.p, d.from, d.to)
	d.left = math.Max(d.frame.left, d.widestTick()+9)
	d.right = d.width - math.Max(d.frame.right, math.Min(d.widestLabel()+d.labelGap+2, d.width*widestMargin))
	d.bottom = d.height - d.below
}

// place finds where everything stands before anything is written.
func (d *drawing) place() {
	c := d.p.Chart
	d.placePoints()
	d.findSegments()
	d.findSpans()
	d.top = d.placeMarks()
	d.py = make([]float64, len(d.px))
	for i := range d.py {
		d.py[i] = d.y(c.Y[d.from+i])
	}
}

func (d *drawing) placePoints() {
	if d.from == d.to {
		return
	}
	first, last := d.slots.at[d.from], d.slots.at[d.to-1]
	d.spread(first, last)
}

// spread gives the slots from one to another the whole width of the plot, and
// each point its place in it.
func (d *drawing) spread(first, last float64) {
	d.origin, d.slotWide = first, (d.right-d.left)/(last-first+1)
	d.px = make([]float64, d.to-d.from)
	for i := range d.px {
		d.px[i] = d.slotX(d.slots.at[d.from+i])
	}
}

// slotX is the x of the middle of a slot.
func (d *drawing) slotX(slot float64) float64 {
	return d.left + (slot-d.origin+.5)*d.slotWide
}

// y is where a value stands; values beyond the scale stand on its edge.
func (d *drawing) y(v float64) float64 {
	if v < d.scale.low {
		v = d.scale.low
	} else if v > d.scale.high {
		v = d.scale.high
	}
	return d.bottom - (v-d.scale.low)/(d.scale.high-d.scale.low)*(d.bottom-d.top)
}

func (d *drawing) begin() {
	id := d.p.ID + d.suffix
	d.s(`<svg xmlns="http://www.w3.org/2000/svg" class="`)
	d.s(d.class)
	d.s(`" viewBox="0 0 `)
	d.n(d.width)
	d.s(" ")
	d.n(d.height)
	d.s(`" preserveAspectRatio="xMinYMin" role="img" aria-labelledby="`)
	d.escaped(id)
	d.s("-t ")
	d.escaped(id)
	d.s(`-d"`)
	d.attribute("font-size", d.em)
	d.s(`><title id="`)
	d.escaped(id)
	d.s(`-t">`)
	d.escaped(d.p.heading())
	d.s(`</title><desc id="`)
	d.escaped(id)
	d.s(`-d">`)
	d.escaped(d.p.describe())
	d.s("</desc>")
}

// draw puts things in the order in which they may cover each other.
func (d *drawing) draw() {
	d.grid()
	if d.from < d.to {
		d.bands()
		d.limits()
		d.targets()
		d.gaps()
		d.drawMarks()
		d.columns()
		d.series()
		d.drawPoints()
		d.rightLabels()
		if d.inside {
			d.insideLabels()
			d.runsLabels()
		}
	}
	d.lowTitle()
	d.axis()
}

func (d *drawing) grid() {
	steps := int(math.Round((d.scale.high - d.scale.low) / d.scale.step))
	d.open("grid")
	for k := 1; k <= steps; k++ {
		d.xy('M', d.left, d.y(d.scale.low+float64(k)*d.scale.step))
		d.x('H', d.right)
	}
	d.shut()
	if d.scale.empty {
		return
	}
	for k := 0; k <= steps; k++ {
		v := d.scale.low + float64(k)*d.scale.step
		d.text("ax", d.left-7, d.y(v)+.35*d.em, "end")
		d.b = d.appendTick(d.b, v)
		if k == steps {
			d.escaped(d.tickSymbol())
		}
		d.s("</text>")
	}
}

// appendTick writes a number of the y axis; only the top one bears the symbol,
// which is not written here.
func (d *drawing) appendTick(b []byte, v float64) []byte {
	from := 1e6
	if d.size == Narrow {
		from = 1e4
	}
	if math.Abs(v) < d.scale.step/2 {
		v = 0
	}
	if d.p.made.signed && v > 0 {
		b = append(b, '+')
	}
	return appendLarge(b, v, d.scale.decimals, from)
}

// tickSymbol is written behind the top number of the y axis, if it is short.
func (d *drawing) tickSymbol() string {
	if symbol := d.p.Unit.Symbol; d.size != Narrow || len(symbol) <= 3 {
		return symbol
	}
	return ""
}

func (d *drawing) widestTick() float64 {
	var room [32]byte
	most := textWidth(string(d.appendTick(room[:0], d.scale.high))+d.tickSymbol(), d.em)
	for _, v := range [...]float64{d.scale.low, d.scale.low + d.scale.step} {
		most = math.Max(most, textWidth(string(d.appendTick(room[:0], v)), d.em))
	}
	return most
}
