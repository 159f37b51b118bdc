package words

import (
	"github.com/signalbox-health/signalbox/measures"
)

const (
	above = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	below = measures.OutsideLower | measures.TrendDecreasing | measures.TwoInThreeBelow | measures.ShiftBelow
)

// view is a chart with what is looked up in it again and again.
type view struct {
	s     Subject
	c     *measures.Chart
	grain measures.Grain // empty: points, not periods
	last  int            // the last measured point, or -1
	from  int            // where its phase begins
	to    int            // where its phase ends
	brief bool
}

func look(s Subject, c *measures.Chart) *view {
	v := &view{s: s, c: c, last: c.Last()}
	if v.s.Trend == 0 {
		v.s.Trend = 7
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
	case v.c.Kind == measures.Run:
		return "median"
	}
	return "mean"
}

// centre is "the mean of 59.1%", or "the mean" where there is little room.
func (v *view) centre() string {
	if v.brief {
		return "the " + v.centreWord()
	}
	y, centre := v.c.Y[v.last], v.c.Centre[v.last]
	if y == centre {
		return "the " + v.centreWord() + " of " + v.value(centre)
	}
	return "the " + v.centreWord() + " of " + v.apart(centre, y)
}

// run is a stretch of points that count, from first to last.
type run struct{ first, last, points int }

// back finds the stretch that ends at a point and holds throughout. Missing
// points end it; excluded ones are passed over.
func (v *view) back(end int, holds func(i int) bool) run {
	r := run{first: end, last: end}
	for i := end; i >= v.from; i-- {
		if measures.IsMissing(v.c.Y[i]) {
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
	return v.back(end, func(i int) bool {
		return up && v.c.Y[i] > v.c.Centre[i] || !up && v.c.Y[i] < v.c.Centre[i]
	})
}

// flagged finds the points in a row with a signal, up to a point.
func (v *view) flagged(end int, s measures.Signals) run {
	return v.back(end, func(i int) bool { return v.c.Signals[i]&s != 0 })
}

// trend finds the points that rise or fall in a row, up to a point.
func (v *view) trend(end int, up bool) run {
	next := measures.Missing
	return v.back(end, func(i int) bool {
		y := v.c.Y[i]
		ok := measures.IsMissing(next) || up && y < next || !up && y > next
		next = y
		return ok
	})
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
		if v.c.Signals[i] != 0 {
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
