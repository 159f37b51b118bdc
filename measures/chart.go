package measures

import "strconv"

// Kind is a kind of chart.
type Kind uint8

const (
	Run Kind = iota
	XmR
	MR
	P
	PPrime
	U
	UPrime
	C
	NP
	G
	T
	XBar
	S
	IPrime
	EWMA
	CUSUM
	Funnel
	Custom    // shape known, limits the plugin's own and not verified
	Bernoulli // cumulative sum of log-likelihoods of single yes-or-no outcomes
	VLAD      // expected less observed, added up, with its risk-adjusted cumulative sums
)

var kindNames = []string{"run", "xmr", "mr", "p", "pp", "u", "up", "c", "np", "g", "t", "xbar", "s", "ip", "ewma", "cusum", "funnel", "custom", "bernoulli", "vlad"}

// RuleSet is a named set of rules for finding signals.
type RuleSet uint8

const (
	NoRules RuleSet = iota
	MDC             // Making Data Count as its team has it since late 2023
	MDCR022         // as NHSRplotthedots 0.2.2 has it
	Anhoej          // longest run and number of crossings
	IHI
	WesternElectric
	Nelson
	PowerBI
)

var ruleSetNames = []string{"none", "mdc", "mdc-r022", "anhoej", "ihi", "western-electric", "nelson", "powerbi"}

// Direction is the way a measure is wanted to go.
type Direction uint8

const (
	Neutral Direction = iota
	Increase
	Decrease
)

var directionNames = []string{"neutral", "increase", "decrease"}

// Signals is the set of rules that fired at a point. Every rule is kept; what
// is shown is derived.
type Signals uint32

const (
	OutsideUpper Signals = 1 << iota
	OutsideLower
	TrendIncreasing
	TrendDecreasing
	TwoInThreeAbove
	TwoInThreeBelow
	ShiftAbove
	ShiftBelow
	WE1
	WE2
	WE3
	WE4
	Nelson1
	Nelson2
	Nelson3
	Nelson4
	Nelson5
	Nelson6
	Nelson7
	Nelson8

	// AllSignals is every signal there is; any other bit is undeclared.
	AllSignals Signals = 1<<iota - 1
)

var signalNames = [...]string{"outside_upper", "outside_lower", "trend_increasing", "trend_decreasing",
	"two_in_three_above", "two_in_three_below", "shift_above", "shift_below",
	"we_1", "we_2", "we_3", "we_4",
	"nelson_1", "nelson_2", "nelson_3", "nelson_4", "nelson_5", "nelson_6", "nelson_7", "nelson_8"}

// Names lists the signals in the order in which one of them is chosen to be shown.
func (s Signals) Names() []string {
	names := []string{}
	for i, name := range signalNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Cause is the judgement on one point.
type Cause uint8

const (
	NoCause Cause = iota // a missing point
	Common
	Improvement
	Concern
	NeutralHigh
	NeutralLow
)

var causeNames = []string{"", "common", "improvement", "concern", "neutral_high", "neutral_low"}

// Variation is the judgement on the last measured point of a chart.
type Variation uint8

const (
	VariationEmpty Variation = iota // no limits yet
	CommonCause
	ImprovementHigh
	ImprovementLow
	ConcernHigh
	ConcernLow
	ShiftHigh // special cause without a wanted direction
	ShiftLow
)

var variationNames = []string{"empty", "common_cause", "improvement_high", "improvement_low", "concern_high", "concern_low", "neutral_high", "neutral_low"}

// Assurance says where the target lies against the limits.
type Assurance uint8

const (
	AssuranceEmpty Assurance = iota
	Pass
	Fail
	HitOrMiss
)

var assuranceNames = []string{"empty", "pass", "fail", "hit_or_miss"}

// Chart is one series seen through a rule set. Its columns have one entry a
// point, in order of x; Missing stands where there is no number.
//
// In a funnel the points are groups, x counts them from 1, N is what the limits
// depend on; Lower and Upper hold 99.8 percent of chance, NearLower and
// NearUpper 95 percent.
type Chart struct {
	Series int // index of the series in the question that this chart answers
	Kind   Kind
	Rules  RuleSet

	X         []int32 // days since 1970-01-01 where XIsDate, else whole numbers
	XIsDate   bool
	Y, N      []float64 // what is plotted, and its denominator or weight
	Centre    []float64
	Lower     []float64
	Upper     []float64
	NearLower []float64 // at two sigma
	NearUpper []float64
	Phase     []int32 // from 1
	Signals   []Signals
	Causes    []Cause
	States    []State

	// Columns that only some kinds have; nil elsewhere.
	EWMA []float64 // ewma: the weighted mean, which the centre and limits belong to
	// In the charts of sums Lower and Upper are limits of the sums, about 0, in
	// standard deviations (cusum) or units of log-likelihood (bernoulli, vlad);
	// Y and Centre, from which the values are measured, are in plotted units.
	CusumHigh []float64 // cusum, bernoulli, vlad: never below 0; its limit is Upper
	CusumLow  []float64 // cusum, bernoulli, vlad: never above 0; its limit is Lower
	VLAD      []float64 // vlad: expected less observed, added up
	Z         []float64 // funnel: the standard score of each group

	// Phi and Tau2 say how far the groups of a funnel differ beyond chance: the
	// mean of their squared scores (1 where chance is all), and the variance
	// between them on the transformed scale, 0 or more.
	Phi, Tau2 float64

	Phases    []PhaseStatistics
	Variation Variation
	Assurance Assurance
	Direction Direction
	Target    float64 // the latest target, or Missing
	Notes     []Note
}

// Len is the number of points, missing ones included.
func (c *Chart) Len() int { return len(c.X) }

// Last is the index of the last measured point, or -1.
func (c *Chart) Last() int {
	for i := len(c.Y) - 1; i >= 0; i-- {
		if !IsMissing(c.Y[i]) {
			return i
		}
	}
	return -1
}

// PhaseStatistics is what the runs test found in one phase. Numbers below zero
// stand for null: there were no useful points, or the table has no row.
type PhaseStatistics struct {
	N             int32 // points, missing ones included, excluded ones not
	Useful        int32 // points neither missing nor on the centre line
	LongestRun    int32
	LongestRunMax int32
	Crossings     int32
	CrossingsMin  int32
	Runs          int32 // rule set ihi only
	RunsLow       int32
	RunsHigh      int32
	Signal        bool
}

// NoNumber stands for null in PhaseStatistics.
const NoNumber = -1

// Note is advice about a chart, with a code that programs may rely on.
type Note struct {
	Code string
	Text string
}

// XText writes x as a date or a whole number.
func (c *Chart) XText(i int) string {
	if c.XIsDate {
		return Date(c.X[i]).String()
	}
	return strconv.Itoa(int(c.X[i]))
}

// Grain is the length of a period as the points show it: months where every date
// is the first of one, days otherwise, and none where x are whole numbers.
func (c *Chart) Grain() Grain {
	if !c.XIsDate {
		return ""
	}
	for _, x := range c.X {
		if _, _, day := Date(x).Civil(); day != 1 {
			return Day
		}
	}
	return Month
}
