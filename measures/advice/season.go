package advice

import (
	"math"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

// cycle is a season to look for: so many periods, seen at least so many times,
// and the value that Friedman's statistic exceeds in one of a hundred charts
// without a season: the 99th percentile of chi squared with one degree of freedom
// less than there are periods.
type cycle struct {
	periods, fewest int
	critical        float64
}

// mostCycles bounds how far back is looked.
const mostCycles = 10

func cycleOf(grain measures.Grain) (cycle, bool) {
	switch grain {
	case measures.Month:
		return cycle{12, 3, 24.725}, true
	case measures.Day:
		return cycle{7, 6, 16.812}, true
	case measures.Quarter:
		return cycle{4, 5, 11.345}, true
	}
	return cycle{}, false
}

// season tests whether the same months of the year (days of the week, quarters)
// are high or low together, with Friedman's ranks (1937, JASA 32:675): the months
// are ranked within each year, so that a change of level between years is no
// matter, and the ranks are added up. A missing month takes the middle rank; a
// year with more than one in six missing is passed over. A steady rise also
// orders months alike every year, so the test has to be passed twice: by the
// figures as they are, and less the slope between the first year and the last. A
// sudden change of level spoils the ranks of one year only and passes the first.
func (v *view) season() measures.Note {
	if !v.c.XIsDate || v.c.Len() < 20 {
		return measures.Note{}
	}
	grain := v.grain()
	cy, known := cycleOf(grain)
	if !known {
		return measures.Note{}
	}
	var room [mostCycles * 12]float64
	years := v.lay(room[:], grain, cy)
	if len(years) < cy.periods*cy.fewest || !likely(years, cy.periods) {
		return measures.Note{}
	}
	plain, kept := rankSums(years, cy.periods, 0)
	if kept < cy.fewest || !uneven(&plain, cy, kept) {
		return measures.Note{}
	}
	level, _ := rankSums(years, cy.periods, slope(years, cy.periods))
	if !uneven(&level, cy, kept) {
		return measures.Note{}
	}
	return v.seasonal(grain, cy, &level, kept)
}

// lay puts the last whole cycles, the latest at the end, into room and gives the
// part that it used.
func (v *view) lay(room []float64, grain measures.Grain, cy cycle) []float64 {
	n := v.back(grain, 0) + 1
	n = min(n/cy.periods, mostCycles) * cy.periods
	years := room[:n]
	for i := range years {
		years[i] = measures.Missing
	}
	for i := v.last; i >= 0; i-- {
		at := n - 1 - v.back(grain, i)
		if at < 0 {
			break
		}
		if v.counts(i) {
			years[at] = v.c.Y[i]
		}
	}
	return years
}

// back is how many periods a point lies before the last measured one. Months
// are counted by their mean length, which is exact for dates at their beginning.
func (v *view) back(grain measures.Grain, i int) int {
	days := float64(v.c.X[v.last] - v.c.X[i])
	switch grain {
	case measures.Month:
		return int(days*(1/30.436875) + .5)
	case measures.Quarter:
		return int(days*(1/91.310625) + .5)
	}
	return int(days)
}

// named is how many standard deviations a period's sum of ranks lies from the
// middle before it is named.
const named = 2

func (v *view) seasonal(grain measures.Grain, cy cycle, sums *[12]int, cycles int) measures.Note {
	k := float64(cy.periods)
	sd := 2 * math.Sqrt(float64(cycles)*(k*k-1)/12)
	var high, low []string
	february := false
	for month := range cy.periods { // in the order of the calendar
		j := v.slot(grain, cy, month)
		switch away := float64(sums[j]) / sd; {
		case away >= named:
			high = append(high, periodName(grain, month))
		case away <= -named:
			low = append(low, periodName(grain, month))
			february = february || grain == measures.Month && month == 1
		}
	}
	text := "The same " + v.noun(2) + " are high or low " + every(grain) + ", more than chance allows"
	if v.a.Detail != NoPoints && len(high)+len(low) > 0 {
		text += ": " + sides(high, low)
	}
	text += ". Compare the latest " + v.noun(1) + " with the same one of the " + whole(grain) + " before"
	if before := v.cycleBefore(grain, cy); v.full() && before >= 0 {
		text += " (" + v.period(v.last) + " " + v.value(v.c.Y[v.last]) + ", " + v.period(before) + " " + v.value(v.c.Y[before]) + ")"
	}
	text += ", and do not take what comes " + every(grain) + " for a change: rules ring with the season too."
	if february && v.counted() {
		text += " February is also the shortest month; cases for each day would be fairer."
	}
	return measures.Note{Code: Seasonal, Text: text}
}

// counted reports whether the chart has no denominators.
func (v *view) counted() bool { return measures.IsMissing(v.c.N[v.last]) }

// slot is where a period of the calendar, from 0, stands in a cycle that ends
// with the last measured point.
func (v *view) slot(grain measures.Grain, cy cycle, period int) int {
	last := 0
	switch _, month, _ := measures.Date(v.c.X[v.last]).Civil(); grain {
	case measures.Month:
		last = month - 1
	case measures.Quarter:
		last = (month - 1) / 3
	case measures.Day:
		last = weekday(v.c.X[v.last])
	}
	return (period - last - 1 + 2*cy.periods) % cy.periods
}

// weekday counts from Monday; 1 January 1970 was a Thursday.
func weekday(x int32) int { return int(((x+3)%7 + 7) % 7) }

func periodName(grain measures.Grain, period int) string {
	switch grain {
	case measures.Month:
		return time.Month(period + 1).String()
	case measures.Quarter:
		return [...]string{"January to March", "April to June", "July to September", "October to December"}[period]
	}
	return time.Weekday((period + 1) % 7).String()
}

func every(grain measures.Grain) string { return "every " + whole(grain) }

func whole(grain measures.Grain) string {
	if grain == measures.Day {
		return "week"
	}
	return "year"
}

// cycleBefore is the point one cycle before the last measured one, or -1.
func (v *view) cycleBefore(grain measures.Grain, cy cycle) int {
	for i := v.last - 1; i >= 0; i-- {
		if back := v.back(grain, i); back == cy.periods && v.counts(i) {
			return i
		} else if back > cy.periods {
			break
		}
	}
	return -1
}

// sides says which periods are high and which are low.
func sides(high, low []string) string {
	is := func(names []string, where string) string {
		if len(names) == 1 {
			return names[0] + " is " + where
		}
		return list(names) + " are " + where
	}
	switch {
	case len(low) == 0:
		return is(high, "high")
	case len(high) == 0:
		return is(low, "low")
	}
	return is(high, "high") + ", " + is(low, "low")
}
