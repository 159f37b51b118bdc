package plot

import (
	"math"
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// panelFrame is the anatomy of one of the small multiples.
var panelFrame = frame{class: "mini", width: 200, height: 108, em: 13, points: .66, plain: true}

// panelEdge keeps points from being cut off above and below.
const panelEdge = 5

// Multiples is a list of small charts on one scale of values and one of time.
// The scale is written in the first; below each stand its name's latest value
// and what that value is, in words.
func Multiples(p MultiplesPicture) templ.Component {
	return component(func() []byte {
		w := pen{make([]byte, 0, len(p.Panels)*3<<10)}
		w.s(`<ul class="multiples" aria-label="`)
		w.escaped(p.Label)
		w.s(`">`)
		m := p.common()
		for i := range p.Panels {
			w.b = m.panel(w.b, i)
		}
		w.s("</ul>")
		return w.b
	})
}

// MultiplesKey is the legend of all panels together.
func MultiplesKey(p MultiplesPicture) templ.Component {
	all := p.together()
	all.Phase = nil
	return Key(Picture{Chart: all, Unit: p.Unit, Hidden: p.Hidden, made: made{plain: true}})
}

// multiples is what all panels share.
type multiples struct {
	p           *MultiplesPicture
	scale       scale
	first, last int32 // of x
}

func (p *MultiplesPicture) common() multiples {
	m := multiples{p: p, first: math.MaxInt32, last: math.MinInt32}
	for i := range p.Panels {
		if x := p.Panels[i].Chart.X; len(x) > 0 {
			m.first, m.last = min(m.first, x[0]), max(m.last, x[len(x)-1])
		}
	}
	all := p.together()
	m.scale = newScale(&Picture{Chart: all, Unit: p.Unit}, 0, all.Len())
	return m
}

// together is one chart of all panels' points, from which scale and legend are made.
func (p *MultiplesPicture) together() *measures.Chart {
	all := &measures.Chart{Target: measures.Missing, XIsDate: true}
	for i := range p.Panels {
		q := Picture{Chart: p.Panels[i].Chart, Unit: p.Unit}.plotted()
		c := q.Chart
		all.Kind, all.Rules, all.Direction = c.Kind, c.Rules, c.Direction
		if measures.IsMissing(all.Target) {
			all.Target = c.Target
		}
		for k := range c.X {
			all.X = append(all.X, int32(len(all.X)))
			all.Y = append(all.Y, c.Y[k])
			all.Centre = append(all.Centre, at(c.Centre, k))
			all.Lower = append(all.Lower, at(c.Lower, k))
			all.Upper = append(all.Upper, at(c.Upper, k))
			state, cause := measures.Final, measures.NoCause
			if k < len(c.States) {
				state = c.States[k]
			}
			if k < len(c.Causes) {
				cause = c.Causes[k]
			}
			all.States, all.Causes = append(all.States, state), append(all.Causes, cause)
		}
	}
	all.XIsDate = false
	return all
}

// panel writes one chart with its name and words.
func (m *multiples) panel(b []byte, i int) []byte {
	panel := &m.p.Panels[i]
	w := pen{b}
	w.s("<li>")
	if panel.Href != "" {
		w.s(`<a href="`)
		w.escaped(panel.Href)
		w.s(`">`)
	}
	w.s(`<span class="nm">`)
	if panel.Own {
		w.beginGlyph(16, 14)
		w.s(`<circle class="own" cx="8" cy="8" r="6"/></svg> `)
	}
	w.escaped(panel.Name)
	if panel.Own {
		w.s(`<span class="vh"> (marked)</span>`)
	}
	w.s("</span>")
	d := m.drawing(panel)
	d.b = w.b
	d.mini(i == 0)
	w.b = d.b
	w.s(`<span class="vl">`)
	w.b = m.appendLatest(w.b, d, panel)
	w.s("</span>")
	if panel.Href != "" {
		w.s("</a>")
	}
	w.s("</li>")
	return w.b
}

// drawing places one panel's points on the common scales.
func (m *multiples) drawing(panel *Panel) *drawing {
	q := Picture{Chart: panel.Chart, Unit: m.p.Unit, Grain: m.p.Grain, Hidden: m.p.Hidden}.plotted()
	d := &drawing{frame: &panelFrame, p: &q, size: Narrow, scale: m.scale, to: q.Chart.Len()}
	d.left, d.right, d.top, d.bottom = 2, d.width-6, panelEdge, d.height-panelEdge
	if d.to == 0 {
		return d
	}
	d.slots = slotsFrom(q.Chart, q.Grain, m.first)
	d.spread(0, math.Max(d.slots.of(m.last), 1))
	d.findSegments()
	d.findSpans()
	for k := range d.segments { // a band begins and ends with its points
		seg := &d.segments[k]
		seg.x0 = math.Max(seg.x0, d.px[seg.from]-d.slotWide/2)
		seg.x1 = math.Min(seg.x1, d.px[seg.to-1]+d.slotWide/2)
		seg.heldFrom = seg.x1
	}
	d.py = make([]float64, d.to)
	for i := range d.py {
		d.py[i] = d.y(q.Chart.Y[i])
	}
	return d
}

// mini draws a panel. Its words stand below it, so it is hidden from screen readers.
func (d *drawing) mini(scaled bool) {
	d.s(`<svg class="mini" viewBox="0 0 200 108" aria-hidden="true" focusable="false" font-size="13">`)
	steps := int(math.Round((d.scale.high - d.scale.low) / d.scale.step))
	d.open("grid")
	for k := range steps + 1 {
		d.xy('M', 0, d.y(d.scale.low+float64(k)*d.scale.step))
		d.x('H', d.width)
	}
	d.shut()
	if d.to > 0 {
		d.bands()
		d.limits()
		if t := d.p.Chart.Target; t >= d.scale.low && t <= d.scale.high {
			d.line("target", 0, d.y(t), d.width, d.y(t))
		}
		d.gapFields()
		d.columns()
		d.series()
		d.miniPoints()
		d.hiddenPoints()
	}
	if scaled && !d.scale.empty {
		for _, tick := range [...]struct{ v, y float64 }{{d.scale.high, d.top + .95*d.em}, {d.scale.low, d.bottom - .3*d.em}} {
			d.text("halo", 0, tick.y, "")
			d.b = d.appendTick(d.b, tick.v)
			d.escaped(d.p.Unit.Symbol)
			d.s("</text>")
		}
	}
	d.s("</svg>")
}

// miniPoints draws special causes small, and the last point larger.
func (d *drawing) miniPoints() {
	c := d.p.Chart
	last := c.Last()
	for l := lookImprovement; l <= lookNeutral; l++ {
		opened := false
		for i := range c.X {
			if i == last || lookOf(c, i) != l {
				continue
			}
			if !opened {
				d.open(lookClasses[l])
				opened = true
			}
			d.shape(l, d.px[i], d.stands(i), .5)
		}
		if opened {
			d.shut()
		}
	}
	if last >= 0 {
		d.open(lookClasses[lookOf(c, last)])
		d.shape(lookOf(c, last), d.px[last], d.stands(last), .95)
		d.shut()
	}
}

// appendLatest writes the latest value, what it is, and of when where that is
// not the last time of all.
func (m *multiples) appendLatest(b []byte, d *drawing, panel *Panel) []byte {
	w := pen{b}
	c := d.p.Chart
	last := c.Last()
	switch end := c.Len() - 1; {
	case end >= 0 && isHidden(c, end):
		w.s(`<span class="state">`)
		w.b = appendHiddenGlyph(w.b, 14)
		text := d.p.hiddenWords()
		w.escaped(strings.ToUpper(text[:1]) + text[1:])
		w.s("</span>")
	case last < 0:
		w.s("Not measured")
	default:
		w.s("<b>")
		w.escaped(d.value(c.Y[last], true))
		w.s(`</b> <span class="state">`)
		w.b = appendGlyph(w.b, lookOf(c, last), 14)
		w.s(causeWord(c, last))
		w.s("</span>")
		if c.X[last] != m.last && c.XIsDate {
			w.s(" <span>")
			w.escaped(d.p.when(&d.slots, c.X[last]))
			w.s("</span>")
		}
	}
	if panel.Note != "" {
		w.s(" <span>")
		w.escaped(panel.Note)
		w.s("</span>")
	}
	return w.b
}

// causeWord names what a point is; one without limits was only measured.
func causeWord(c *measures.Chart, i int) string {
	if i >= len(c.Causes) || lookOf(c, i) == lookCommon && !finite(at(c.Upper, i)) {
		return "Measured"
	}
	if lookOf(c, i) == lookExcluded {
		return "Left out of the limits"
	}
	return words.Cause(c.Causes[i])
}
