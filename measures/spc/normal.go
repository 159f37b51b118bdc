package spc

import "math"

// halfLog2Pi is half the logarithm of two pi.
const halfLog2Pi = 0.91893853320467274178

// centralNormal is the chance of a standard normal number between 0 and x, for
// x from 0 to 3 (Marsaglia 2004, J Stat Software 11(4): all its terms are positive).
func centralNormal(x float64) float64 {
	x2, term, sum := float64(x*x), x, x
	for n := 3.0; term > float64(sum*1e-18); n += 2 {
		term = float64(term*x2) / n
		sum += term
	}
	return float64(sum * exp(-x2/2-halfLog2Pi))
}

// logNormalTail is the logarithm of the chance of more than x, for x not below
// 0, and that chance over the density at x (Mills' ratio). In the logarithm a
// score of 60 is as good as one of 2; the chance itself would be too small to write.
func logNormalTail(x float64) (tail, mills float64) {
	density := -float64(x*x)/2 - halfLog2Pi
	if x < 2.5 {
		chance := 0.5 - centralNormal(x)
		return log(chance), chance / exp(density)
	}
	// Laplace's continued fraction (Abramowitz and Stegun 26.2.14).
	below := x
	for n := 80.0; n >= 1; n-- {
		below = x + n/below
	}
	return density - log(below), 1 / below
}

// tailScore is the x, not below 0, beyond which lies a chance whose logarithm is
// given, at most that of a half.
func tailScore(logChance float64) float64 {
	if logChance >= -math.Ln2 {
		return 0
	}
	// Abramowitz and Stegun 26.2.23 is right to 0.00045; from there Newton's
	// steps, each of which doubles the number of right figures.
	t := math.Sqrt(-2 * logChance)
	x := t - (2.515517+float64(t*(0.802853+float64(t*0.010328))))/
		(1+float64(t*(1.432788+float64(t*(0.189269+float64(t*0.001308))))))
	for range 4 {
		tail, mills := logNormalTail(x)
		x = max(0, x+float64((tail-logChance)*mills))
	}
	return x
}
