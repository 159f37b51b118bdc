package advice

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// view is a chart with what is looked up in it again and again.
type view struct {
	c        *measures.Chart
	a        *About
	multiply float64
	last     int // the last measured point
	from, to int // its phase
}

func look(c *measures.Chart, a *About) view {
	v := view{c: c, a: a, multiply: a.Unit.Multiply, last: c.Last()}
	if v.multiply == 0 {
		v.multiply = 1
	}
	v.from, v.to = v.phaseAround(v.last)
	return v
}

func (v *view) phaseAround(i int) (from, to int) {
	from, to = i, i+1
	for from > 0 && v.c.Phase[from-1] == v.c.Phase[i] {
		from--
	}
	for to < v.c.Len() && v.c.Phase[to] == v.c.Phase[i] {
		to++
	}
	return from, to
}

// counts reports whether a point is measured and part of statistics.
func (v *view) counts(i int) bool {
	return !measures.IsMissing(v.c.Y[i]) && v.c.States[i] != measures.Excluded
}

// baselineEnd is where the baseline of the last phase ends.
func (v *view) baselineEnd() int {
	rows := 0
	for i := range v.a.Decided {
		if int32(v.a.Decided[i].Start) <= v.c.X[v.from] {
			rows = v.a.Decided[i].Baseline
		}
	}
	if rows <= 0 {
		return v.to
	}
	return min(v.to, v.from+rows)
}

// grain is the length of a period, or nothing where x are whole numbers.
func (v *view) grain() measures.Grain {
	if v.a.Grain != "" && v.c.XIsDate {
		return v.a.Grain
	}
	return v.c.Grain()
}

func (v *view) value(y float64) string {
	if v.a.Value == nil {
		return strconv.FormatFloat(y, 'g', 4, 64) + v.a.Unit.Symbol
	}
	return v.a.Value(y, v.a.Unit)
}

func (v *view) period(i int) string {
	if v.a.Period == nil {
		return v.c.XText(i)
	}
	return v.a.Period(v.c.X[i], v.grain())
}

// noun is the word for so many periods.
func (v *view) noun(n int) string {
	word := "point"
	switch g := v.grain(); g {
	case measures.Day, measures.Week, measures.Month, measures.Quarter:
		word = string(g)
	case measures.FinancialYear:
		word = "year"
	}
	if n == 1 {
		return word
	}
	return word + "s"
}

func (v *view) count(n int) string { return strconv.Itoa(n) + " " + v.noun(n) }

// centreWord names the centre line.
func (v *view) centreWord() string {
	if v.c.Kind == measures.Run || v.c.Kind == measures.G {
		return "median"
	}
	return "mean"
}

// full reports whether the text may carry numbers that are made from values.
func (v *view) full() bool { return v.a.Detail == Full }

func decimal(x float64, decimals int) string { return strconv.FormatFloat(x, 'f', decimals, 64) }

// times writes how often one thing goes into another: "4.9 times".
func times(x float64) string { return decimal(x, 1) + " times" }

// list joins names: "a, b and c".
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		text := names[0]
		for _, name := range names[1 : n-1] {
			text += ", " + name
		}
		return text + " and " + names[n-1]
	}
}
