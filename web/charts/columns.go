package charts

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// column is one column of the table that only some kinds of chart have.
type column struct {
	title  string
	values []float64
	unit   measures.Unit
}

// deviations is the unit of what is counted in standard deviations.
var deviations = measures.Unit{Multiply: 1, Symbol: " sd", Decimals: 1}

// columns are those of the chart's kind: what its limits belong to, where that is
// not the value, and the centre where it is not the same throughout a phase.
func (v chartView) columns() []column {
	c := &v.chart.Chart
	switch c.Kind {
	case measures.EWMA:
		return []column{{"Weighted mean", c.EWMA, v.measure.Unit}}
	case measures.CUSUM:
		return []column{{"Sum above", c.CusumHigh, deviations}, {"Sum below", c.CusumLow, deviations}}
	}
	if varies(c, c.Centre) || varies(c, c.Upper) {
		return []column{{"Centre", c.Centre, v.measure.Unit}}
	}
	return nil
}

// limitUnit is the unit of the chart's limits.
func (v chartView) limitUnit() measures.Unit {
	if v.chart.Chart.Kind == measures.CUSUM {
		return deviations
	}
	return v.measure.Unit
}

// varies reports whether a line has more than one height within a phase.
func varies(c *measures.Chart, line []float64) bool {
	for i := 1; i < len(line); i++ {
		if c.Phase[i] == c.Phase[i-1] && line[i] != line[i-1] && !measures.IsMissing(line[i]) && !measures.IsMissing(line[i-1]) {
			return true
		}
	}
	return false
}

func (c column) cell(i int) string {
	if i >= len(c.values) || measures.IsMissing(c.values[i]) {
		return "–"
	}
	return words.Line(c.values[i], c.unit)
}

// periodNoun is the word for so many periods of a measure.
func periodNoun(grain measures.Grain, n int) string {
	word := map[measures.Grain]string{measures.Day: "day", measures.Week: "week", measures.Month: "month",
		measures.Quarter: "quarter", measures.FinancialYear: "year"}[grain]
	if word == "" {
		word = "point"
	}
	if n == 1 {
		return word
	}
	return word + "s"
}

// stepped reports whether limits differ from point to point, as they do where
// they follow the denominator; one pair of limits does not stand for a phase then.
func stepped(c *measures.Chart, from, to int) bool {
	return slices.ContainsFunc(c.Upper[from:to], func(upper float64) bool {
		return !measures.IsMissing(upper) && upper != c.Upper[to-1]
	})
}
