package plot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// place is where a group lies among the limits.
type place uint8

const (
	unlimited place = iota // it has none
	within                 // 95 percent of chance
	between                // 95 and 99.8 percent
	above                  // beyond 99.8 percent
	below
)

func (p place) beyond() bool { return p == above || p == below }

// place follows the signals, which were found before limits were cut to what the
// measure can be; the inner limits have none.
func (p *FunnelPicture) place(i int) place {
	c := p.Chart
	var s measures.Signals
	if i < len(c.Signals) {
		s = c.Signals[i]
	}
	upper, lower := at(c.Upper, i), at(c.Lower, i)
	switch y := c.Y[i]; {
	case s&measures.OutsideUpper != 0, y > upper:
		return above
	case s&measures.OutsideLower != 0, y < lower:
		return below
	case !finite(upper) && !finite(lower):
		return unlimited
	case y > at(c.NearUpper, i), y < at(c.NearLower, i):
		return between
	}
	return within
}

func (p place) String() string {
	return [...]string{"no limits", "within the 95% limits", "between the 95% and the 99.8% limits", "above the 99.8% limits", "below the 99.8% limits"}[p]
}

func (p *FunnelPicture) lookOf(i int) look { return lookOf(p.Chart, i) }

// pointText names a group for its link: "Larkfield: 72.3% of 12,345, above the
// 99.8% limits".
func (p *FunnelPicture) pointText(i int) string {
	c := p.Chart
	group := p.group(i)
	text := group.Name + ": " + words.Value(c.Y[i], p.Unit) + " of " + words.Number(c.N[i], sizeDecimals(c.N[i])) + ", " + p.place(i).String()
	if i < len(c.States) && c.States[i] == measures.Excluded {
		text += ", left out of the limits"
	}
	if isProvisional(c, i) {
		text += ", provisional"
	}
	return text
}

func sizeDecimals(n float64) int {
	if n == float64(int64(n)) {
		return 0
	}
	return 1
}

func (p *FunnelPicture) heading() string {
	parts := []string{}
	for _, part := range []string{p.Title, p.Organisation, "funnel"} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// count is how many groups lie in each place, how many are hidden, and how many
// were not measured.
func (p *FunnelPicture) count() (places [below + 1]int, hidden, missing int) {
	for i, y := range p.Chart.Y {
		switch {
		case finite(y):
			places[p.place(i)]++
		case isHidden(p.Chart, i):
			hidden++
		default:
			missing++
		}
	}
	return places, hidden, missing
}

func (p *FunnelPicture) describe() string {
	if p.Description != "" {
		return p.Description
	}
	places, hidden, _ := p.count()
	n := 0
	for _, v := range places {
		n += v
	}
	text := p.counted(n) + " by size. " + strconv.Itoa(places[above]) + " above and " + strconv.Itoa(places[below]) + " below the 99.8% limits."
	if hidden > 0 {
		text += " " + p.hiddenText(hidden) + "."
	}
	return text
}

func (p *FunnelPicture) hiddenText(n int) string {
	text := p.counted(n) + " not drawn: hidden"
	if p.Hidden != "" {
		text += ", " + p.Hidden
	}
	return text
}

// muchScatter is from how large a mean squared score on limits of chance alone
// say little: most groups would lie outside them.
const muchScatter = 2

// allowance says what the limits allow for: the first thing to know of a funnel.
func (p *FunnelPicture) allowance(size Size) string {
	scatter := words.Number(p.Chart.Phi, 1)
	if p.Chart.Phi >= 10 {
		scatter = words.Number(p.Chart.Phi, 0)
	}
	switch {
	case p.Parameters.Additive && size == Narrow:
		return "Limits with over-dispersion"
	case p.Parameters.Additive:
		return "Limits allow for differences beyond chance (over-dispersion)"
	case p.Chart.Phi >= muchScatter && size == Wide:
		return "Limits allow for chance alone, and " + p.noun(2) + " differ " + scatter + " times as much as chance gives"
	case p.Chart.Phi >= muchScatter && size == Medium:
		return "Limits of chance alone; spread " + scatter + " times that of chance"
	case size == Narrow:
		return "Limits of chance alone"
	}
	return "Limits allow for chance alone"
}

// footer is what stands below the axis: what is counted there, who is not drawn,
// and how many have no name.
func (d *funnel) footer(unnamed int) {
	title := d.f.Size
	if title == "" {
		title = "Size of the " + d.f.noun(1)
	}
	room := d.width - d.left - 2
	d.foot = wrap(title+d.sizes.words(), room, d.em)
	d.titleLines = len(d.foot)
	_, hidden, missing := d.f.count()
	if hidden > 0 {
		d.foot = append(d.foot, wrap(d.f.hiddenText(hidden)+". Not zero, not missing.", room, d.em)...)
	}
	if missing > 0 {
		d.foot = append(d.foot, wrap(d.f.counted(missing)+" not drawn: not measured.", room, d.em)...)
	}
	if unnamed > 0 {
		d.foot = append(d.foot, wrap(d.f.counted(unnamed)+" beyond the limits without room for a name: see the table.", room, d.em)...)
	}
}

// wrap breaks text into lines of some width.
func wrap(text string, room, em float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		with := word
		if line != "" {
			with = line + " " + word
		}
		if line != "" && textWidth(with, em) > room {
			lines = append(lines, line)
			with = word
		}
		line = with
	}
	return append(lines, line)
}

