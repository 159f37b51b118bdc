package spc

import "math"

// Elementary functions. Package math has them in assembly on some processors
// and in Go on others, and its Go may be compiled with fused products: the last
// bit differs between a host and WebAssembly. These are the textbook series,
// every product rounded on its own, so that all machines agree. They are right
// to a few units in the last place.
//
// Square roots, and splitting a number into fraction and exponent, are exact
// everywhere and come from package math.

const (
	ln2High = 0x1.62e42fefa38p-01 // ln 2 to 42 bits: times an exponent it is exact
	ln2Low  = 0x1.ef35793c7673p-45
)

// exp is e to the power of x; 0 below -745, infinite above 709.
func exp(x float64) float64 {
	switch {
	case x > 709:
		return math.Inf(1)
	case x < -745:
		return 0
	}
	k := math.Floor(x/math.Ln2 + 0.5)
	r := x - float64(k*ln2High) - float64(k*ln2Low) // within ln(2)/2 of 0
	sum := 1.0
	for n := 14.0; n >= 1; n-- {
		sum = 1 + float64(r*sum)/n
	}
	return math.Ldexp(sum, int(k))
}

// log is the natural logarithm; minus infinity at 0 and below.
func log(x float64) float64 {
	switch {
	case x <= 0:
		return math.Inf(-1)
	case !(x <= math.MaxFloat64):
		return x // infinite, or no number
	}
	fraction, exponent := math.Frexp(x)
	if fraction < math.Sqrt2/2 {
		fraction, exponent = fraction*2, exponent-1
	}
	k := float64(exponent)
	return float64(k*ln2High) + (logNear1(fraction-1) + float64(k*ln2Low))
}

// log1p is the logarithm of 1+x, exact also where x is small.
func log1p(x float64) float64 {
	if x < -0.3 || x > 0.45 {
		return log(1 + x)
	}
	return logNear1(x)
}

// logNear1 is the logarithm of 1+x for x from -0.3 to 0.45: twice the inverse
// hyperbolic tangent of x/(2+x).
func logNear1(x float64) float64 {
	s := x / (2 + x)
	return 2 * (s + float64(s*artanhTail(float64(s*s))))
}

// artanhTail is artanh(s)/s - 1 = s2/3 + s2^2/5 + ... for s2, the square of s, below 1/9.
func artanhTail(s2 float64) float64 {
	sum := 0.0
	for n := 35.0; n >= 3; n -= 2 {
		sum = float64(s2 * (sum + 1/n))
	}
	return sum
}

// arcsineRoot is the angle whose squared sine is p: asin(sqrt(p)), for p from 0 to 1.
func arcsineRoot(p float64) float64 {
	if p > 0.5 {
		return math.Pi/2 - arcsineRoot(1-p)
	}
	t := math.Sqrt(p / (1 - p)) // its tangent, up to 1
	for range 2 {               // the tangent of half the angle, twice
		t /= 1 + math.Sqrt(1+float64(t*t))
	}
	t2, sum := float64(t*t), 0.0
	for n := 25.0; n >= 3; n -= 2 {
		sum = float64(-t2 * (sum + 1/n))
	}
	return 4 * (t + float64(t*sum))
}

// squaredSine is sin(t)^2 for an angle; below 0 and above a right angle it is
// that of the nearest of these, because there arcsineRoot ends.
func squaredSine(t float64) float64 {
	switch {
	case t <= 0:
		return 0
	case t >= math.Pi/2:
		return 1
	case t > math.Pi/4:
		return 1 - squaredSine(math.Pi/2-t)
	}
	t2, sum := float64(t*t), 1.0
	for n := 20.0; n >= 2; n -= 2 {
		sum = 1 - float64(t2*sum)/(n*(n+1))
	}
	s := float64(t * sum)
	return float64(s * s)
}
