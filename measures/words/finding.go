package words

import "github.com/signalbox-health/signalbox/measures"

// finding is what the rules saw at the last measured point, and the judgement.
func (v *view) finding() (fact, judgement string) {
	switch v.c.Kind {
	case measures.MR:
		return v.rangeFinding(), ""
	case measures.Funnel:
		return v.funnelFinding()
	case measures.CUSUM, measures.Bernoulli, measures.VLAD:
		return v.sumFinding()
	case measures.EWMA:
		return v.smoothFinding()
	}
	signals := v.reason()
	switch {
	case signals != 0:
		fact, lasting := v.seen(signals)
		return v.judged(fact, lasting)
	case v.c.Signals[v.last] != 0:
		return v.judged("The point breaks a rule ("+Rules(v.c.Signals[v.last])+")", false)
	}
	if statistics, tested := v.statistics(); tested && statistics.Signal {
		return v.runsFinding(statistics)
	}
	return v.chance(), ""
}

// reason is the signals at the last point that go with its cause. Where an
// improvement won over a concern, the reader is told why it is one.
func (v *view) reason() measures.Signals {
	signals := v.signals[v.last]
	switch first := v.c.Signals[v.last] & -v.c.Signals[v.last]; first {
	case measures.Nelson4, measures.Nelson7, measures.Nelson8:
		return signals & undirected
	}
	up, judged := v.wentUp()
	switch {
	case !judged:
		return 0
	case up:
		return signals & above
	}
	return signals & below
}

// wentUp tells from the cause of the last point which way it went.
func (v *view) wentUp() (up, judged bool) {
	switch v.c.Causes[v.last] {
	case measures.Improvement:
		return v.c.Direction != measures.Decrease, true
	case measures.Concern:
		return v.c.Direction != measures.Increase, true
	case measures.NeutralHigh:
		return true, true
	case measures.NeutralLow:
		return false, true
	}
	return false, false
}

// seen tells the strongest of the signals, and whether it has lasted: a shift, a
// trend or several points outside are more than one odd month.
func (v *view) seen(signals measures.Signals) (fact string, lasting bool) {
	up := signals&above != 0
	out := v.flagged(v.last, signals&outside)
	shift := signals&shifts != 0
	sided := v.side(v.last, up)
	since := v.baselineEnd()
	switch {
	case since >= 0 && v.countingFrom(since) > 1 && v.allOutsideSince(since, up):
		return "All " + v.count(v.countingFrom(since)) + " since the baseline lie " + v.beyond(up, "its", out), true
	case out.points > 1 && shift && sided.points > out.points:
		return v.inARow(sided, up) + v.lastOfThem(out, up), true
	case out.points > 1:
		return "The last " + v.count(out.points) + " lie " + v.beyond(up, "the", out), true
	case shift:
		return v.inARow(sided, up), true
	case out.points == 1:
		return "It lies " + v.beyond(up, "the", out), false
	case signals&trends != 0:
		return v.trendFact(v.trend(v.last, up), up), true
	case signals&near != 0:
		return v.nearFact(up), false
	case signals&fours != 0:
		return v.fourFact(up), true
	}
	return v.undirectedFact(signals), true
}

// judged ends a fact with its judgement, or with a full stop where no direction
// is wanted.
func (v *view) judged(fact string, lasting bool) (string, string) {
	change := "a real change"
	if !lasting {
		change = "more than chance alone"
	}
	contrary := v.contrary()
	switch v.c.Causes[v.last] {
	case measures.Improvement:
		return fact + ":", change + v.direction("in the good direction") + v.rarer(lasting) + contrary
	case measures.Concern:
		return fact + ":", change + v.direction("in the wrong direction") + v.rarer(lasting) + contrary
	}
	if v.reason()&undirected != 0 && v.c.Direction != measures.Neutral {
		return fact + ":", "more than chance alone, neither good nor bad."
	}
	return fact + contrary, ""
}

func (v *view) direction(words string) string {
	if v.brief && v.c.Causes[v.last] == measures.Improvement {
		return ""
	}
	return ", " + words
}

// contrary ends the sentence; where other rules speak the other way at the same
// point, it says so.
func (v *view) contrary() string {
	signals, up := v.signals[v.last], v.reason()&above != 0
	against := above
	if up {
		against = below
	}
	switch against &= signals; {
	case against == 0 || v.reason()&undirected != 0:
		return "."
	case v.added():
		return "; yet the sum for " + v.less(!up) + " is past its limit, too."
	case against&outside != 0:
		return "; yet it still lies " + v.beyond(!up, "the", run{first: v.last}) + "."
	case against&shifts != 0:
		return "; yet it still lies " + sideWord(!up) + " " + v.centre() + "."
	case against&trends != 0:
		return "; yet it is now " + map[bool]string{true: "falling", false: "rising"}[up] + "."
	case against&fours != 0:
		return "; yet most of the last " + v.count(5) + " lie " + sideWord(!up) + " " + v.centre() + "."
	}
	return "; yet it still lies near the " + map[bool]string{true: "lower", false: "upper"}[up] + " limit."
}

func sideWord(up bool) string {
	if up {
		return "above"
	}
	return "below"
}
