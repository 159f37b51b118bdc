package words

import "github.com/signalbox-health/signalbox/measures"

// finding is what the rules saw at the last measured point, and the judgement.
func (v *view) finding() (fact, judgement string) {
	c := v.c
	signals := v.reason()
	switch {
	case c.Kind == measures.MR:
		return v.rangeFinding(), ""
	case signals != 0:
		fact, lasting := v.seen(signals)
		return v.judged(fact, lasting)
	case c.Signals[v.last] != 0:
		return v.judged("The point breaks a rule ("+Rules(c.Signals[v.last])+")", false)
	}
	if statistics, tested := v.statistics(); tested && statistics.Signal {
		return v.runsFinding(statistics)
	}
	return v.chance(), ""
}

// reason is the signals at the last point that go with its cause. Where an
// improvement won over a concern, the reader is told why it is one.
func (v *view) reason() measures.Signals {
	signals := v.c.Signals[v.last]
	side := above
	switch v.c.Causes[v.last] {
	case measures.Improvement:
		if v.c.Direction == measures.Decrease {
			side = below
		}
	case measures.Concern:
		if v.c.Direction == measures.Increase {
			side = below
		}
	case measures.NeutralLow:
		side = below
	case measures.NeutralHigh:
	default:
		return 0
	}
	return signals & side
}

// seen tells the strongest of the signals, and whether it has lasted: a shift, a
// trend or several points outside are more than one odd month.
func (v *view) seen(signals measures.Signals) (fact string, lasting bool) {
	up := signals&above != 0
	outside := v.flagged(v.last, signals&(measures.OutsideUpper|measures.OutsideLower))
	shift := signals&(measures.ShiftAbove|measures.ShiftBelow) != 0
	sided := v.side(v.last, up)
	since := v.baselineEnd()
	switch {
	case since >= 0 && v.countingFrom(since) > 1 && v.allOutsideSince(since, up):
		return "All " + v.count(v.countingFrom(since)) + " since the baseline lie " + v.beyond(up, "its", outside), true
	case outside.points > 1 && shift && sided.points > outside.points:
		return v.inARow(sided, up) + v.lastOfThem(outside, up), true
	case outside.points > 1:
		return "The last " + v.count(outside.points) + " lie " + v.beyond(up, "the", outside), true
	case shift:
		return v.inARow(sided, up), true
	case outside.points == 1:
		return "It lies " + v.beyond(up, "the", outside), false
	case signals&(measures.TrendIncreasing|measures.TrendDecreasing) != 0:
		return v.trendFact(v.trend(v.last, up), up), true
	}
	return v.nearFact(up), false
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
		return fact + ":", change + v.direction("in the good direction") + contrary
	case measures.Concern:
		return fact + ":", change + v.direction("in the wrong direction") + contrary
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
	signals, up := v.c.Signals[v.last], v.reason()&above != 0
	against := above
	if up {
		against = below
	}
	switch against &= signals; {
	case against == 0:
		return "."
	case against&(measures.OutsideLower|measures.OutsideUpper) != 0:
		return "; yet it still lies " + v.beyond(!up, "the", run{first: v.last}) + "."
	case against&(measures.ShiftAbove|measures.ShiftBelow) != 0:
		return "; yet it still lies " + sideWord(!up) + " " + v.centre() + "."
	case against&(measures.TrendIncreasing|measures.TrendDecreasing) != 0:
		return "; yet it is now " + map[bool]string{true: "falling", false: "rising"}[up] + "."
	}
	return "; yet it still lies near the " + map[bool]string{true: "lower", false: "upper"}[up] + " limit."
}

func sideWord(up bool) string {
	if up {
		return "above"
	}
	return "below"
}

// beyond is "above its upper limit of 65.9%", with enough decimals for the point
// of the stretch that lies nearest.
func (v *view) beyond(up bool, whose string, r run) string {
	limit, name := v.c.Lower[v.last], "lower"
	if up {
		limit, name = v.c.Upper[v.last], "upper"
	}
	if v.brief {
		return sideWord(up) + " " + whose + " " + name + " limit"
	}
	nearest := v.c.Y[v.last]
	for i := r.first; i <= v.last; i++ {
		if y := v.c.Y[i]; up && y > limit && y < nearest || !up && y < limit && y > nearest {
			nearest = y
		}
	}
	return sideWord(up) + " " + whose + " " + name + " limit of " + v.apart(limit, nearest)
}

// inARow is "16 months in a row above the mean of 59.1%".
func (v *view) inARow(r run, up bool) string {
	return capital(v.count(r.points)) + " in a row " + sideWord(up) + " " + v.centre()
}

func (v *view) lastOfThem(r run, up bool) string {
	return ", the last " + inWords(r.points) + " of them " + v.beyond(up, "the", r)
}

func (v *view) trendFact(r run, up bool) string {
	way := "falling"
	if up {
		way = "rising"
	}
	return capital(v.count(r.points)) + " in a row " + way
}

// nearFact tells of two points in three beyond the near line.
func (v *view) nearFact(up bool) string {
	signal, name := measures.TwoInThreeBelow, "lower"
	if up {
		signal, name = measures.TwoInThreeAbove, "upper"
	}
	near, seen := 0, 0
	for i := v.last; i >= v.from && seen < 3; i-- {
		if v.counts(i) {
			seen++
			if v.c.Signals[i]&signal != 0 {
				near++
			}
		}
	}
	fact := capital(inWords(near)) + " of the last three " + v.noun(3)
	if near == 3 {
		fact = "The last three " + v.noun(3)
	}
	fact += " lie close to the " + name + " limit"
	limit := v.c.Lower[v.last]
	if up {
		limit = v.c.Upper[v.last]
	}
	if v.brief || measures.IsMissing(limit) {
		return fact
	}
	return fact + " of " + v.value(limit)
}

// allOutsideSince reports whether every point from one on that counts lies
// beyond the limit.
func (v *view) allOutsideSince(from int, up bool) bool {
	signal := measures.OutsideLower
	if up {
		signal = measures.OutsideUpper
	}
	for i := from; i <= v.last; i++ {
		if v.counts(i) && v.c.Signals[i]&signal == 0 {
			return false
		}
	}
	return true
}

func (v *view) countingFrom(from int) int {
	n := 0
	for i := from; i <= v.last; i++ {
		if v.counts(i) {
			n++
		}
	}
	return n
}
