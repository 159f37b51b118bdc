package advice

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// d2 turns a mean moving range of two into a standard deviation.
const d2 = 1.128

// fewestRanges is how many moving ranges of z a verdict on dispersion takes.
const fewestRanges = 12

// Bounds of sigma z in m moving ranges where there is nothing but chance: one
// chart in a hundred lies above 1 + 2.3/sqrt(m), and one below 1 - 2/sqrt(m), to
// within a few tenths, found by drawing 40,000 charts of 10 to 120 normal scores
// each. Laney has no bound: he says that sigma z above 1 is over-dispersion.
const (
	above = 2.3
	below = 2.0
)

// expectedCount is how many cases a point has to be expected to have before
// little variation is taken as a finding: whole numbers below that take so few
// values that neighbours are often equal by chance.
const expectedCount = 10

// dispersion compares how much the points of a chart of counts vary with what
// counting alone would make: Laney's sigma z, the mean moving range of the
// standard scores over 1.128 (Laney 2002, Quality Engineering 14:531).
func (v *view) dispersion() measures.Note {
	switch v.c.Kind {
	case measures.P, measures.U, measures.C, measures.NP:
	default:
		return measures.Note{}
	}
	sum, n, least := 0.0, 0, math.Inf(1)
	before := measures.Missing
	for i, end := v.from, v.baselineEnd(); i < end; i++ {
		if v.c.States[i] == measures.Excluded {
			continue // ranges reach over what is left out of the limits
		}
		z, expected := v.score(i)
		if !measures.IsMissing(z) {
			least = min(least, expected)
			if !measures.IsMissing(before) {
				sum += math.Abs(z - before)
				n++
			}
		}
		before = z
	}
	if n < fewestRanges {
		return measures.Note{}
	}
	sigma, root := sum/float64(n)/d2, math.Sqrt(float64(n))
	switch {
	case sigma > 1+above/root:
		return v.overDispersed(sigma, 1+above/root)
	case sigma < 1-below/root && least >= expectedCount:
		return v.underDispersed(sigma, 1-below/root)
	}
	return measures.Note{}
}

// score is how many standard deviations of counting a point lies from its
// centre, and how many cases were expected there.
func (v *view) score(i int) (z, expected float64) {
	y, centre, n := v.c.Y[i]/v.multiply, v.c.Centre[i]/v.multiply, v.c.N[i]
	variance := 0.0
	switch v.c.Kind {
	case measures.P:
		variance, expected = centre*(1-centre)/n, min(centre, 1-centre)*n
	case measures.U:
		variance, expected = centre/n, centre*n
	case measures.C:
		variance, expected = centre, centre
	case measures.NP:
		variance, expected = centre*(1-centre/n), min(centre, n-centre)
	}
	if !(variance > 0) {
		return measures.Missing, 0
	}
	return (y - centre) / math.Sqrt(variance), expected
}

// remedy names the charts that allow for more or less variation than counting.
func (v *view) remedy() string {
	switch v.c.Kind {
	case measures.U:
		return "a u' chart, whose limits are fitted to what is there, or as an XmR chart"
	case measures.C:
		return "an XmR chart; if there is a denominator, as a u' chart"
	default:
		return "a p' chart, whose limits are fitted to what is there, or as an XmR chart"
	}
}

func (v *view) overDispersed(sigma, bound float64) measures.Note {
	amount, chance := "clearly more", ""
	if v.full() {
		amount, chance = times(sigma)+" as much", " (up to "+times(bound)+" may be chance here)"
	}
	return measures.Note{Code: OverDispersed, Text: "The figures vary " + amount + " from " + v.noun(1) + " to " + v.noun(1) +
		than(v) + " counting alone would make them" + chance + ". The limits of a " + v.c.Kind.String() +
		" chart allow for counting only, so they are too narrow here: most points outside them are no news. Draw it as " + v.remedy() + "."}
}