// FunnelKey is the legend of a funnel: only what it has.
func FunnelKey(p FunnelPicture) templ.Component {
	return component(func() []byte { return appendKey(make([]byte, 0, 2<<10), p.entries()) })
}

func (p *FunnelPicture) entries() []entry {
	var has [looks]bool
	var places [below + 1]bool
	own := false
	for i, y := range p.Chart.Y {
		if finite(y) {
			has[p.lookOf(i)] = true
			if p.lookOf(i) == lookCommon {
				places[p.place(i)] = true
			}
			own = own || p.group(i).Own
		}
	}
	var list []entry
	add := func(present bool, word, class string, l look, times float64) {
		if present {
			list = append(list, entry{word: word, draw: func(w *pen) {
				w.open(class)
				w.shape(l, 8, 8.3, times)
				w.shut()
			}})
		}
	}
	add(has[lookImprovement], "Beyond 99.8%, the way that is wanted", "p-improvement", lookImprovement, 1.05)
	for _, l := range [...]look{lookConcernUp, lookConcernDown} {
		add(has[l], "Beyond 99.8%, the way that is not wanted", "p-concern", l, 1.05)
	}
	add(has[lookNeutral], "Beyond 99.8%", "p-neutral", lookNeutral, 1.05)
	add(places[above] || places[below], "Beyond 99.8%, not judged", "p-common", lookCommon, 1.05)
	add(places[between], "Between 95% and 99.8%", "p-common", lookCommon, 1.05)
	add(places[within], "Within 95%", "p-in", lookCommon, 1.05)
	add(places[unlimited], "Without limits", "p-in", lookCommon, 1.05)
	add(has[lookExcluded], "Left out of the limits", "p-out", lookExcluded, 1.05)
	add(own, "Marked "+p.noun(1), "own", lookCommon, 1.6)
	line := func(word, draw string) {
		list = append(list, entry{word: word, wide: true, draw: func(w *pen) { w.s(draw) }})
	}
	if slices.ContainsFunc(p.Chart.Y, finite) {
		line(p.centreName(), `<path class="mean" d="M1 8H25"/>`)
	}
	if places[within] || places[between] || has[lookImprovement] || has[lookConcernUp] || has[lookConcernDown] || has[lookNeutral] {
		line("95% limits", `<path class="lim" d="M1 8H25"/>`)
		line("99.8% limits", `<path class="band" d="M0 2H26V14H0Z"/><path class="far" d="M0 2H26M0 14H26"/>`)
	}
	return list
}

// FunnelCaption says how the funnel was made and where its scale starts.
func FunnelCaption(p FunnelPicture) string {
	s := p.valueScale()
	if s.empty {
		return "No " + p.noun(1) + " can be shown."
	}
	by := "chance alone puts"
	if p.Parameters.Additive {
		by = "chance and such differences put"
	}
	text := p.allowance(Wide) + ". Each point is one " + p.noun(1) + "; " + by + " one in 20 outside the 95% limits and one in 500 outside the 99.8% limits."
	if s.low != 0 {
		text += " The scale starts at " + string(appendTrimmed(nil, s.low, s.decimals)) + p.Unit.Symbol + "."
	}
	return text
}
