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

// beyond is "above its upper limit of 65.9%", with enough decimals for the point
// of the stretch that lies nearest.
func (v *view) beyond(up bool, whose string, r run) string {
	line, name := v.c.Lower, "lower"
	if up {
		line, name = v.c.Upper, "upper"
	}
	limit := line[v.last]
	switch {
	case r.points > 1 && v.moves(line, r.first, v.last+1):
		return sideWord(up) + " their " + name + " limits"
	case v.brief:
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
	name, line := "lower", v.c.Lower
	if up {
		name, line = "upper", v.c.Upper
	}
	fact := v.share(max(2, v.among(3, func(i int) bool { return v.isNear(i, up) })), 3) + " lie close to the " + name + " limit"
	limit := line[v.last]
	if v.brief || measures.IsMissing(limit) || v.moves(line, v.from, v.last+1) {
		return fact
	}
	return fact + " of " + v.value(limit)
}

// isNear reports whether a point lies beyond the near line. Zone rules flag
// only the point that completes a pattern, so there its neighbours are looked at
// themselves.
func (v *view) isNear(i int, up bool) bool {
	switch {
	case !zoned(v.c.Rules) && up:
		return v.signals[i]&measures.TwoInThreeAbove != 0
	case !zoned(v.c.Rules):
		return v.signals[i]&measures.TwoInThreeBelow != 0
	case up:
		return v.c.Y[i] > v.c.NearUpper[i]
	}
	return v.c.Y[i] < v.c.NearLower[i]
}

// among counts how many of the last so many points that count hold.
func (v *view) among(of int, holds func(i int) bool) int {
	n := 0
	for i := v.last; i >= v.from && of > 0; i-- {
		if v.counts(i) {
			of--
			if holds(i) {
				n++
			}
		}
	}
	return n
}

// share is "Two of the last three months", or "The last three months".
func (v *view) share(n, of int) string {
	if n == of {
		return "The last " + v.count(of)
	}
	return capital(inWords(n)) + " of the last " + v.count(of)
}

// fourFact tells of four points in five beyond one sigma.
func (v *view) fourFact(up bool) string {
	n := v.among(5, func(i int) bool {
		sigma := v.sigma(i)
		return up && v.c.Y[i] > v.c.Centre[i]+sigma || !up && v.c.Y[i] < v.c.Centre[i]-sigma
	})
	return v.share(max(4, n), 5) + " lie more than one sigma " + sideWord(up) + " " + v.centre()
}

// sigma at a point, from the near lines at two. Lines that end at what the
// measure can be are shortened on one side only.
func (v *view) sigma(i int) float64 {
	return max(v.c.NearUpper[i]-v.c.Centre[i], v.c.Centre[i]-v.c.NearLower[i]) / 2
}

// undirectedFact tells of patterns that go neither up nor down.
func (v *view) undirectedFact(signals measures.Signals) string {
	switch {
	case signals&alternates != 0:
		return "The last " + v.count(14) + " went up and down in turn"
	case signals&hugs != 0:
		return "The last " + v.count(15) + " lie within one sigma of " + v.centre() + ", closer than the limits say"
	}
	return "The last " + v.count(8) + " all lie more than one sigma from " + v.centre() + ", on both sides"
}

// allOutsideSince reports whether every point from one on that counts lies
// beyond the limit.
func (v *view) allOutsideSince(from int, up bool) bool {
	signal := measures.OutsideLower
	if up {
		signal = measures.OutsideUpper
	}
	for i := from; i <= v.last; i++ {
		if v.counts(i) && v.signals[i]&signal == 0 {
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
