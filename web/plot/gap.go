package plot

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// Gap is the drawing of differences over time in all three sizes.
func Gap(p GapPicture) templ.Component { return Charts(p.picture()) }

// GapKey is its legend.
func GapKey(p GapPicture) templ.Component { return Key(p.picture()) }

// StandaloneGap is the wide drawing as a file of its own.
func StandaloneGap(p GapPicture) []byte { return Standalone(p.picture()) }

// GapCaption says what is drawn.
func GapCaption(p GapPicture) string {
	if !p.measured() {
		return "No difference can be shown."
	}
	unit := "How far"
	if p.Unit.Symbol == "%" {
		unit = "How many percentage points"
	}
	who := "each line"
	if len(p.Lines) == 1 {
		who = p.Lines[0].Name
	}
	return unit + " " + who + " lies above or below " + p.against() + ". It says that they differ, not why."
}

func (p *GapPicture) against() string {
	if p.Against == "" {
		return "the whole"
	}
	return p.Against
}

func (p *GapPicture) measured() bool {
	for _, l := range p.Lines {
		for _, v := range l.Y {
			if finite(v) {
				return true
			}
		}
	}
	return false
}

// picture makes of the differences a chart whose centre is zero.
func (p *GapPicture) picture() Picture {
	c := &measures.Chart{Kind: measures.Custom, X: p.X, XIsDate: true, Target: measures.Missing,
		Centre: make([]float64, len(p.X)), States: make([]measures.State, len(p.X))}
	q := Picture{Chart: c, Title: p.Title, Organisation: p.Organisation, Description: p.Description, Source: p.Source,
		Unit: p.Unit, Grain: p.Grain, Events: p.Events, Centre: "As " + p.against(), Hidden: p.Hidden, ID: p.ID}
	if q.Unit.Symbol == "%" {
		q.Unit.Symbol = " points"
	}
	q.made.signed, q.made.gap = true, p.Lines
	for i := range p.X {
		c.States[i] = p.state(i)
	}
	for k, l := range p.Lines {
		if k == 0 {
			c.Y, q.made.end = l.Y, l.Name
			continue
		}
		q.made.columns = append(q.made.columns, column{values: l.Y, class: gapClass(k), word: l.Name, key: l.Name})
	}
	if len(p.Lines) > 1 {
		q.made.bare, q.made.mainKey = true, p.Lines[0].Name
	}
	if len(p.Lines) == 0 {
		c.Y = missing(len(p.X))
	}
	if !p.measured() {
		c.Centre = nil
	}
	return q
}

// state is that of all lines at one time: hidden if one of them is, and not
// measured if none is.
func (p *GapPicture) state(i int) measures.State {
	state := measures.NotMeasured
	for _, l := range p.Lines {
		switch {
		case i < len(l.States) && l.States[i] == measures.Suppressed:
			return measures.Suppressed
		case finite(at(l.Y, i)):
			state = measures.Final
		}
	}
	return state
}

func missing(n int) []float64 {
	column := make([]float64, n)
	for i := range column {
		column[i] = measures.Missing
	}
	return column
}

// gapClasses tell the lines apart where no label does: by their dashes.
var gapClasses = [...]string{"ser gap1", "ser gap2", "ser gap3", "ser gap4", "ser gap5", "ser gap6"}

func gapClass(k int) string { return gapClasses[k%len(gapClasses)] }

// linesText says how far each line lies from zero at a point.
func (d *drawing) linesText(i int) {
	for k, l := range d.p.made.gap {
		if k > 0 {
			d.s("; ")
		}
		switch v := at(l.Y, i); {
		case finite(v):
			d.s(d.p.signed(v))
			d.s(" ")
		case i < len(l.States) && l.States[i] == measures.Suppressed:
			d.s("hidden, ")
		default:
			d.s("not measured, ")
		}
		d.s(l.Name)
	}
}

// signed is a difference with its sign and symbol.
func (p *Picture) signed(v float64) string {
	text := words.Value(v, p.Unit)
	if roundTo(v, p.Unit.Decimals) > 0 {
		text = "+" + text
	}
	return text
}

// describeGap is what a screen reader says of differences where nobody said more.
func (p *Picture) describeGap() string {
	var parts []string
	for _, l := range p.made.gap {
		for i := len(l.Y) - 1; i >= 0; i-- {
			if finite(l.Y[i]) {
				s := newSlots(p.Chart, p.Grain)
				parts = append(parts, l.Name+" "+p.signed(l.Y[i])+" in "+p.when(&s, p.Chart.X[i]))
				break
			}
		}
	}
	if len(parts) == 0 {
		return "No difference can be shown."
	}
	return "From " + strings.TrimPrefix(p.Centre, "As ") + ": " + strings.Join(parts, "; ") + "."
}
