package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// shortRules are the rules as the column of a table has them, in the order of
// the signals' bits.
var shortRules = [...]string{"above the limit", "below the limit", "trend up", "trend down", "2 of 3", "2 of 3",
	"run above", "run below", "Western Electric 1", "Western Electric 2", "Western Electric 3", "Western Electric 4",
	"Nelson 1", "Nelson 2", "Nelson 3", "Nelson 4", "Nelson 5", "Nelson 6", "Nelson 7", "Nelson 8"}

// Rules names the rules that fired at a point, for a table: "Above the limit; 2
// of 3; run above". A dash stands for none.
func Rules(s measures.Signals) string {
	if s == 0 {
		return "–"
	}
	var names []string
	for i, name := range shortRules {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return capital(strings.Join(names, "; "))
}

// Cause names a judgement on one point, for a table.
func Cause(c measures.Cause) string {
	switch c {
	case measures.Common:
		return "Common cause"
	case measures.Improvement:
		return "Improvement"
	case measures.Concern:
		return "Concern"
	case measures.NeutralHigh:
		return "Changed, higher"
	case measures.NeutralLow:
		return "Changed, lower"
	}
	return "–"
}

// State names the state of a point that is not simply final, or is empty.
func State(s measures.State, hidden string) string {
	switch s {
	case measures.Provisional:
		return "provisional"
	case measures.NotMeasured:
		return "not measured"
	case measures.Suppressed:
		if hidden != "" {
			return "hidden: " + hidden
		}
		return "hidden, a small number"
	case measures.Excluded:
		return "left out of the limits"
	}
	return ""
}

// Rule is one rule of the chart's rule set, and what it saw in the last phase.
type Rule struct {
	Title string // "A run on one side."
	Text  string // "16 months in a row above the mean of 59.1%, from February 2025. Seven would do."
	Fired bool
	// Cause is the judgement on the last point that fired it: the shape to show.
	Cause measures.Cause
}

// Explain goes through the rules that the chart was held against, those that did
// not fire as well.
func Explain(s Subject, c *measures.Chart) []Rule {
	v := look(s, c)
	if v.last < 0 || c.Rules == measures.NoRules {
		return nil
	}
	var rules []Rule
	if c.Kind != measures.Run {
		rules = append(rules, v.outsideRule())
	}
	if c.Kind == measures.MR {
		return rules
	}
	switch c.Rules {
	case measures.MDC, measures.MDCR022:
		rules = append(rules, v.shiftRule())
		if c.Kind != measures.Run {
			rules = append(rules, v.nearRule())
		}
		return append(rules, v.trendRule())
	case measures.Anhoej:
		return append(rules, v.runsRules()...)
	}
	return rules
}

// latest is the last point of the last phase with one of two signals, or -1.
func (v *view) latest(pair measures.Signals) int {
	for i := v.to - 1; i >= v.from; i-- {
		if v.c.Signals[i]&pair != 0 {
			return i
		}
	}
	return -1
}

func (v *view) fired(title, text string, at int) Rule {
	return Rule{Title: title, Text: text, Fired: true, Cause: v.c.Causes[at]}
}

func (v *view) outsideRule() Rule {
	const title = "Outside the limits."
	if !v.hasLimits() {
		return Rule{Title: title, Text: "Not asked: there are no limits yet."}
	}
	at := v.latest(measures.OutsideUpper | measures.OutsideLower)
	if at < 0 {
		return Rule{Title: title, Text: "Not fired: no " + v.noun(1) + " lies outside the limits."}
	}
	signal, up := measures.OutsideLower, false
	if v.c.Signals[at]&measures.OutsideUpper != 0 {
		signal, up = measures.OutsideUpper, true
	}
	limit, other := v.c.Lower[at], v.c.Upper[at]
	if up {
		limit, other = other, limit
	}
	text := v.often(at, signal) + " " + sideWord(up) + " " + v.apart(limit, v.c.Y[at]) + "."
	if n := v.all(measures.OutsideUpper|measures.OutsideLower) - v.all(signal); n > 0 {
		text += " " + capital(inWords(n)) + " earlier " + v.noun(n) + " " + lie(n) + " " + sideWord(!up) + " " + v.value(other) + "."
	}
	return v.fired(title, text, at)
}

func lie(n int) string {
	if n == 1 {
		return "lies"
	}
	return "lie"
}

// all counts the points of the last phase with a signal.
func (v *view) all(signal measures.Signals) int {
	n := 0
	for i := v.from; i < v.to; i++ {
		if v.c.Signals[i]&signal != 0 {
			n++
		}
	}
	return n
}

// often says how many of the last points have a signal, going back as far as
// four in five of them do: "14 of the last 15 months are". Where the signal is
// over, it names the last point that had it.
func (v *view) often(at int, signal measures.Signals) string {
	if at != v.last {
		n := v.all(signal)
		if n == 1 {
			return capital(v.period(at)) + " lies"
		}
		return capital(v.count(n)) + ", the last " + v.at(at) + ", lie"
	}
	seen, with, of, best := 0, 0, 1, 1
	for i := at; i >= v.from; i-- {
		if !v.counts(i) {
			continue
		}
		seen++
		if v.c.Signals[i]&signal != 0 {
			with++
			if with*5 >= seen*4 {
				of, best = seen, with
			}
		}
	}
	switch {
	case of == 1:
		return "The last " + v.noun(1) + " is"
	case of == best:
		return "The last " + v.count(of) + " are"
	}
	return capital(inWords(best)) + " of the last " + v.count(of) + " are"
}

func (v *view) shiftRule() Rule {
	const title = "A run on one side."
	at := v.latest(measures.ShiftAbove | measures.ShiftBelow)
	if at < 0 {
		return Rule{Title: title, Text: "Not fired: no seven " + v.noun(7) + " in a row lie on one side of the " + v.centreWord() + "."}
	}
	up := v.c.Signals[at]&measures.ShiftAbove != 0
	r := v.side(at, up)
	return v.fired(title, v.inARow(r, up)+v.stretch(r)+". Seven would do.", at)
}

// stretch says when a run began, and when it ended unless it still goes on.
func (v *view) stretch(r run) string {
	if r.last == v.last {
		return ", from " + v.period(r.first)
	}
	return ", from " + v.period(r.first) + " to " + v.period(r.last)
}

func (v *view) nearRule() Rule {
	const title = "Two of three near a limit."
	if !v.hasLimits() {
		return Rule{Title: title, Text: "Not asked: there are no limits yet."}
	}
	pair := measures.TwoInThreeAbove | measures.TwoInThreeBelow
	at := v.latest(pair)
	if at < 0 {
		return Rule{Title: title, Text: "Not fired: no two of three " + v.noun(3) + " in a row lie near the same limit."}
	}
	limit := "lower"
	if v.c.Signals[at]&measures.TwoInThreeAbove != 0 {
		limit = "upper"
	}
	r := v.flagged(at, v.c.Signals[at]&pair)
	switch {
	case r.last == v.last && r.points > 2:
		return v.fired(title, "Every "+v.noun(1)+" since "+v.period(r.first)+", near the "+limit+" limit or beyond it.", at)
	case r.points > 1:
		return v.fired(title, capital(v.period(r.first))+" to "+v.period(r.last)+", near the "+limit+" limit or beyond it.", at)
	}
	return v.fired(title, "The last was "+v.period(at)+", near the "+limit+" limit or beyond it.", at)
}

func (v *view) trendRule() Rule {
	title, enough := "A trend of "+inWords(v.s.Trend)+".", capital(inWords(v.s.Trend))+" would do."
	at := v.latest(measures.TrendIncreasing | measures.TrendDecreasing)
	if at < 0 {
		return Rule{Title: title, Text: "Not fired: no " + v.count(v.s.Trend) + " rise or fall in a row."}
	}
	up := v.c.Signals[at]&measures.TrendIncreasing != 0
	r := v.trend(at, up)
	return v.fired(title, v.trendFact(r, up)+v.stretch(r)+". "+enough, at)
}

// runsRules are the two limits of the runs test of the last phase.
func (v *view) runsRules() []Rule {
	statistics, tested := v.statistics()
	if !tested {
		return []Rule{{Title: "Unusual runs.", Text: "Not asked: no " + v.noun(1) + " lies off the " + v.centreWord() + "."}}
	}
	longest := Rule{Title: "A long run.", Fired: statistics.LongestRun > statistics.LongestRunMax, Cause: v.c.Causes[v.last],
		Text: "The longest run has " + v.count(int(statistics.LongestRun)) + " on one side of the " + v.centreWord() +
			"; chance gives at most " + inWords(int(statistics.LongestRunMax)) + "."}
	few := Rule{Title: "Few crossings.", Fired: statistics.Crossings < statistics.CrossingsMin, Cause: v.c.Causes[v.last],
		Text: "The line crosses the " + v.centreWord() + " " + times(int(statistics.Crossings)) + "; chance gives at least " +
			inWords(int(statistics.CrossingsMin)) + "."}
	for _, rule := range []*Rule{&longest, &few} {
		if !rule.Fired {
			rule.Text = "Not fired: " + string(rule.Text[0]-'A'+'a') + rule.Text[1:]
		}
	}
	return []Rule{longest, few}
}
