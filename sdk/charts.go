package sdk

import (
	"fmt"
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Keys of the settings of a chart. Host and plugins take them from here.
const (
	keyRules     = "rules"
	keyDirection = "direction"
	keyConstant  = "constant"
	keyScreen    = "screen"
	keyTrend     = "trend"
	keyMultiply  = "multiply"
	keyCentre    = "centre"
	keyMedian    = "median"
	keyMinimum   = "minimum"
	keyFloor     = "floor"
	keyCeiling   = "ceiling"
	keyRanges    = "ranges"
	keyLambda    = "lambda"
	keyShift     = "shift"
	keyDecision  = "decision"
	keyHeadStart = "head-start"
	keyOddsRatio = "odds-ratio"
	keyRatio     = "ratio"
	keyTransform = "transform"
	keyAdditive  = "additive"
	keyExact     = "exact"
)

// Names of the inputs of a chart.
const (
	InputValue       = "value" // a measurement or a count
	InputNumerator   = "numerator"
	InputDenominator = "denominator"
)

// ChartParameters writes the settings of a chart for a question. All of them
// are written, defaults too, so that a chart can be drawn again when defaults
// have changed. The kind is the entry's to know.
func ChartParameters(p spc.Parameters) []wire.Parameter {
	list := []wire.Parameter{
		wire.Text(keyRules, p.Rules.String()),
		wire.Text(keyDirection, p.Direction.String()),
		wire.Number(keyConstant, p.Constant),
		wire.Truth(keyScreen, p.Screen),
		wire.Number(keyTrend, float64(p.Trend)),
		wire.Number(keyMultiply, p.Multiply),
		wire.Truth(keyMedian, p.Median),
		wire.Number(keyMinimum, float64(p.Minimum)),
	}
	for _, limit := range []struct {
		key   string
		value float64
	}{{keyCentre, p.Centre}, {keyFloor, p.Floor}, {keyCeiling, p.Ceiling}} {
		if !measures.IsMissing(limit.value) {
			list = append(list, wire.Number(limit.key, limit.value))
		}
	}
	return append(list, settingsOfKind(p)...)
}

// settingsOfKind writes the settings that only one kind knows.
func settingsOfKind(p spc.Parameters) []wire.Parameter {
	switch p.Kind {
	case measures.XmR:
		return []wire.Parameter{wire.Truth(keyRanges, p.Ranges)}
	case measures.EWMA:
		return []wire.Parameter{wire.Number(keyLambda, p.Lambda)}
	case measures.CUSUM:
		return []wire.Parameter{wire.Number(keyShift, p.Shift), wire.Number(keyDecision, p.Decision), wire.Number(keyHeadStart, p.HeadStart)}
	case measures.Bernoulli, measures.VLAD:
		return []wire.Parameter{wire.Number(keyOddsRatio, p.OddsRatio), wire.Number(keyDecision, p.Decision)}
	case measures.Funnel:
		return []wire.Parameter{wire.Text(keyRatio, p.Ratio.String()), wire.Text(keyTransform, p.Transform.String()),
			wire.Truth(keyAdditive, p.Additive), wire.Truth(keyExact, p.Exact)}
	}
	return nil
}

// ParseChartParameters reads what ChartParameters wrote. Settings left out have
// the defaults of the kind and the rule set; unknown ones are refused, because
// a chart without them would not be the chart that was asked for.
func ParseChartParameters(kind measures.Kind, list []wire.Parameter) (spc.Parameters, error) {
	var rules measures.RuleSet
	for _, p := range list {
		if p.Key == keyRules {
			if err := rules.UnmarshalText([]byte(p.Text)); err != nil {
				return spc.Parameters{}, fmt.Errorf("%w: %v", ErrUnsupported, err)
			}
		}
	}
	to := spc.Defaults(kind, rules)
	for _, p := range list {
		if err := setChartParameter(&to, p); err != nil {
			return spc.Parameters{}, fmt.Errorf("%w: setting %q: %v", ErrUnsupported, p.Key, err)
		}
	}
	return to, nil
}

func setChartParameter(to *spc.Parameters, p wire.Parameter) (err error) {
	want := wire.NumberType
	switch p.Key {
	case keyRules, keyDirection, keyRatio, keyTransform:
		want = wire.TextType
	case keyScreen, keyMedian, keyRanges, keyAdditive, keyExact:
		want = wire.TruthType
	}
	if p.Type != want {
		return fmt.Errorf("it has type %d where %d is wanted (1 number, 2 text, 3 truth, 4 date)", p.Type, want)
	}
	switch p.Key {
	case keyRules: // read first, because the defaults hang on them
	case keyDirection:
		err = to.Direction.UnmarshalText([]byte(p.Text))
	case keyRatio:
		err = to.Ratio.UnmarshalText([]byte(p.Text))
	case keyTransform:
		err = to.Transform.UnmarshalText([]byte(p.Text))
	case keyConstant:
		to.Constant = p.Number
	case keyMultiply:
		to.Multiply = p.Number
	case keyCentre:
		to.Centre = p.Number
	case keyTrend:
		to.Trend, err = whole(p.Number)
	case keyMinimum:
		to.Minimum, err = whole(p.Number)
	case keyFloor:
		to.Floor = p.Number
	case keyCeiling:
		to.Ceiling = p.Number
	case keyLambda:
		to.Lambda = p.Number
	case keyShift:
		to.Shift = p.Number
	case keyDecision:
		to.Decision = p.Number
	case keyHeadStart:
		to.HeadStart = p.Number
	case keyOddsRatio:
		to.OddsRatio = p.Number
	case keyScreen:
		to.Screen = p.Truth
	case keyMedian:
		to.Median = p.Truth
	case keyRanges:
		to.Ranges = p.Truth
	case keyAdditive:
		to.Additive = p.Truth
	case keyExact:
		to.Exact = p.Truth
	default:
		return fmt.Errorf("it is not known here")
	}
	return err
}

func whole(v float64) (int, error) {
	if v != math.Trunc(v) || math.Abs(v) > 1<<31 {
		return 0, fmt.Errorf("%v is not a whole number of a useful size", v)
	}
	return int(v), nil
}

// ChartInput turns one series of a question into what package spc charts: its
// value or numerator, and its denominator if there is one.
func ChartInput(q *wire.Request, series int) (spc.Input, error) {
	s := &q.Series[series]
	in := spc.Input{XIsDate: !q.Whole, States: s.States, Phases: s.Phases, Targets: s.Targets}
	in.X = make([]int32, len(s.Periods))
	for i, p := range s.Periods {
		in.X[i] = int32(p)
	}
	for c, name := range q.Inputs {
		switch name {
		case InputValue, InputNumerator:
			if in.Y != nil {
				return in, fmt.Errorf("%w: both a value and a numerator", ErrUnsupported)
			}
			in.Y = s.Columns[c]
		case InputDenominator:
			in.N = s.Columns[c]
		default:
			return in, fmt.Errorf("%w: input %q; a chart takes %q or %q, and %q", ErrUnsupported, name, InputValue, InputNumerator, InputDenominator)
		}
	}
	if in.Y == nil {
		return in, fmt.Errorf("%w: a chart needs an input %q or %q", ErrUnsupported, InputValue, InputNumerator)
	}
	return in, nil
}

// ComputeCharts charts every series of a question. The library's plugin calls
// it inside the sandbox; the host calls it to verify what came out. Each series
// gets one chart of the kind asked for; where that is xmr and the setting
// "ranges" is true, its chart of moving ranges follows it.
func ComputeCharts(kind measures.Kind, q *wire.Request) ([]measures.Chart, error) {
	p, err := ParseChartParameters(kind, q.Parameters)
	if err != nil {
		return nil, err
	}
	kinds := []spc.Parameters{p}
	if kind == measures.XmR && p.Ranges {
		ranges := p
		ranges.Kind, ranges.Screen, ranges.Centre = measures.MR, false, measures.Missing
		kinds = append(kinds, ranges)
	}
	charts := make([]measures.Chart, 0, len(kinds)*len(q.Series))
	for i := range q.Series {
		in, err := ChartInput(q, i)
		if err != nil {
			return nil, err
		}
		for _, p := range kinds {
			chart, err := spc.Compute(in, p)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", nameOf(&q.Series[i], i), err)
			}
			chart.Series = i
			charts = append(charts, chart)
		}
	}
	return charts, nil
}

