package plot

import (
	"math"
	"sort"

	"github.com/signalbox-health/signalbox/measures"
)

// mark is an upright line over the plot with a label above it: the start of a
// phase, or an event.
type mark struct {
	letter string // empty for a phase
	text   string // may be empty: then the letter stands alone
	x, end float64
	lasts  bool // the event has an end, drawn along the axis
	lane   int  // 0 is the lowest
	flip   bool // the label stands at the left of its line
	lo, hi float64
}

// Lettered is an event with the letter that stands for it on the chart.
type Lettered struct {
	Letter string
	Event  measures.Event
}

// Letters gives the events that fall within the chart their letters, in order
// of start. The list below the chart and all its sizes use the same ones.
func Letters(p Picture) []Lettered {
	c := p.Chart
	if c.Len() == 0 || !c.XIsDate {
		return nil
	}
	s := newSlots(c, p.Grain)
	end := s.at[len(s.at)-1] + 1
	var inside []Lettered
	for _, e := range p.Events {
		if slot := s.of(int32(e.Start)); slot >= 0 && slot < end {
			inside = append(inside, Lettered{Event: e})
		}
	}
	sort.SliceStable(inside, func(i, j int) bool { return inside[i].Event.Start < inside[j].Event.Start })
	for i := range inside {
		inside[i].Letter = letter(i)
	}
	return inside
}

// letter counts A, B … Z, AA, AB …
func letter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return letter(i/26-1) + letter(i%26)
}

// placeMarks finds the lane of every label and gives back the top of the plot
// that they leave.
func (d *drawing) placeMarks() float64 {
	lane := 1.55 * d.em
	if d.from == d.to {
		return 16
	}
	d.findMarks()
	if d.p.Low {
		return 2*d.em + 12
	}
	lanes := d.findLanes()
	if lanes == 0 {
		return 16
	}
	return 14 + float64(lanes)*lane
}

func (d *drawing) findMarks() {
	for k := 1; k < len(d.segments); k++ {
		d.marks = append(d.marks, mark{x: d.segments[k].x0 - phaseGap, text: d.phaseText(&d.segments[k])})
	}
	for _, l := range d.letters() {
		slot := math.Floor(d.slots.of(int32(l.Event.Start)) + 1e-9)
		if d.slots.grain == "" {
			slot = d.slots.of(int32(l.Event.Start))
		}
		if slot < d.slots.at[d.from] {
			continue
		}
		m := mark{letter: l.Letter, x: d.slotX(slot)}
		if d.eventLetters > 0 {
			m.text = cut(l.Event.Text, d.eventLetters)
		}
		if l.Event.End > l.Event.Start {
			m.end, m.lasts = math.Min(d.right, d.slotX(d.slots.of(int32(l.Event.End)))), true
		}
		d.marks = append(d.marks, m)
	}
	sort.SliceStable(d.marks, func(i, j int) bool { return d.marks[i].x < d.marks[j].x })
}

// letters are the events that are drawn: none in a chart below another, whose
// events stand above.
func (d *drawing) letters() []Lettered {
	if d.p.Low {
		return nil
	}
	return Letters(*d.p)
}

// phaseText is what stands above the line of a new phase.
func (d *drawing) phaseText(seg *segment) string {
	const plain = "New phase"
	if d.eventLetters == 0 {
		return ""
	}
	if with := plain + ": " + seg.reason; seg.reason != "" && len(with) <= d.eventLetters+4 {
		return with
	}
	return plain
}

// drawMarks draws the lines first and then the labels, whose halo keeps them
// readable over a line that has nowhere else to go.
func (d *drawing) drawMarks() {
	for _, m := range d.marks {
		top := d.top
		if m.hi > m.lo {
			top = d.markY(m) - .8*d.em
		}
		class := "event"
		if m.letter == "" {
			class = "phase"
		}
		d.line(class, m.x, top, m.x, d.bottom)
		if m.lasts && m.end > m.x {
			d.line("spell", m.x, d.bottom-2, m.end, d.bottom-2)
		}
	}
	for _, m := range d.marks {
		if m.hi == m.lo {
			continue
		}
		x, anchor := m.lo, ""
		if m.flip {
			x, anchor = m.hi, "end"
		}
		d.text("ev", x, d.markY(m), anchor)
		if m.letter != "" {
			d.s(`<tspan class="evk">`)
			d.s(m.letter)
			d.s("</tspan>")
			if m.text != "" {
				d.s("  ")
			}
		}
		d.escaped(m.text)
		d.s("</text>")
	}
}

func (d *drawing) markY(m mark) float64 { return d.top - 8 - float64(m.lane)*1.55*d.em }
