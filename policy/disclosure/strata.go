package disclosure

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/policy"
)

// Strata gives the counts of strata at two times as they may be released, and the
// names of those that were put together into one, the last. It gives nothing where
// fewer than two would be left: then no split can be shown.
//
// A split is made of all its strata, so that one of them cannot be left out: what
// is missing would be the rest to the whole. A stratum with a small number is put
// together with the next smallest, and with more until what they have together is
// small nowhere. Counts are rounded, and whoever splits the change by what comes
// back tells nothing but these counts. Where the policy hides and does not round,
// they are rounded to the number that hides, since the sum of a stretch less all
// the periods that are seen would tell the one that is not.
//
// blurred are the strata of which too much is hidden in the periods that were added
// up, see Blurred; they are small numbers like the others. Nil means none.
func Strata(terms policy.Disclosure, strata []mix.Stratum, blurred []bool) (released []mix.Stratum, together []string) {
	if Open(terms) {
		return strata, nil
	}
	var hidden []mix.Stratum
	for i, s := range strata {
		if smallStratum(terms, s) || i < len(blurred) && blurred[i] {
			hidden = append(hidden, s)
		} else {
			released = append(released, s)
		}
	}
	if len(hidden) > 0 {
		// The smallest come last, those without anybody first: they hide nothing.
		slices.SortStableFunc(released, func(a, b mix.Stratum) int { return cmp.Compare(weight(b), weight(a)) })
		other := sumOf(hidden)
		for len(released) > 0 && (len(hidden) < 2 || smallStratum(terms, other)) {
			next := released[len(released)-1]
			hidden, released = append(hidden, next), released[:len(released)-1]
			other = sumOf(hidden)
		}
		if smallStratum(terms, other) {
			return nil, nil
		}
		released, together = inOrder(strata, released), namesOf(inOrder(strata, hidden))
		other.Name = nameTogether(together)
		released = append(released, other)
	}
	if len(released) < 2 {
		return nil, nil
	}
	step := float64(max(terms.RoundTo, 1))
	if step == 1 {
		step = float64(max(terms.MinCellCount, 1))
	}
	rounded := make([]mix.Stratum, len(released))
	for i, s := range released {
		rounded[i] = mix.Stratum{Name: s.Name, Before: roundCounts(s.Before, step), After: roundCounts(s.After, step)}
	}
	return rounded, together
}

func smallStratum(terms policy.Disclosure, s mix.Stratum) bool {
	for _, c := range []mix.Counts{s.Before, s.After} {
		if tooSmall(terms, c.Numerator) || tooSmall(terms, c.Denominator) || tooSmall(terms, c.Denominator-c.Numerator) {
			return true
		}
	}
	return false
}

// weight is how much a stratum hides beside a small one: nothing while nobody is
// in it at one of the two times, and the more the fewer there are otherwise.
func weight(s mix.Stratum) float64 {
	least := min(s.Before.Numerator, s.After.Numerator)
	if least == 0 {
		return s.Before.Denominator + s.After.Denominator + 1e15
	}
	return least
}

func sumOf(strata []mix.Stratum) mix.Stratum {
	var sum mix.Stratum
	for _, s := range strata {
		sum.Before.Numerator += s.Before.Numerator
		sum.Before.Denominator += s.Before.Denominator
		sum.After.Numerator += s.After.Numerator
		sum.After.Denominator += s.After.Denominator
	}
	return sum
}

// inOrder gives those picked in the order of all.
func inOrder(all, picked []mix.Stratum) []mix.Stratum {
	names := namesOf(picked)
	return slices.DeleteFunc(slices.Clone(all), func(s mix.Stratum) bool { return !slices.Contains(names, s.Name) })
}

func namesOf(strata []mix.Stratum) []string {
	names := make([]string, len(strata))
	for i, s := range strata {
		names[i] = s.Name
	}
	return names
}

func nameTogether(names []string) string {
	if len(names) > 3 {
		return strconv.Itoa(len(names)) + " others together"
	}
	return strings.Join(names, " and ") + " together"
}

// roundCounts keeps a numerator within its denominator.
func roundCounts(c mix.Counts, step float64) mix.Counts {
	d := nearest(c.Denominator, step)
	n := nearest(c.Numerator, step)
	if c.Numerator <= c.Denominator {
		n = min(n, d)
	}
	return mix.Counts{Numerator: n, Denominator: d}
}
