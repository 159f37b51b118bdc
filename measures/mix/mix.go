// Package mix splits the change of a rate into what changed within its strata
// and what changed because the strata have other shares now. A trust's result
// can rise because more minor cases are counted while no patient waits less;
// this tells the two apart.
package mix

import (
	"errors"
	"fmt"
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// ErrStrata says that strata cannot be compared.
var ErrStrata = errors.New("cannot split this change")

// Stratum is one part of a whole at two times: counts added up over all periods
// of each.
type Stratum struct {
	Name          string
	Before, After Counts
}

// Counts are those with and all, 0 or more; they may be decimals.
type Counts struct{ Numerator, Denominator float64 }

func (c Counts) rate() float64 {
	if c.Denominator == 0 {
		return measures.Missing
	}
	return c.Numerator / c.Denominator
}

// Part is what one stratum gave to the change of the whole, as a fraction of 1.
type Part struct {
	Name          string
	Before, After float64 // its rate; measures.Missing where nobody was counted
	ShareBefore   float64 // its share of the denominator, 0 to 1
	ShareAfter    float64
	Within        float64 // its rate's change, weighted by its mean share
	// Mix is its share's change, weighted by how far its mean rate lies from the
	// mean of both wholes: a growing stratum of high rates lifts the whole.
	Mix float64
}

// Split is a change taken apart: Change = Within + Mix, as fractions of 1.
type Split struct {
	Before, After       float64 // rates of the whole
	Change, Within, Mix float64
	Parts               []Part // in the order of the strata
}

// Of splits the change of a rate (Kitagawa, Components of a difference between
// two rates, Journal of the American Statistical Association 1955, 50:1168).
// Each stratum's change of rate is weighted by the mean of its two shares, and
// each change of share by the mean of its two rates, so no interaction is left
// over and exchanging before and after only turns the signs.
//
// A stratum that has nobody at one of the two times has the same rate at both,
// so that all it gives is mix. It returns ErrStrata where there are fewer than
// two strata, one is named twice, a whole is empty or a count makes no sense.
func Of(strata []Stratum) (Split, error) {
	before, after, err := wholes(strata)
	if err != nil {
		return Split{}, err
	}
	s := Split{Before: before.rate(), After: after.rate()}
	s.Change = s.After - s.Before
	middle := (s.Before + s.After) / 2
	for _, stratum := range strata {
		p := Part{Name: stratum.Name, Before: stratum.Before.rate(), After: stratum.After.rate(),
			ShareBefore: stratum.Before.Denominator / before.Denominator,
			ShareAfter:  stratum.After.Denominator / after.Denominator}
		was, is := p.Before, p.After
		if measures.IsMissing(was) {
			was = is
		}
		if measures.IsMissing(is) {
			is = was
		}
		if !measures.IsMissing(was) {
			p.Within = (p.ShareBefore + p.ShareAfter) / 2 * (is - was)
			p.Mix = (p.ShareAfter - p.ShareBefore) * ((was+is)/2 - middle)
		}
		s.Within += p.Within
		s.Mix += p.Mix
		s.Parts = append(s.Parts, p)
	}
	return s, nil
}

func wholes(strata []Stratum) (before, after Counts, err error) {
	if len(strata) < 2 {
		return before, after, fmt.Errorf("%w: there are %d strata, and two at least are needed", ErrStrata, len(strata))
	}
	names := map[string]bool{}
	for _, stratum := range strata {
		if names[stratum.Name] {
			return before, after, fmt.Errorf("%w: stratum %q is there twice", ErrStrata, stratum.Name)
		}
		names[stratum.Name] = true
		for _, c := range []Counts{stratum.Before, stratum.After} {
			if !sound(c.Numerator) || !sound(c.Denominator) || c.Denominator == 0 && c.Numerator != 0 {
				return before, after, fmt.Errorf("%w: stratum %q has %v out of %v", ErrStrata, stratum.Name, c.Numerator, c.Denominator)
			}
		}
		before.Numerator += stratum.Before.Numerator
		before.Denominator += stratum.Before.Denominator
		after.Numerator += stratum.After.Numerator
		after.Denominator += stratum.After.Denominator
	}
	if before.Denominator == 0 || after.Denominator == 0 {
		return before, after, fmt.Errorf("%w: nobody was counted in one of the two times", ErrStrata)
	}
	return before, after, nil
}

// sound reports whether a count is a number that can be one.
func sound(v float64) bool { return v >= 0 && !math.IsInf(v, 0) }

// HalfWithin reports whether at least half of a change is within strata, and of
// the same sign: the mark at which a change may be spoken of as one of care
// rather than of who came.
func (s *Split) HalfWithin() bool {
	return s.Within*s.Change > 0 && math.Abs(s.Within) >= math.Abs(s.Change)/2
}
