package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// scale is the y axis: from low to high in whole steps.
type scale struct {
	low, high, step float64
	decimals        int
	targetOutside   int8 // -1 below, 1 above: the target has no place on the scale
	empty           bool // nothing was measured
}

// newScale fits the axis to the points from..to, their limits and the target.
// A target so far away that it would press the data flat is left off the
// scale, and said to be.
func newScale(p *Picture, from, to int) scale {
	c := p.Chart
	low, high := math.Inf(1), math.Inf(-1)
	take := func(v float64) {
		if finite(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	negative := false
	for i := from; i < to; i++ {
		negative = negative || c.Y[i] < 0
		take(c.Y[i])
		take(at(c.Lower, i))
		take(at(c.Upper, i))
		take(at(c.Centre, i))
		for _, column := range p.made.columns {
			take(at(column.values, i))
			negative = negative || at(column.values, i) < 0
		}
	}
	if math.IsInf(low, 1) {
		return emptyScale(p)
	}
	// Limits computed from moving ranges may reach where no value can be: a
	// count below 0, a share above 100%. The axis does not follow them.
	floor, ceiling := math.Inf(-1), math.Inf(1)
	if !negative {
		floor = 0
		if p.Unit.Symbol == "%" && greatest(c.Y[from:to]) <= 100 {
			ceiling = 100
		}
	}
	low, high = math.Max(low, floor), math.Min(high, ceiling)
	var s scale
	targets := p.targetValues()
	for k, t := range targets {
		if len(targets) > 1 && k+1 < len(targets) && int32(p.Targets[k+1].From) <= c.X[from] {
			continue // replaced before the first point drawn
		}
		wide := math.Max(high-low, math.Max(math.Abs(high), math.Abs(low))*.05)
		current := k == len(targets)-1
		switch {
		case t > high && t-high > 2*wide:
			if current {
				s.targetOutside = 1
			}
		case t < low && low-t > 2*wide:
			if current {
				s.targetOutside = -1
			}
		default:
			low, high = math.Min(low, t), math.Max(high, t)
		}
	}
	if high-low < 1e-9*math.Max(1, math.Abs(high)) {
		half := math.Max(math.Abs(high)*.1, 1)
		low, high = math.Max(low-half, floor), math.Min(high+half, ceiling)
	}
	if low > 0 && low < .3*high {
		low = 0
	}
	s.fit(low, high)
	return s
}

// mostSteps is how many steps an axis has at most: five or fewer lines can be
// read at a glance.
const mostSteps = 5

// fit rounds the axis outwards to steps of 1, 2 or 5 times a power of ten.
func (s *scale) fit(low, high float64) {
	power := math.Floor(math.Log10((high - low) / mostSteps))
	for _, mantissa := range [...]float64{1, 2, 5, 10, 20} {
		s.step = mantissa * math.Pow(10, power)
		// A hair of tolerance, so that 0.1+0.2 does not add a step.
		s.low = math.Floor(low/s.step+1e-9) * s.step
		s.high = math.Ceil(high/s.step-1e-9) * s.step
		if math.Round((s.high-s.low)/s.step) <= mostSteps {
			if mantissa >= 10 {
				power++
			}
			break
		}
	}
	s.decimals = int(math.Max(0, -power))
}

func emptyScale(p *Picture) scale {
	s := scale{low: 0, high: 1, step: 1, empty: true}
	if p.Unit.Symbol == "%" {
		s.high, s.step = 100, 20
	}
	return s
}

func greatest(column []float64) float64 {
	most := math.Inf(-1)
	for _, v := range column {
		if v > most { // a missing value is never more
			most = v
		}
	}
	return most
}

// targetValues lists what is drawn as targets.
func (p *Picture) targetValues() []float64 {
	if len(p.Targets) > 1 {
		values := make([]float64, 0, len(p.Targets))
		for _, t := range p.Targets {
			values = append(values, t.Value)
		}
		return values
	}
	if measures.IsMissing(p.Chart.Target) {
		return nil
	}
	return []float64{p.Chart.Target}
}
