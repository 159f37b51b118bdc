package plot

import (
	"math"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// tick is a place on the x axis and what is written there.
type tick struct {
	x    float64
	text string
}

// axis draws the x axis, its labels and the brackets of the phases.
func (d *drawing) axis() {
	ticks := d.ticks()
	d.open("axis")
	d.xy('M', d.left, d.bottom)
	d.x('H', d.right)
	for _, t := range ticks {
		d.xy('M', t.x, d.bottom)
		d.s("v5")
	}
	d.shut()
	end := math.Inf(-1)
	for _, t := range ticks {
		half := textWidth(t.text, d.em) / 2
		x, anchor := t.x, "middle"
		if x-half < d.left-4 {
			x, anchor = d.left, ""
			half *= 2
		} else if x+half > d.width-1 {
			x = d.width - 1 - half
		}
		start := x - half
		if anchor == "" {
			start = x
		}
		if start < end+.35*d.em {
			continue
		}
		end = x + half
		d.text("ax", x, d.bottom+6+d.em, anchor)
		d.s(t.text)
		d.s("</text>")
	}
	d.axisName()
	if d.brackets {
		d.phaseBrackets()
	}
}

// axisName says what is numbered, where it is not periods.
func (d *drawing) axisName() {
	if d.from == d.to || !d.slots.isX || d.slots.thing == "point" {
		return
	}
	d.text("ax", d.right+d.labelGap+.7*d.em, d.bottom+6+d.em, "")
	d.s(strings.ToUpper(d.slots.thing[:1]) + d.slots.thing[1:])
	d.s("</text>")
}

func (d *drawing) ticks() []tick {
	if d.from == d.to {
		return nil
	}
	if d.slots.isX {
		return d.numberTicks()
	}
	if d.slots.grain == measures.FinancialYear {
		return d.yearTicks()
	}
	first, last := d.p.Chart.X[d.from], d.p.Chart.X[d.to-1]
	if months := monthNumber(last) - monthNumber(first); months >= 4 || d.slots.grain == measures.Month || d.slots.grain == measures.Quarter {
		return d.monthTicks(months + 1)
	}
	return d.dayTicks()
}

// monthTicks labels every first, third, sixth … month, whichever leaves room.
// January carries the year; where no January is labelled, the first tick does.
func (d *drawing) monthTicks(months int) []tick {
	pitch := (d.right - d.left) / float64(months)
	step, need := 1, 3.3*d.em
	for _, step = range [...]int{1, 3, 6, 12, 24, 60, 120, 240} {
		if step >= 12 {
			need = 2.6 * d.em
		}
		if d.slots.grain == measures.Quarter && step < 3 {
			continue
		}
		if float64(step)*pitch >= need {
			break
		}
	}
	c := d.p.Chart
	begin, end := monthNumber(c.X[d.from]), monthNumber(c.X[d.to-1])
	if d.slots.grain == measures.Quarter {
		begin -= begin % 3 // quarters are named by their first month
	}
	var ticks []tick
	yearShown := false
	for m := begin; m <= end; m++ {
		if m%min(step, 12) != 0 || step > 12 && (m/12)%(step/12) != 0 {
			continue
		}
		day := int32(measures.DateOf(m/12, m%12+1, 1))
		x := d.slotX(d.slots.of(max(day, c.X[d.from])))
		if d.slots.grain == "" || d.slots.grain == measures.Day {
			if day < c.X[d.from] {
				continue
			}
		}
		text := measures.Date(day).ShortMonth()[:3]
		if m%12 == 0 {
			yearShown = true
			text += " " + strconv.Itoa(m/12)
			if step >= 12 {
				text = strconv.Itoa(m / 12)
			}
		}
		ticks = append(ticks, tick{x, text})
	}
	if len(ticks) == 0 {
		return []tick{{d.px[0], measures.Date(c.X[d.from]).MonthName()[:3] + " " + strconv.Itoa(begin/12)}}
	}
	if !yearShown {
		year, _, _ := measures.Date(c.X[d.from]).Civil()
		ticks[0].text += " " + strconv.Itoa(year)
	}
	return ticks
}

// dayTicks labels points by day and month, for charts of a few weeks.
func (d *drawing) dayTicks() []tick {
	c := d.p.Chart
	var ticks []tick
	end := math.Inf(-1)
	for i := d.from; i < d.to; i++ {
		name := measures.Date(c.X[i]).DayName()
		_, _, day := measures.Date(c.X[i]).Civil()
		text := strconv.Itoa(day) + " " + measures.Date(c.X[i]).ShortMonth()[:3]
		if len(ticks) == 0 {
			text += name[len(name)-5:]
		}
		x := d.px[i-d.from]
		if x < end {
			continue
		}
		end = x + math.Max(textWidth(text, d.em), 3*d.em) + .9*d.em
		ticks = append(ticks, tick{x, text})
	}
	return ticks
}

// yearTicks labels financial years: 2023/24.
func (d *drawing) yearTicks() []tick {
	var ticks []tick
	end := math.Inf(-1)
	for i := d.from; i < d.to; i++ {
		x := d.px[i-d.from]
		if x < end {
			continue
		}
		end = x + 4.2*d.em
		ticks = append(ticks, tick{x, financialYear(d.p.Chart.X[i])})
	}
	return ticks
}

func financialYear(x int32) string {
	year, month, _ := measures.Date(x).Civil()
	if month < 4 {
		year--
	}
	return strconv.Itoa(year) + "/" + strconv.Itoa(year%100 + 1 + 100)[1:]
}

// numberTicks labels whole numbers in steps of 1, 2 or 5 times a power of ten.
func (d *drawing) numberTicks() []tick {
	c := d.p.Chart
	first, last := int(c.X[d.from]), int(c.X[d.to-1])
	need := textWidth(strconv.Itoa(last), d.em) + 1.4*d.em
	step := niceStep(need / d.slotWide)
	var ticks []tick
	for v := first; v <= last; v++ {
		if floorDiv(v, step)*step != v {
			v = floorDiv(v, step)*step + step - 1 // on to the next multiple
			continue
		}
		ticks = append(ticks, tick{d.slotX(d.slots.of(int32(v))), strconv.Itoa(v)})
	}
	return ticks
}

// niceStep is the least of 1, 2, 5, 10, 20 … that is not below least.
func niceStep(least float64) int {
	for power := 1; power < 1e9; power *= 10 {
		for _, mantissa := range [...]int{1, 2, 5} {
			if float64(power*mantissa) >= least {
				return power * mantissa
			}
		}
	}
	return 1e9
}
