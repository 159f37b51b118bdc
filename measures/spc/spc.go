// Package spc computes control limits and signals. Its functions are pure: the
// same series always gives the same chart, to the last bit, in the host and in
// a plugin alike.
package spc

import "github.com/signalbox-health/signalbox/measures"

// Input is one series to chart. Columns have one entry a point, in order of X.
type Input struct {
	// X is days since 1970-01-01 where XIsDate, else whole numbers. It rises from
	// point to point; for xbar and s, rows of equal X are one subgroup.
	X       []int32
	XIsDate bool
	Y       []float64 // numerator, count or value; measures.Missing where there is none
	N       []float64 // denominator, weight, expected number (vlad, funnel), or nil
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

	// Floor and Ceiling are the least and the most that the measure can be, in
	// plotted units, or measures.Missing. Centre and limits are not drawn beyond them.
	// They are applied after the rules and change no signal.
	Floor, Ceiling float64
	// Ranges asks for the chart of moving ranges beside one of kind xmr.
	Ranges bool

	// The settings below belong to single kinds.

	Lambda    float64 // ewma: weight of the newest point, above 0 up to 1; 0.2 unless told
	Shift     float64 // cusum: the shift to find, in sd; 1 unless told
	Decision  float64 // cusum, in sd: 5; bernoulli: 3.5; vlad: 4.5 unless told
	HeadStart float64 // cusum: where both sums begin, in sd; 0 unless told
	OddsRatio float64 // bernoulli, vlad: the change of odds to find; 2 unless told

	Ratio     Ratio     // funnel: what is compared
	Transform Transform // funnel of standardised ratios
	Additive  bool      // funnel: limits and scores allow for differences between groups beyond chance
	Exact     bool      // funnel of proportions or standardised ratios: exact limits (binomial, Poisson), interpolated
}

// Ratio is what a funnel compares between groups.
type Ratio uint8

const (
	Proportion   Ratio = iota // those with, out of all
	Standardised              // observed over expected
	Rate                      // events over an exposure
)

// Transform is the scale on which standardised ratios are compared.
type Transform uint8

const (
	Sqrt Transform = iota // square root, as the Care Quality Commission does
	Log                   // logarithm, as the Summary Hospital-level Mortality Indicator does
)
