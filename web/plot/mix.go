package plot

import (
	"math"
	"strconv"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
)

// mix is a split change in one size while it is being drawn.
type mix struct {
	drawing
	m           *MixPicture
	rows        []mixRow
	head        []string // the two times, in lines
	names       float64  // room for names at the left; 0: they stand above their bars
	most, least float64
}

// mixRow is a name and the bars that belong to it.
type mixRow struct {
	name  string
	bars  []mixBar
	total bool
}

type mixBar struct {
	value       float64
	class, word string
}

// Mix is the drawing in all three sizes: for each stratum one bar for what
// changed within it and one for what its share in the whole changed, and below
// them what they add up to.
func Mix(p MixPicture) templ.Component {
	return component(func() []byte {
		var b []byte
		for _, size := range [...]Size{Wide, Medium, Narrow} {
			d := newMix(&p, size)
			d.b = b
			d.begin()
			d.draw()
			d.s("</svg>\n")
			b = d.b
		}
		return b
	})
}

// StandaloneMix is the wide drawing as a file of its own.
func StandaloneMix(p MixPicture) []byte {
	d := newMix(&p, Wide)
	d.file(sheet{title: p.Title, heading: p.Title, description: p.describe(), organisation: p.times()}, d.height)
	d.draw()
	d.s("</g>")
	d.endFile(nil, "", d.height)
	return d.b
}

// Totals are the two parts of the change over all strata.
func (p *MixPicture) Totals() (within, mix float64) {
	for _, part := range p.Parts {
		within += part.Within
		mix += part.Mix
	}
	return within, mix
}

const (
	barHigh  = 12
	barApart = 18 // from bar to bar of one row
	rowApart = 16 // from row to row
)

func newMix(p *MixPicture, size Size) *mix {
	unit := p.Unit
	if unit.Symbol == "%" {
		unit.Symbol = " points"
	}
	fr := frames[size]
	fr.nameLetters = [...]int{Wide: 40, Medium: 26, Narrow: 38}[size]
	picture := Picture{Chart: &measures.Chart{}, Unit: unit, Title: p.Title, Description: p.describe(), ID: p.ID}
	picture.made.signed = true
	d := &mix{drawing: drawing{frame: &fr, p: &picture, size: size}, m: p}
	d.findRows()
	d.placeBars()
	fr.height = d.bottom + 8
	return d
}

func (d *mix) findRows() {
	for _, part := range d.m.Parts {
		d.rows = append(d.rows, mixRow{name: part.Name, bars: []mixBar{{part.Within, "bar-within", "within"}, {part.Mix, "bar-mix", "mix"}}})
	}
	within, shares := d.m.Totals()
	d.rows = append(d.rows, mixRow{name: "All together", total: true, bars: []mixBar{
		{within, "bar-within", "within"}, {shares, "bar-mix", "mix"}, {within + shares, "bar-all", "change"}}})
	for _, r := range d.rows {
		for _, bar := range r.bars {
			d.least, d.most = math.Min(d.least, bar.value), math.Max(d.most, bar.value)
		}
	}
}

// placeBars finds the room for names, for bars, and for the words at their ends.
func (d *mix) placeBars() {
	nameWide, wordWide := 0.0, 0.0
	for _, r := range d.rows {
		nameWide = math.Max(nameWide, textWidth(d.short(r.name), d.em)*bold)
		for _, bar := range r.bars {
			wordWide = math.Max(wordWide, textWidth(d.barText(bar), d.em)+4)
		}
	}
	if d.size != Narrow {
		d.names = nameWide + 18
	}
	d.left, d.right = d.names, d.width-wordWide-6
	if d.least < 0 {
		d.left += wordWide + 6
	}
	d.head = wrap(d.m.times(), d.width, d.em)
	d.top = (.3 + 1.3*float64(len(d.head))) * d.em
	d.bottom = d.top
	for _, r := range d.rows {
		d.bottom += d.rowHigh(r)
	}
}

func (d *mix) rowHigh(r mixRow) float64 {
	high := float64(len(r.bars))*barApart + rowApart
	if d.names == 0 {
		high += 1.3 * d.em
	}
	if r.total {
		high += 8
	}
	return high
}

// at is the x of a value.
func (d *mix) at(v float64) float64 {
	if d.most == d.least {
		return (d.left + d.right) / 2
	}
	return d.left + (v-d.least)/(d.most-d.least)*(d.right-d.left)
}

func (d *mix) barText(bar mixBar) string {
	text := d.p.signed(bar.value)
	if d.size == Narrow {
		text = d.value(bar.value, false)
	}
	return text + " " + bar.word
}

func (d *mix) draw() {
	for i, text := range d.head {
		d.text("ll", 0, (1+1.3*float64(i))*d.em, "")
		d.escaped(text)
		d.s("</text>")
	}
	y := d.top
	for _, r := range d.rows {
		if r.total {
			d.line("axis", 0, y+8, d.width, y+8)
			y += 8
		}
		d.row(r, y+rowApart/2)
		y += d.rowHigh(r)
		if r.total {
			y -= 8
		}
	}
}

func (d *mix) row(r mixRow, y float64) {
	class := "lt"
	if r.total {
		class = "lt v"
	}
	if d.names == 0 {
		d.text(class, 0, y+d.em, "")
		y += 1.3 * d.em
	} else {
		d.text(class, 0, y+float64(len(r.bars))*barApart/2+.35*d.em, "")
	}
	d.escaped(d.short(r.name))
	d.s("</text>")
	zero := d.at(0)
	d.line("mean", zero, y-3, zero, y+float64(len(r.bars))*barApart+3)
	for k, bar := range r.bars {
		top := y + float64(k)*barApart + (barApart-barHigh)/2
		x := d.at(bar.value)
		d.open(bar.class)
		d.xy('M', zero, top)
		d.x('H', x)
		d.x('v', barHigh)
		d.x('H', zero)
		d.s("Z")
		d.shut()
		anchor, shift := "", 5.0
		if bar.value < 0 {
			anchor, shift = "end", -5
		}
		d.text("lt", x+shift, top+barHigh/2+.35*d.em, anchor)
		d.escaped(d.barText(bar))
		d.s("</text>")
	}
}

func (p *MixPicture) times() string {
	if p.Before == "" || p.After == "" {
		return ""
	}
	return p.Before + ", then " + p.After
}

func (p *MixPicture) describe() string {
	if p.Description != "" {
		return p.Description
	}
	within, shares := p.Totals()
	unit := Picture{Unit: p.Unit}
	if p.Unit.Symbol == "%" {
		unit.Unit.Symbol = " points"
	}
	text := "The whole changed by " + unit.signed(within+shares) + ": " + unit.signed(within) + " within " + strconv.Itoa(len(p.Parts)) + " strata, " +
		unit.signed(shares) + " because their shares in the whole changed."
	return text
}

// MixKey is the legend.
func MixKey(MixPicture) templ.Component {
	var list []entry
	for _, bar := range [...][2]string{{"bar-within", "Within: the stratum itself changed"}, {"bar-mix", "Mix: its share in the whole changed"}, {"bar-all", "The whole change"}} {
		list = append(list, entry{word: bar[1], wide: true, draw: func(w *pen) {
			w.open(bar[0])
			w.s("M1 3H25V13H1Z")
			w.shut()
		}})
	}
	return component(func() []byte { return appendKey(nil, list) })
}

// MixCaption says how to read it.
func MixCaption(p MixPicture) string {
	return "The bars of all strata add up to the change of the whole. Numbers are rounded, so their sum may differ in the last digit."
}
