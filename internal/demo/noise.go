package demo

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/signalbox-health/signalbox/measures"
)

// noise is month-to-month variation that never strays: bounded, and leaning back
// after each step, so that a story of common cause stays one. It uses nothing
// that differs between processors: products that are added to something are
// written float64(a*b), which forbids the compiler to fuse them.
type noise struct {
	random *rand.Rand
	last   float64
}

// noiseFor gives each use its own stream, so that a change to one file leaves the
// others as they are.
func noiseFor(seed uint64, code measures.ODSCode, use string) *noise {
	name := fnv.New64a()
	name.Write([]byte(string(code) + "/" + use))
	return &noise{random: rand.New(rand.NewPCG(seed, name.Sum64()))}
}

// next gives the next deviation, of about the standard deviation sd and never
// more than three of it.
func (n *noise) next(sd float64) float64 {
	// Four uniform numbers make a fair bell; its standard deviation is 0.577.
	bell := n.random.Float64() + n.random.Float64() + n.random.Float64() + n.random.Float64() - 2
	bell = min(max(bell/0.577, -2), 2)
	step := bell - float64(0.45*n.last)
	n.last = bell
	return float64(sd * step)
}

// count gives a whole number near an expected one, as counts of independent
// people vary.
func (n *noise) count(expected float64) int {
	return max(0, round(expected+n.next(math.Sqrt(expected))))
}

func round(v float64) int { return int(math.Floor(float64(v) + 0.5)) }

// plan is a quantity over time: straight lines between knots, level before the
// first and after the last.
type plan []knot

type knot struct {
	month measures.Date
	value float64
}

// level is a plan that never changes.
func level(value float64) plan { return plan{{firstMonth, value}} }

// step changes from one level to another, being there from the month on.
func step(from float64, year, month int, to float64) plan {
	at := measures.DateOf(year, month, 1)
	return plan{{at.AddMonths(-1), from}, {at, to}}
}

// ramp changes over the months after the given one.
func ramp(from float64, year, month, months int, to float64) plan {
	at := measures.DateOf(year, month, 1)
	return plan{{at, from}, {at.AddMonths(months), to}}
}

func (p plan) at(month measures.Date) float64 {
	if len(p) == 0 {
		return 0
	}
	if month <= p[0].month {
		return p[0].value
	}
	for i := 1; i < len(p); i++ {
		if month <= p[i].month {
			share := float64(monthsBetween(p[i-1].month, month)) / float64(monthsBetween(p[i-1].month, p[i].month))
			return p[i-1].value + float64(share*(p[i].value-p[i-1].value))
		}
	}
	return p[len(p)-1].value
}

func monthsBetween(a, b measures.Date) int {
	ya, ma, _ := a.Civil()
	yb, mb, _ := b.Civil()
	return (yb-ya)*12 + mb - ma
}

// monthsFrom lists the months from one to the last of the demonstration.
func monthsFrom(first measures.Date) []measures.Date {
	var months []measures.Date
	for m := first; m <= lastMonth; m = m.AddMonths(1) {
		months = append(months, m)
	}
	return months
}

// season is how busy a month of the year is, from January; the mean is 1.
func season(month measures.Date) float64 {
	_, m, _ := month.Civil()
	return [12]float64{1.00, 0.95, 1.03, 0.99, 1.04, 1.01, 1.02, 0.96, 0.99, 1.02, 1.00, 0.99}[m-1]
}
