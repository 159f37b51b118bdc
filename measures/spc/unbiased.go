package spc

import "math"

// unbiased reckons c4, the mean of the standard deviation of n normal numbers
// over sigma:
//
//	c4(n) = sqrt(2/(n-1)) * Gamma(n/2) / Gamma((n-1)/2)
//
// (Montgomery). It remembers the last n, since subgroups are mostly of one size.
type unbiased struct{ n, c4 float64 }

// of is c4 of a size, or Missing (not a number) below 2.
func (u *unbiased) of(n float64) float64 {
	if n != u.n {
		u.n, u.c4 = n, c4(n)
	}
	return u.c4
}

// manySubgroups is the size from which c4 is had from its series.
const manySubgroups = 100

// c4 avoids the logarithms of math.Lgamma, which are not the same to the last
// bit on all processors. The ratio g(n) of the two gammas has g(2) = 1/sqrt(pi)
// and g(n)*g(n+1) = (n-1)/2, because Gamma(x+1) = x*Gamma(x).
func c4(n float64) float64 {
	if !(n >= 2) {
		return math.NaN()
	}
	if n >= manySubgroups {
		return c4Series(1 / (n - 1))
	}
	g := 0.56418958354775628695 // 1/sqrt(pi)
	for m := 2.0; m < n; m++ {
		g = (m - 1) / 2 / g
	}
	return float64(math.Sqrt(2/(n-1)) * g)
}

// c4Series is the expansion of c4 in v = 1/(n-1) (Tricomi and Erdelyi 1951, the
// ratio of two gamma functions). From n = 100 it is right to 1e-15.
func c4Series(v float64) float64 {
	sum := 0.0
	for _, term := range [...]float64{869.0 / 65536, -399.0 / 8192, -21.0 / 2048, 5.0 / 128, 1.0 / 32, -1.0 / 4, 1} {
		sum = float64(sum*v) + term
	}
	return sum
}
