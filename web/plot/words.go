package plot

import (
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// when writes the period of a point in full: "May 2026", "3 June 2025".
func (p *Picture) when(s *slots, x int32) string {
	grain := s.grain
	if s.isX {
		return s.thing + " " + strconv.Itoa(int(x))
	}
	if grain == "" {
		grain = measures.Day
	}
	return words.Period(x, grain)
}

var months = [...]string{"January ", "February ", "March ", "April ", "May ", "June ",
	"July ", "August ", "September ", "October ", "November ", "December "}

// appendWhen is when, without the text in between for the commonest grain: it
// is written once for every point.
func (p *Picture) appendWhen(b []byte, s *slots, x int32) []byte {
	if s.grain != measures.Month || s.isX {
		return append(b, p.when(s, x)...)
	}
	year, month, _ := measures.Date(x).Civil()
	return strconv.AppendInt(append(b, months[month-1]...), int64(year), 10)
}

// lastWhen is the period beside the last value, as short as the size needs.
func (d *drawing) lastWhen(x int32) string {
	date := measures.Date(x)
	switch {
	case d.slots.isX && d.slots.thing != "point" && d.size != Narrow:
		return d.slots.thing + " " + strconv.Itoa(int(x))
	case d.slots.isX:
		return "at " + strconv.Itoa(int(x))
	case d.slots.grain == measures.FinancialYear:
		return financialYear(x)
	case d.slots.grain == measures.Month || d.slots.grain == measures.Quarter:
		if d.size == Wide {
			return date.MonthName()
		}
		return date.MonthName()[:3]
	}
	_, _, day := date.Civil()
	short := strconv.Itoa(day) + " " + date.MonthName()[:3]
	if year, _, _ := date.Civil(); d.size == Wide {
		return short + " " + strconv.Itoa(year)
	}
	return short
}

var kindTitles = map[measures.Kind]string{
	measures.Run: "run chart", measures.XmR: "XmR chart", measures.MR: "moving range chart",
	measures.P: "p chart", measures.PPrime: "p′ chart", measures.U: "u chart", measures.UPrime: "u′ chart",
	measures.C: "c chart", measures.NP: "np chart", measures.G: "g chart", measures.T: "t chart",
	measures.XBar: "x-bar chart", measures.S: "s chart", measures.IPrime: "I′ chart",
	measures.EWMA: "EWMA chart", measures.CUSUM: "CUSUM chart", measures.Funnel: "funnel", measures.Custom: "chart",
	measures.Bernoulli: "Bernoulli CUSUM chart", measures.VLAD: "VLAD chart",
}

func (p *Picture) heading() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{p.Title, p.Organisation, kindTitles[p.Chart.Kind]} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// centreWord names the centre line of the kind of chart. The line of a g chart
// stands at 0.693 of the mean, which is its median.
func (p *Picture) centreWord() string {
	if p.Centre != "" {
		return p.Centre
	}
	switch p.Chart.Kind {
	case measures.Run, measures.G:
		return "Median"
	case measures.T, measures.Custom:
		return "Centre"
	}
	return "Mean"
}

func (p *Picture) hiddenWords() string {
	return words.State(measures.Suppressed, p.Hidden)
}

// describe is what a screen reader says about the chart; the table below the
// chart holds every value.
func (p *Picture) describe() string {
	if p.Description != "" {
		return p.Description
	}
	c := p.Chart
	if c.Len() == 0 {
		return "Nothing to show yet."
	}
	s := newSlots(c, p.Grain)
	var b strings.Builder
	n := c.Len()
	b.WriteString(strconv.Itoa(n) + " " + s.noun(n) + ", " + p.when(&s, c.X[0]))
	if n > 1 {
		b.WriteString(" to " + p.when(&s, c.X[n-1]))
	}
	b.WriteString(".")
	last := c.Last()
	if last < 0 {
		b.WriteString(" None was measured.")
		return b.String()
	}
	if p.made.gap != nil {
		return p.describeGap()
	}
	if p.made.values != nil {
		return b.String() + p.describeMade(last)
	}
	b.WriteString(" Last value " + p.written(c.Y[last]) + ".")
	if v := at(c.Centre, last); finite(v) {
		b.WriteString(" " + p.centreWord() + " " + words.Line(v, p.Unit))
		b.WriteString(p.limitWords(at(c.Lower, last), at(c.Upper, last)))
		b.WriteString(".")
	}
	if t := p.targetValues(); len(t) > 0 {
		b.WriteString(" Target " + words.Target(t[len(t)-1], p.Unit) + ".")
	}
	return b.String()
}

// describeMade is the same for what stands in the place of the values.
func (p *Picture) describeMade(last int) string {
	c := p.Chart
	if p.made.signed && p.made.values.Kind == measures.VLAD {
		return " The sum of expected less observed ends at " + p.written(c.Y[last]) + "."
	}
	text := " Last value " + words.Value(p.made.values.Y[last], p.made.unit) + ", weighted mean " + p.written(c.Y[last])
	if p.made.upper != "" {
		text = " The sums end at " + p.written(c.Y[last]) + " and " + p.written(c.CusumLow[last])
	}
	if lower, upper := at(c.Lower, last), at(c.Upper, last); finite(lower) && finite(upper) {
		text += "; limits " + words.Line(lower, p.Unit) + " to " + words.Line(upper, p.Unit)
	}
	return text + "."
}

// limitWords names the limits, and of two only the one that a value could reach.
func (p *Picture) limitWords(lower, upper float64) string {
	s := newScale(p, 0, p.Chart.Len())
	switch low, high := lower >= s.low, upper <= s.high; {
	case low && high:
		return ", process limits " + words.Line(lower, p.Unit) + " to " + words.Line(upper, p.Unit)
	case high:
		return ", upper process limit " + words.Line(upper, p.Unit)
	case low:
		return ", lower process limit " + words.Line(lower, p.Unit)
	}
	return ""
}

// timesRange is the factor between the mean moving range and the limits.
func (p *Picture) timesRange() string {
	switch p.Constant {
	case 2.66:
		return "2.66 × "
	case 1.128:
		return "3 ÷ 1.128 × "
	}
	return "a multiple of "
}

// howMade names the kind of chart and says what its lines are.
func (p *Picture) howMade() string {
	title := kindTitles[p.Chart.Kind]
	has := p.present()
	switch p.Chart.Kind {
	case measures.Run:
		if !has.centre {
			return "Run chart."
		}
		return "Run chart; the line is the median."
	case measures.XmR:
		if !has.limits {
			return "XmR chart, with too few points for limits yet."
		}
		return "XmR chart; limits are the mean ± " + p.timesRange() + "the mean moving range of the baseline."
	case measures.MR:
		if !has.limits {
			return "Moving ranges, with too few points for a limit yet."
		}
		return "Each point is how far a value lies from the one before; the limit is 3.27 × their mean."
	case measures.C:
		return "A c chart; its limits are those of chance in counts."
	case measures.NP:
		return "An np chart; its limits are wider where more were counted."
	case measures.G:
		return "A g chart of cases between events; the line is the median, the limits belong to the mean."
	case measures.T:
		return "A t chart of times between events, which are not spread alike above and below: nor are its limits."
	case measures.EWMA:
		return "EWMA chart; the line is a mean in which older values weigh less and less, and the limits are its own. The small dots are the values."
	case measures.CUSUM:
		return "CUSUM chart; each line adds up how far values lie from the mean, in standard deviations (sd): above zero the higher ones, below zero the lower ones."
	case measures.Bernoulli:
		return "Bernoulli CUSUM chart; each line adds up how much better the outcomes fit changed odds: above zero more events, below zero fewer."
	case measures.VLAD:
		if p.made.sums {
			return "Each line adds up how much better the outcomes fit changed odds: above zero more events, below zero fewer."
		}
		return "VLAD chart; the line adds up how many fewer events there were than expected. It goes down where there were more."
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.IPrime, measures.XBar, measures.S:
		article := "A "
		if p.Chart.Kind == measures.IPrime || p.Chart.Kind == measures.S || p.Chart.Kind == measures.XBar {
			article = "An "
		}
		return article + title + "; its limits are wider where fewer were counted."
	}
	return "Drawn as a " + title + "."
}

// belowWords says what stands below the chart, if anything does.
func (p *Picture) belowWords() string {
	switch {
	case p.Low:
	case p.Chart.Kind == measures.VLAD && p.made.values != nil && p.made.values.CusumHigh != nil:
		return " Below it, each line adds up how much better the outcomes fit changed odds: above zero more events, below zero fewer."
	case p.Ranges != nil:
		return " Below it stands how far each value lies from the one before."
	}
	return ""
}

// Caption says how the chart was made and where its scale starts, for the line
// below it.
func Caption(p Picture) string {
	p = p.plotted()
	if p.Chart.Last() < 0 {
		return "No value was measured."
	}
	var b strings.Builder
	b.WriteString(p.howMade())
	s := newScale(&p, 0, p.Chart.Len())
	if !s.empty && s.low != 0 && !p.made.bare {
		b.WriteString(" The scale starts at ")
		b.Write(appendTrimmed(nil, s.low, s.decimals))
		b.WriteString(p.Unit.Symbol + ".")
	}
	b.WriteString(p.belowWords())
	switch s.targetOutside {
	case 1:
		b.WriteString(" The target lies above the scale.")
	case -1:
		b.WriteString(" The target lies below the scale.")
	}
	return b.String()
}
