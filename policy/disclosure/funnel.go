package disclosure

import (
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Draw draws a funnel from the sums of its groups.
type Draw func(numerator, denominator []float64) (measures.Chart, error)

// Funnel draws a funnel as it may be released, and says how many of its groups
// are hidden in it. The figure brings the true sums and no chart.
//
// A funnel drawn on true sums gives hidden ones away: its centre is the sum of
// all numerators over the sum of all denominators, its limits tell the variance
// between groups, and each standard score tells an exact count; whoever knew the
// other groups could solve them for the hidden one, and rounding does not help
// against so many numbers that hang on the same unknown. So where terms hide or
// round, the funnel is drawn on the sums as they are released, with every hidden
// count in the middle of the range that is known of it anyway. Centre, limits,
// scores and signals are then made of released numbers alone and tell nothing
// else. Leaving hidden groups out would tell nothing either, but it would shift
// the centre: those with small numerators are mostly those with small values.
//
// Where one group alone is hidden, the next smallest is hidden with it, against
// totals that are known from elsewhere.
func Funnel(terms policy.Disclosure, f Figure, draw Draw) (Figure, int, error) {
	if Open(terms) {
		chart, err := draw(f.Numerator, f.Denominator)
		f.Chart = chart
		return f, 0, err
	}
	hide := smallSums(terms, &f)
	if terms.Secondary {
		hideNext(&f, hide)
	}
	out := f
	out.Numerator, out.Denominator = roundAll(terms, f.Numerator), roundAll(terms, f.Denominator)
	for i := range hide {
		if hide[i] {
			out.Numerator[i], out.Denominator[i] = standIn(terms, f.Numerator[i], f.Denominator[i])
		}
	}
	chart, err := draw(out.Numerator, out.Denominator)
	if err != nil {
		return Figure{}, 0, err
	}
	out.Chart = chart
	hidden := hideGroups(&out, hide)
	out.Chart.Notes = funnelNotes(terms, hidden, len(hide))
	return out, hidden, nil
}

// smallSums says which groups are hidden for themselves, or because too much of
// their sums is. One whose denominator rounds to nothing cannot be drawn.
func smallSums(terms policy.Disclosure, f *Figure) []bool {
	hide := make([]bool, len(f.Numerator))
	rounded := roundAll(terms, f.Denominator)
	for i, n := range f.Numerator {
		d := f.Denominator[i]
		hide[i] = i < len(f.Hide) && f.Hide[i] || tooSmall(terms, n) || tooSmall(terms, d) || tooSmall(terms, d-n) || rounded[i] <= 0
	}
	return hide
}

// hideNext hides a second group where exactly one is hidden: the one with the
// smallest numerator above zero, because a zero hides nothing beside it.
func hideNext(f *Figure, hide []bool) {
	next, hidden := -1, 0
	for i, n := range f.Numerator {
		switch {
		case hide[i]:
			hidden++
		case n > 0 && (next < 0 || n < f.Numerator[next]):
			next = i
		}
	}
	if hidden == 1 && next >= 0 {
		hide[next] = true
	}
}

// hideGroups takes back what the chart says of hidden groups. The centre is the
// same for all and stays; limits follow the denominator and would tell it.
func hideGroups(f *Figure, hide []bool) (hidden int) {
	c := &f.Chart
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper, &c.Z} {
		*column = slices.Clone(*column)
	}
	c.Signals, c.Causes = slices.Clone(c.Signals), slices.Clone(c.Causes)
	if c.States = slices.Clone(c.States); len(c.States) < len(hide) {
		c.States = make([]measures.State, len(hide))
	}
	for i := range hide {
		if !hide[i] {
			continue
		}
		hidden++
		for _, column := range [][]float64{f.Numerator, f.Denominator, c.Y, c.N, c.Lower, c.Upper, c.NearLower, c.NearUpper, c.Z} {
			if i < len(column) {
				column[i] = measures.Missing
			}
		}
		c.Signals[i], c.Causes[i], c.States[i] = 0, measures.NoCause, measures.Suppressed
	}
	return hidden
}

func funnelNotes(terms policy.Disclosure, hidden, groups int) []measures.Note {
	var list []measures.Note
	if hidden > 0 {
		list = append(list, measures.Note{Code: SomeHidden, Text: fmt.Sprintf(
			"%d of %d organisations are hidden because their numbers are small (below %d) or would give a small one away. In the centre and the limits each of them stands with the middle of what is known of it.",
			hidden, groups, terms.MinCellCount)})
	}
	if 3*hidden > groups {
		list = append(list, measures.Note{Code: ManyHidden, Text: "More than a third of the organisations are hidden. A longer stretch would show more."})
	}
	if terms.RoundTo > 1 {
		list = append(list, measures.Note{Code: Rounded, Text: fmt.Sprintf(
			"Counts are rounded to the nearest %d, and the funnel is drawn on the rounded counts. One that lies close to a limit may lie on its other side.", terms.RoundTo)})
	}
	return list
}
