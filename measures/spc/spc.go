// Package spc computes control limits and signals. Its functions are pure: the
// same series always gives the same chart, to the last bit, in the host and in
// a plugin alike.
package spc

import "github.com/signalbox-health/signalbox/measures"

// Input is one series to chart. Columns have one entry a point, in order of X.
type Input struct {
	X       []int32 // days since 1970-01-01 where XIsDate, else whole numbers
	XIsDate bool
	Y       []float64 // numerator, count or value; measures.Missing where there is none
	N       []float64 // denominator, weight or nil
	States  []measures.State
	Phases  []measures.Phase  // in order of start; Start is compared with X
	Targets []measures.Target // in order of From, in plotted units
}

// Parameters are the settings of a chart. They are stored with it, so that it
// can be drawn again.
type Parameters struct {
	Kind      measures.Kind
	Rules     measures.RuleSet
	Direction measures.Direction
	// Constant is 2.66 for limits at 2.66 mean moving ranges, or 1.128 for
	// limits at 3/1.128 of it.
	Constant float64
	Screen   bool    // leave moving ranges of 3.267 times their mean or more out, once
	Trend    int     // points that make a trend; 7 unless told
	Multiply float64 // applied to value, centre and limits after the statistics; 1 unless told
	Centre   float64 // a centre given from outside, in plotted units, or measures.Missing
	Median   bool    // the centre is the median
	Minimum  int     // points a phase needs before it has limits; 13 under mdc
}
