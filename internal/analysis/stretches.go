package analysis

import (
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// How long the two stretches of a split are, in periods. Twelve months are a whole
// year, so that seasons stand on both sides. Fewer than six say little of who
// comes.
const (
	mostBefore     = 24
	mostAfter      = 12
	fewestCompared = 6
)

// counting finds the periods of two stretches, and adds up what was counted in them.
type counting struct {
	whole  *measures.Series
	strata []measures.Series
	hidden map[seriesName][]bool
	own    bool // the whole is the sum of these strata's rows

	numerator, denominator int     // columns of every series
	rows                   [][]int // of each stratum, the row of each row of the whole, or -1
	before, after          []int   // rows of the whole
}

// find picks the stretches that the chart's own story is told by: the points that
// make the limits of its current phase, against the last twelve that do not. Where
// all points make the limits, or fewer than six follow them, the phase is halved,
// with no more than 24 points before. Points that were not measured, that are
// left out of the limits or of which a stratum is not known do not count.
func (c *counting) find(inputs []measures.Input, between *Between) error {
	c.numerator, c.denominator = roles(inputs)
	c.align()
	if between != nil {
		return c.given(between)
	}
	phase := measures.Phase{}
	for _, p := range c.whole.Phases {
		if n := len(c.whole.Periods); n > 0 && p.Start <= c.whole.Periods[n-1] {
			phase = p
		}
	}
	var rows []int
	for row, period := range c.whole.Periods {
		if period >= phase.Start && c.known(row) {
			rows = append(rows, row)
		}
	}
	n := len(rows)
	if n < 2*fewestCompared {
		return fmt.Errorf("%w: %d points of the current phase have figures for every stratum, and %d are needed", ErrNoMix, n, 2*fewestCompared)
	}
	before := phase.Baseline
	if before < fewestCompared || n-before < fewestCompared {
		before = min(mostBefore, n/2)
	}
	c.before, c.after = rows[:before], rows[max(before, n-mostAfter):]
	return nil
}

// given takes the stretches that were asked for.
func (c *counting) given(between *Between) error {
	c.before, c.after = c.within(between.Before), c.within(between.After)
	if b, a := len(c.before), len(c.after); b < fewestCompared || a < fewestCompared {
		return fmt.Errorf("%w: %d points before and %d after have figures for every stratum, and %d of each are needed", ErrNoMix, b, a, fewestCompared)
	}
	return nil
}

// within lists the rows of a period that take part; a period without an end has all
// that follow.
func (c *counting) within(p policy.Period) (rows []int) {
	for row, period := range c.whole.Periods {
		if period >= p.From && (p.To == 0 || period <= p.To) && c.known(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// align finds each stratum's rows of the periods of the whole.
func (c *counting) align() {
	c.rows = make([][]int, len(c.strata))
	for i := range c.strata {
		c.rows[i] = make([]int, len(c.whole.Periods))
		for row, period := range c.whole.Periods {
			at, there := slices.BinarySearch(c.strata[i].Periods, period)
			if !there {
				at = -1
			}
			c.rows[i][row] = at
		}
	}
}

// known reports whether a point takes part: the whole and all strata are known, or
// nobody is in those that are not.
func (c *counting) known(row int) bool {
	if c.whole.States[row] == measures.Excluded || !measuredAt(c.whole, row) {
		return false
	}
	someone := false
	for i := range c.strata {
		at := c.rows[i][row]
		if at < 0 || !measuredAt(&c.strata[i], at) {
			if !c.nobody(i, at) {
				return false
			}
			continue
		}
		someone = someone || c.strata[i].Columns[c.denominator][at] > 0
	}
	return someone
}

// nobody reports whether a stratum without figures is one without people. That is
// so where the whole is the sum of its rows and is known: a row that was there and
// not measured would have left the whole unknown too.
func (c *counting) nobody(stratum, at int) bool {
	return c.own && (at < 0 || c.strata[stratum].States[at] != measures.Suppressed)
}

// sums adds up every stratum over both stretches, and says of which too much is
// hidden for its sums to mean anything.
func (c *counting) sums(terms policy.Disclosure) (list []mix.Stratum, blurred []bool) {
	list, blurred = make([]mix.Stratum, len(c.strata)), make([]bool, len(c.strata))
	for i := range c.strata {
		s := &c.strata[i]
		add := func(rows []int) (sum mix.Counts) {
			var found []int
			for _, row := range rows {
				if at := c.rows[i][row]; at >= 0 && measuredAt(s, at) {
					found = append(found, at)
					sum.Numerator += s.Columns[c.numerator][at]
					sum.Denominator += s.Columns[c.denominator][at]
				}
			}
			n := countHidden(c.hidden[nameOf(s)], found)
			blurred[i] = blurred[i] || disclosure.Blurred(terms, n, sum.Numerator) || disclosure.Blurred(terms, n, sum.Denominator)
			return sum
		}
		list[i] = mix.Stratum{Name: s.Stratum, Before: add(c.before), After: add(c.after)}
	}
	return list, blurred
}

// change is that of the whole's own figures.
func (c *counting) change() float64 {
	rate := func(rows []int) float64 {
		var n, d float64
		for _, row := range rows {
			n += c.whole.Columns[c.numerator][row]
			d += c.whole.Columns[c.denominator][row]
		}
		return n / d
	}
	return rate(c.after) - rate(c.before)
}

func (c *counting) stretch(rows []int) Stretch {
	s := Stretch{First: c.whole.Periods[rows[0]], Last: c.whole.Periods[rows[len(rows)-1]], Periods: len(rows)}
	for _, row := range rows {
		s.Provisional = s.Provisional || c.whole.States[row] == measures.Provisional
	}
	return s
}
