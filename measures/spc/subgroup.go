package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// subgroups reports whether rows of equal x are one point of a kind.
func subgroups(kind measures.Kind) bool { return kind == measures.XBar || kind == measures.S }

// points is how many points a series has on a chart of some kind.
func points(in *Input, kind measures.Kind) int {
	n := len(in.X)
	if subgroups(kind) {
		for i := 1; i < len(in.X); i++ {
			if in.X[i] == in.X[i-1] {
				n--
			}
		}
	}
	return n
}

// group makes one point of each subgroup and puts the subgroups in the place of
// the input, so that phases, baselines and exclusions count them. A row without
// a value is passed over; what is left of the subgroup stands. Y is what is
// plotted, N the size; a subgroup's standard deviation waits in a column that is
// not filled yet.
func (w *work) group() {
	c, x := &w.c, w.in.X
	for from, i := 0, 0; from < len(x); i++ {
		to := from + 1
		for to < len(x) && x[to] == x[from] {
			to++
		}
		mean, sd, size := w.subgroup(span{from: from, to: to})
		c.X[i], c.N[i], c.NearUpper[i] = x[from], float64(size), sd
		if c.Y[i] = mean; w.p.Kind == measures.S {
			c.Y[i] = sd
		}
		if w.in.States != nil {
			c.States[i] = measures.StateOfAll(w.in.States[from:to])
		}
		from = to
	}
	w.in.X, w.in.Y, w.in.States = c.X, c.Y, c.States
}

// subgroup is the mean, the standard deviation and the number of the values
// that were measured among some rows; Missing where they are too few.
func (w *work) subgroup(rows span) (mean, sd float64, size int) {
	var sum, squares total
	for i := rows.from; i < rows.to; i++ {
		if w.rowMeasured(i) {
			sum.add(w.in.Y[i])
		}
	}
	mean, sd = sum.mean(), measures.Missing
	if sum.n < 2 {
		return mean, sd, sum.n
	}
	for i := rows.from; i < rows.to; i++ {
		if w.rowMeasured(i) {
			d := w.in.Y[i] - mean
			squares.add(float64(d * d))
		}
	}
	return mean, math.Sqrt((squares.sum + squares.lost) / float64(sum.n-1)), sum.n
}

// rowMeasured reports whether a row of a subgroup has a value to count.
func (w *work) rowMeasured(i int) bool {
	if s := w.in.States; s != nil && (s[i] == measures.NotMeasured || s[i] == measures.Suppressed) {
		return false
	}
	return !measures.IsMissing(w.in.Y[i])
}

// means draws an xbar chart: means of subgroups about the mean of all values,
// sum nm / sum n, limits at A3 mean standard deviations, A3 = 3/(c4 sqrt n)
// (Shewhart; Montgomery). A subgroup of one has no limits.
func (w *work) means(s span) {
	centre := w.given()
	if measures.IsMissing(centre) {
		centre = w.grandMean(s.base())
	}
	w.centre(s, centre)
	mean := w.meanDeviation(s)
	var c4 unbiased
	for i := s.from; i < s.to; i++ {
		n := w.c.N[i]
		w.spread(i, mean/float64(c4.of(n)*math.Sqrt(n)), math.Inf(-1), math.Inf(1))
	}
}

// deviations draws an s chart: standard deviations of subgroups about their
// mean S, limits at B3 S and B4 S with B = 1 -+ 3 sqrt(1-c4^2)/c4, not below 0
// (Shewhart; Montgomery).
func (w *work) deviations(s span) {
	centre := w.given()
	if measures.IsMissing(centre) {
		centre = w.meanDeviation(s)
	}
	w.centre(s, centre)
	var c4 unbiased
	for i := s.from; i < s.to; i++ {
		c := c4.of(w.c.N[i])
		w.spread(i, float64(centre*math.Sqrt(1-float64(c*c)))/c, 0, math.Inf(1))
	}
}

// grandMean is the mean of all values of the subgroups that count.
func (w *work) grandMean(s span) float64 {
	var over, under total
	for i := s.from; i < s.to; i++ {
		if w.counts(i) && w.present(i) {
			over.addProduct(w.c.N[i], w.c.Y[i])
			under.add(w.c.N[i])
		}
	}
	return over.over(under)
}

// meanDeviation is S over the baseline: the mean of the standard deviations
// where all subgroups of the phase are of one size, else the root of their mean
// square, weighted by n-1 (Montgomery). Subgroups nobody measured have no size.
func (w *work) meanDeviation(s span) float64 {
	size, equal := 0.0, true
	for i := s.from; i < s.to; i++ {
		if n := w.c.N[i]; n > 0 {
			equal = equal && (size == 0 || n == size)
			size = n
		}
	}
	base := s.base()
	var plain, squares, weights total
	for i := base.from; i < base.to; i++ {
		sd := w.c.NearUpper[i]
		if measures.IsMissing(sd) || !w.counts(i) {
			continue
		}
		plain.add(sd)
		weight := w.c.N[i] - 1
		squares.add(float64(float64(weight*sd) * sd))
		weights.add(weight)
	}
	if equal || plain.n == 0 {
		return plain.mean()
	}
	return math.Sqrt(squares.over(weights))
}
