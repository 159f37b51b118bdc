package wire

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// Accept holds an answer against the question. It refuses charts of series
// that were not asked about, other x than were given, phases that do not
// count up from 1, values where nothing was measured. It gives each
// chart the states of the question's points, in which a plugin has no say.
// Whether the limits are true is for plugins.Verify.
func (a *Answer) Accept(q *Request) error {
	if a.Status != OK {
		if len(a.Charts) != 0 {
			return refuse(RuleMessage, "status %d with %d charts", a.Status, len(a.Charts))
		}
		if a.Message == "" {
			return refuse(RuleMessage, "status %d without a message for the reader", a.Status)
		}
		return nil
	}
	if err := a.coverage(q); err != nil {
		return err
	}
	for i := range a.Charts {
		c := &a.Charts[i]
		if c.XIsDate == q.Whole {
			return refuse(RuleX, "chart %d: x are dates in one of question and answer only", i)
		}
		if err := acceptPoints(c, i, &q.Series[c.Series]); err != nil {
			return err
		}
		if err := acceptPhases(c, i); err != nil {
			return err
		}
	}
	return nil
}

// coverage checks that every series has charts, in its order.
func (a *Answer) coverage(q *Request) error {
	series, charts := -1, 0
	for i := range a.Charts {
		s := a.Charts[i].Series
		switch {
		case s < 0 || s >= len(q.Series):
			return refuse(RuleSeries, "chart %d is of series %d; there are %d", i, s, len(q.Series))
		case s < series:
			return refuse(RuleOrder, "chart %d is of series %d, after a chart of series %d", i, s, series)
		case s > series+1:
			return refuse(RuleSeries, "series %d has no chart", series+1)
		case s == series+1:
			series, charts = s, 0
		}
		if charts++; charts > MaxCharts {
			return refuse(RuleSeries, "series %d has more than %d charts", s, MaxCharts)
		}
	}
	if series != len(q.Series)-1 {
		return refuse(RuleSeries, "series %d has no chart", series+1)
	}
	return nil
}

// acceptPoints holds the points of a chart against the rows of its series:
// one for one, but for charts of subgroups, where rows of equal x are one.
func acceptPoints(c *measures.Chart, i int, s *measures.Series) error {
	subgroups := c.Kind == measures.XBar || c.Kind == measures.S
	c.States = make([]measures.State, 0, len(c.X))
	point := 0
	for row, next := 0, 0; row < len(s.Periods); row = next {
		next = row + 1
		for subgroups && next < len(s.Periods) && s.Periods[next] == s.Periods[row] {
			next++
		}
		if point == len(c.X) {
			return refuse(RuleRowCount, "chart %d has %d points, its series has more", i, len(c.X))
		}
		if c.X[point] != int32(s.Periods[row]) {
			return refuse(RuleX, "chart %d, point %d: x is %d, the question's is %d", i, point, c.X[point], int32(s.Periods[row]))
		}
		if !subgroups && !measures.IsMissing(c.Y[point]) && unmeasured(s, row) {
			return refuse(RuleInvented, "chart %d, point %d has a value, the question has none", i, point)
		}
		if measures.IsMissing(c.Y[point]) && (c.Causes[point] != measures.NoCause || c.Signals[point] != 0) {
			return refuse(RuleInvented, "chart %d, point %d has no value and yet a cause or a signal", i, point)
		}
		c.States = append(c.States, measures.StateOfAll(s.States[row:next]))
		point++
	}
	if point != len(c.X) {
		return refuse(RuleRowCount, "chart %d has %d points, its series has %d", i, len(c.X), point)
	}
	return nil
}

// unmeasured reports whether a row has no number in any column.
func unmeasured(s *measures.Series, row int) bool {
	return !slices.ContainsFunc(s.Columns, func(column []float64) bool { return !measures.IsMissing(column[row]) })
}

func acceptPhases(c *measures.Chart, i int) error {
	now := int32(0)
	for point, phase := range c.Phase {
		if phase != now && phase != now+1 || phase < 1 {
			return refuse(RulePhase, "chart %d, point %d is in phase %d, after phase %d; phases count up from 1", i, point, phase, now)
		}
		now = phase
	}
	if int(now) != len(c.Phases) {
		return refuse(RulePhase, "chart %d has points in %d phases and statistics of %d", i, now, len(c.Phases))
	}
	return nil
}
