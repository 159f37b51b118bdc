package spc

import (
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// funnel holds what the limits of all groups have in common. Its numbers are
// before Multiply.
type funnel struct {
	ratio     Ratio
	transform Transform
	additive  bool
	exact     bool
	target    float64 // the ratio that would be common to all groups
	tau2      float64 // 0 unless additive
}

func funnelOf(p *Parameters, target float64) funnel {
	return funnel{ratio: p.Ratio, transform: p.Transform, additive: p.Additive, exact: p.Exact, target: target}
}

// FunnelLimits gives the limits that a group of a denominator (or expected
// number, or exposure) n would have in a funnel made with these settings, in
// plotted units: what to draw smooth lines from, by the arithmetic of the
// points' own limits. Each is measures.Missing where there is none.
func FunnelLimits(c *measures.Chart, p Parameters, n float64) (lower998, lower95, upper95, upper998 float64) {
	centre := measures.Missing
	for _, v := range c.Centre {
		if !measures.IsMissing(v) {
			centre = v / p.Multiply
			break
		}
	}
	f := funnelOf(&p, centre)
	if f.additive {
		f.tau2 = c.Tau2
	}
	if !slices.ContainsFunc(c.Upper, func(v float64) bool { return !measures.IsMissing(v) }) {
		f.target = measures.Missing // a chart without limits has no lines
	}
	if f.exact {
		n = math.Round(n)
	}
	limits := f.limits(n)
	for i, v := range limits {
		if !measures.IsMissing(v) {
			limits[i] = v * p.Multiply
		}
	}
	bound(limits[:], p.Floor, p.Ceiling)
	return limits[0], limits[1], limits[2], limits[3]
}

// funnel compares groups (Spiegelhalter 2005, Stat Med 24:1185). The points are
// groups, in any order; N is what the limits depend on.
func (w *work) funnel(s span) {
	c := &w.c
	c.Z = make([]float64, len(c.X))
	f := funnelOf(&w.p, w.common(s))
	w.centre(s, f.target)
	w.scatter(s, &f)
	for i := s.from; i < s.to; i++ {
		o, n := c.Y[i], c.N[i]
		limits := f.limits(n)
		c.Lower[i], c.NearLower[i], c.NearUpper[i], c.Upper[i] = limits[0], limits[1], limits[2], limits[3]
		c.Z[i] = measures.Missing
		if !measures.IsMissing(o) {
			c.Z[i], c.Y[i] = f.score(o, n), o/n
		}
	}
	w.adviseFewExpected(s, &f)
}

// common is the ratio that all groups are held against: one given from outside,
// 1 for standardised ratios, else that of all groups together.
func (w *work) common(s span) float64 {
	switch given := w.given(); {
	case !measures.IsMissing(given):
		return given
	case w.p.Ratio == Standardised:
		return 1
	}
	var over, under total
	for i := s.from; i < s.to; i++ {
		if !measures.IsMissing(w.c.Y[i]) && w.counts(i) {
			over.add(w.c.Y[i])
			under.add(w.c.N[i])
		}
	}
	return over.over(under)
}

// transformed puts a group on the scale where chance has a spread that depends
// on n alone, or nearly so, and gives the variance of chance there. It is
// Missing where the scale has no place for the group.
func (f *funnel) transformed(o, n float64) (y, variance float64) {
	switch {
	case f.ratio == Proportion:
		return arcsineRoot(o / n), 1 / (4 * n)
	case f.ratio == Rate:
		a, b := o+0.5, n+0.5
		return log(a / b), o/float64(a*a) + n/float64(b*b)
	case f.transform == Sqrt:
		return math.Sqrt(o / n), 1 / (4 * n)
	}
	e := hundredths(n)
	if o/e > 0 && e > 0 {
		return log(o / e), 1 / float64(f.target*e)
	}
	return measures.Missing, measures.Missing // nothing has no logarithm
}

// origin is the target on the transformed scale.
func (f *funnel) origin() float64 {
	switch {
	case f.ratio == Proportion:
		return arcsineRoot(f.target)
	case f.ratio == Standardised && f.transform == Sqrt:
		return math.Sqrt(f.target)
	case f.target > 0:
		return log(f.target)
	}
	return measures.Missing
}

// score is how many standard deviations a group lies from the target.
// Standardised ratios that allow for chance alone have an exact one: the normal
// score of the chance by which their limits are found.
func (f *funnel) score(o, n float64) float64 {
	if f.ratio == Standardised && !f.additive {
		return f.exactScore(o, f.expected(n))
	}
	y, variance := f.transformed(o, n)
	if z := (y - f.origin()) / math.Sqrt(variance+f.tau2); !measures.IsMissing(z) {
		return z
	}
	return measures.Missing
}

// expected is the number of events expected of a group that is like the target.
func (f *funnel) expected(n float64) float64 {
	if f.transform == Log {
		n = hundredths(n)
	}
	return float64(n * f.target)
}

func (f *funnel) exactScore(o, expected float64) float64 {
	switch {
	case !(o > 0 && expected > 0):
		return measures.Missing // no chance at all: further out than any score
	case o > expected:
		return gammaScore(expected+1, o)
	}
	return gammaScore(expected, o)
}

// scatter measures how far groups differ beyond chance: phi, and tau2 by the
// method of moments of DerSimonian and Laird (1986), the largest scores drawn
// in or left out (Spiegelhalter and others 2012, J R Stat Soc A 175:1).
func (w *work) scatter(s span, f *funnel) {
	var z, weight []float64
	for i := s.from; i < s.to; i++ {
		o, n := w.c.Y[i], w.c.N[i]
		if measures.IsMissing(o) || !w.counts(i) {
			continue
		}
		y, variance := f.transformed(o, n)
		score := (y - f.origin()) / math.Sqrt(variance)
		if f.ratio == Standardised && f.transform == Log && !(o/hundredths(n) > 0) {
			score, variance = math.Inf(-1), math.Inf(1) // ranked, then left out
		}
		if !measures.IsMissing(score) {
			z, weight = append(z, score), append(weight, 1/variance)
		}
	}
	if w.p.Additive && len(z) < fewGroups {
		w.adviseFewGroups(len(z))
	}
	if f.ratio == Standardised && f.transform == Log {
		z, weight = truncated(z, weight)
	} else {
		winsorise(z)
	}
	w.c.Phi, w.c.Tau2 = dispersion(z, weight)
	if f.additive {
		if f.tau2 = w.c.Tau2; len(z) < 2 {
			f.target = measures.Missing // one group says nothing of differences
		}
	}
}

// dispersion is the mean squared score and the variance between groups.
func dispersion(z, weight []float64) (phi, tau2 float64) {
	if len(z) == 0 {
		return 0, 0
	}
	n := float64(len(z))
	var squares, sum, pairs total
	for i, v := range z {
		squares.add(float64(v * v))
		// (sum w)^2 - sum w^2 is twice the sum of w_i w_j over all pairs. Reckoned
		// so, nothing cancels where one group outweighs all others.
		pairs.add(float64(weight[i] * sum.sum))
		sum.add(weight[i])
	}
	phi = squares.mean()
	if over := squares.sum - (n - 1); over > 0 && pairs.sum > 0 {
		tau2 = over / (2 * (pairs.sum / sum.sum))
	}
	return phi, tau2
}

// trimmed is the part of the scores that is thought of as outlying, on each side.
const trimmed = 0.1

// winsorise draws scores beyond the 10th and 90th percentile in to them.
func winsorise(z []float64) {
	if len(z) == 0 {
		return
	}
	sorted := slices.Clone(z)
	slices.Sort(sorted)
	least, most := percentile(sorted, trimmed), percentile(sorted, 1-trimmed)
	for i, v := range z {
		z[i] = min(max(v, least), most)
	}
}

// percentile interpolates between sorted numbers (type 7 of Hyndman and Fan 1996).
func percentile(sorted []float64, p float64) float64 {
	at := float64(float64(len(sorted)-1) * p)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(i)
	return float64((1-part)*sorted[i]) + float64(part*sorted[i+1])
}

// truncated leaves out the scores of the lowest and the highest tenth, by rank
// (as the Summary Hospital-level Mortality Indicator does), and groups without
// a score.
func truncated(z, weight []float64) (kept, weights []float64) {
	sorted := slices.Clone(z)
	slices.Sort(sorted)
	n := len(z)
	for i, v := range z {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last+1 < n && sorted[last+1] == v {
			last++
		}
		twiceRank := first + last + 2 // from 1; equal scores share theirs
		if tenth := twiceRank * 10 / (2 * (n + 1)); tenth != 0 && tenth != 9 && !math.IsInf(v, 0) {
			kept, weights = append(kept, v), append(weights, weight[i])
		}
	}
	return kept, weights
}