// nameOf says which series of a question an error is about.
func nameOf(s *measures.Series, i int) string {
	switch {
	case s.Organisation == "":
		return fmt.Sprintf("series %d", i+1)
	case s.Stratum == "":
		return string(s.Organisation)
	}
	return string(s.Organisation) + " " + s.Stratum
}

// Settings writes what an entry is told about a measure besides its figures. An
// entry that is a kind of chart is told all settings of that chart under a rule
// set; ranges asks an xmr chart for its moving ranges. Any other entry is told what
// MeasureParameters says.
func Settings(m *measures.Measure, entry string, rules measures.RuleSet, ranges bool) []wire.Parameter {
	var kind measures.Kind
	if kind.UnmarshalText([]byte(entry)) != nil {
		return MeasureParameters(m)
	}
	p := spc.Defaults(kind, rules)
	p.Direction, p.Multiply, p.Ranges = m.Direction, m.Unit.Multiply, ranges && kind == measures.XmR
	return ChartParameters(p)
}

// MeasureParameters writes what an entry that is no kind of chart is told about
// its measure: the direction that is wanted and what values are multiplied by.
func MeasureParameters(m *measures.Measure) []wire.Parameter {
	return []wire.Parameter{wire.Text(keyDirection, m.Direction.String()), wire.Number(keyMultiply, m.Unit.Multiply)}
}
