package spc

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// math.Pow goes through Exp and Log, which are written in assembly for some
// processors and in Go for others, WebAssembly among them, and differ in the
// last bit. Nelson's power is 18/5, so it can be had from roots and products,
// which are the same everywhere when each is rounded by itself.

// toNelson is y^(1/3.6) = y^(5/18), or Missing where y is not above 0.
func toNelson(y float64) float64 {
	if !(y > 0) {
		return measures.Missing
	}
	r := root(math.Sqrt(y), 9)
	square := float64(r * r)
	return float64(float64(square*square) * r)
}

// fromNelson is x^3.6 = x^3 * x^(3/5), and 0 where x is not above 0.
func fromNelson(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	r := float64(x * root(x, 5))
	return float64(float64(r*r) * r)
}

// root is the k-th root of a number above 0, by Newton's method. It is right to
// a few units in the last place for k up to 9.
func root(x float64, k int) float64 {
	// The bits of a number are nearly its logarithm: a k-th of them, moved to
	// where 1 stands, is within a tenth of the root.
	const one = 1023 << 52
	r := math.Float64frombits(uint64(one + (int64(math.Float64bits(x))-one)/int64(k)))
	for range 8 {
		power := r
		for range k - 2 {
			power = float64(power * r)
		}
		step := (x/power - r) / float64(k)
		if step == 0 {
			break
		}
		r += step
	}
	return r
}
