// Package disclosure hides small numbers in what is released. It works twice, and
// in no other place. Hide puts something else in the place of every hidden count
// before a chart is made, so that nothing of the chart hangs on it; limits and
// signals are found on the true figures of all other points. Apply rounds and
// blanks the chart; whatever shows it afterwards sees only that. The method is
// the one NHS Digital uses for Hospital Episode Statistics since September
// 2018: counts from 1 to 7 are hidden, others rounded to the nearest 5, and
// percentages made from the rounded counts. The numbers are the policy's.
package disclosure

import (
	"fmt"
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Figure is one chart with the counts it was made from.
type Figure struct {
	Chart        measures.Chart
	Organisation measures.ODSCode
	Stratum      string // empty for the whole organisation
	// Numerator and Denominator have one entry a point. Denominator is nil
	// for a plain count.
	Numerator, Denominator []float64
	Multiply               float64 // turns numerator/denominator into what is plotted
	// Hide are the points to hide, where that has been settled before the figure
	// was charted, see Hide; nil where it is still to be found.
	Hide []bool
}

// Codes of the notes that Apply adds to a chart.
const (
	SomeHidden    = "some_hidden"
	ManyHidden    = "many_hidden" // over a third: a longer period would show more
	Rounded       = "rounded"
	LinesWithheld = "lines_withheld"
	ChartWithheld = "chart_withheld"
)

// Open reports whether terms hide and round nothing.
func Open(terms policy.Disclosure) bool {
	return terms.MinCellCount <= 1 && terms.RoundTo <= 1 && terms.ZeroVisible
}

// Apply gives copies of the figures as they may be released, and how many
// points are hidden in them. Terms that hide and round nothing give the figures
// back as they are, uncopied.
//
// A point is hidden where its numerator, its denominator or the difference of
// the two is a small number: whoever sees two of the three knows the third. A
// chart whose values cannot be made from its counts is withheld whole, since
// nothing tells how much it would give away.
func Apply(terms policy.Disclosure, figures []Figure) ([]Figure, int) {
	if Open(terms) {
		return figures, 0
	}
	released := make([]Figure, len(figures))
	hide := hidden(terms, figures)
	points := 0
	for i := range figures {
		released[i] = release(terms, &figures[i], hide[i])
		points += count(released[i].Chart.States, measures.Suppressed)
	}
	return released, points
}

// hidden gives the points to hide of each figure: those settled before, or else
// those that the counts ask for.
func hidden(terms policy.Disclosure, figures []Figure) [][]bool {
	hide, series := make([][]bool, len(figures)), make([]Counts, len(figures))
	settled := false
	for i := range figures {
		f := &figures[i]
		hide[i], settled = f.Hide, settled || f.Hide != nil
		series[i] = Counts{f.Organisation, f.Stratum, f.Chart.X, f.Numerator, f.Denominator}
	}
	if !settled {
		_, hide = Hide(terms, series)
	}
	return hide
}

func release(terms policy.Disclosure, f *Figure, hide []bool) Figure {
	out := copyOf(f)
	c := &out.Chart
	c.Notes = nil // a plugin's free text may quote any figure
	if !madeOfCounts(f) || len(hide) != c.Len() {
		withhold(&out)
		return out
	}
	n := roundAll(terms, f.Numerator)
	d := roundAll(terms, f.Denominator)
	for i := range c.X {
		if hide[i] {
			n[i] = measures.Missing
			if d != nil {
				d[i] = measures.Missing
			}
			c.States[i] = measures.Suppressed
		}
	}
	out.Numerator, out.Denominator = n, d
	c.Y = plotted(&out, f.Chart.Y, hide)
	for i := range c.Y {
		if measures.IsMissing(c.Y[i]) && !measures.IsMissing(f.Chart.Y[i]) {
			c.States[i] = measures.Suppressed // also a range to a hidden neighbour
		}
	}
	for i := range c.N {
		if d != nil && !measures.IsMissing(c.N[i]) {
			c.N[i] = d[i]
		} else {
			c.N[i] = measures.Missing
		}
	}
	withheld := roundLines(terms, f, c, hide)
	quieten(&f.Chart, c, hide)
	c.Notes = notes(terms, &f.Chart, c, withheld)
	return out
}

// copyOf copies all that release will change.
func copyOf(f *Figure) Figure {
	out := *f
	c := &out.Chart
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper} {
		*column = slices.Clone(*column)
	}
	// Sums and means that run through all points would tell any one of them by the
	// step it makes.
	c.EWMA, c.CusumHigh, c.CusumLow, c.VLAD, c.Z = nil, nil, nil, nil, nil
	c.Signals, c.Causes, c.Phases = slices.Clone(c.Signals), slices.Clone(c.Causes), slices.Clone(c.Phases)
	if c.States = slices.Clone(c.States); len(c.States) < len(c.X) {
		c.States = make([]measures.State, len(c.X))
	}
	return out
}

