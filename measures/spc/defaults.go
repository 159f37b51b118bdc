package spc

import "github.com/signalbox-health/signalbox/measures"

// The two ways of turning a mean moving range into limits. Both stand for three
// sigma; they differ in the fourth digit, so a chart says which it used.
const (
	Constant266  = 2.66  // limits at 2.66 mean moving ranges (Making Data Count)
	Constant1128 = 1.128 // limits at 3/1.128 mean moving ranges (qicharts2, qcc, PowerBI-SPC)
)

// minimumMDC is how many measured points a phase needs before Making Data Count
// shows its limits and icons (NHSRplotthedots issue 194).
const minimumMDC = 13

// minimumBaseline is the shortest baseline that both MDC rule sets allow.
const minimumBaseline = 12

// Defaults gives the settings of a chart when nobody decided otherwise: no
// wanted direction, all rules of the set, seven points to a trend.
func Defaults(kind measures.Kind, rules measures.RuleSet) Parameters {
	p := Parameters{
		Kind: kind, Rules: rules,
		Constant: Constant1128, Trend: 7, Multiply: 1,
		Centre: measures.Missing,
		Median: kind == measures.Run,
		Floor:  measures.Missing, Ceiling: measures.Missing,
		Lambda: 0.2, Shift: 1, Decision: 5, OddsRatio: 2,
	}
	switch rules {
	case measures.MDC:
		p.Constant, p.Minimum = Constant266, minimumMDC
	case measures.MDCR022:
		p.Constant, p.Screen = Constant266, true
	case measures.PowerBI:
		p.Screen, p.Trend = true, 5
	case measures.IHI:
		p.Trend = 5
	case measures.Nelson:
		p.Trend = 6
	}
	switch kind {
	case measures.MR, measures.Run:
		p.Screen = false
	case measures.EWMA, measures.CUSUM:
		p.Screen, p.Constant = false, Constant1128
	case measures.Bernoulli:
		p.Decision, p.Minimum = 3.5, 0
	case measures.VLAD:
		p.Decision, p.Minimum = 4.5, 0
	case measures.Funnel:
		p.Screen, p.Minimum = false, 0 // chance alone makes its limits, of however few groups
	}
	return p
}
