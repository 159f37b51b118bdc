package plot_test

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/plot"
)

// percent is the unit of most pictures in these tests.
var percent = measures.Unit{Multiply: 100, Symbol: "%", Words: "of attendances", Decimals: 1}

var count = measures.Unit{Multiply: 1, Words: "people"}

var none = math.NaN()

// monthly makes a chart of one point a month from a start, without limits.
func monthly(start measures.Date, y ...float64) *measures.Chart {
	c := &measures.Chart{Kind: measures.XmR, Rules: measures.MDC, XIsDate: true, Y: y, Target: none, Direction: measures.Increase}
	for i := range y {
		c.X = append(c.X, int32(start.AddMonths(i)))
		c.N = append(c.N, none)
		c.Centre = append(c.Centre, none)
		c.Lower = append(c.Lower, none)
		c.Upper = append(c.Upper, none)
		c.Phase = append(c.Phase, 1)
		c.Signals = append(c.Signals, 0)
		state, cause := measures.Final, measures.Common
		if measures.IsMissing(y[i]) {
			state, cause = measures.NotMeasured, measures.NoCause
		}
		c.States = append(c.States, state)
		c.Causes = append(c.Causes, cause)
	}
	return c
}

// phase gives the points from..to of a chart one set of limits, and marks the
// points outside them.
func phase(c *measures.Chart, number int32, from, to int, lower, centre, upper float64) {
	for i := from; i < to; i++ {
		c.Phase[i], c.Lower[i], c.Centre[i], c.Upper[i] = number, lower, centre, upper
		switch high := c.Y[i] > upper; {
		case !high && !(c.Y[i] < lower):
		case c.Direction == measures.Neutral && high:
			c.Causes[i] = measures.NeutralHigh
		case c.Direction == measures.Neutral:
			c.Causes[i] = measures.NeutralLow
		case high == (c.Direction == measures.Increase):
			c.Causes[i] = measures.Improvement
		default:
			c.Causes[i] = measures.Concern
		}
	}
}

// wave is a made-up series that wanders about a level.
func wave(n int, level, width float64) []float64 {
	y := make([]float64, n)
	for i := range y {
		t := float64(i)
		y[i] = level + width*(math.Sin(t*1.3)*.5+math.Sin(t*.37+1)*.4+math.Sin(t*3.1)*.3)
	}
	return y
}

func picture(id string, c *measures.Chart, unit measures.Unit) plot.Picture {
	return plot.Picture{ID: id, Chart: c, Title: "Seen within 4 hours", Organisation: "Northmoor General Hospital NHS Trust",
		Unit: unit, Grain: measures.Month, Constant: 2.66}
}
