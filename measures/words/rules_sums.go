package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// decisionRule is the one rule of charts that add up.
func (v *view) decisionRule() Rule {
	chance := ""
	if m := v.s.Method; v.c.Kind == measures.CUSUM && m.Shift > 0 && m.Decision > 0 && m.HeadStart == 0 {
		chance = "a false alarm about once in " + Number(twoDigits(cusumLength(m.Shift/2, m.Decision)), 0) + " " + v.noun(2) + "."
	}
	r := v.rule("rule-decision", "Past the decision limit.", chance)
	switch {
	case v.aggregated():
		return r.not("Not asked: the sums need one point for each case.")
	case !v.hasLimits():
		return r.not("Not asked: there are no limits yet.")
	}
	at := v.latest(outside)
	if at < 0 {
		return r.not("Not fired: neither sum crosses its decision limit.")
	}
	which := "sum for " + v.less(v.signals[at]&measures.OutsideUpper != 0)
	n := v.all(outside)
	text := "The " + which + " is past its limit " + v.at(at)
	if at != v.last {
		text = "The " + which + " was last past its limit " + v.at(at)
	}
	if n > 1 {
		text += ", one of " + v.count(n) + " at which a sum is"
	}
	return r.by(v, text+".", at)
}

// smoothRule is the one rule of an EWMA chart.
func (v *view) smoothRule() Rule {
	const usual = 0.2 // the weight that the odds are known for
	chance := ""
	if v.s.Method.Lambda == usual {
		chance = "a false alarm about once in 560 " + v.noun(2) + "."
	}
	r := v.rule("rule-ewma", "The weighted mean outside its limits.", chance)
	if !v.hasLimits() {
		return r.not("Not asked: there are no limits yet.")
	}
	at := v.latest(outside)
	if at < 0 {
		return r.not("Not fired: the weighted mean stays within its limits.")
	}
	up := v.signals[at]&measures.OutsideUpper != 0
	limit := v.c.Lower[at]
	if up {
		limit = v.c.Upper[at]
	}
	found := v.flagged(at, v.signals[at]&outside)
	text := "The weighted mean lies " + sideWord(up) + " " + v.apart(limit, held(v.c.EWMA, at)) + " " + v.at(at)
	if found.points > 1 {
		text = "The weighted mean lies " + sideWord(up) + " its limit at " + v.count(found.points) + " in a row" + v.stretch(found)
	}
	return r.by(v, text+".", at)
}

// funnelRule names the groups outside a funnel. Beyond the inner limits some lie
// by chance, so their number is said and no name.
func (v *view) funnelRule() Rule {
	limited, high, low := v.outOfFunnel()
	r := v.rule("rule-funnel", "Outside the funnel.", "one in 500 groups; beyond the inner limits of 95% one in 20.")
	if limited == 0 {
		return r.not("Not asked: there are no limits.")
	}
	between := v.between95()
	inner := capital(inWords(between)) + " more " + lie(between) + " between the inner limits of 95% and the outer ones."
	if high+low == 0 {
		return r.not("Not fired: no " + v.noun(1) + " lies outside the outer limits. " + inner)
	}
	var names []string
	at := -1
	for _, i := range v.byName() {
		if v.signals[i]&outside != 0 {
			names, at = append(names, v.group(i)), i
		}
	}
	const mostNames = 12
	if len(names) > mostNames {
		names = append(names[:mostNames:mostNames], inWords(high+low-mostNames)+" more")
	}
	return r.by(v, strings.Join(names, ", ")+". "+inner, at)
}

// between95 counts the groups beyond the inner limits and within the outer ones.
func (v *view) between95() int {
	n := 0
	for i, y := range v.c.Y {
		if v.signals[i]&outside == 0 && (y > v.c.NearUpper[i] || y < v.c.NearLower[i]) {
			n++
		}
	}
	return n
}
