package words

import "github.com/signalbox-health/signalbox/measures"

func (v *view) shiftRule() Rule {
	enough := v.shiftLength()
	r := v.rule(v.code("rule-shift", "rule-we-4", "rule-nelson-2"), "A run on one side.", "of stretches of "+inWords(enough)+", "+exactlyOneIn(sameSide(enough))+".")
	at := v.latest(shifts)
	if at < 0 {
		return r.not("Not fired: no " + v.count(enough) + " in a row lie on one side of the " + v.centreWord() + ".")
	}
	up := v.signals[at]&measures.ShiftAbove != 0
	found := v.side(at, up)
	return r.by(v, v.inARow(found, up)+v.stretch(found)+". "+capital(inWords(enough))+" would do.", at)
}

// stretch says when a run began, and when it ended unless it still goes on.
func (v *view) stretch(r run) string {
	if r.last == v.last {
		return ", from " + v.period(r.first)
	}
	return ", from " + v.period(r.first) + " to " + v.period(r.last)
}

func (v *view) nearRule() Rule {
	odds := 2 * most(2, 3, beyondSigma(2))
	if v.c.Rules == measures.MDC || v.c.Rules == measures.MDCR022 {
		odds = twoOfThreeOneSide()
	}
	r := v.rule(v.code("rule-two-in-three", "rule-we-2", "rule-nelson-5"), "Two of three near a limit.", "of threes, about "+oneIn(odds)+".")
	if v.c.Kind == measures.G {
		r.Chance = ""
	}
	if !v.hasLimits() {
		return r.not("Not asked: there are no limits yet.")
	}
	at := v.latest(near)
	if at < 0 {
		return r.not("Not fired: no two of three " + v.noun(3) + " in a row lie near the same limit.")
	}
	limit := "lower"
	if v.signals[at]&measures.TwoInThreeAbove != 0 {
		limit = "upper"
	}
	found := v.flagged(at, v.signals[at]&near)
	switch {
	case found.last == v.last && found.points > 2:
		return r.by(v, "Every "+v.noun(1)+" since "+v.period(found.first)+", near the "+limit+" limit or beyond it.", at)
	case found.points > 1:
		return r.by(v, capital(v.period(found.first))+" to "+v.period(found.last)+", near the "+limit+" limit or beyond it.", at)
	}
	return r.by(v, "The last was "+v.period(at)+", near the "+limit+" limit or beyond it.", at)
}

func (v *view) trendRule() Rule {
	enough := v.s.Trend
	r := v.rule(v.code("rule-trend", "", "rule-nelson-3"), "A trend of "+inWords(enough)+".", "of stretches of "+inWords(enough)+", "+exactlyOneIn(monotone(enough))+".")
	at := v.latest(trends)
	if at < 0 {
		return r.not("Not fired: no " + v.count(enough) + " rise or fall in a row.")
	}
	up := v.signals[at]&measures.TrendIncreasing != 0
	found := v.trend(at, up)
	return r.by(v, v.trendFact(found, up)+v.stretch(found)+". "+capital(inWords(enough))+" would do.", at)
}
