package spc

import "github.com/signalbox-health/signalbox/measures"

// floatColumns are Y, N, Centre, Lower, Upper, NearLower and NearUpper.
const floatColumns = 7

// A chart is eleven columns. Allocating each would cost more than computing it,
// so the lengths that occur (three years of months, ten years of months) get all
// their columns in one block, and only longer series get them one by one.
type (
	smallBlock struct {
		floats  [floatColumns * 48]float64
		x       [48]int32
		phase   [48]int32
		signals [48]measures.Signals
		causes  [48]measures.Cause
		states  [48]measures.State
		phases  [4]measures.PhaseStatistics
	}
	largeBlock struct {
		floats  [floatColumns * 128]float64
		x       [128]int32
		phase   [128]int32
		signals [128]measures.Signals
		causes  [128]measures.Cause
		states  [128]measures.State
		phases  [8]measures.PhaseStatistics
	}
)

// room makes a chart with space for n points and some phases, all zero.
func room(n, phases int) measures.Chart {
	switch {
	case n <= 48 && phases <= 4:
		b := new(smallBlock)
		return columns(n, phases, b.floats[:], b.x[:], b.phase[:], b.signals[:], b.causes[:], b.states[:], b.phases[:])
	case n <= 128 && phases <= 8:
		b := new(largeBlock)
		return columns(n, phases, b.floats[:], b.x[:], b.phase[:], b.signals[:], b.causes[:], b.states[:], b.phases[:])
	}
	return columns(n, phases, make([]float64, floatColumns*n), make([]int32, n), make([]int32, n),
		make([]measures.Signals, n), make([]measures.Cause, n), make([]measures.State, n),
		make([]measures.PhaseStatistics, phases))
}

// columns cuts the floats into columns. Each column's capacity ends where the
// column does, so that appending to one can never write into the next.
func columns(n, phases int, f []float64, x, phase []int32, signals []measures.Signals,
	causes []measures.Cause, states []measures.State, statistics []measures.PhaseStatistics) measures.Chart {
	return measures.Chart{
		X: x[:n:n], Y: f[0:n:n], N: f[n : 2*n : 2*n],
		Centre: f[2*n : 3*n : 3*n], Lower: f[3*n : 4*n : 4*n], Upper: f[4*n : 5*n : 5*n],
		NearLower: f[5*n : 6*n : 6*n], NearUpper: f[6*n : 7*n : 7*n],
		Phase: phase[:n:n], Signals: signals[:n:n], Causes: causes[:n:n], States: states[:n:n],
		Phases: statistics[:phases:phases],
	}
}

// limits fills the limits of one phase with the same numbers at every point.
func (w *work) limits(s span, lower, upper, nearLower, nearUpper float64) {
	c := &w.c
	for i := s.from; i < s.to; i++ {
		c.Lower[i], c.Upper[i] = lower, upper
	}
	for i := s.from; i < s.to; i++ {
		c.NearLower[i], c.NearUpper[i] = nearLower, nearUpper
	}
}

func (w *work) centre(s span, v float64) {
	for i := s.from; i < s.to; i++ {
		w.c.Centre[i] = v
	}
}
