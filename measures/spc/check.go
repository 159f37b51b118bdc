package spc

import (
	"errors"
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

var (
	// ErrInput says that a series or its settings cannot be charted as they stand.
	ErrInput = errors.New("cannot chart this series")
	// ErrNotBuilt says that this version does not know the kind or rule set yet.
	ErrNotBuilt = errors.New("not built yet")
)

// problem is an error with its reason. Package fmt is left out on purpose: this
// package is compiled into every plugin.
type problem struct {
	kind error
	text string
}

func (e *problem) Error() string {
	if e.kind == ErrNotBuilt {
		return e.text // it says so itself
	}
	return e.kind.Error() + ": " + e.text
}
func (e *problem) Unwrap() error { return e.kind }

func bad(text string) error { return &problem{ErrInput, text} }

// largest and smallest bound the numbers that can be charted. Nothing measured
// in health care comes near them, and within them no sum or product overflows.
const (
	largest  = 1e100
	smallest = 1e-100
)

// built reports whether Compute knows a kind and a rule set.
func built(p *Parameters) error {
	switch p.Kind {
	case measures.Run, measures.XmR, measures.MR, measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C, measures.NP,
		measures.G, measures.T, measures.XBar, measures.S, measures.IPrime,
		measures.EWMA, measures.CUSUM, measures.Funnel, measures.Bernoulli, measures.VLAD:
	default:
		return &problem{ErrNotBuilt, "charts of kind " + p.Kind.String() +
			" are not built yet; known are run, xmr, mr, p, pp, u, up, c, np, g, t, xbar, s, ip, ewma, cusum, funnel, bernoulli and vlad"}
	}
	switch p.Rules {
	case measures.NoRules, measures.MDC, measures.MDCR022, measures.Anhoej, measures.IHI,
		measures.WesternElectric, measures.Nelson, measures.PowerBI:
	default:
		return &problem{ErrNotBuilt, "the rule set " + p.Rules.String() +
			" is not built yet; known are none, mdc, mdc-r022, anhoej, ihi, western-electric, nelson and powerbi"}
	}
	return nil
}

// Check reports whether the settings make sense together.
func (p *Parameters) Check() error {
	if err := built(p); err != nil {
		return err
	}
	switch {
	case !p.Direction.Known():
		return bad("the direction is unknown")
	case p.Constant != Constant266 && p.Constant != Constant1128:
		return bad("the constant is " + number(p.Constant) + "; it can be 2.66 or 1.128")
	case p.Trend < 3 || p.Trend > 100:
		return bad("a trend of " + strconv.Itoa(p.Trend) + " points; 3 to 100 are possible")
	case !(p.Multiply >= smallest && p.Multiply <= largest):
		return bad("values multiplied by " + number(p.Multiply) + "; it must be a number above 0")
	case !measures.IsMissing(p.Centre) && !(math.Abs(p.Centre) <= largest):
		return bad("the centre is " + number(p.Centre))
	case p.Minimum < 0:
		return bad("limits from " + strconv.Itoa(p.Minimum) + " points")
	}
	if err := p.suits(); err != nil {
		return err
	}
	return p.settingsApart()
}

func check(in *Input, p *Parameters) error {
	if err := p.Check(); err != nil {
		return err
	}
	n := len(in.X)
	if len(in.Y) != n || in.N != nil && len(in.N) != n || in.States != nil && len(in.States) != n {
		return bad("its columns differ in length")
	}
	for i := 1; i < n; i++ {
		if in.X[i] < in.X[i-1] || in.X[i] == in.X[i-1] && !subgroups(p.Kind) {
			return bad("x must rise from point to point; point " + strconv.Itoa(i+1) + " does not")
		}
	}
	// Written so that a missing number passes and an infinite one does not.
	for i, y := range in.Y {
		if math.Abs(y) > largest {
			return bad("the value of point " + strconv.Itoa(i+1) + " is " + number(y))
		}
	}
	for i, d := range in.N {
		if d < 0 || d > largest || d > 0 && d < smallest {
			return bad("the denominator of point " + strconv.Itoa(i+1) + " is " + number(d))
		}
	}
	for i := range in.States {
		if !in.States[i].Known() {
			return bad("the state of point " + strconv.Itoa(i+1) + " is unknown")
		}
	}
	if err := suits(in, p.Kind); err != nil {
		return err
	}
	if err := inputApart(in, p); err != nil {
		return err
	}
	return checkDecisions(in, p)
}

// checkDecisions looks at what people decided: phases, baselines and targets.
func checkDecisions(in *Input, p *Parameters) error {
	mdc := p.Rules == measures.MDC || p.Rules == measures.MDCR022
	for i, phase := range in.Phases {
		if i > 0 && phase.Start < in.Phases[i-1].Start {
			return bad("phase " + strconv.Itoa(i+1) + " starts before the phase before it")
		}
		if b := phase.Baseline; b < 0 || mdc && b > 0 && b < minimumBaseline {
			return bad("a baseline of " + strconv.Itoa(b) + " points; the rule set " +
				p.Rules.String() + " needs at least " + strconv.Itoa(minimumBaseline) + ", or 0 for all")
		}
	}
	for i, t := range in.Targets {
		if !(math.Abs(t.Value) <= largest) {
			return bad("target " + strconv.Itoa(i+1) + " is " + number(t.Value))
		}
		if i > 0 && t.From < in.Targets[i-1].From {
			return bad("target " + strconv.Itoa(i+1) + " begins before the target before it")
		}
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
