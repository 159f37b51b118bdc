package spc

import (
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// settingsApart reports whether the settings that only ewma, the cumulative sums
// and the funnel have are within what these kinds can do.
func (p *Parameters) settingsApart() error {
	centre := p.Centre / p.Multiply
	switch p.Kind {
	case measures.EWMA:
		if !(p.Lambda > 0 && p.Lambda <= 1) {
			return bad("the weight of the newest point (lambda) is " + number(p.Lambda) + "; it is above 0, up to 1")
		}
	case measures.CUSUM:
		switch {
		case !(p.Shift > 0 && p.Shift <= largest):
			return bad("the shift to look for is " + number(p.Shift) + " standard deviations; it must be above 0")
		case !(p.HeadStart >= 0 && p.HeadStart < p.Decision):
			return bad("the head start is " + number(p.HeadStart) + "; it is 0 or more, and below the decision interval, " + number(p.Decision))
		}
		return p.decision()
	case measures.Bernoulli, measures.VLAD:
		switch {
		case !(p.OddsRatio >= smallest && p.OddsRatio <= largest) || p.OddsRatio == 1:
			return bad("the odds ratio to look for is " + number(p.OddsRatio) + "; it is above 0 and not 1, which would be no change")
		case p.Multiply != 1:
			return bad("a chart of kind " + p.Kind.String() + " counts single outcomes, which cannot be multiplied by " + number(p.Multiply))
		case p.Kind == measures.Bernoulli && (centre <= 0 || centre >= 1):
			return bad("the centre is " + number(p.Centre) + "; the rate that outcomes are held against is above 0 and below 1")
		case p.Kind == measures.VLAD && !measures.IsMissing(centre):
			return bad("the centre is " + number(p.Centre) + "; a chart of kind vlad has none but the expected numbers of its points")
		}
		return p.decision()
	case measures.Funnel:
		return p.funnelSettings(centre)
	}
	return nil
}

func (p *Parameters) decision() error {
	if p.Decision > 0 && p.Decision <= largest {
		return nil
	}
	return bad("the decision interval is " + number(p.Decision) + "; it must be above 0")
}

func (p *Parameters) funnelSettings(centre float64) error {
	switch {
	case p.Ratio > Rate:
		return bad("the ratio is unknown; known are proportion, standardised and rate")
	case p.Transform > Log:
		return bad("the transform is unknown; known are sqrt and log")
	case p.Transform != Sqrt && p.Ratio != Standardised:
		return bad("the transform log is one of standardised ratios; a funnel of kind " + p.Ratio.String() + " has a scale of its own")
	case p.Exact && p.Additive:
		return bad("exact limits allow for chance alone; leave exact out, or do not allow for differences beyond chance (additive)")
	case p.Exact && p.Ratio == Rate:
		return bad("there are no exact limits for rates; they are there for proportion and standardised")
	case p.Ratio == Proportion && (centre < 0 || centre > 1):
		return bad("the centre is " + number(p.Centre) + "; that of proportions lies from 0 to " + number(p.Multiply))
	case p.Ratio != Proportion && (centre < smallest || centre > largest):
		return bad("the centre is " + number(p.Centre) + "; that of ratios and rates is above 0")
	}
	return nil
}

// largestExact bounds the denominators of exact limits, which add up the chances
// of single counts.
const largestExact = 1e8

// inputApart reports whether a series is one that these kinds can chart.
func inputApart(in *Input, p *Parameters) error {
	switch p.Kind {
	case measures.Bernoulli:
		if in.N != nil {
			return bad("a chart of kind bernoulli takes single outcomes, 1 or 0, without denominators (n); with expected chances, draw vlad")
		}
	case measures.VLAD:
		if in.N == nil {
			return bad("a chart of kind vlad needs the expected number (n) beside each value, and there is none")
		}
	case measures.Funnel:
		switch {
		case in.N == nil:
			return bad("a funnel needs a denominator, expected number or exposure (n) beside each numerator, and there is none")
		case len(in.Phases) > 0:
			return bad("a funnel compares groups at one time; phases and baselines belong to charts over time")
		}
	default:
		return nil
	}
	for i, y := range in.Y {
		if text := p.unsuitedApart(in, i, y); text != "" {
			return bad("point " + strconv.Itoa(i+1) + ": " + text)
		}
	}
	return nil
}

// unsuitedApart says what is wrong with one value, or nothing. Missing values pass.
func (p *Parameters) unsuitedApart(in *Input, i int, y float64) string {
	if y < 0 {
		return negative(p.Kind, y)
	}
	if p.Kind == measures.Bernoulli && (y > 0 && y < 1 || y > 1) {
		return "its outcome is " + number(y) + "; an outcome is 1 where the event happened, else 0"
	}
	if p.Kind != measures.Funnel {
		return ""
	}
	switch n := in.N[i]; {
	case p.Ratio == Proportion && n > 0 && y > n:
		return "its numerator, " + number(y) + ", is above its denominator, " + number(n) + "; a part cannot be more than its whole"
	case p.Exact && (n > largestExact || float64(n*p.Centre) > float64(largestExact*p.Multiply)):
		return "its denominator or expected number is " + number(n) + "; exact limits are found up to " + number(largestExact)
	case p.Exact && p.Ratio == Proportion && n != math.Trunc(n) && !measures.IsMissing(n):
		return "its denominator is " + number(n) + "; exact limits of proportions need whole numbers"
	}
	return ""
}
