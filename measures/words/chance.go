package words

import "github.com/signalbox-health/signalbox/measures"

// chance is what is said when no rule fires at the last measured point.
func (v *view) chance() string {
	c := v.c
	if said := v.pluginSays(); said != "" {
		return said
	}
	switch {
	case c.Rules == measures.NoRules && v.measured() < shortRun:
		return capital(v.count(v.measured())) + ": too few to tell change from chance."
	case c.Rules == measures.NoRules:
		return "No rules were asked for, so nothing is judged."
	case measures.IsMissing(c.Centre[v.last]):
		return "There is no " + v.centreWord() + " to hold it against: nothing in the baseline was measured."
	case c.Kind == measures.Run:
		return v.runChance()
	case !v.hasLimits():
		return v.tooFew()
	case v.quiet() && v.brief:
		return "Moves only by chance."
	case v.quiet() && counted(c.Kind):
		return v.betweenChance()
	case v.quiet() && v.moves(c.Centre, v.from, v.to):
		return "It moves only by chance around the " + v.centreWord() + " of each " + v.noun(1) + "."
	case v.quiet():
		return "It moves only by chance around " + v.value(c.Centre[v.last]) + "."
	}
	return v.chanceNow()
}

// chanceNow speaks of a point within chance in a phase with earlier signals. To
// say that the series moves only by chance would contradict its chart.
func (v *view) chanceNow() string {
	text := "Within chance of " + v.centre()
	if !v.brief {
		text = "It lies within chance of " + v.centre()
	}
	for i := v.last; i >= v.from; i-- {
		if v.signals[i] != 0 && v.counts(i) {
			return text + "; the latest signal was " + v.at(i) + "."
		}
	}
	return text + "."
}

// tooFew says what is missing for limits. Shifts and trends that fired without
// limits are told before it comes to this.
func (v *view) tooFew() string {
	n := v.measured()
	switch {
	case v.c.Rules != measures.MDC && n > 1, v.c.Rules == measures.MDC && n >= v.s.Minimum:
		return "No limits could be made for it, so it is not judged by them."
	case v.c.Rules != measures.MDC:
		return capital(v.count(n)) + " in this phase: too few for limits."
	}
	return capital(v.count(n)) + " in this phase: limits and icons need " + Number(float64(v.s.Minimum), 0) + "."
}

// shortRun is how many useful points a run chart needs before its rules mean much.
const shortRun = 10

func (v *view) runChance() string {
	statistics, tested := v.statistics()
	middle := v.centre()
	switch {
	case !tested || statistics.Useful < shortRun:
		return "Too few " + v.noun(2) + " away from " + middle + " to tell change from chance."
	case v.c.Rules == measures.Anhoej:
		return "No run is unusually long, so no sign of change around " + middle + "."
	case !v.quiet():
		return v.chanceNow()
	}
	return "No shift and no trend, so no sign of change around " + middle + "."
}

// runsFinding tells which of the two limits of the runs test was passed. The
// test speaks of the phase as a whole, and has no direction.
func (v *view) runsFinding(s measures.PhaseStatistics) (fact, judgement string) {
	judgement = "more than chance, so something has changed."
	if v.c.Rules == measures.IHI {
		return capital(inWords(int(s.Runs))) + " " + plural("run", int(s.Runs)) + " about " + v.centre() + ", where chance gives " +
			inWords(int(s.RunsLow)) + " to " + inWords(int(s.RunsHigh)) + ":", judgement
	}
	if s.LongestRun > s.LongestRunMax {
		return capital(v.count(int(s.LongestRun))) + " in a row on one side of " + v.centre() + ", where chance gives at most " +
			inWords(int(s.LongestRunMax)) + ":", judgement
	}
	return "The line crosses " + v.centre() + " " + times(int(s.Crossings)) + ", where chance gives at least " +
		inWords(int(s.CrossingsMin)) + ":", judgement
}

func times(n int) string {
	switch n {
	case 0:
		return "not once"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return inWords(n) + " times"
}

// rangeFinding speaks of a chart of moving ranges, which judges no direction.
func (v *view) rangeFinding() string {
	switch {
	case !v.hasLimits() || v.c.Rules == measures.NoRules:
		return "The mean range is " + v.value(v.c.Centre[v.last]) + "."
	case v.c.Signals[v.last]&measures.OutsideUpper != 0:
		return "That is more than chance allows: the upper limit of the ranges is " + v.apart(v.c.Upper[v.last], v.c.Y[v.last]) + "."
	}
	return "That is no more than chance allows, up to " + v.value(v.c.Upper[v.last]) + "."
}
