package plot

import "math"

// sizeScale is the x axis of a funnel.
type sizeScale struct {
	kind      scaleKind
	low, high float64
}

type scaleKind uint8

const (
	linear scaleKind = iota
	squareRoot
	logarithmic
)

// Sizes that differ tenfold or less stand on an even axis. Beyond that it would
// press most groups against its left end, so they stand at the square root of
// their size, and beyond a thousandfold at its logarithm. The axis says which.
const (
	evenUpTo = 10
	rootUpTo = 1000
)

func (p *FunnelPicture) sizeScale() sizeScale {
	least, most := math.Inf(1), 0.0
	for i, y := range p.Chart.Y {
		if n := at(p.Chart.N, i); finite(y) && finite(n) && n > 0 {
			least, most = math.Min(least, n), math.Max(most, n)
		}
	}
	const room = 1.04
	switch {
	case most == 0:
		return sizeScale{}
	case most <= evenUpTo*least:
		return sizeScale{linear, 0, most * room}
	case most <= rootUpTo*least:
		left, right := math.Sqrt(least), math.Sqrt(most)
		left = math.Max(0, left-.05*(right-left))
		return sizeScale{squareRoot, left * left, most * room * room}
	}
	wide := math.Pow(most/least, .04)
	return sizeScale{logarithmic, least / wide, most * wide}
}

// of is where a size stands, from 0 at the left to 1 at the right.
func (s sizeScale) of(n float64) float64 {
	switch {
	case s.high <= s.low:
		return .5
	case s.kind == squareRoot:
		left, right := math.Sqrt(s.low), math.Sqrt(s.high)
		return (math.Sqrt(n) - left) / (right - left)
	case s.kind == logarithmic:
		return math.Log(n/s.low) / math.Log(s.high/s.low)
	}
	return (n - s.low) / (s.high - s.low)
}

// at is the size that stands at a place.
func (s sizeScale) at(place float64) float64 {
	switch s.kind {
	case squareRoot:
		left, right := math.Sqrt(s.low), math.Sqrt(s.high)
		root := left + place*(right-left)
		return root * root
	case logarithmic:
		return s.low * math.Pow(s.high/s.low, place)
	}
	return s.low + place*(s.high-s.low)
}

// words says of the axis what is not usual about it.
func (s sizeScale) words() string {
	switch s.kind {
	case squareRoot:
		return " (square-root scale)"
	case logarithmic:
		return " (logarithmic scale)"
	}
	return ""
}

// ticks are round sizes, as many as have room; place gives the x of a size and
// the width of its text.
func (s sizeScale) ticks(place func(n float64) (x, wide float64)) []float64 {
	if s.high <= s.low {
		return nil
	}
	var ticks []float64
	if s.kind == linear {
		_, wide := place(s.high)
		right, _ := place(s.high)
		left, _ := place(s.low)
		step := math.Pow(10, math.Floor(math.Log10(s.high))-3)
		for _, mantissa := range [...]float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
			if pitch := step * mantissa / s.high * (right - left); pitch >= wide {
				for n := 0.0; n <= s.high; n += step * mantissa {
					ticks = append(ticks, n)
				}
				return ticks
			}
		}
		return []float64{0}
	}
	// From the right, where the axis is densest in numbers, each round size that
	// leaves room for the one before.
	next := math.Inf(1)
	for power := math.Pow(10, math.Floor(math.Log10(s.high))); power > s.low/10 && len(ticks) < 12; power /= 10 {
		for _, mantissa := range [...]float64{5, 2, 1} {
			n := mantissa * power
			if n > s.high || n < s.low {
				continue
			}
			if x, wide := place(n); x+wide/2 <= next {
				ticks, next = append(ticks, n), x-wide/2
			}
		}
		if power < s.high/1e12 {
			break
		}
	}
	if s.low == 0 {
		if x, wide := place(0); x+wide/2 <= next {
			ticks = append(ticks, 0)
		}
	}
	return ticks
}
