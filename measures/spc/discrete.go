package spc

import "math"

// discrete is a distribution of counts with one peak.
type discrete interface {
	mean() float64
	deviation() float64 // standard deviation
	most() float64      // the largest count there is
	mass(r float64) float64
	next(r float64) float64 // mass(r+1) over mass(r)
}

type binomial struct{ n, p float64 }

func (b binomial) mean() float64      { return float64(b.n * b.p) }
func (b binomial) deviation() float64 { return math.Sqrt(float64(b.n*b.p) * (1 - b.p)) }
func (b binomial) most() float64      { return b.n }

// mass follows Loader 2000: the deviances keep what factorials would lose.
func (b binomial) mass(r float64) float64 {
	n, q := b.n, 1-b.p
	switch {
	case b.p == 0 || b.p == 1:
		if r == float64(n*b.p) {
			return 1
		}
		return 0
	case r == 0:
		return exp(float64(n * log1p(-b.p)))
	case r == n:
		return exp(float64(n * log(b.p)))
	}
	l := stirlingError(n) - stirlingError(r) - stirlingError(n-r) - deviance(r, float64(n*b.p)) - deviance(n-r, float64(n*q))
	return float64(exp(l-halfLog2Pi) * math.Sqrt(n/r/(n-r)))
}

func (b binomial) next(r float64) float64 {
	return float64((b.n-r)*b.p) / float64((r+1)*(1-b.p))
}

type poisson struct{ m float64 }

func (p poisson) mean() float64      { return p.m }
func (p poisson) deviation() float64 { return math.Sqrt(p.m) }
func (p poisson) most() float64      { return math.Inf(1) }

func (p poisson) mass(r float64) float64 {
	if r == 0 {
		return exp(-p.m)
	}
	return exp(logMass(r, p.m))
}

func (p poisson) next(r float64) float64 { return p.m / (r + 1) }

// cumulative is the chance of at most r. It adds the masses from r away from the
// mean, where they fall fast; some 9 standard deviations of them matter.
func cumulative(d discrete, r float64) float64 {
	switch {
	case r < 0:
		return 0
	case r >= d.most():
		return 1
	case r <= d.mean():
		term := d.mass(r)
		sum := term
		for ; r > 0 && term > float64(sum*1e-18); r-- {
			term /= d.next(r - 1)
			sum += term
		}
		return min(sum, 1)
	}
	r++
	term := d.mass(r)
	sum := term
	for ; r < d.most() && term > float64(sum*1e-18); r++ {
		term = float64(term * d.next(r))
		sum += term
	}
	return max(1-sum, 0)
}

// quantile is the smallest count with at least a chance p of it or less, with
// that chance. It walks from where a normal number with a score of z would be.
func quantile(d discrete, p, z float64) (r, chance float64) {
	r = max(0, min(math.Floor(d.mean()+float64(z*d.deviation())), d.most()))
	chance = cumulative(d, r)
	for chance < p && r < d.most() {
		r++
		chance += d.mass(r)
	}
	for r > 0 {
		below := chance - d.mass(r)
		if below < p {
			break
		}
		r, chance = r-1, below
	}
	return r, chance
}

// interpolated is the count below which lies a chance p, taken as if counts were
// continuous (Spiegelhalter 2005, Stat Med 24:1185, appendix A.1.1). It can lie
// below 0 and below the mean.
func interpolated(d discrete, p, z float64) float64 {
	r, chance := quantile(d, p, z)
	return r - (chance-p)/d.mass(r)
}
