package spc

import (
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// total adds numbers with hardly any rounding: lost keeps what each addition
// dropped (Knuth's two-sum). A plain sum of equal decimals can give a mean one
// bit beside them, and then every point of a constant series would lie "above
// the mean" and outside limits that have collapsed onto it.
type total struct {
	sum, lost float64
	n         int
}

func (t *total) add(v float64) {
	s := t.sum + v
	part := s - t.sum
	t.lost += (t.sum - (s - part)) + (v - part)
	t.sum = s
	t.n++
}

// addProduct adds a product as it is, before any rounding.
func (t *total) addProduct(a, b float64) {
	product := float64(a * b)
	t.add(product)
	t.lost += math.FMA(a, b, -product)
}

// mean is the sum over the count, to the nearest bit, or Missing.
func (t *total) mean() float64 {
	if t.n == 0 {
		return measures.Missing
	}
	n := float64(t.n)
	m := t.sum / n
	// math.FMA is exact on every machine, in software where need be.
	return m + (math.FMA(-m, n, t.sum)+t.lost)/n
}

// over is one total over another, to the nearest bit, or Missing.
func (t total) over(under total) float64 {
	if !(under.sum > 0) {
		return measures.Missing
	}
	q := t.sum / under.sum
	return q + (math.FMA(-q, under.sum, t.sum)+t.lost-float64(q*under.lost))/under.sum
}

// mean of the points of a span that count.
func (w *work) mean(s span) float64 {
	var t total
	for i := s.from; i < s.to; i++ {
		if y := w.c.Y[i]; y == y && w.counts(i) {
			t.add(y)
		}
	}
	return t.mean()
}

// median of the points of a span that count, or Missing.
func (w *work) median(s span) float64 {
	// A column that is not filled yet serves as scratch space.
	v := w.c.NearUpper[s.from:s.from]
	for i := s.from; i < s.to; i++ {
		if y := w.c.Y[i]; y == y && w.counts(i) {
			v = append(v, y)
		}
	}
	if len(v) == 0 {
		return measures.Missing
	}
	slices.Sort(v)
	low, high := v[(len(v)-1)/2], v[len(v)/2]
	if low == high {
		return low
	}
	return (low + high) / 2
}
