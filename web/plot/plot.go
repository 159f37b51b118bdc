// Package plot draws charts: SVG made on the server in three sizes, sparklines,
// icons and glyphs, and the same chart as options for ECharts in the browser.
// It computes no statistics. What a chart says stands in measures.Chart; this
// package only finds a place for it on the page.
package plot

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
)

// Picture is one chart and what is written around it.
type Picture struct {
	Chart        *measures.Chart
	Title        string // names the measure
	Organisation string // in full, for the title and for pictures outside the page
	Description  string // the sentence about the chart; one is made when empty
	Source       string // attribution, written below pictures outside the page
	Unit         measures.Unit
	Grain        measures.Grain // empty: found from the points

	// Phases are the decisions behind the chart's phases, in order of start.
	// Baseline is how many points make the limits where no phase decides;
	// 0 means all.
	Phases   []measures.Phase
	Baseline int
	// Targets are drawn as steps when there is more than one; otherwise the
	// chart's own target is drawn.
	Targets []measures.Target
	// Trajectory is a planned way, in plotted units: one entry a point, Missing
	// where there is none.
	Trajectory []float64
	Events     []measures.Event

	// Ranges is the chart of moving ranges of an XmR chart, drawn below it on the
	// same months; or nil.
	Ranges *measures.Chart

	Centre   string  // name of the centre line; empty: "Mean", or "Median" of a run chart
	Constant float64 // 2.66 or 1.128, as in spc.Parameters; only for the caption
	Hidden   string  // what suppression hides, for example "1 to 7"; may be empty
	ID       string  // prefix of the ids in the page; must be unique in it
	Low      bool    // half as high, with its title in the drawing and without events: for a chart that stands below another

	made made // what is drawn in the place of the values; see plotted
}

// Size is one of the three drawings of a chart. A smaller one is laid out anew,
// never scaled down, so that its text stays readable.
type Size uint8

const (
	Wide   Size = iota // 1120 by 500
	Medium             // 640 by 440, and for print
	Narrow             // 288 by 330: the last 36 points, events by letter only
)

// frame is the anatomy of one size, in pixels of its view box.
type frame struct {
	class, suffix            string
	width, height            float64
	em                       float64 // size of the text
	left, right, below       float64 // margins; the one above depends on event lanes
	labelGap                 float64 // from the plot to the labels at its right
	points                   float64 // scale of the point shapes
	last                     int     // only the last so many slots are drawn; 0 means all
	lanes                    int     // most lanes of event labels
	eventLetters             int     // longest event text; 0 means letter only
	nameLetters              int     // longest name of a line
	titles, inside, brackets bool
	plain                    bool // the band stands for the limits: no lines
}

var frames = [...]frame{
	Wide: {class: "chart chart-wide", suffix: "-wide", width: 1120, height: 500, em: 15, left: 40, right: 142, below: 58,
		labelGap: 10, points: 1, lanes: 4, eventLetters: 36, nameLetters: 28, titles: true, inside: true, brackets: true},
	Medium: {class: "chart chart-mid", suffix: "-mid", width: 640, height: 440, em: 14, left: 38, right: 106, below: 58,
		labelGap: 10, points: .86, lanes: 4, eventLetters: 26, nameLetters: 18, inside: true, brackets: true},
	Narrow: {class: "chart chart-narrow", suffix: "-narrow", width: 288, height: 330, em: 12.5, left: 32, right: 70, below: 26,
		labelGap: 8, points: .66, last: 36, lanes: 3, nameLetters: 13},
}

// lowFrames are the same for a chart that stands below another and shares its x.
var lowFrames = func() [len(frames)]frame {
	low := frames
	for i, height := range [...]float64{Wide: 230, Medium: 220, Narrow: 190} {
		low[i].height, low[i].below, low[i].brackets, low[i].inside = height, 30, false, false
		low[i].lanes, low[i].eventLetters, low[i].class = 0, 0, low[i].class+" low"
	}
	return low
}()

func (p *Picture) frame(size Size) *frame {
	if p.Low {
		return &lowFrames[size]
	}
	return &frames[size]
}

// SVG is the chart in one size, for use inside a page that carries the site's
// style sheet. What stands below it is left out.
func SVG(p Picture, size Size) templ.Component {
	return component(func() []byte { return Append(make([]byte, 0, 24<<10), p, size) })
}

// Charts is the chart in all three sizes, of which the style sheet shows one,
// and below it what belongs to it: the moving ranges of an XmR chart, the
// risk-adjusted sums of a VLAD.
func Charts(p Picture) templ.Component {
	return component(func() []byte {
		b := make([]byte, 0, 48<<10)
		below, has := p.below()
		if !has {
			for _, size := range [...]Size{Wide, Medium, Narrow} {
				b = append(Append(b, p, size), '\n')
			}
			return b
		}
		var lower []byte
		for _, size := range [...]Size{Wide, Medium, Narrow} {
			first, second := aligned(p, below, size)
			first.b, second.b = b, lower
			first.whole()
			second.whole()
			b, lower = append(first.b, '\n'), append(second.b, '\n')
		}
		return append(b, lower...)
	})
}

// component lets bytes made by append stand among templ's components.
func component(draw func() []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(draw())
		return err
	})
}
