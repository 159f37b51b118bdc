package plot

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed chart.css
var chartSheet string

// lightTokens are the colours of the light theme. A picture on a slide has no
// style sheet to ask, and many programs that show SVG know no custom
// properties, so the colours are written out.
var lightTokens = strings.NewReplacer(
	"var(--paper)", "#ffffff", "var(--rule)", "#d9dddb", "var(--edge)", "#77828a",
	"var(--ink)", "#15202b", "var(--ink-2)", "#4b5862", "var(--accent)", "#0b5351",
	"var(--improve)", "#0067b1", "var(--concern)", "#b84a00", "var(--common)", "#6e7880", "var(--neutral)", "#6a2c9e",
	"var(--band)", "#eef1f0", "var(--held)", "#f6f8f7", "var(--gap)", "#e1e6e4",
)

// standaloneSheet is the chart's sheet for a picture outside the site.
var standaloneSheet = sync.OnceValue(func() string {
	var b strings.Builder
	for line := range strings.Lines(lightTokens.Replace(chartSheet)) {
		b.WriteString(strings.TrimSpace(line))
	}
	sheet := b.String()
	for {
		start := strings.Index(sheet, "/*")
		if start < 0 {
			return sheet
		}
		sheet = sheet[:start] + sheet[start+strings.Index(sheet[start:], "*/")+2:]
	}
})

// Room above and below the chart in a picture that stands alone.
const (
	headRoom = 68
	keyRoom  = 34
	footRoom = 30
)

// Standalone is the wide chart as a file of its own, for a slide or a report:
// with title, legend, source and style inside, in the light theme.
func Standalone(p Picture) []byte {
	if p.ID == "" {
		p.ID = "chart"
	}
	d, low := newDrawing(p, Wide), (*drawing)(nil)
	if below, has := p.below(); has {
		d, low = aligned(p, below, Wide)
	} else {
		d.place()
	}
	d.b = make([]byte, 0, 32<<10)
	drawn := d.height
	if low != nil {
		drawn += low.height
	}
	d.file(sheet{title: p.Title, heading: p.heading(), description: d.p.describe(), organisation: p.Organisation, source: p.Source}, drawn)
	d.draw()
	d.s("</g>")
	if low != nil {
		d.s(`<g class="chart-wide" transform="translate(0 `)
		d.n(headRoom + d.height)
		d.s(`)">`)
		low.b = d.b
		low.draw()
		d.b = append(low.b, "</g>"...)
	}
	d.endFile(d.p.entries(), p.Source, drawn)
	return d.b
}

// sheet is what is written around a picture that stands alone.
type sheet struct{ title, heading, description, organisation, source string }

// file begins a picture that stands alone, with room for drawings of some height.
func (d *drawing) file(s sheet, drawn float64) {
	height := headRoom + drawn + keyRoom
	if s.source != "" {
		height += footRoom
	}
	d.s(`<svg xmlns="http://www.w3.org/2000/svg"`)
	d.attribute("width", d.width)
	d.attribute("height", height)
	d.s(` viewBox="-16 -12 `)
	d.n(d.width + 32)
	d.s(" ")
	d.n(height + 24)
	d.s(`" role="img" aria-labelledby="t d"`)
	d.attribute("font-size", d.em)
	d.s(`><title id="t">`)
	d.escaped(s.heading)
	d.s(`</title><desc id="d">`)
	d.escaped(s.description)
	d.s("</desc><style>")
	d.s(standaloneSheet())
	d.s(`</style><rect x="-16" y="-12" width="100%" height="100%" fill="#fff"/>`)
	d.s(`<text class="lm v" x="0" y="22" font-size="22">`)
	d.escaped(s.title)
	d.s(`</text><text x="0" y="45" font-size="16">`)
	d.escaped(s.organisation)
	d.s(`</text><g class="chart-wide" transform="translate(0 `)
	d.n(headRoom)
	d.s(`)">`)
}

// endFile writes legend and source below the drawings.
func (d *drawing) endFile(key []entry, source string, drawn float64) {
	d.keyRow(key, headRoom+drawn+16)
	if source != "" {
		d.text("ll", 0, headRoom+drawn+keyRoom+footRoom-6, "")
		d.escaped(source)
		d.s("</text>")
	}
	d.s("</svg>\n")
}

// keyRow writes the legend in one row.
func (d *drawing) keyRow(key []entry, y float64) {
	x := 0.0
	for _, e := range key {
		wide := 16.0
		if e.wide {
			wide = 26
		}
		if x+wide+8+textWidth(e.word, d.em) > d.width {
			return
		}
		d.s(`<g transform="translate(`)
		d.n(x)
		d.s(" ")
		d.n(y - 8)
		d.s(`)">`)
		e.draw(&d.pen)
		d.s("</g>")
		x += wide + 8
		d.text("ll", x, y+.35*d.em, "")
		d.escaped(e.word)
		d.s("</text>")
		x += textWidth(e.word, d.em) + 24
	}
}
