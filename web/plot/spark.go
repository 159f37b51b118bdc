package plot

import (
	"math"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
)

// sparkPoints is how many of the last points a sparkline shows.
const sparkPoints = 36

// Sparkline is the last 36 points without axis or text, on a scale of its own:
// the band, centre line and target of now, and only the points that mean
// something. Words and numbers stand beside it, so it is hidden from screen
// readers.
func Sparkline(c *measures.Chart, width, height float64) templ.Component {
	return component(func() []byte { return AppendSparkline(make([]byte, 0, 3<<10), c, width, height) })
}

// AppendSparkline appends a sparkline to b.
func AppendSparkline(b []byte, c *measures.Chart, width, height float64) []byte {
	w := pen{b}
	w.s(`<svg class="spark" viewBox="0 0 `)
	w.n(width)
	w.s(" ")
	w.n(height)
	w.s(`"`)
	w.attribute("width", width)
	w.attribute("height", height)
	w.s(` aria-hidden="true" focusable="false">`)
	if from := max(0, c.Len()-sparkPoints); c.Last() >= from {
		s := spark{pen: w, c: c, from: from, width: width, height: height}
		s.draw()
		w = s.pen
	}
	w.s("</svg>")
	return w.b
}

// spark is a sparkline while it is being drawn.
type spark struct {
	pen
	c             *measures.Chart
	from          int
	width, height float64
	low, high     float64
}

// sparkEdge keeps the points from being cut off above and below.
const sparkEdge = 5

func (s *spark) y(v float64) float64 {
	v = math.Max(s.low, math.Min(s.high, v))
	return s.height - sparkEdge - (v-s.low)/(s.high-s.low)*(s.height-2*sparkEdge)
}

func (s *spark) x(i int) float64 {
	n := s.c.Len() - s.from
	if n == 1 {
		return s.width / 2
	}
	return 4 + float64(i-s.from)/float64(n-1)*(s.width-10)
}

func (s *spark) draw() {
	c, last := s.c, s.c.Last()
	s.fit()
	// Limits may change along the line; what is drawn are those of the last
	// measured point, from the start of its phase.
	x0, x1 := 0.0, s.width
	for i := last; i > s.from; i-- {
		if phaseOf(c, i) != phaseOf(c, i-1) {
			x0 = (s.x(i) + s.x(i-1)) / 2
			break
		}
	}
	if upper, lower := at(c.Upper, last), at(c.Lower, last); finite(upper) && finite(lower) {
		s.open("band")
		s.xy('M', x0, s.y(upper))
		s.pen.x('H', x1)
		s.pen.x('V', s.y(lower))
		s.pen.x('H', x0)
		s.s("Z")
		s.shut()
	}
	if v := at(c.Centre, last); finite(v) {
		s.line("mean", x0, s.y(v), x1, s.y(v))
	}
	if c.Target >= s.low && c.Target <= s.high {
		s.line("target", 0, s.y(c.Target), x1, s.y(c.Target))
	}
	s.series()
	s.points(last)
}

// fit scales to the points, the limits of now and the target. A target so far
// away that it would press the line flat is not drawn at all: at the edge it
// would look as if it were nearly met.
func (s *spark) fit() {
	c, last := s.c, s.c.Last()
	s.low, s.high = math.Inf(1), math.Inf(-1)
	negative := false
	for i := s.from; i < c.Len(); i++ {
		if v := c.Y[i]; finite(v) {
			s.low, s.high = math.Min(s.low, v), math.Max(s.high, v)
			negative = negative || v < 0
		}
	}
	for _, v := range [...]float64{at(c.Upper, last), at(c.Lower, last), at(c.Centre, last)} {
		if finite(v) && (v >= 0 || negative) {
			s.low, s.high = math.Min(s.low, v), math.Max(s.high, v)
		}
	}
	if t := c.Target; finite(t) && t < s.high+4*(s.high-s.low) && t > s.low-4*(s.high-s.low) {
		s.low, s.high = math.Min(s.low, t), math.Max(s.high, t)
	}
	if s.high-s.low < 1e-9*math.Max(1, math.Abs(s.high)) {
		s.low, s.high = s.low-1, s.high+1
	}
}

func (s *spark) series() {
	c := s.c
	s.open("ser")
	joined := false
	for i := s.from; i < c.Len(); i++ {
		if measures.IsMissing(c.Y[i]) {
			joined = false
			continue
		}
		command := byte('L')
		if !joined || i > 0 && phaseOf(c, i) != phaseOf(c, i-1) {
			command = 'M'
		}
		s.xy(command, s.x(i), s.y(c.Y[i]))
		joined = true
	}
	s.shut()
}

// points draws special causes at half size, one path for each look, and the
// last point almost at full size.
func (s *spark) points(last int) {
	c := s.c
	for l := lookImprovement; l <= lookNeutral; l++ {
		opened := false
		for i := s.from; i < c.Len(); i++ {
			if i == last || lookOf(c, i) != l {
				continue
			}
			if !opened {
				s.open(lookClasses[l])
				opened = true
			}
			s.shape(l, s.x(i), s.y(c.Y[i]), .5)
		}
		if opened {
			s.shut()
		}
	}
	s.open(lookClasses[lookOf(c, last)])
	s.shape(lookOf(c, last), s.x(last), s.y(c.Y[last]), .95)
	s.shut()
}
