package spc

import "math"

// The chances of a Poisson number and of a chi-square number are those of a
// gamma number: P(Poisson(m) >= k) = P(k, m), and a chi-square quantile with 2a
// degrees of freedom is twice a gamma quantile of shape a.

// stirlingError is ln Gamma(a+1) less Stirling's (a+1/2) ln a - a + ln(2 pi)/2,
// for a above 0 (Loader 2000, Fast and accurate computation of binomial probabilities).
func stirlingError(a float64) float64 {
	sum := 0.0
	for ; a < 16; a++ { // what a step of one changes: (a+1/2) ln(1+1/a) - 1
		if a < 1 {
			sum += float64((a+0.5)*(log1p(a)-log(a))) - 1
			continue
		}
		s := 1 / (2*a + 1)
		sum += artanhTail(float64(s * s))
	}
	b := 1 / float64(a*a)
	series := 1.0/1188 - float64(b*(691.0/360360))
	series = 1.0/1680 - float64(b*series)
	series = 1.0/1260 - float64(b*series)
	series = 1.0/360 - float64(b*series)
	series = 1.0/12 - float64(b*series)
	return sum + series/a
}

// deviance is x ln(x/m) + m - x for x and m above 0, without cancellation where
// they are close (Loader 2000).
func deviance(x, m float64) float64 {
	d, sum := x-m, x+m
	if math.Abs(d) >= 0.1*sum {
		return float64(x*log(x/m)) - d
	}
	v := d / sum
	return float64(d*v) + float64(float64(2*x*v)*artanhTail(float64(v*v)))
}

// logMass is a ln x - x - ln Gamma(a+1): for whole a the logarithm of the chance
// of a events where x are expected. Both are above 0.
func logMass(a, x float64) float64 {
	return -deviance(a, x) - stirlingError(a) - halfLog2Pi - log(a)/2
}

// logGammaTails are the logarithms of P(a, x) and Q(a, x), the regularised
// incomplete gamma functions, for a and x above 0 (Abramowitz and Stegun 6.5.29,
// 6.5.31). Where x is near a they take some 9 sqrt(a) steps.
func logGammaTails(a, x float64) (lower, upper float64) {
	mass := logMass(a, x)
	if x < a+1 {
		term, sum := 1.0, 1.0
		for n := a + 1; term > float64(sum*1e-17); n++ {
			term = float64(term*x) / n
			sum += term
		}
		lower = mass + log(sum)
		return lower, logOfRest(lower)
	}
	// Lentz's way of working out a continued fraction from the front.
	b := x + 1 - a
	c, d := math.MaxFloat64, 1/b
	fraction := d
	for n := 1.0; ; n++ {
		step := float64(n * (a - n))
		b += 2
		d = 1 / (b + float64(step*d))
		c = b + step/c
		change := float64(c * d)
		fraction = float64(fraction * change)
		if math.Abs(change-1) < 1e-16 || n > 1e6 {
			break
		}
	}
	upper = mass + log(a) + log(fraction)
	return logOfRest(upper), upper
}

// logOfRest is ln(1 - e^l) for l not above 0.
func logOfRest(l float64) float64 {
	rest := 1 - exp(l)
	if rest <= 0 {
		return math.Inf(-1)
	}
	if l < -1 {
		return log1p(-exp(l))
	}
	return log(rest)
}

// largeShape is where sums of sqrt(a) terms would take too long for a score, and
// the expansion for large a is right to the last figures.
const largeShape = 1e7

// gammaScore is the normal score whose chance is P(a, x), however far out.
func gammaScore(a, x float64) float64 {
	if a > largeShape {
		return largeGammaScore(a, x)
	}
	lower, upper := logGammaTails(a, x)
	if lower < upper {
		return -tailScore(lower)
	}
	return tailScore(upper)
}

// largeGammaScore is the signed root of the deviance, corrected once
// (Barndorff-Nielsen's r*; Temme 1979, SIAM J Math Anal 10:757). What it leaves
// out is of the order of a^-1.5.
func largeGammaScore(a, x float64) float64 {
	r := math.Sqrt(2 * deviance(a, x))
	if x < a {
		r = -r
	}
	root := math.Sqrt(a)
	if eta := r / root; math.Abs(eta) < 1e-4 {
		return r + (1.0/3-eta/36)/root
	}
	return r + log((x-a)/float64(root*r))/r
}

// tail is a chance left outside a limit, with its logarithm and normal score.
type tail struct{ chance, log, score float64 }

// The limits of a funnel leave 2.5 and 0.1 percent outside on each side.
var (
	tail95  = tail{0.025, -3.688879454113936302, 1.959963984540054235524594}
	tail998 = tail{0.001, -6.907755278982137052, 3.090232306167813541540399}
)

// gammaLower is the x with P(a, x) = the chance of a tail.
func gammaLower(a float64, t tail) float64 {
	x := gammaNear(a, -t.score)
	if a > nearShape {
		return x
	}
	u := log(max(x, smallest))
	if a < 10 {
		// For small x, P(a, x) is x^a / Gamma(a+1); exact as a goes to 0.
		logGamma1 := stirlingError(a) + float64((a+0.5)*log(a)) - a + halfLog2Pi
		u = (t.log + logGamma1) / a
	}
	for range 50 {
		if u < -700 {
			return 0
		}
		// ln P is concave in ln x, so Newton's steps end at the root.
		x = exp(u)
		lower, _ := logGammaTails(a, x)
		step := float64((t.log-lower)*exp(lower-logMass(a, x))) / a
		u += step
		if math.Abs(step) < 1e-9 {
			return float64(x * exp(step))
		}
	}
	return exp(u)
}

// gammaUpper is the x with Q(a, x) = the chance of a tail, for a of 1 or more.
func gammaUpper(a float64, t tail) float64 {
	x := gammaNear(a, t.score)
	if a > nearShape {
		return x
	}
	for range 50 {
		// ln Q is concave in x.
		_, upper := logGammaTails(a, x)
		step := float64((upper-t.log)*exp(upper-logMass(a, x))) * x / a
		x += step
		if math.Abs(step) < float64(x*1e-9) {
			break
		}
	}
	return x
}

// nearShape is where gammaNear alone is right to the last figures.
const nearShape = 1e5

// gammaNear is a gamma quantile by its normal score: Cornish and Fisher's
// expansion (Goldberg and Levine 1946, Ann Math Stat 17:216), and Wilson and
// Hilferty's cube where the shape is small.
func gammaNear(a, z float64) float64 {
	root, z2 := math.Sqrt(a), float64(z*z)
	if a < 10 {
		cube := 1 - 1/(9*a) + z/(3*root)
		return float64(float64(a*cube)*cube) * cube
	}
	x := a + float64(root*z) + (z2-1)/3
	x += float64(z*(z2-7)) / (36 * root)
	x -= (float64(z2*(float64(3*z2)+7)) - 16) / (810 * a)
	x += float64(z*(float64(z2*(float64(9*z2)+256))-433)) / (38880 * float64(a*root))
	return x
}
