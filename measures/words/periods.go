package words

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// grainOf is the grain told, or the one that the points show: months where every
// date is the first of one, days otherwise, and none for whole numbers.
func grainOf(told measures.Grain, c *measures.Chart) measures.Grain {
	if told != "" && c.XIsDate {
		return told
	}
	return c.Grain()
}

// noun is the word for so many periods.
func (v *view) noun(n int) string { return plural(v.singular(), n) }

// singular is the word for one point of the chart.
func (v *view) singular() string {
	word := "point"
	switch {
	case v.c.Kind == measures.Funnel && v.s.Group != "":
		return v.s.Group
	case v.c.Kind == measures.Funnel:
		return "group"
	case counted(v.c.Kind):
		return "interval"
	case v.c.Kind == measures.Bernoulli, v.c.Kind == measures.VLAD && !v.aggregated():
		return v.oneCase()
	}
	switch v.grain {
	case measures.Day, measures.Week, measures.Month, measures.Quarter:
		word = string(v.grain)
	case measures.FinancialYear:
		word = "year"
	}
	return word
}

// Period writes a period in full: "May 2026", "3 June 2025", "2025/26". An empty
// grain stands for a whole number.
func Period(x int32, grain measures.Grain) string {
	date := measures.Date(x)
	switch grain {
	case measures.Month:
		return date.MonthName()
	case measures.Quarter:
		return date.MonthName() + " to " + date.AddMonths(2).MonthName()
	case measures.FinancialYear:
		year, month, _ := date.Civil()
		if month < 4 {
			year--
		}
		next := strconv.Itoa((year + 1) % 100)
		if len(next) == 1 {
			next = "0" + next
		}
		return strconv.Itoa(year) + "/" + next
	case measures.Week:
		return "the week of " + date.DayName()
	case measures.Day, measures.Irregular:
		return date.DayName()
	}
	return "point " + strconv.Itoa(int(x))
}

func (v *view) period(i int) string { return Period(v.c.X[i], v.grain) }

// at is a period with its preposition: "in May 2026", "on 3 June 2025".
func (v *view) at(i int) string {
	switch v.grain {
	case measures.Day, measures.Irregular:
		return "on " + v.period(i)
	case "":
		return "at " + v.period(i)
	}
	return "in " + v.period(i)
}
