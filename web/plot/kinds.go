package plot

import (
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// made is what a picture draws in the place of the values, for kinds whose
// limits belong to something made of them.
type made struct {
	values  *measures.Chart // the chart before; nil where the values themselves are drawn
	unit    measures.Unit   // of the values
	columns []column        // drawn besides the main line
	long    bool            // a line of many cases, never cut to the last 36
	sums    bool            // of a vlad: its risk-adjusted sums, not the line itself
	signed  bool            // values above zero bear a plus
	bare    bool            // the main line has points only where something is found
	gap     []GapLine       // of a gap: all its lines, the main one first
	plain   bool            // the band stands for the limits
	mainKey string          // name of the main line in the legend; empty: none
	upper   string          // names of the limits; empty: "Upper limit", "Lower limit"
	lower   string
	end     string // what stands beside the last value; empty: its period
}

// column is a line or a cloud of dots besides the main line.
type column struct {
	values []float64
	class  string
	word   string // at its right end; empty: none
	key    string // in the legend; empty: none
	dots   bool
}

// plotted puts what the limits belong to in the place of the values: the
// weighted mean of an EWMA, the sums of a CUSUM, of single outcomes, of a VLAD.
// Everything that finds a place on the page then works for all kinds alike.
func (p Picture) plotted() Picture {
	if p.made.values != nil || p.made.gap != nil {
		return p
	}
	p.made.unit = p.Unit
	switch c := p.Chart; {
	case c.Kind == measures.EWMA && c.EWMA != nil:
		p.smooth()
	case c.Kind == measures.VLAD && c.VLAD != nil && !p.made.sums:
		p.lives()
	case c.CusumHigh != nil:
		p.sums()
	}
	if p.Trajectory != nil {
		p.made.columns = append(slices.Clip(p.made.columns), column{values: p.Trajectory, class: "traj", word: "Trajectory", key: "Trajectory"})
	}
	return p
}

// replace gives the picture a chart of its own to change.
func (p *Picture) replace() *measures.Chart {
	c := *p.Chart
	p.made.values, p.Chart = p.Chart, &c
	return &c
}

func (p *Picture) smooth() {
	c := p.replace()
	c.Y = c.EWMA
	p.made.end = "Weighted mean"
	p.made.columns = []column{{values: p.made.values.Y, class: "raw", key: "Each value", dots: true}}
}

// sums draws both sums about zero. What is asked of the values, such as a
// target, has no place on the scale of sums.
func (p *Picture) sums() {
	c := p.replace()
	c.Y, c.Centre, c.Target = c.CusumHigh, zeroWhere(c.CusumHigh), measures.Missing
	p.Targets, p.Trajectory = nil, nil
	p.Unit, p.Centre = measures.Unit{Decimals: 1}, "Zero, where both sums begin"
	if c.Kind == measures.CUSUM {
		p.Unit.Symbol = " sd"
	}
	p.made.long, p.made.bare = c.Kind != measures.CUSUM, true
	p.made.upper, p.made.lower = "Decision limit", "Decision limit"
	less := "Fewer events"
	p.made.end = "More events"
	if c.Kind == measures.CUSUM {
		p.made.end, less = "Higher values", "Lower values"
	}
	p.made.columns = []column{{values: c.CusumLow, class: "ser", word: less}}
}

// lives draws expected less observed, which goes down where more happens than
// was expected: a triangle points that way.
func (p *Picture) lives() {
	c := p.replace()
	c.Y, c.Centre, c.Lower, c.Upper, c.Target = c.VLAD, zeroWhere(c.VLAD), nil, nil, measures.Missing
	switch c.Direction {
	case measures.Increase:
		c.Direction = measures.Decrease
	case measures.Decrease:
		c.Direction = measures.Increase
	}
	p.Targets, p.Trajectory = nil, nil
	p.Unit, p.Centre = measures.Unit{Decimals: 1}, "As expected"
	p.made.signed, p.made.long, p.made.bare = true, true, true
}

func zeroWhere(column []float64) []float64 {
	zeros := make([]float64, len(column))
	for i, v := range column {
		if measures.IsMissing(v) {
			zeros[i] = measures.Missing
		}
	}
	return zeros
}

// madeText says what a point is made of: its value, and what stands for it on
// the chart.
func (d *drawing) madeText(i int) {
	values, unit := d.p.made.values, d.p.made.unit
	value := func(v float64, unit measures.Unit) {
		d.b = appendValue(d.b, v, unit.Decimals)
		d.s(unit.Symbol)
	}
	switch c := d.p.Chart; {
	case d.p.made.signed && values.Kind == measures.VLAD:
		value(math.Abs(c.Y[i]), d.p.Unit)
		if c.Y[i] < 0 {
			d.s(" more than expected")
		} else {
			d.s(" fewer than expected")
		}
	case c.CusumLow != nil:
		value(values.Y[i], unit)
		d.s("; sums ")
		value(c.CusumHigh[i], d.p.Unit)
		d.s(" and ")
		value(c.CusumLow[i], d.p.Unit)
	default:
		value(values.Y[i], unit)
		d.s("; weighted mean ")
		value(c.Y[i], d.p.Unit)
	}
}

// below is the picture that stands under this one and shares its x.
func (p *Picture) below() (Picture, bool) {
	q := *p
	q.Low, q.Events, q.Trajectory, q.Ranges, q.Description, q.ID = true, nil, nil, nil, "", p.ID+"-below"
	switch {
	case p.Low:
		return q, false
	case p.Chart.Kind == measures.VLAD && p.Chart.VLAD != nil && p.Chart.CusumHigh != nil:
		q.made.sums, q.Title = true, "Risk-adjusted sums, "+p.Title
		return q, true
	case p.Ranges != nil:
		q.Chart, q.Title, q.Targets = p.Ranges, "Moving range, "+p.Title, nil
		return q, true
	}
	return q, false
}

// lowTitle names a chart within its drawing, where it stands below another.
func (d *drawing) lowTitle() {
	if !d.p.Low {
		return
	}
	word := d.p.Title
	switch {
	case d.p.Chart.Kind == measures.MR:
		word = "Moving range: how far each value lies from the one before"
		if d.size == Narrow {
			word = "Moving range"
		}
	case d.p.made.sums:
		word = "Risk-adjusted sums"
	}
	d.text("lm v", 0, 1.4*d.em, "")
	d.escaped(word)
	d.s("</text>")
}