// withhold hides everything of a chart but its axis.
func withhold(f *Figure) {
	c := &f.Chart
	f.Numerator, f.Denominator = allMissing(f.Numerator), allMissing(f.Denominator)
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper} {
		*column = allMissing(*column)
	}
	clear(c.Signals)
	clear(c.Causes)
	for i := range c.States {
		c.States[i] = measures.Suppressed
	}
	for i := range c.Phases {
		c.Phases[i] = unsaid(c.Phases[i])
		c.Phases[i].Signal = false
	}
	c.Variation, c.Assurance = measures.VariationEmpty, measures.AssuranceEmpty
	c.Phi, c.Tau2 = 0, 0
	c.Notes = []measures.Note{{Code: ChartWithheld,
		Text: "This chart is hidden: its values are not plain counts or ratios of counts, so nothing tells how much they would give away about small numbers."}}
}

func notes(terms policy.Disclosure, truth, c *measures.Chart, withheld bool) []measures.Note {
	var list []measures.Note
	hidden, measured := count(c.States, measures.Suppressed), 0
	for _, y := range truth.Y {
		if !measures.IsMissing(y) {
			measured++
		}
	}
	if hidden > 0 {
		list = append(list, measures.Note{Code: SomeHidden, Text: fmt.Sprintf(
			"%d of %d points are hidden because their numbers are small (below %d) or would give a small one away. In the lines each of them stands with the middle of what is known of it; signals that run through them are not shown.",
			hidden, len(c.X), terms.MinCellCount)})
	}
	if 3*hidden > measured {
		list = append(list, measures.Note{Code: ManyHidden,
			Text: "More than a third of the points are hidden. A longer period for each point, such as a quarter, would show more."})
	}
	if terms.RoundTo > 1 {
		list = append(list, measures.Note{Code: Rounded, Text: fmt.Sprintf(
			"Counts are rounded to the nearest %d and the lines to match. The rules were applied to the exact figures of what is shown.", terms.RoundTo)})
	}
	if withheld {
		list = append(list, measures.Note{Code: LinesWithheld,
			Text: "Limits are not shown where rounding them enough to protect small numbers would make them meaningless."})
	}
	return list
}

func count(states []measures.State, state measures.State) int {
	n := 0
	for _, s := range states {
		if s == state {
			n++
		}
	}
	return n
}

func allMissing(column []float64) []float64 {
	if column == nil {
		return nil
	}
	out := make([]float64, len(column))
	for i := range out {
		out[i] = measures.Missing
	}
	return out
}

func roundAll(terms policy.Disclosure, column []float64) []float64 {
	out := slices.Clone(column)
	if terms.RoundTo > 1 {
		for i := range out {
			out[i] = nearest(out[i], float64(terms.RoundTo))
		}
	}
	return out
}

// nearest rounds to a multiple of step, halves up. Missing stays Missing.
func nearest(v, step float64) float64 { return math.Floor(v/step+0.5) * step }