func (v *view) underDispersed(sigma, bound float64) measures.Note {
	amount, chance := "clearly less", ""
	if v.full() {
		amount, chance = "only "+times(sigma)+" as much", " (down to "+times(bound)+" may be chance here)"
	}
	return measures.Note{Code: UnderDispersed, Text: "The figures vary " + amount + " from " + v.noun(1) + " to " + v.noun(1) +
		than(v) + " counting alone would make them" + chance + ". The limits of a " + v.c.Kind.String() +
		" chart are too wide here and would miss a change. Ask whether the same people are counted again and again, or the figures are smoothed or managed to a number. Draw it as " +
		v.remedy() + "."}
}

// than follows "as much" or "more".
func than(v *view) string {
	if v.full() {
		return " as"
	}
	return " than"
}

// rareEvents looks for charts of counts most of whose points are zero. Neither
// limits nor a median tell anything then; time or cases between events do
// (Benneyan 2001, Health Care Management Science 4:305).
func (v *view) rareEvents() measures.Note {
	switch v.c.Kind {
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C, measures.NP, measures.XmR, measures.Run, measures.IPrime:
	default:
		return measures.Note{}
	}
	zeros, n := 0, 0
	for i := v.from; i < v.to; i++ {
		if !v.counts(i) {
			continue
		}
		y := v.c.Y[i]
		n++
		switch {
		case y == 0:
			zeros++
		case 2*(n-zeros) >= v.to-v.from, y < 0, measures.IsMissing(v.c.N[i]) && y != math.Trunc(y):
			return measures.Note{} // too many are not zero, or it counts nothing
		}
	}
	if n < fewestRanges || 2*zeros <= n || zeros == n {
		return measures.Note{}
	}
	seen := "More than half of the " + v.noun(2) + " have no case"
	if v.full() {
		seen = decimal(float64(zeros), 0) + " of " + v.count(n) + " have no case"
	}
	return measures.Note{Code: RareEvents, Text: seen +
		", so this chart can hardly show a change: a zero is never low. Chart the days between cases (a t chart) or the cases in between (a g chart); there every event is a point, and rising is fewer events."}
}

// misfit is how many times wider than the chart's own the limits of a point have
// to be, by its own denominator, before the chart misleads about it: at 1.5, one
// point in twenty lies outside by chance, not one in 370.
const misfit = 1.5

// denominators looks at an XmR chart of rates. Its limits have one width; that
// is right while the denominators are alike, or so large that counting adds
// little. Where a tenth of the points have less than half of the usual
// denominator and counting alone would scatter them 1.5 times as widely as the
// chart's sigma, the limits mislead.
func (v *view) denominators() measures.Note {
	if v.c.Kind != measures.XmR || measures.IsMissing(v.c.Upper[v.last]) {
		return measures.Note{}
	}
	sum, n := 0.0, 0
	for i := v.from; i < v.to; i++ {
		if v.counts(i) && v.c.N[i] > 0 {
			sum += v.c.N[i]
			n++
		}
	}
	if n < fewestRanges {
		return measures.Note{}
	}
	sigma := (v.c.Upper[v.last] - v.c.Centre[v.last]) / 3
	centre := v.c.Centre[v.last] / v.multiply
	spread := centre
	if v.a.Share {
		spread = centre * (1 - centre)
	}
	thin := 0
	for i := v.from; i < v.to; i++ {
		if v.counts(i) && v.c.N[i] > 0 && v.c.N[i] < sum/float64(n)/2 && v.multiply*math.Sqrt(spread/v.c.N[i]) > misfit*sigma {
			thin++
		}
	}
	if 10*thin < n {
		return measures.Note{}
	}
	kind, seen := "u'", "Some "+v.noun(2)+" have"
	if v.a.Share {
		kind = "p'"
	}
	if v.full() {
		seen = v.count(thin) + " of " + decimal(float64(n), 0) + " have"
	}
	return measures.Note{Code: DenominatorsVary, Text: seen + " less than half of the usual denominator, and so few cases that chance alone scatters them beyond these limits, which have one width for all. Draw it as a " +
		kind + " chart, whose limits follow the denominator."}
}
