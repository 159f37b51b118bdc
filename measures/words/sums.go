package words

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// sumFinding reads the charts that add up: cusum, bernoulli and vlad. Their
// signals come from sums that cross a decision limit, never from single points.
func (v *view) sumFinding() (fact, judgement string) {
	switch {
	case v.c.Rules == measures.NoRules:
		return "No rules were asked for, so nothing is judged.", ""
	case v.aggregated():
		return "Only single cases could say whether that is more than chance.", ""
	case !v.hasLimits():
		return v.tooFew(), ""
	}
	if v.signals[v.last] == 0 {
		return v.sumChance(), ""
	}
	up, _ := v.wentUp()
	return v.judged(v.crossed(up), true)
}

// aggregated reports whether a VLAD chart has more than one case a point, and so
// no sums that could tell more than chance.
func (v *view) aggregated() bool { return v.c.Kind == measures.VLAD && v.c.CusumHigh == nil }

// crossed tells of a sum past its limit at the last point, and since when it
// had been growing.
func (v *view) crossed(up bool) string {
	sum, limit := v.c.CusumLow, v.c.Lower[v.last]
	if up {
		sum, limit = v.c.CusumHigh, v.c.Upper[v.last]
	}
	stands, over := math.Abs(held(sum, v.last)), math.Abs(limit)
	if v.brief {
		return "The sum for " + v.less(up) + " is past its decision limit"
	}
	since := "Since " + v.period(v.grewFrom(sum)) + " "
	if v.c.Kind == measures.CUSUM {
		return since + "differences " + sideWord(up) + " the " + v.centreWord() + " of " + v.value(v.c.Centre[v.last]) + " have added up to " +
			Number(stands, 1) + " sd, past the decision limit of " + v.sumApart(over, stands)
	}
	return since + "there have been " + v.less(up) + " than expected, and their sum of " + Number(stands, 1) + " has reached its decision limit of " + trimZeros(Number(over, 1))
}

// less is what a sum speaks for: "more deaths", "lower values".
func (v *view) less(up bool) string {
	switch {
	case v.c.Kind == measures.CUSUM && up:
		return "higher values"
	case v.c.Kind == measures.CUSUM:
		return "lower values"
	case up:
		return "more " + v.events()
	}
	return "fewer " + v.events()
}

// held is a number of a column that only some kinds have, or measures.Missing.
func held(column []float64, i int) float64 {
	if i < len(column) {
		return column[i]
	}
	return measures.Missing
}

// sumApart writes a decision limit so that it lies apart from its sum.
func (v *view) sumApart(limit, sum float64) string {
	for decimals := 1; decimals < 6; decimals++ {
		if Number(limit, decimals) != Number(sum, decimals) {
			return trimZeros(Number(limit, decimals))
		}
	}
	return trimZeros(Number(limit, 6))
}

func trimZeros(text string) string {
	if len(text) > 2 && text[len(text)-2:] == ".0" {
		return text[:len(text)-2]
	}
	return text
}

// grewFrom is the first of the points in a row at which a sum lay off zero: about
// where a change began.
func (v *view) grewFrom(sum []float64) int {
	first := v.last
	for i := v.last; i >= v.from; i-- {
		switch {
		case measures.IsMissing(held(sum, i)):
			continue
		case i != v.last && (sum[i] == 0 || v.c.Kind != measures.CUSUM && v.signals[i]&v.signals[v.last] != 0):
			return first // where it was zero, or began again after a signal
		}
		first = i
	}
	return first
}

// sumChance is said where neither sum is past its limit at the last point.
func (v *view) sumChance() string {
	text := "Neither sum is past its decision limit of " + trimZeros(Number(v.c.Upper[v.last], 1))
	if -v.c.Lower[v.last] != v.c.Upper[v.last] {
		text = "Neither sum is past its decision limit"
	}
	at := -1
	for i := v.last; i >= v.from; i-- {
		if v.signals[i] != 0 && v.counts(i) {
			at = i
			break
		}
	}
	switch {
	case at >= 0:
		return text + "; the latest signal was " + v.at(at) + "."
	case v.brief:
		return "Moves only by chance."
	}
	return text + ": it moves only by chance."
}

// smoothFinding reads an EWMA chart, whose limits belong to the weighted mean.
func (v *view) smoothFinding() (fact, judgement string) {
	smooth := held(v.c.EWMA, v.last)
	switch {
	case v.c.Rules == measures.NoRules:
		return "No rules were asked for, so nothing is judged.", ""
	case !v.hasLimits() || measures.IsMissing(smooth):
		return v.tooFew(), ""
	case v.signals[v.last] == 0 && v.quiet() && v.brief:
		return "Moves only by chance.", ""
	case v.signals[v.last] == 0 && v.quiet():
		return "Its weighted mean of " + v.value(smooth) + " moves only by chance around " + v.value(v.c.Centre[v.last]) + ".", ""
	case v.signals[v.last] == 0:
		return v.chanceNow(), ""
	}
	up, _ := v.wentUp()
	limit, name := v.c.Lower[v.last], "lower"
	if up {
		limit, name = v.c.Upper[v.last], "upper"
	}
	r := v.flagged(v.last, v.signals[v.last])
	fact = "Its weighted mean"
	if !v.brief {
		fact += " of " + v.value(smooth)
	}
	if r.points > 1 {
		fact += ", for the " + ordinal(r.points) + " " + v.noun(1) + " in a row,"
	}
	fact += " lies " + sideWord(up) + " its " + name + " limit"
	if !v.brief {
		fact += " of " + v.apart(limit, smooth)
	}
	return v.judged(fact, r.points > 1)
}

// ordinal is "third"; from ten on it is "10th".
func ordinal(n int) string {
	words := [...]string{"", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"}
	if n < len(words) {
		return words[n]
	}
	suffix := "th"
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return Number(float64(n), 0) + suffix
}

// tally is the opening of charts that follow single cases: "12.3 fewer deaths
// than expected over 400 operations (28 deaths)." or "28 deaths in 400 operations."
func (v *view) tally() string {
	n, seen := 0, 0.0
	for i := v.from; i <= v.last; i++ {
		if v.counts(i) {
			n++
			seen += v.c.Y[i]
		}
	}
	cases, saved := Number(float64(n), 0)+" "+v.noun(n), held(v.c.VLAD, v.last)
	if v.c.Kind == measures.Bernoulli || measures.IsMissing(saved) {
		return Number(seen, 0) + " " + v.some(seen) + " in " + cases + "."
	}
	than := "fewer "
	if saved < 0 {
		than = "more "
	}
	return Number(math.Abs(saved), 1) + " " + than + v.events() + " than expected over " + cases + " (" + Number(seen, 0) + " " + v.some(seen) + ")."
}

// some is "death" for one and "deaths" for any other number.
func (v *view) some(n float64) string {
	if n == 1 {
		return v.event()
	}
	return v.events()
}
