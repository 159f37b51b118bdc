package words

import (
	"github.com/signalbox-health/signalbox/measures"
)

// view is a chart with what is looked up in it again and again.
type view struct {
	s     Subject
	c     *measures.Chart
	grain measures.Grain // empty: points, not periods
	// signals are the chart's, each with a side (see patterns.go).
	signals []measures.Signals
	last    int // the last measured point, or -1
	from    int // where its phase begins
	to      int // where its phase ends
	brief   bool
}

func look(s Subject, c *measures.Chart) *view {
	v := &view{s: s, c: c, last: c.Last(), signals: sided(c)}
	if v.s.Trend == 0 {
		v.s.Trend = trendLength(c.Rules)
	}
	if v.s.Minimum == 0 {
		v.s.Minimum = 13
	}
	v.grain = grainOf(s.Grain, c)
	if v.last < 0 {
		return v
	}
	v.from, v.to = v.last, v.last+1
	for v.from > 0 && c.Phase[v.from-1] == c.Phase[v.last] {
		v.from--
	}
	for v.to < c.Len() && c.Phase[v.to] == c.Phase[v.last] {
		v.to++
	}
	return v
}

// trendLength is how many points make a trend where nobody told.
func trendLength(rules measures.RuleSet) int {
	switch rules {
	case measures.IHI, measures.PowerBI:
		return 5
	case measures.Nelson:
		return 6
	}
	return 7
}

func (v *view) state(i int) measures.State {
	if i < len(v.c.States) {
		return v.c.States[i]
	}
	return measures.Final
}

// counts reports whether a point is measured and part of runs.
func (v *view) counts(i int) bool {
	return !measures.IsMissing(v.c.Y[i]) && v.state(i) != measures.Excluded
}

func (v *view) hasLimits() bool { return !measures.IsMissing(v.c.Upper[v.last]) }

// centreWord names the centre line: "mean", "median".
func (v *view) centreWord() string {
	switch {
	case v.s.Centre != "":
		return v.s.Centre
	case v.c.Kind == measures.Run, v.c.Kind == measures.G, v.s.Method.Median:
		return "median"
	case v.c.Kind == measures.T, v.c.Kind == measures.Custom:
		return "centre"
	}
	return "mean"
}

// centre is "the mean of 59.1%", or "the mean" where there is little room, or
// where it is another number at every point.
func (v *view) centre() string {
	if v.brief || v.moves(v.c.Centre, v.from, v.to) {
		return "the " + v.centreWord()
	}
	y, centre := v.c.Y[v.last], v.c.Centre[v.last]
	if y == centre {
		return "the " + v.centreWord() + " of " + v.value(centre)
	}
	return "the " + v.centreWord() + " of " + v.apart(centre, y)
}

// moves reports whether a line has different numbers at some points.
func (v *view) moves(line []float64, from, to int) bool {
	seen := measures.Missing
	for i := from; i < to; i++ {
		switch {
		case measures.IsMissing(line[i]):
		case measures.IsMissing(seen):
			seen = line[i]
		case line[i] != seen:
			return true
		}
	}
	return false
}

// run is a stretch of points that count, from first to last.
type run struct{ first, last, points int }

// back finds the stretch that ends at a point and holds throughout. Excluded
// points are passed over; missing ones end it, unless the rules pass over them.
func (v *view) back(end int, holds func(i int) bool) run {
	r := run{first: end, last: end}
	for i := end; i >= v.from; i-- {
		if measures.IsMissing(v.c.Y[i]) && !v.passes() {
			break
		}
		if !v.counts(i) && i != end {
			continue
		}
		if !holds(i) {
			break
		}
		r.first = i
		r.points++
	}
	return r
}

// side finds the points in a row on one side of the centre, up to a point.
func (v *view) side(end int, up bool) run {
	onCentre := 0
	r := v.back(end, func(i int) bool {
		if v.passes() && v.c.Y[i] == v.c.Centre[i] {
			onCentre++
			return true
		}
		return up && v.c.Y[i] > v.c.Centre[i] || !up && v.c.Y[i] < v.c.Centre[i]
	})
	r.points -= onCentre
	for r.first < r.last && (!v.counts(r.first) || v.c.Y[r.first] == v.c.Centre[r.first]) {
		r.first++
	}
	return r
}

// flagged finds the points in a row with a signal, up to a point.
func (v *view) flagged(end int, s measures.Signals) run {
	return v.back(end, func(i int) bool { return v.signals[i]&s != 0 })
}

// trend finds the points that rise or fall in a row, up to a point.
func (v *view) trend(end int, up bool) run {
	next, repeated := measures.Missing, 0
	r := v.back(end, func(i int) bool {
		y := v.c.Y[i]
		if v.passes() && y == next {
			repeated++
			return true
		}
		ok := measures.IsMissing(next) || up && y < next || !up && y > next
		if ok {
			next = y
		}
		return ok
	})
	r.points -= repeated
	return r
}

// baselineEnd is the first point after the baseline of the last phase, or -1
// where all its points make the limits.
func (v *view) baselineEnd() int {
	rows := v.s.Baseline
	for _, phase := range v.s.Phases {
		if int32(phase.Start) <= v.c.X[v.from] {
			rows = phase.Baseline
		}
	}
	if rows <= 0 || v.from+rows >= v.to {
		return -1
	}
	return v.from + rows
}

// quiet reports whether no rule fired in the last phase.
func (v *view) quiet() bool {
	for i := v.from; i < v.to; i++ {
		if v.signals[i] != 0 {
			return false
		}
	}
	return true
}

// measured counts the points of the last phase that count.
func (v *view) measured() int {
	n := 0
	for i := v.from; i < v.to; i++ {
		if v.counts(i) {
			n++
		}
	}
	return n
}

// statistics of the last phase, if it was tested for runs.
func (v *view) statistics() (measures.PhaseStatistics, bool) {
	k := int(v.c.Phase[v.last]) - 1
	if k < 0 || k >= len(v.c.Phases) {
		return measures.PhaseStatistics{}, false
	}
	return v.c.Phases[k], v.c.Phases[k].LongestRun != measures.NoNumber
}
