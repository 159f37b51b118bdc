package plot

import (
	"slices"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
)

// entry is one line of the legend: a small drawing and its word.
type entry struct {
	word string
	draw func(w *pen) // within 16 by 16, or 26 by 16 where wide
	wide bool
}

// Key is the legend: only the shapes and lines that the chart has.
func Key(p Picture) templ.Component {
	p = p.plotted()
	return component(func() []byte { return appendKey(make([]byte, 0, 2<<10), p.entries()) })
}

func appendKey(b []byte, key []entry) []byte {
	w := pen{b}
	w.s(`<ul class="key">`)
	for _, e := range key {
		wide := 16.0
		if e.wide {
			wide = 26
		}
		w.s("<li>")
		w.beginGlyph(wide, 16)
		e.draw(&w)
		w.s("</svg>")
		w.escaped(e.word)
		w.s("</li>")
	}
	w.s("</ul>")
	return w.b
}

// entries lists what is present, in the order in which it is read.
func (p *Picture) entries() []entry {
	var list []entry
	has := p.present()
	words := [looks]string{lookImprovement: "Improvement", lookConcernUp: "Concern", lookConcernDown: "Concern",
		lookNeutral: "Changed, neither good nor bad", lookCommon: "Common cause: within chance", lookExcluded: "Left out of the limits"}
	if !has.limits {
		words[lookCommon] = "Measured"
	}
	for _, l := range [...]look{lookImprovement, lookConcernUp, lookConcernDown, lookNeutral, lookCommon, lookExcluded} {
		if has.looks[l] && !(l == lookCommon && p.made.bare) {
			list = append(list, entry{word: words[l], draw: func(w *pen) {
				w.open(lookClasses[l])
				w.shape(l, 8, 8.3, 1.05)
				w.shut()
			}})
		}
	}
	line := func(present bool, word, class string) {
		if present {
			list = append(list, entry{word: word, wide: true, draw: func(w *pen) { w.line(class, 1, 8, 25, 8) }})
		}
	}
	if has.provisional {
		list = append(list, entry{word: "Provisional", draw: func(w *pen) {
			w.open("p-common prov")
			w.ring(8, 8.3, 4)
			w.shut()
		}})
	}
	if has.hidden {
		word := "Hidden: not zero, not missing"
		if p.Hidden != "" {
			word = "Hidden: " + p.Hidden + ". Not zero, not missing"
		}
		list = append(list, entry{word: word, draw: func(w *pen) { w.s(`<circle class="p-hidden" cx="8" cy="8" r="5.5"/>`) }})
	}
	line(has.centre, p.centreWord(), "mean")
	line(has.runs, p.centreWord()+", dashed: runs beyond chance", "mean runs")
	if has.limits {
		word := "Process limits"
		if p.made.upper != "" {
			word = "Decision limits"
		}
		list = append(list, entry{word: word, wide: true, draw: func(w *pen) {
			w.s(`<path class="band" d="M0 2H26V14H0Z"/>`)
			if !p.made.plain {
				w.s(`<path class="` + has.limClass + `" d="M0 2H26M0 14H26"/>`)
			}
		}})
	}
	line(has.target, "Target", "target")
	line(p.made.mainKey != "" && slices.ContainsFunc(p.Chart.Y, finite), p.made.mainKey, gapClass(0))
	for _, c := range p.made.columns {
		if c.key == "" || !slices.ContainsFunc(c.values, finite) {
			continue
		}
		if c.dots {
			list = append(list, entry{word: c.key, draw: func(w *pen) {
				w.open(c.class)
				w.ring(8, 8, rawR)
				w.shut()
			}})
			continue
		}
		line(true, c.key, c.class)
	}
	if has.gap {
		list = append(list, entry{word: "Not measured", wide: true, draw: func(w *pen) { w.s(`<path class="gap" d="M0 1H26V15H0Z"/>`) }})
	}
	return list
}

// presence is what occurs in a chart.
type presence struct {
	looks                                                  [looks]bool
	provisional, hidden, centre, runs, limits, gap, target bool
	limClass                                               string
}

func (p *Picture) present() presence {
	c := p.Chart
	var has presence
	s := newSlots(c, p.Grain)
	for i := range c.X {
		has.looks[lookOf(c, i)] = true
		has.provisional = has.provisional || isProvisional(c, i) && !measures.IsMissing(c.Y[i])
		has.hidden = has.hidden || isHidden(c, i)
		has.gap = has.gap || notMeasured(c, i) || s.even && i > 0 && s.at[i]-s.at[i-1] > 1.5
		if finite(at(c.Centre, i)) {
			_, runs := p.runsOf(phaseOf(c, i))
			has.centre, has.runs = has.centre || !runs, has.runs || runs
		}
		has.limits = has.limits || finite(at(c.Upper, i)) || finite(at(c.Lower, i))
	}
	has.limClass = limitClass(c, 0, len(c.X))
	scale := newScale(p, 0, c.Len())
	has.target = len(p.Targets) > 1 || len(p.targetValues()) > 0 && scale.targetOutside == 0 && !scale.empty
	return has
}
