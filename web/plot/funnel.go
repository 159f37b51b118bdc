package plot

import (
	"math"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// funnel is a funnel in one size while it is being drawn.
type funnel struct {
	drawing
	f      *FunnelPicture
	lines  *funnelLines
	sizes  sizeScale
	groups []spot // in the order in which they stand, from small to large
	names  []name
	linked bool
	foot   []string // what is written below the axis, of which the first titleLines name it

	titleLines int
}

// funnelLines are the smooth limits of a funnel: the same for all its sizes.
type funnelLines struct {
	n                                    []float64
	lower998, lower95, upper95, upper998 []float64
	centre                               float64
}

// Funnel is the funnel in all three sizes; the style sheet shows one of them.
// Its points are links, which the keyboard reaches from the smallest group to
// the largest, and a link before them leads past them all.
func Funnel(p FunnelPicture) templ.Component {
	return component(func() []byte {
		b := make([]byte, 0, 96<<10)
		w := pen{b}
		linked := slices.ContainsFunc(p.Groups, func(g Group) bool { return g.Href != "" })
		if linked {
			w.s(`<a class="skip" href="#`)
			w.escaped(p.ID)
			w.s(`-past">Past the points of the drawing</a>`)
		}
		lines := p.lines()
		for _, size := range [...]Size{Wide, Medium, Narrow} {
			d := newFunnel(&p, lines, size)
			d.linked, d.b = linked, w.b
			d.begin()
			d.draw()
			d.s("</svg>\n")
			w.b = d.b
		}
		if linked {
			w.s(`<span id="`)
			w.escaped(p.ID)
			w.s(`-past" tabindex="-1"></span>`)
		}
		return w.b
	})
}

// StandaloneFunnel is the wide funnel as a file of its own, without links.
func StandaloneFunnel(p FunnelPicture) []byte {
	d := newFunnel(&p, p.lines(), Wide)
	d.b = make([]byte, 0, 48<<10)
	d.file(sheet{title: p.Title, heading: p.heading(), description: p.describe(), organisation: p.Organisation, source: p.Source}, d.height)
	d.draw()
	d.s("</g>")
	d.endFile(p.entries(), p.Source, d.height)
	return d.b
}

// newFunnel finds the place of everything.
func newFunnel(p *FunnelPicture, lines *funnelLines, size Size) *funnel {
	picture := Picture{Chart: p.Chart, Unit: p.Unit, Hidden: p.Hidden, ID: p.ID}
	fr := frames[size]
	d := &funnel{drawing: drawing{frame: &fr, p: &picture, size: size}, f: p, lines: lines}
	d.scale = p.valueScale()
	d.sizes = p.sizeScale()
	d.left = math.Max(fr.left, d.widestTick()+9)
	d.right = d.width - math.Max(d.widestOf(d.lineLabels())+d.labelGap+2, 20)
	d.top, d.bottom = 2.2*d.em, d.frame.height-fr.below+10
	d.placeGroups()
	unnamed := d.placeNames()
	d.footer(unnamed)
	fr.height = d.bottom + 10 + (1.2+1.35*float64(len(d.foot)))*d.em
	return d
}

// groupR is the radius of a point where there are few.
const groupR = 4.6

// spot is where a group stands.
type spot struct {
	index int // of the point
	x, y  float64
}

func (d *funnel) placeGroups() {
	c := d.f.Chart
	for i := range c.X {
		if n := at(c.N, i); finite(c.Y[i]) && n > 0 && finite(n) {
			d.groups = append(d.groups, spot{i, d.sizeX(n), d.y(c.Y[i])})
		}
	}
	slices.SortStableFunc(d.groups, func(a, b spot) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
}

// sizeX is the x of a denominator.
func (d *funnel) sizeX(n float64) float64 { return d.left + d.sizes.of(n)*(d.right-d.left) }

// radius is that of the points: small where there are hundreds.
func (d *funnel) radius() float64 {
	r := groupR
	switch n := len(d.groups); {
	case n > 400:
		r = 2.2
	case n > 150:
		r = 3
	case n > 60:
		r = 3.8
	}
	if d.size == Narrow {
		r *= .8
	}
	return r
}

// lineSteps is how many pieces a smooth line has.
const lineSteps = 96

// lines computes the smooth limits over the sizes that are drawn, at equal
// distances on their scale.
func (p *FunnelPicture) lines() *funnelLines {
	l := &funnelLines{centre: measures.Missing}
	for _, v := range p.Chart.Centre {
		if finite(v) {
			l.centre = v
			break
		}
	}
	s := p.sizeScale()
	if s.high <= s.low {
		return l
	}
	for k := range lineSteps + 1 {
		n := s.at(math.Max(float64(k)/lineSteps, 1e-4))
		a, b, c, d := spc.FunnelLimits(p.Chart, p.Parameters, n)
		l.n = append(l.n, n)
		l.lower998, l.lower95 = append(l.lower998, a), append(l.lower95, b)
		l.upper95, l.upper998 = append(l.upper95, c), append(l.upper998, d)
	}
	return l
}

// valueScale fits the axis to the points and to the limits of most of them: the
// very widest, of the smallest groups, may run off it.
func (p *FunnelPicture) valueScale() scale {
	c := p.Chart
	low, high := math.Inf(1), math.Inf(-1)
	take := func(v float64) {
		if finite(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	var sizes []float64
	for i, y := range c.Y {
		if finite(y) {
			take(y)
			take(at(c.Centre, i))
			sizes = append(sizes, at(c.N, i))
		}
	}
	if math.IsInf(low, 1) {
		return emptyScale(&Picture{Unit: p.Unit})
	}
	slices.Sort(sizes)
	small := sizes[len(sizes)/5]
	for i, y := range c.Y {
		if finite(y) && c.N[i] >= small {
			take(at(c.Lower, i))
			take(at(c.Upper, i))
		}
	}
	if high-low < 1e-9*math.Max(1, math.Abs(high)) {
		half := math.Max(math.Abs(high)*.1, 1)
		low, high = low-half, high+half
	}
	if low > 0 && low < .3*high {
		low = 0
	}
	var s scale
	s.fit(low, high)
	return s
}

// lineLabels name the lines at their right end.
func (d *funnel) lineLabels() []label {
	l := d.lines
	var labels []label
	if len(l.n) == 0 {
		return nil
	}
	last := len(l.n) - 1
	add := func(class string, v float64, value, word string, rank int) {
		if finite(v) && v >= d.scale.low-1e-9 && v <= d.scale.high+1e-9 {
			labels = append(labels, label{class: class, value: value, word: word, at: d.y(v), y: d.y(v), rank: rank})
		}
	}
	outer, inner := "99.8% limit", "95% limit"
	if d.size != Wide {
		outer, inner = "99.8%", "95%"
	}
	add("ll", l.upper998[last], "", outer, -2)
	add("ll", l.upper95[last], "", inner, -1)
	add("lm", l.centre, d.lineValue(l.centre, d.size != Narrow), d.short(d.f.centreName()), 0)
	add("ll", l.lower95[last], "", inner, 1)
	add("ll", l.lower998[last], "", outer, 2)
	return labels
}

func (p *FunnelPicture) centreName() string {
	switch {
	case p.Centre != "":
		return p.Centre
	case p.Parameters.Ratio == spc.Standardised && measures.IsMissing(p.Parameters.Centre):
		return "As expected"
	case !measures.IsMissing(p.Parameters.Centre):
		return "Given"
	}
	return "All together"
}

func (p *FunnelPicture) noun(n int) string {
	noun := p.Noun
	if noun == "" {
		noun = "group"
	}
	if n != 1 {
		noun += "s"
	}
	return noun
}

func (p *FunnelPicture) counted(n int) string { return strconv.Itoa(n) + " " + p.noun(n) }

func (p *FunnelPicture) group(i int) Group {
	if i < len(p.Groups) {
		return p.Groups[i]
	}
	return Group{Name: p.noun(1) + " " + strconv.Itoa(int(p.Chart.X[i]))}
}
