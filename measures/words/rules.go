package words

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// Rule is one rule of the chart's rule set, and what it saw in the last phase.
type Rule struct {
	Title string // "A run on one side."
	Text  string // "16 months in a row above the mean of 59.1%, from February 2025. Seven would do."
	Fired bool
	// Cause is the judgement on the last point that fired it: the shape to show.
	Cause measures.Cause
	// Code is where the glossary explains the rule: "rule-shift".
	Code string
	// Chance is how often chance alone does that: "By chance alone: of stretches of
	// seven months, one in 64." It may be empty.
	Chance string
}

// Explain goes through the rules that the chart was held against, those that did
// not fire as well.
func Explain(s Subject, c *measures.Chart) []Rule {
	v := look(s, c)
	if v.last < 0 || c.Rules == measures.NoRules {
		return nil
	}
	switch c.Kind {
	case measures.Funnel:
		return []Rule{v.funnelRule()}
	case measures.CUSUM, measures.Bernoulli, measures.VLAD:
		return []Rule{v.decisionRule()}
	case measures.EWMA:
		return []Rule{v.smoothRule()}
	case measures.MR:
		return []Rule{v.outsideRule()}
	}
	var rules []Rule
	if c.Kind != measures.Run {
		rules = append(rules, v.outsideRule())
	}
	switch c.Rules {
	case measures.MDC, measures.MDCR022, measures.PowerBI:
		rules = append(rules, v.shiftRule())
		if c.Kind != measures.Run {
			rules = append(rules, v.nearRule())
		}
		return append(rules, v.trendRule())
	case measures.Anhoej:
		return append(rules, v.runsRules()...)
	case measures.IHI:
		return append(rules, v.shiftRule(), v.trendRule(), v.runsTableRule())
	case measures.WesternElectric:
		return append(rules, v.zoneRules()...)
	case measures.Nelson:
		return append(rules, v.nelsonRules()...)
	}
	return rules
}

// outsideOdds is how often chance alone passes the limits. Cases between events
// fall off like an exponential, which passes mean and three sigma, four means,
// far more often than a bell does.
func (v *view) outsideOdds() float64 {
	if v.c.Kind == measures.G {
		return math.Exp(-4)
	}
	return 2 * beyondSigma(3)
}

// latest is the last point of the last phase with one of two signals, or -1.
func (v *view) latest(pair measures.Signals) int {
	for i := v.to - 1; i >= v.from; i-- {
		if v.signals[i]&pair != 0 {
			return i
		}
	}
	return -1
}

// rule begins what is said of a rule: its title and how often chance does that.
func (v *view) rule(code, title, chance string) Rule {
	r := Rule{Code: code, Title: title}
	if chance != "" {
		r.Chance = "By chance alone: " + chance
	}
	return r
}

func (r Rule) not(text string) Rule {
	r.Text = text
	return r
}

func (r Rule) by(v *view, text string, at int) Rule {
	r.Text, r.Fired, r.Cause = text, true, v.c.Causes[at]
	return r
}

// code is the name of a rule in the set of the chart.
func (v *view) code(generic, western, nelson string) string {
	switch v.c.Rules {
	case measures.WesternElectric:
		return western
	case measures.Nelson:
		return nelson
	}
	return generic
}

func (v *view) outsideRule() Rule {
	r := v.rule(v.code("rule-outside", "rule-we-1", "rule-nelson-1"), "Outside the limits.", "about "+oneIn(v.outsideOdds())+" "+v.noun(2)+".")
	if v.c.Kind == measures.MR {
		r.Chance = "" // ranges overlap, and are far from bell-shaped
	}
	if !v.hasLimits() {
		return r.not("Not asked: there are no limits yet.")
	}
	at := v.latest(outside)
	if at < 0 {
		return r.not("Not fired: no " + v.noun(1) + " lies outside the limits.")
	}
	signal, up := measures.OutsideLower, false
	line, other := v.c.Lower, v.c.Upper
	if v.signals[at]&measures.OutsideUpper != 0 {
		signal, up = measures.OutsideUpper, true
		line, other = other, line
	}
	limit, others := v.apart(line[at], v.c.Y[at]), v.value(other[at])
	if v.all(signal) > 1 && v.moves(line, v.from, v.to) {
		limit = limitName(up)
	}
	if v.moves(other, v.from, v.to) {
		others = limitName(!up)
	}
	text := v.often(at, signal) + " " + sideWord(up) + " " + limit + "."
	if n := v.all(outside) - v.all(signal); n > 0 {
		text += " " + capital(inWords(n)) + " earlier " + v.noun(n) + " " + lie(n) + " " + sideWord(!up) + " " + others + "."
	}
	return r.by(v, text, at)
}

func limitName(up bool) string {
	if up {
		return "the upper limit"
	}
	return "the lower limit"
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
		if v.signals[i]&signal != 0 {
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
		if v.signals[i]&signal != 0 {
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
