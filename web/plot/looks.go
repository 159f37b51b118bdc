package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// Radii of the point shapes in the wide chart, in pixels.
const (
	circleR   = 3.9
	diamondR  = 5.8
	triangleR = 5.8
	squareR   = 4.5
	hiddenR   = 5
	lastTimes = 1.25 // the last point is so much larger
)

// look is the shape and class of a point. Colour never stands alone: each
// meaning has its own shape.
type look uint8

const (
	lookNone look = iota
	lookCommon
	lookImprovement
	lookConcernUp
	lookConcernDown
	lookNeutral
	lookExcluded
	looks
)

var lookClasses = [looks]string{"", "p-common", "p-improvement", "p-concern", "p-concern", "p-neutral", "p-out"}

// lookOf chooses the shape of a point. A triangle points the way the value
// went, which for a concern is the way that was not wanted.
func lookOf(c *measures.Chart, i int) look {
	if measures.IsMissing(c.Y[i]) {
		return lookNone
	}
	if i < len(c.States) && c.States[i] == measures.Excluded {
		return lookExcluded
	}
	if i >= len(c.Causes) {
		return lookCommon
	}
	return lookOfCause(c.Causes[i], c.Direction)
}

func lookOfCause(cause measures.Cause, wanted measures.Direction) look {
	switch cause {
	case measures.Improvement:
		return lookImprovement
	case measures.Concern:
		if wanted == measures.Decrease {
			return lookConcernUp
		}
		return lookConcernDown
	case measures.NeutralHigh, measures.NeutralLow:
		return lookNeutral
	}
	return lookCommon
}

// shape writes a point's outline as path data, relative after the first pair
// so that equal shapes are equal text and compress to nothing.
func (w *pen) shape(l look, x, y, times float64) {
	switch l {
	case lookImprovement:
		r := diamondR * times
		w.xy('M', x, y-r)
		w.xy('l', r, r)
		w.xy('l', -r, r)
		w.xy('l', -r, -r)
		w.s("z")
	case lookConcernDown:
		r := triangleR * times
		w.xy('M', x, y+r)
		w.xy('l', r, -1.76*r)
		w.x('h', -2*r)
		w.s("z")
	case lookConcernUp:
		r := triangleR * times
		w.xy('M', x, y-r)
		w.xy('l', r, 1.76*r)
		w.x('h', -2*r)
		w.s("z")
	case lookNeutral:
		r := squareR * times
		w.xy('M', x-r, y-r)
		w.x('h', 2*r)
		w.x('v', 2*r)
		w.x('h', -2*r)
		w.s("z")
	case lookExcluded:
		r := circleR * times
		w.xy('M', x-r, y-r)
		w.xy('l', 2*r, 2*r)
		w.xy('m', -2*r, 0)
		w.xy('l', 2*r, -2*r)
	default:
		w.ring(x, y, circleR*times)
	}
}

// ring writes a circle as path data. The radius is rounded first: half circles
// whose ends lie nearer together than two written radii would bulge.
func (w *pen) ring(x, y, r float64) {
	r = math.Round(r*10) / 10
	w.xy('M', x-r, y)
	for _, span := range [...]float64{2 * r, -2 * r} {
		w.x('a', r)
		w.s(" ")
		w.n(r)
		w.s(" 0 0 0 ")
		w.n(span)
		w.s(" 0")
	}
	w.s("z")
}
