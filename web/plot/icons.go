package plot

import (
	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
)

// Icons are drawn on a grid of 64: a ring in the colour of the meaning, a
// letter, a small drawing. The words always stand beside them, so they are
// hidden from screen readers.

// VariationIcon shows what the last point says, at a side of px pixels: 56
// beside a title, 40 in tables, 36 in notes.
func VariationIcon(v measures.Variation, px int) templ.Component {
	return component(func() []byte { return AppendVariationIcon(nil, v, px) })
}

// AppendVariationIcon appends the icon to b.
func AppendVariationIcon(b []byte, v measures.Variation, px int) []byte {
	w := pen{b}
	switch v {
	case measures.CommonCause:
		w.beginIcon("common", px)
		w.s(`<path class="thin" d="M10 22H54M10 42H54" stroke-dasharray="3 3"/>`)
		w.series("line", lookCommon, 6, [][2]float64{{13, 35}, {21, 27}, {28, 37}, {36, 28}, {43, 36}, {51, 30}})
	case measures.ImprovementHigh:
		w.rising("improvement", lookImprovement, px)
	case measures.ImprovementLow:
		w.falling("improvement", lookImprovement, px)
	case measures.ConcernHigh:
		w.rising("concern", lookConcernUp, px)
	case measures.ConcernLow:
		w.falling("concern", lookConcernDown, px)
	case measures.ShiftHigh:
		w.beginIcon("neutral", px)
		w.s(`<path class="arrow" d="M32 49V19M20 30L32 17L44 30"/>`)
	case measures.ShiftLow:
		w.beginIcon("neutral", px)
		w.s(`<path class="arrow" d="M32 15V45M20 34L32 47L44 34"/>`)
	default:
		w.beginIcon("empty", px)
		w.s(`<path class="thin" d="M22 32H42"/>`)
	}
	w.s("</svg>")
	return w.b
}

// AssuranceIcon shows where the target lies against the limits. Where lower is
// wanted the picture is turned over, so that the wave always lies on the side
// of the target that it lies on in the chart.
func AssuranceIcon(a measures.Assurance, wanted measures.Direction, px int) templ.Component {
	return component(func() []byte { return AppendAssuranceIcon(nil, a, wanted, px) })
}

// AppendAssuranceIcon appends the icon to b.
func AppendAssuranceIcon(b []byte, a measures.Assurance, wanted measures.Direction, px int) []byte {
	w := pen{b}
	mirrored := wanted == measures.Decrease
	switch a {
	case measures.Pass:
		w.beginIcon("pass", px)
		w.wave("P", !mirrored)
	case measures.Fail:
		w.beginIcon("fail", px)
		w.wave("F", mirrored)
	case measures.HitOrMiss:
		w.beginIcon("hit", px)
		w.letter("?", 32, 25)
		w.s(`<path class="thin" d="M9 41H55" stroke-dasharray="4 3"/>`)
		w.s(wavePath + `M11 41` + waveCurve)
	default:
		w.beginIcon("na", px)
		w.s(`<path class="thin" d="M22 32H42"/>`)
	}
	w.s("</svg>")
	return w.b
}

const (
	wavePath  = `<path class="wave" d="`
	waveCurve = `c4-9 8-9 10.5 0s7 9 10.5 0s7-9 10.5 0s6 7 9.5 1"/>`
)

// wave draws the values as a wave above or below a dashed target.
func (w *pen) wave(name string, above bool) {
	w.letter(name, 32, 25)
	if above {
		w.s(`<path class="thin" d="M9 52H55" stroke-dasharray="4 3"/>` + wavePath + `M11 40` + waveCurve)
	} else {
		w.s(`<path class="thin" d="M9 33H55" stroke-dasharray="4 3"/>` + wavePath + `M11 44` + waveCurve)
	}
}

func (w *pen) rising(meaning string, l look, px int) {
	w.beginIcon(meaning, px)
	w.letter("H", 24, 27)
	w.series("line", l, 2, [][2]float64{{13, 44}, {24, 41}, {36, 40}, {45, 31}, {51, 21}})
}

func (w *pen) falling(meaning string, l look, px int) {
	w.beginIcon(meaning, px)
	w.letter("L", 40, 27)
	w.series("line", l, 2, [][2]float64{{13, 22}, {19, 31}, {28, 36}, {39, 43}, {50, 47}})
}

func (w *pen) beginIcon(meaning string, px int) {
	w.s(`<svg class="icon i-`)
	w.s(meaning)
	w.s(`" viewBox="0 0 64 64"`)
	w.attribute("width", float64(px))
	w.attribute("height", float64(px))
	w.s(` aria-hidden="true" focusable="false"><circle class="ring" cx="32" cy="32" r="29"/>`)
}

func (w *pen) letter(name string, x, y float64) {
	w.text("let", x, y, "middle")
	w.s(name)
	w.s("</text>")
}

// series draws a small line whose first points are common cause and whose
// others have the look given.
func (w *pen) series(class string, l look, common int, points [][2]float64) {
	w.open(class)
	for i, p := range points {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		w.xy(command, p[0], p[1])
	}
	w.shut()
	w.open(lookClasses[lookCommon])
	for _, p := range points[:common] {
		w.ring(p[0], p[1], 3.7)
	}
	w.shut()
	if common == len(points) {
		return
	}
	w.open(lookClasses[l])
	for _, p := range points[common:] {
		w.shape(l, p[0], p[1], 1)
	}
	w.shut()
}

// Wordmark is the sign of Signalbox: a box, a line leaving it, a dot outside.
func Wordmark() templ.Component {
	return component(func() []byte {
		return []byte(`<svg viewBox="0 0 30 26" width="30" height="26" aria-hidden="true" focusable="false">` +
			`<path class="box" d="M15.5 6.5H2.5V23.5H21.5V12M6.5 18L12 14L23 5"/><circle class="out" cx="24.5" cy="4.5" r="4"/></svg>`)
	})
}
