package words

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Change is the change of a rate between two stretches of time, split into what
// changed within strata and what came of their shares: Total = Within + Mix, as
// plotted.
type Change struct {
	Unit               measures.Unit
	Of                 string // what differs between the strata: "type of department"
	Before, After      string // the stretches: "the 24 months to May 2025"
	Total, Within, Mix float64
	HalfWithin         bool // at least half of the change is within strata, and of its sign
	// Chance is the change that chance gives between stretches of these lengths; 0:
	// nobody knows.
	Chance float64
	// Moved is the stratum whose share changed most, and how: its shares before and
	// after, 0 to 1. Empty says nothing of any.
	Moved                  string
	ShareBefore, ShareThen float64
}

// Mixed reads a split: how much of the change lies within strata, how much goes
// with a change of their shares, and which of the two is more. Its numbers add up
// as they are written. It never says that one thing made the other.
func Mixed(c Change) Reading {
	total, within, mix := c.Rounded()
	strata := Strata(c.Of)
	between := " between " + c.Before + " and " + c.After
	whole := "It " + rose(total) + " by " + c.points(total) + between + ". "
	split := "Within the " + strata + " it " + rose(within) + " by " + c.number(within) + "; " + c.number(mix) + " " + way(mix) + " went with " + c.moved() + "."
	switch {
	case total == 0 && within == 0:
		return Reading{Fact: "Nothing changed" + between + ": neither the whole, nor what lies within the " + strata + ", nor what goes with their shares."}
	case max(math.Abs(total), math.Abs(within), math.Abs(mix)) <= c.Chance:
		return Reading{Fact: "Little changed" + between + ": " + c.signed(within) + " within the " + strata + " and " + c.signed(mix) + " with their shares, together " + c.signed(total) +
			" " + pointsOf(c.Unit) + ".", Judgement: "It is no more than chance gives."}
	case hardly(total, within):
		return Reading{Fact: "The whole hardly moved" + between + " (" + c.signed(total) + "). " + split, Judgement: "A change within is hidden by a change of who is counted."}
	case hardly(within, total):
		return Reading{Fact: "Of the " + fall(total) + " of " + c.points(total) + between + ", next to nothing lies within the " + strata + " (" + c.signed(within) + "); " + c.number(mix) + " went with " + c.moved() + ".",
			Judgement: "It is a change of who is counted."}
	case mix == 0:
		return Reading{Fact: "The whole " + fall(total) + " of " + c.points(total) + between + " lies within the " + strata + ".", Judgement: "It is not a change of who is counted."}
	case hardly(mix, total):
		return Reading{Fact: "Of the " + fall(total) + " of " + c.points(total) + between + ", nearly all lies within the " + strata + " (" + c.signed(within) + ", and " + c.signed(mix) + " with their shares).",
			Judgement: "It is not a change of who is counted."}
	case within*total > 0 && mix*total > 0:
		return Reading{Fact: "Of the " + fall(total) + " of " + c.points(total) + between + ", " + c.number(within) + " came within the " + strata + " and " + c.number(mix) + " went with " + c.moved() + ".",
			Judgement: c.verdict(strata)}
	case within*total > 0:
		return Reading{Fact: whole + split, Judgement: "A part of the change within is hidden by a change of who is counted."}
	}
	return Reading{Fact: whole + split, Judgement: "The " + fall(total) + " of the whole goes with a change of who is counted, and within the " + strata + " it went the other way."}
}

// Rounded gives the change and its two parts with the decimals that they are
// written with, so that they add up: as near to all three as can be.
func (c Change) Rounded() (total, within, mix float64) {
	scale := math.Pow(10, float64(c.decimals()))
	t, w, m := c.Total*scale, c.Within*scale, c.Mix*scale
	best := math.Inf(1)
	for _, whole := range [...]float64{math.Floor(t), math.Ceil(t)} {
		for _, inside := range [...]float64{math.Floor(w), math.Ceil(w)} {
			shares := whole - inside
			// A hair decides between equals for the one found first.
			if off := math.Abs(whole-t) + math.Abs(inside-w) + math.Abs(shares-m); off < best-1e-9 {
				best, total, within, mix = off, whole/scale, inside/scale, shares/scale
			}
		}
	}
	return total, within, mix
}

// hardly reports whether one change is next to nothing beside another: a tenth of
// it at most.
func hardly(v, beside float64) bool { return math.Abs(v) <= math.Abs(beside)/10 }

func (c Change) verdict(strata string) string {
	if c.HalfWithin {
		return "At least half of the change lies within the " + strata + "."
	}
	return "Most of the change goes with a change of who is counted, and not with how those of each of the " + strata + " fared."
}

// moved tells what happened to the shares.
func (c Change) moved() string {
	if c.Moved == "" {
		return "a change of their shares"
	}
	size := "larger"
	if c.ShareThen < c.ShareBefore {
		size = "smaller"
	}
	return "a change of their shares, above all a " + size + " share of " + c.Moved + " (" + Number(100*c.ShareBefore, 1) + "% before, " + Number(100*c.ShareThen, 1) + "% after)"
}

func rose(v float64) string {
	if v < 0 {
		return "fell"
	}
	return "rose"
}

func fall(v float64) string {
	if v < 0 {
		return "fall"
	}
	return "rise"
}

func way(v float64) string {
	if v < 0 {
		return "downwards"
	}
	return "upwards"
}

// decimals are those of values, and one at least.
func (c Change) decimals() int { return max(1, c.Unit.Decimals) }

// signed writes a part with its sign: "+5.3".
func (c Change) signed(v float64) string {
	if v > 0 {
		return "+" + c.number(v)
	}
	return Number(v, c.decimals())
}

func (c Change) number(v float64) string { return Number(math.Abs(v), c.decimals()) }

func (c Change) points(v float64) string {
	return c.number(v) + " " + pointsOf(c.Unit)
}

// pointsOf names the unit of a difference.
func pointsOf(u measures.Unit) string {
	if u.Symbol == "%" || u.Words == "" {
		return "points"
	}
	return u.Words
}

// Difference is the unit of differences between values of a unit: of shares, that
// is points.
func Difference(u measures.Unit) measures.Unit {
	if u.Symbol == "%" {
		return measures.Unit{Multiply: 1, Symbol: " points", Decimals: u.Decimals}
	}
	return u
}

// Strata names strata in the plural by what differs between them: "types of
// department" for "type of department".
func Strata(of string) string {
	first, rest, found := strings.Cut(of, " of ")
	if !found {
		return plural(of, 2)
	}
	return plural(first, 2) + " of " + rest
}

// AddUp rounds parts to so many decimals so that they add up to a total that is
// rounded already: each is rounded down, and those nearest to the next step are
// lifted, the method of largest remainders.
func AddUp(parts []float64, total float64, decimals int) []float64 {
	scale := math.Pow(10, float64(decimals))
	steps := make([]float64, len(parts))
	order := make([]int, len(parts))
	left := math.Round(total * scale)
	for i, v := range parts {
		// A hair is allowed for products that miss a whole number.
		steps[i] = math.Floor(v*scale + 1e-9)
		left -= steps[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(parts[b]*scale-steps[b], parts[a]*scale-steps[a])
	})
	for i := 0; left > 0 && len(order) > 0; i, left = i+1, left-1 {
		steps[order[i%len(order)]]++
	}
	for i := len(order) - 1; left < 0 && i >= 0; i, left = i-1, left+1 {
		steps[order[i]]--
	}
	for i := range steps {
		steps[i] /= scale
	}
	return steps
}
