package spc

import (
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// suits reports whether settings suit the kind of chart.
func (p *Parameters) suits() error {
	kind := p.Kind.String()
	switch p.Kind {
	case measures.XmR, measures.MR, measures.Run:
	default:
		if p.Median {
			return bad("a chart of kind " + kind + " has a centre of its own; the median can be the centre of run, xmr and mr")
		}
	}
	switch {
	case math.Abs(p.Floor) > largest:
		return bad("the floor is " + number(p.Floor))
	case math.Abs(p.Ceiling) > largest:
		return bad("the ceiling is " + number(p.Ceiling))
	case p.Floor >= p.Ceiling:
		return bad("the floor, " + number(p.Floor) + ", is not below the ceiling, " + number(p.Ceiling))
	}
	centre := p.Centre / p.Multiply
	switch p.Kind {
	case measures.P, measures.PPrime:
		if centre < 0 || centre > 1 {
			return bad("the centre is " + number(p.Centre) + "; that of a " + kind + " chart is a proportion, from 0 to " + number(p.Multiply))
		}
	case measures.U, measures.UPrime, measures.C, measures.NP, measures.G, measures.S:
		if centre < 0 {
			return bad("the centre is " + number(p.Centre) + "; that of a " + kind + " chart is never below 0")
		}
	case measures.T:
		if centre <= 0 {
			return bad("the centre is " + number(p.Centre) + "; a time between events is above 0")
		}
	}
	return nil
}

// suits reports whether a series has what its kind of chart is made from, and
// nothing that the chart would leave out of account.
func suits(in *Input, kind measures.Kind) error {
	name := kind.String()
	switch kind {
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.IPrime:
		if in.N == nil {
			return bad("a chart of kind " + name + " needs a denominator (n) beside each value, and there is none; without one, draw a run chart, xmr or, for counts, c")
		}
	case measures.C, measures.G, measures.T:
		if in.N != nil {
			return bad("a chart of kind " + name + " would leave the denominators (n) out of account; draw u or up for events, p or pp for parts of a whole, or give no denominators")
		}
	case measures.XBar, measures.S:
		if in.N != nil {
			return bad("a chart of kind " + name + " takes no denominators (n): its rows are single measurements, and those of the same x are one subgroup")
		}
	}
	for i, y := range in.Y {
		if text := unsuited(in, kind, i, y); text != "" {
			return bad("point " + strconv.Itoa(i+1) + ": " + text)
		}
	}
	return nil
}

// unsuited says what is wrong with one value, or nothing. Missing values pass.
func unsuited(in *Input, kind measures.Kind, i int, y float64) string {
	switch kind {
	case measures.P, measures.PPrime, measures.NP:
		if d := in.N[i]; d > 0 && y > d {
			return "its numerator, " + number(y) + ", is above its denominator, " + number(d) + "; a part cannot be more than its whole"
		}
		if y < 0 {
			return negative(kind, y)
		}
	case measures.U, measures.UPrime, measures.C, measures.G:
		if y < 0 {
			return negative(kind, y)
		}
	case measures.T:
		if y <= 0 {
			return "the time between events is " + number(y) + ", and a t chart needs times above 0; give times in finer units (hours for days), or chart the cases between events (g)"
		}
	}
	return ""
}

func negative(kind measures.Kind, y float64) string {
	return "its count is " + number(y) + "; a chart of kind " + kind.String() + " counts, so nothing is below 0"
}
