package plot

import (
	"math"
	"strconv"
)

// pen writes SVG into a buffer. Coordinates carry one decimal, which is finer
// than any screen, and keeps a chart of 122 months within a few kilobytes.
type pen struct{ b []byte }

func (w *pen) s(text string) { w.b = append(w.b, text...) }

// n writes a coordinate: at most one decimal, no trailing zero.
func (w *pen) n(v float64) {
	tenths := int64(math.Round(v * 10))
	if tenths < 0 {
		w.b = append(w.b, '-')
		tenths = -tenths
	}
	w.b = strconv.AppendInt(w.b, tenths/10, 10)
	if rest := tenths % 10; rest != 0 {
		w.b = append(w.b, '.', byte('0'+rest))
	}
}

// xy writes a path command with its pair of coordinates.
func (w *pen) xy(command byte, x, y float64) {
	w.b = append(w.b, command)
	w.n(x)
	w.b = append(w.b, ' ')
	w.n(y)
}

// x writes a path command with one coordinate.
func (w *pen) x(command byte, v float64) {
	w.b = append(w.b, command)
	w.n(v)
}

// open begins a path of a class; shut ends it.
func (w *pen) open(class string) {
	w.s(`<path class="`)
	w.s(class)
	w.s(`" d="`)
}

func (w *pen) shut() { w.s(`"/>`) }

// line draws one straight line.
func (w *pen) line(class string, x1, y1, x2, y2 float64) {
	w.open(class)
	w.xy('M', x1, y1)
	switch {
	case y1 == y2:
		w.x('H', x2)
	case x1 == x2:
		w.x('V', y2)
	default:
		w.xy('L', x2, y2)
	}
	w.shut()
}

// text begins a text element; anchor is empty, "middle" or "end".
func (w *pen) text(class string, x, y float64, anchor string) {
	w.s(`<text class="`)
	w.s(class)
	w.s(`" x="`)
	w.n(x)
	w.s(`" y="`)
	w.n(y)
	if anchor != "" {
		w.s(`" text-anchor="`)
		w.s(anchor)
	}
	w.s(`">`)
}

// attribute writes a number as an attribute, with a space before it.
func (w *pen) attribute(name string, v float64) {
	w.s(" ")
	w.s(name)
	w.s(`="`)
	w.n(v)
	w.s(`"`)
}

// escaped writes text that came from outside the program.
func (w *pen) escaped(text string) {
	start := 0
	for i := 0; i < len(text); i++ {
		var with string
		switch c := text[i]; {
		case c == '&':
			with = "&amp;"
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '"':
			with = "&#34;"
		case c < ' ' && c != '\n' && c != '\t':
			with = " " // not allowed in XML at all
		default:
			continue
		}
		w.s(text[start:i])
		w.s(with)
		start = i + 1
	}
	w.s(text[start:])
}
