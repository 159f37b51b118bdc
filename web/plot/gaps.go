package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// span is a stretch of periods that nobody measured, by slot, ends included.
type span struct {
	first, last   float64
	firstX, lastX int32
	byCalendar    bool // absent from the chart altogether
}

// findSpans lists the stretches that are not measured: points said to be so,
// and periods of a known grain that have no point at all.
func (d *drawing) findSpans() {
	c := d.p.Chart
	for i := d.from; i < d.to; i++ {
		if i > d.from && d.skipped(i) {
			d.addSpan(span{first: d.slots.at[i-1] + 1, last: d.slots.at[i] - 1, firstX: c.X[i-1], lastX: c.X[i], byCalendar: true})
		}
		if notMeasured(c, i) {
			d.addSpan(span{first: d.slots.at[i], last: d.slots.at[i], firstX: c.X[i], lastX: c.X[i]})
		}
	}
}

// addSpan joins a stretch to the one before when they touch.
func (d *drawing) addSpan(s span) {
	if n := len(d.spans); n > 0 && s.first-d.spans[n-1].last < 1.5 {
		d.spans[n-1].last, d.spans[n-1].lastX = s.last, s.lastX
		d.spans[n-1].byCalendar = d.spans[n-1].byCalendar || s.byCalendar
		return
	}
	d.spans = append(d.spans, s)
}

// notMeasured reports whether a point is missing because nobody measured it.
// Where a chart has no states, every missing value is such, except the first
// range of a phase of an mr chart, which cannot exist.
func notMeasured(c *measures.Chart, i int) bool {
	if !measures.IsMissing(c.Y[i]) {
		return false
	}
	if c.Kind == measures.MR && (i == 0 || phaseOf(c, i) != phaseOf(c, i-1)) {
		return false
	}
	return i >= len(c.States) || c.States[i] == measures.NotMeasured
}

// gaps draws a field where nothing was measured, with words and dates in it
// where there is room: across, or else upright.
func (d *drawing) gaps() {
	d.gapFields()
	for _, s := range d.spans {
		d.gapText(s)
	}
}

func (d *drawing) gapFields() {
	if len(d.spans) == 0 {
		return
	}
	d.open("gap")
	for _, s := range d.spans {
		d.xy('M', d.slotX(s.first-.5), d.top)
		d.x('H', d.slotX(s.last+.5))
		d.x('V', d.bottom)
		d.x('H', d.slotX(s.first-.5))
		d.s("Z")
	}
	d.shut()
}

func (d *drawing) gapText(s span) {
	const unmeasured = "not measured"
	wide := (s.last - s.first + 1) * d.slotWide
	middle := d.slotX((s.first + s.last) / 2)
	across := d.top + (d.bottom-d.top)/2
	when := d.spanWhen(s)
	if need := textWidth(unmeasured, d.em) + 8; wide < need {
		d.uprightGapText(wide, middle, unmeasured+" "+when)
		return
	}
	if d.slotWide == 0 || textWidth(when, d.em)+8 > wide {
		when = ""
	}
	d.text("gaplab", middle, across, "middle")
	d.s(unmeasured)
	d.s("</text>")
	if when != "" {
		d.text("gaplab", middle, across+1.3*d.em, "middle")
		d.s(when)
		d.s("</text>")
	}
}

func (d *drawing) uprightGapText(wide, middle float64, text string) {
	if wide < 1.25*d.em {
		return
	}
	if textWidth(text, d.em) > d.bottom-d.top-8 {
		text = "not measured"
	}
	x, y := middle+.35*d.em, d.bottom-8
	d.s(`<text class="gaplab"`)
	d.s(` transform="rotate(-90 `)
	d.n(x)
	d.s(" ")
	d.n(y)
	d.s(`)"`)
	d.attribute("x", x)
	d.attribute("y", y)
	d.s(">")
	d.s(text)
	d.s("</text>")
}

// spanWhen writes the dates of a stretch: "May 2019 to May 2023".
func (d *drawing) spanWhen(s span) string {
	first, last := s.firstX, s.lastX
	if s.byCalendar {
		first, last = d.slots.date(s.first), d.slots.date(s.last)
	}
	if first == last || math.Abs(s.last-s.first) < .5 {
		return d.p.when(&d.slots, first)
	}
	return d.p.when(&d.slots, first) + " to " + d.p.when(&d.slots, last)
}

// date is the first day of a slot that has no point.
func (s *slots) date(slot float64) int32 {
	n := int(math.Round(slot))
	first := measures.Date(s.first)
	switch s.grain {
	case measures.Month:
		return int32(first.AddMonths(n))
	case measures.Quarter:
		return int32(first.AddMonths(3 * n))
	case measures.FinancialYear:
		return int32(first.AddMonths(12 * n))
	case measures.Week:
		return s.first + int32(7*n)
	}
	return s.first + int32(math.Round(slot*s.unit))
}
