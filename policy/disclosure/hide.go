package disclosure

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Counts are the counts of one series, before it is charted.
type Counts struct {
	Organisation measures.ODSCode
	Stratum      string // empty for the whole organisation
	X            []int32
	// Numerator and Denominator have one entry a point. Denominator is nil for a
	// plain count.
	Numerator, Denominator []float64
}

// Hide says which points of the series are to be hidden, and gives the series as
// they may be charted: with something else in the place of every hidden count. A
// chart is made from what comes back, so that its lines, its signals and its words
// are the same whatever the hidden counts are. Lines made from the hidden counts
// themselves told them to whoever moved the period that is charted to and fro:
// the median of 0, 1, 8 and 100 is below 5 only if the hidden count is a 1.
//
// What is small stands with the middle of its range, which the limits of a chart,
// rounded as they are, seldom tell from the truth. What is hidden to protect a
// small one stands with the mean of what is seen of its series.
func Hide(terms policy.Disclosure, series []Counts) (charted []Counts, hide [][]bool) {
	if Open(terms) {
		return series, nil
	}
	hide = make([][]bool, len(series))
	for i := range series {
		hide[i] = smallCounts(terms, &series[i])
	}
	primary := make([][]bool, len(series))
	for i := range hide {
		primary[i] = slices.Clone(hide[i])
	}
	if terms.Secondary {
		protect(terms, series, hide)
	}
	charted = make([]Counts, len(series))
	for i := range series {
		charted[i] = stoodIn(terms, &series[i], primary[i], hide[i])
	}
	return charted, hide
}

// smallCounts says which points of a series are hidden for themselves.
func smallCounts(terms policy.Disclosure, s *Counts) []bool {
	hide := make([]bool, len(s.X))
	for i := range hide {
		if i >= len(s.Numerator) || s.Denominator != nil && i >= len(s.Denominator) {
			continue // the chart will be withheld whole
		}
		for _, part := range parts {
			hide[i] = hide[i] || tooSmall(terms, part(s, i))
		}
	}
	return hide
}

// parts are the three numbers that a point tells. Whoever sees two of them knows
// the third.
var parts = [...]func(s *Counts, i int) float64{
	func(s *Counts, i int) float64 { return s.Numerator[i] },
	func(s *Counts, i int) float64 { return s.denominator(i) },
	func(s *Counts, i int) float64 { return s.denominator(i) - s.Numerator[i] },
}

// denominator is missing where there is none.
func (s *Counts) denominator(i int) float64 {
	if s.Denominator == nil {
		return measures.Missing
	}
	return s.Denominator[i]
}

// tooSmall knows that counts may be decimals. A missing count hides nothing:
// there is nothing to see.
func tooSmall(terms policy.Disclosure, cell float64) bool {
	return cell > 0 && cell < float64(terms.MinCellCount) || cell == 0 && !terms.ZeroVisible
}

// stoodIn copies a series with something else in the place of what is hidden.
func stoodIn(terms policy.Disclosure, s *Counts, small, hide []bool) Counts {
	if !slices.Contains(hide, true) {
		return *s
	}
	out := *s
	out.Numerator, out.Denominator = slices.Clone(s.Numerator), slices.Clone(s.Denominator)
	n, d := usual(terms, s.Numerator, hide), usual(terms, s.Denominator, hide)
	for i := range hide {
		switch {
		case !hide[i]:
		case small[i] && s.Denominator == nil:
			out.Numerator[i] = middle(terms)
		case small[i]:
			out.Numerator[i], out.Denominator[i] = standIn(terms, s.Numerator[i], s.Denominator[i])
		default:
			out.Numerator[i] = n
			if s.Denominator != nil {
				out.Denominator[i] = max(d, n)
			}
		}
	}
	return out
}

// usual is the mean of what is seen of a column, and never a small number.
func usual(terms policy.Disclosure, column []float64, hide []bool) float64 {
	sum, seen := 0.0, 0
	for i, v := range column {
		if !hide[i] && !measures.IsMissing(v) {
			sum, seen = sum+v, seen+1
		}
	}
	least := float64(2 * max(terms.MinCellCount, terms.RoundTo))
	if seen == 0 {
		return least
	}
	return max(least, sum/float64(seen))
}

// middle is that of the range of a small count.
func middle(terms policy.Disclosure) float64 { return float64(max(terms.MinCellCount, 1)) / 2 }

// standIn gives the counts that a point with a small number is charted with: what
// is small in the middle of its range, what is not as it would be released.
func standIn(terms policy.Disclosure, n, d float64) (numerator, denominator float64) {
	step := float64(max(terms.RoundTo, 1))
	numerator, denominator = nearest(n, step), nearest(d, step)
	if tooSmall(terms, d) || denominator <= 0 {
		denominator = middle(terms)
	}
	switch {
	case tooSmall(terms, n):
		numerator = middle(terms)
	case tooSmall(terms, d-n):
		numerator = denominator - middle(terms)
	}
	if n <= d {
		numerator = min(numerator, denominator)
	}
	return max(numerator, 0), denominator
}

// Blurred reports whether so many hidden points could move a sum, in which each
// of them stands with the middle of its range, by more than a tenth. Such a sum
// would be more guess than count.
func Blurred(terms policy.Disclosure, hidden int, sum float64) bool {
	return float64(hidden)*middle(terms) > sum/10
}
