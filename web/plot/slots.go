package plot

import (
	"sort"

	"github.com/signalbox-health/signalbox/measures"
)

// slots is where the points stand along the x axis. One slot is one period, so
// that a period nobody measured leaves its room empty.
type slots struct {
	at    []float64 // slot of each point; the first stands at 0
	grain measures.Grain
	even  bool // the grain is known: a skipped slot is a period not measured
	isX   bool // x is a whole number, not a date
	first int32
	unit  float64 // days or numbers in a slot, where no calendar is needed
	thing string  // what a point is where x is a number: "case"
}

func newSlots(c *measures.Chart, grain measures.Grain) slots {
	if len(c.X) == 0 {
		return slotsFrom(c, grain, 0)
	}
	return slotsFrom(c, grain, c.X[0])
}

// slotsFrom counts slots from some x that may lie before the first point.
func slotsFrom(c *measures.Chart, grain measures.Grain, first int32) slots {
	s := slots{at: make([]float64, len(c.X)), grain: grain, isX: !c.XIsDate, unit: 1, thing: thingOf(c.Kind)}
	if len(c.X) == 0 {
		return s
	}
	s.first = first
	switch {
	case s.isX:
		s.grain = ""
	case grain == measures.Irregular:
		_, s.unit = guessGrain(c.X)
		s.grain = ""
	case grain == "":
		s.grain, s.unit = guessGrain(c.X)
		s.even = s.grain != ""
	default:
		s.even = true
	}
	for i, x := range c.X {
		s.at[i] = s.of(x)
	}
	return s
}

// thingOf is what the points of a kind of chart are where they are numbered.
func thingOf(kind measures.Kind) string {
	switch kind {
	case measures.G, measures.T:
		return "event"
	case measures.Bernoulli, measures.VLAD:
		return "case"
	case measures.XBar, measures.S:
		return "subgroup"
	}
	return "point"
}

// of is the slot of any x, whether or not a point stands there. Within a
// calendar period every day has the period's slot.
func (s *slots) of(x int32) float64 {
	switch s.grain {
	case measures.Month:
		return float64(monthNumber(x) - monthNumber(s.first))
	case measures.Quarter:
		return float64(floorDiv(monthNumber(x)-monthNumber(s.first), 3))
	case measures.FinancialYear:
		return float64(floorDiv(monthNumber(x)-monthNumber(s.first), 12))
	case measures.Week:
		return float64(floorDiv(int(x-s.first), 7))
	}
	return float64(x-s.first) / s.unit
}

func monthNumber(x int32) int {
	year, month, _ := measures.Date(x).Civil()
	return year*12 + month - 1
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// guessGrain finds the grain of dates that came without one. Dates that keep
// no calendar get none, and a slot is then the median distance in days.
func guessGrain(x []int32) (measures.Grain, float64) {
	months, weeks := true, len(x) > 1
	apart := 0 // the greatest common divisor of the months between points
	steps := make([]int, 0, len(x))
	for i, v := range x {
		_, _, day := measures.Date(v).Civil()
		months = months && day == 1
		if i > 0 {
			weeks = weeks && (v-x[i-1])%7 == 0
			apart = gcd(apart, monthNumber(v)-monthNumber(x[i-1]))
			steps = append(steps, int(v-x[i-1]))
		}
	}
	switch {
	case months && apart > 0 && apart%12 == 0:
		return measures.FinancialYear, 1
	case months && apart > 0 && apart%3 == 0:
		return measures.Quarter, 1
	case months:
		return measures.Month, 1
	case weeks:
		return measures.Week, 1
	}
	sort.Ints(steps)
	if len(steps) == 0 {
		return "", 1
	}
	return "", float64(max(steps[len(steps)/2], 1))
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// noun names one period, for "24 months".
func (s *slots) noun(n int) string {
	noun := "point"
	if s.isX {
		noun = s.thing
	}
	switch s.grain {
	case measures.Day:
		noun = "day"
	case measures.Week:
		noun = "week"
	case measures.Month:
		noun = "month"
	case measures.Quarter:
		noun = "quarter"
	case measures.FinancialYear:
		noun = "year"
	}
	if n != 1 {
		noun += "s"
	}
	return noun
}
