package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// kindsOfSignal are the signals as a record lists them.
var kindsOfSignal = [...]struct {
	signal measures.Signals
	words  string
}{
	{measures.OutsideUpper, "above the upper limit"}, {measures.OutsideLower, "below the lower limit"},
	{measures.ShiftAbove, "a run above the centre"}, {measures.ShiftBelow, "a run below the centre"},
	{measures.TrendIncreasing, "a trend upwards"}, {measures.TrendDecreasing, "a trend downwards"},
	{measures.TwoInThreeAbove, "two of three near the upper limit"}, {measures.TwoInThreeBelow, "two of three near the lower limit"},
	{fourAbove, "four of five beyond one sigma above"}, {fourBelow, "four of five beyond one sigma below"},
	{alternates, "14 up and down in turn"}, {hugs, "15 within one sigma"}, {shuns, "eight beyond one sigma, on both sides"},
}

// found lists what the rules found in all phases, with dates and values.
func (v *view) found() string {
	if v.c.Rules == measures.NoRules {
		return "" // the reading says so
	}
	text := "Held against the rules of " + RuleSetExplained(v.c.Rules).Name
	if v.c.Kind == measures.Funnel || !patterned(v.c.Kind) {
		text = "Held against the limits only"
	}
	var parts []string
	for _, kind := range kindsOfSignal {
		if n, spans := v.spans(func(i int) bool { return v.signals[i]&kind.signal != 0 }, v.worth); n > 0 {
			parts = append(parts, v.signalWords(kind.signal, kind.words)+": "+spans)
		}
	}
	parts = append(parts, v.phasesOutOfRun()...)
	if len(parts) == 0 {
		return text + ", it shows nothing beyond chance."
	}
	return text + ", it shows " + strings.Join(parts, "; ") + "."
}

// signalWords are those of a signal on this kind of chart: a sum has a decision
// limit, and a weighted mean is what an EWMA chart's limits are for.
func (v *view) signalWords(signal measures.Signals, words string) string {
	switch {
	case v.added():
		return "the sum for " + v.less(signal == measures.OutsideUpper) + " past its limit"
	case v.c.Kind == measures.Funnel:
		return strings.Replace(strings.Replace(words, "upper", "outer", 1), "lower", "outer", 1)
	case v.c.Kind == measures.EWMA:
		return "the weighted mean " + words
	case v.c.Kind == measures.Run && strings.HasSuffix(words, "the centre"):
		return strings.TrimSuffix(words, "centre") + v.centreWord()
	}
	return words
}

// worth says what values a stretch has: " (70.1%)", " (12 months, 66.0% to 80.7%)".
func (v *view) worth(first, last, points int) string {
	column := v.c.Y
	switch {
	case v.added():
		return v.sumsAt(points)
	case v.c.Kind == measures.EWMA:
		column = v.c.EWMA
	}
	if points == 1 {
		return " (" + v.value(column[first]) + ")"
	}
	if from, to := v.value(column[first]), v.value(column[last]); from == to {
		return " (" + v.count(points) + ", " + from + ")"
	}
	return " (" + v.count(points) + ", from " + v.value(column[first]) + " to " + v.value(column[last]) + ")"
}

func (v *view) sumsAt(points int) string {
	if points == 1 {
		return ""
	}
	return " (" + v.count(points) + ")"
}

// added reports whether the chart is one of sums, whose limits are not values.
func (v *view) added() bool {
	switch v.c.Kind {
	case measures.CUSUM, measures.Bernoulli, measures.VLAD:
		return true
	}
	return false
}

// decisionAt gives the decision limits of a chart of sums.
func (v *view) decisionAt(i int) string {
	lower, upper := v.c.Lower[i], v.c.Upper[i]
	if measures.IsMissing(lower) || measures.IsMissing(upper) {
		return "no decision limits"
	}
	text := "decision limits " + trimZeros(Number(lower, 1)) + " and " + trimZeros(Number(upper, 1))
	switch v.c.Kind {
	case measures.CUSUM:
		return v.centreWord() + " " + Line(v.c.Centre[i], v.s.Unit) + ", " + text + " sd"
	case measures.Bernoulli:
		return "expected " + v.events() + " for each " + v.oneCase() + " " + significant(v.c.Centre[i]) + ", " + text
	}
	return text
}

// phasesOutOfRun tells of the phases whose runs are beyond chance as a whole.
func (v *view) phasesOutOfRun() []string {
	var parts []string
	for k, s := range v.c.Phases {
		if !s.Signal {
			continue
		}
		text := "runs beyond chance"
		if len(v.c.Phases) > 1 {
			text += " in phase " + Number(float64(k+1), 0)
		}
		if v.c.Rules == measures.IHI {
			text += " (" + inWords(int(s.Runs)) + ", where chance gives " + inWords(int(s.RunsLow)) + " to " + inWords(int(s.RunsHigh)) + ")"
		} else {
			text += " (the longest has " + inWords(int(s.LongestRun)) + ", chance gives at most " + inWords(int(s.LongestRunMax)) +
				"; the centre is crossed " + times(int(s.Crossings)) + ", chance gives at least " + inWords(int(s.CrossingsMin)) + ")"
		}
		parts = append(parts, text)
	}
	return parts
}
