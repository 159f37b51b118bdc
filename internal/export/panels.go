package export

import (
	"math"
	"slices"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// panel is one picture of a chart: what its points are, and its lines. Most
// kinds have one; a chart of sums draws its sums, since they are what is held
// against the limits.
type panel struct {
	heading                      string // above a second panel
	rows                         int    // about how tall it is
	series                       []series
	single                       []float64 // faint: the single values that a series is made from
	centre, lower, upper         []float64
	target, trajectory           []float64
	unit                         measures.Unit
	latest, centreName, limitsOf string // names of lines; an empty one has no label
	all                          bool   // all points are drawn, however many share a column
}

// series is what points stand for, and which signals make one of them special.
type series struct {
	values  []float64
	signals measures.Signals
}

const (
	tall, low = 15, 9 // rows of a panel, about
)

func panelsOf(item *Item) []panel {
	c := item.Chart
	p := panel{rows: tall, unit: item.Words.Unit, latest: "latest", centreName: centreName(item), limitsOf: "limit"}
	switch c.Kind {
	case measures.CUSUM, measures.Bernoulli:
		return []panel{sums(item, "", tall)}
	case measures.VLAD:
		p.series, p.centre, p.centreName = []series{{c.VLAD, measures.AllSignals}}, zeros(c.Len()), "as expected"
		p.unit, p.all = measures.Unit{Decimals: 1}, true
		return []panel{p, sums(item, "Its two sums, of evidence for worse and for better", low)}
	case measures.EWMA:
		p.series, p.single, p.latest = []series{{c.EWMA, measures.AllSignals}}, c.Y, "weighted mean"
	default:
		p.series = []series{{c.Y, measures.AllSignals}}
	}
	p.centre, p.lower, p.upper = c.Centre, c.Lower, c.Upper
	p.target, p.trajectory = targets(item), item.Trajectory
	return []panel{p}
}

// sums draws two sums about nought, each with a limit of its own.
func sums(item *Item, heading string, rows int) panel {
	c := item.Chart
	return panel{heading: heading, rows: rows, all: true, unit: measures.Unit{Decimals: 1}, latest: "latest", limitsOf: "decision limit",
		series: []series{{c.CusumHigh, measures.OutsideUpper}, {c.CusumLow, measures.OutsideLower}},
		centre: zeros(c.Len()), lower: c.Lower, upper: c.Upper}
}

func zeros(n int) []float64 { return make([]float64, n) }

func centreName(item *Item) string {
	switch {
	case item.Words.Centre != "":
		return item.Words.Centre
	case item.Chart.Kind == measures.Run, item.Chart.Kind == measures.G:
		return "median"
	case item.Chart.Kind == measures.T, item.Chart.Kind == measures.Custom:
		return "centre" // what a plugin's own line is, nobody else knows
	}
	return "mean"
}

// targets is the target at every point: one for all, or as it changed.
func targets(item *Item) []float64 {
	c := item.Chart
	if len(item.Targets) < 2 {
		return slices.Repeat([]float64{c.Target}, c.Len())
	}
	values := slices.Repeat([]float64{measures.Missing}, c.Len())
	for i, x := range c.X {
		for _, t := range item.Targets {
			if t.From == 0 || int32(t.From) <= x {
				values[i] = t.Value
			}
		}
	}
	return values
}

// labels names the lines where they end, and the latest point, from the top.
func (p *panel) labels(c *measures.Chart, row func(float64) int) []label {
	type line struct {
		v    float64
		text string
	}
	var lines []line
	add := func(v float64, text, name string) {
		if name != "" && row(v) >= 0 {
			lines = append(lines, line{v, text + " " + name})
		}
	}
	end := c.Last()
	for _, s := range p.series {
		v := at(s.values, end)
		if len(p.series) > 1 && v == 0 {
			continue // a sum of nothing
		}
		add(v, words.Value(v, p.unit), p.latest)
	}
	last := func(column []float64) float64 { return at(column, end) }
	add(last(p.target), words.Target(last(p.target), p.unit), "target")
	if planned := lastOf(p.trajectory); !measures.IsMissing(planned) {
		add(planned, words.Value(planned, p.unit), "planned")
	}
	upper, centre, lower := last(p.upper), last(p.centre), last(p.lower)
	add(upper, words.Line(upper, p.unit), "upper "+p.limitsOf)
	add(centre, words.Line(centre, p.unit), p.centreName)
	add(lower, words.Line(lower, p.unit), "lower "+p.limitsOf)
	slices.SortStableFunc(lines, func(a, b line) int {
		switch {
		case a.v > b.v:
			return -1
		case a.v < b.v:
			return 1
		}
		return 0
	})
	var labels []label
	for _, line := range lines {
		labels = append(labels, label{row(line.v), line.text})
	}
	return labels
}

// lastOf is the last number of a column that is there, or Missing.
func lastOf(column []float64) float64 {
	for i := len(column) - 1; i >= 0; i-- {
		if !math.IsNaN(column[i]) {
			return column[i]
		}
	}
	return measures.Missing
}

// pluralPoints is "3 points".
func pluralPoints(n int) string { return strconv.Itoa(n) + " points" }
