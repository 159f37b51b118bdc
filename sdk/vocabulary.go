package sdk

import (
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// The vocabulary of an author: what the settings are, what was measured, where
// the phases lie, and an empty chart to fill. It is the same in every language
// that has an SDK.

// Number gives a setting that is a number, or the default where it was not set.
func (q *Question) Number(key string, unset float64) float64 {
	if p := q.setting(key, wire.NumberType); p != nil {
		return p.Number
	}
	return unset
}

// Text gives a setting that is text, or the default where it was not set.
func (q *Question) Text(key, unset string) string {
	if p := q.setting(key, wire.TextType); p != nil {
		return p.Text
	}
	return unset
}

// Truth gives a setting that is true or false, or the default where it was not set.
func (q *Question) Truth(key string, unset bool) bool {
	if p := q.setting(key, wire.TruthType); p != nil {
		return p.Truth
	}
	return unset
}

// Direction is the way that the measure is wanted to go.
func (q *Question) Direction() measures.Direction {
	var d measures.Direction
	if d.UnmarshalText([]byte(q.Text(keyDirection, ""))) != nil {
		return measures.Neutral
	}
	return d
}

func (q *Question) setting(key string, kind wire.ParameterType) *wire.Parameter {
	for i := range q.Parameters {
		if p := &q.Parameters[i]; p.Key == key && p.Type == kind {
			return p
		}
	}
	return nil
}

// Input gives the column of an input by its name, as it was sent.
func (q *Question) Input(series int, name string) ([]float64, bool) {
	for i, input := range q.Inputs {
		if input == name {
			return q.Series[series].Columns[i], true
		}
	}
	return nil, false
}

// Values gives what a chart of one series plots: the value, or the numerator
// over the denominator where there is one. A point is missing where nothing
// was measured, where it is suppressed, and where the denominator is 0. The
// second column is the denominator, or nil.
func (q *Question) Values(series int) (values, denominators []float64, err error) {
	from, ok := q.Input(series, InputValue)
	if !ok {
		if from, ok = q.Input(series, InputNumerator); !ok {
			return nil, nil, fmt.Errorf("%w: an input %q or %q is needed", ErrUnsupported, InputValue, InputNumerator)
		}
	}
	denominators, divided := q.Input(series, InputDenominator)
	values = make([]float64, len(from))
	for i, v := range from {
		values[i] = measures.Missing
		switch state := q.Series[series].States[i]; {
		case state == measures.NotMeasured || state == measures.Suppressed || measures.IsMissing(v):
		case !divided:
			values[i] = v
		case denominators[i] > 0:
			values[i] = v / denominators[i]
		}
	}
	return values, denominators, nil
}

// Counts reports whether a point counts in statistics: it was not excluded.
// Whether it was measured is another matter.
func (q *Question) Counts(series, point int) bool {
	return q.Series[series].States[point] != measures.Excluded
}

// Span is one phase: the points from From up to but not including To. The first
// Baseline of them make the lines; 0 means all.
type Span struct{ From, To, Baseline int }

// Base is the part of a phase that makes its lines.
func (s Span) Base() Span {
	if s.Baseline > 0 && s.From+s.Baseline < s.To {
		s.To = s.From + s.Baseline
	}
	return s
}

// Spans gives the phases of a series. A phase begins at the first point at or
// after its start; one that meets no point before the next begins has none;
// points before the first phase are a phase of their own.
func (q *Question) Spans(series int) []Span {
	s := &q.Series[series]
	var spans []Span
	for from := 0; from < len(s.Periods); {
		span := Span{From: from, To: len(s.Periods)}
		for _, phase := range s.Phases {
			if phase.Start <= s.Periods[from] {
				span.Baseline = phase.Baseline
				continue
			}
			to := from + 1
			for to < len(s.Periods) && s.Periods[to] < phase.Start {
				to++
			}
			span.To = to
			break
		}
		spans = append(spans, span)
		from = span.To
	}
	return spans
}

// Chart makes a chart of one series that is still empty: its points, phases,
// direction and latest target are the question's, every column of numbers is
// missing throughout, and no point has a signal or a cause. A phase's statistics
// say how many points it has and nothing of runs.
func (q *Question) Chart(series int, kind measures.Kind) measures.Chart {
	s := &q.Series[series]
	n := len(s.Periods)
	c := measures.Chart{Series: series, Kind: kind, Direction: q.Direction(), XIsDate: !q.Whole, Target: q.target(series),
		X: make([]int32, n), Phase: make([]int32, n), Signals: make([]measures.Signals, n), Causes: make([]measures.Cause, n)}
	for i, period := range s.Periods {
		c.X[i] = int32(period)
	}
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper} {
		*column = make([]float64, n)
		for i := range *column {
			(*column)[i] = measures.Missing
		}
	}
	for number, span := range q.Spans(series) {
		const none = measures.NoNumber
		statistics := measures.PhaseStatistics{LongestRun: none, LongestRunMax: none, Crossings: none, CrossingsMin: none,
			Runs: none, RunsLow: none, RunsHigh: none}
		for i := span.From; i < span.To; i++ {
			c.Phase[i] = int32(number + 1)
			if q.Counts(series, i) {
				statistics.N++
			}
		}
		c.Phases = append(c.Phases, statistics)
	}
	return c
}

// target is the latest that has begun by the last point, or Missing.
func (q *Question) target(series int) float64 {
	s, value := &q.Series[series], measures.Missing
	for _, t := range s.Targets {
		if n := len(s.Periods); t.From == 0 || n > 0 && t.From <= s.Periods[n-1] {
			value = t.Value
		}
	}
	return value
}

// CauseOf gives the cause of a signal that lies high or low, by the direction
// that is wanted.
func CauseOf(high bool, wanted measures.Direction) measures.Cause {
	switch {
	case wanted == measures.Neutral && high:
		return measures.NeutralHigh
	case wanted == measures.Neutral:
		return measures.NeutralLow
	case high == (wanted == measures.Increase):
		return measures.Improvement
	}
	return measures.Concern
}

// VariationOf gives the icon that speaks of a cause, by the direction that is
// wanted; empty for no cause.
func VariationOf(cause measures.Cause, wanted measures.Direction) measures.Variation {
	up := wanted == measures.Increase
	switch cause {
	case measures.Common:
		return measures.CommonCause
	case measures.Improvement:
		if up {
			return measures.ImprovementHigh
		}
		return measures.ImprovementLow
	case measures.Concern:
		if up {
			return measures.ConcernLow
		}
		return measures.ConcernHigh
	case measures.NeutralHigh:
		return measures.ShiftHigh
	case measures.NeutralLow:
		return measures.ShiftLow
	}
	return measures.VariationEmpty
}
