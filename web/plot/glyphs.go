package plot

import (
	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
)

// Glyph is the shape of a cause, for tables and lists, px pixels wide. Its
// word must stand beside it.
func Glyph(cause measures.Cause, wanted measures.Direction, px int) templ.Component {
	return component(func() []byte { return appendGlyph(nil, lookOfCause(cause, wanted), px) })
}

// StateGlyph is the shape of a point: that of its cause, a ring where it is
// hidden, nothing where it was not measured.
func StateGlyph(c *measures.Chart, i, px int) templ.Component {
	return component(func() []byte {
		if isHidden(c, i) {
			return appendHiddenGlyph(nil, px)
		}
		return appendGlyph(nil, lookOf(c, i), px)
	})
}

// VariationGlyph is the shape of a chart's judgement, where an icon is too much.
func VariationGlyph(v measures.Variation, px int) templ.Component {
	l := lookNone
	switch v {
	case measures.CommonCause:
		l = lookCommon
	case measures.ImprovementHigh, measures.ImprovementLow:
		l = lookImprovement
	case measures.ConcernHigh:
		l = lookConcernUp
	case measures.ConcernLow:
		l = lookConcernDown
	case measures.ShiftHigh, measures.ShiftLow:
		l = lookNeutral
	}
	return component(func() []byte { return appendGlyph(nil, l, px) })
}

func (w *pen) beginGlyph(wide float64, px int) {
	w.s(`<svg viewBox="0 0 `)
	w.n(wide)
	w.s(` 16"`)
	w.attribute("width", float64(px)*wide/16)
	w.attribute("height", float64(px))
	w.s(` aria-hidden="true" focusable="false">`)
}

func appendGlyph(b []byte, l look, px int) []byte {
	w := pen{b}
	w.beginGlyph(16, px)
	if l != lookNone {
		w.open(lookClasses[l])
		y := 8.3
		if l == lookConcernUp {
			y = 8.6 // a triangle's middle is not that of its box
		} else if l == lookConcernDown {
			y = 7.6
		}
		w.shape(l, 8, y, 1.1)
		w.shut()
	}
	w.s("</svg>")
	return w.b
}

func appendHiddenGlyph(b []byte, px int) []byte {
	w := pen{b}
	w.beginGlyph(16, px)
	w.s(`<circle class="p-hidden" cx="8" cy="8" r="5.5"/></svg>`)
	return w.b
}

// Status is the state of a thing to be done or checked. It never uses the
// shapes of the data.
type Status uint8

const (
	Done      Status = iota // a ringed tick
	Waiting                 // a dashed ring
	Attention               // a ringed exclamation mark
)

// StatusGlyph is the mark of a status, px pixels wide.
func StatusGlyph(s Status, px int) templ.Component {
	return component(func() []byte {
		w := pen{}
		w.s(`<svg viewBox="0 0 24 24"`)
		w.attribute("width", float64(px))
		w.attribute("height", float64(px))
		w.s(` aria-hidden="true" focusable="false">`)
		switch s {
		case Done:
			w.s(`<circle class="ringo" cx="12" cy="12" r="10"/><path class="tick" d="M7 12.5L10.5 16L17 8.5"/>`)
		case Waiting:
			w.s(`<circle class="ringo wait" cx="12" cy="12" r="10"/>`)
		default:
			w.s(`<circle class="ringo alert" cx="12" cy="12" r="10"/><path class="warn" d="M10.8 6h2.4l-.4 7.6h-1.6zM10.7 15.4h2.6v2.6h-2.6z"/>`)
		}
		w.s("</svg>")
		return w.b
	})
}
