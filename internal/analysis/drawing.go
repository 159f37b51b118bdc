package analysis

import (
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
)

// ErrNoDrawing says that a measure cannot be drawn in the way that was asked for.
var ErrNoDrawing = errors.New("no such drawing of this measure")

// Drawing is a way to draw a measure: a kind of chart and a rule set, by their
// names. What is empty is the measure's own.
type Drawing struct {
	Kind  string
	Rules string
}

// Own reports whether the drawing is what the measure's definition says.
func (d Drawing) Own() bool { return d == Drawing{} }

// Drawings lists the kinds of chart that suit a measure's inputs, its own first.
// A measure that is computed in a way of its own, or from subgroups, can be drawn
// in that one only.
func (c *Catalogue) Drawings(d *Definition) []measures.Kind {
	var own measures.Kind
	if own.UnmarshalText([]byte(d.Uses.Entry)) != nil {
		return nil
	}
	kinds := []measures.Kind{own}
	for _, kind := range c.suited(d.Measure, own) {
		if kind != own && slices.Contains(d.Computes.Manifest.Entries, kind.String()) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (c *Catalogue) suited(m *measures.Measure, own measures.Kind) []measures.Kind {
	switch own {
	case measures.XBar, measures.S, measures.MR, measures.Funnel, measures.Bernoulli, measures.VLAD, measures.Custom:
		return nil
	case measures.G, measures.T: // skewed: an XmR chart of them would have a lower limit that means nothing
		return []measures.Kind{measures.Run}
	}
	overTime := []measures.Kind{measures.Run, measures.EWMA, measures.CUSUM}
	switch {
	case Share(m):
		return append([]measures.Kind{measures.XmR, measures.PPrime, measures.P, measures.IPrime}, overTime...)
	case hasInput(m, sdk.InputDenominator):
		return append([]measures.Kind{measures.XmR, measures.UPrime, measures.U, measures.IPrime}, overTime...)
	case c.counts(m):
		return append([]measures.Kind{measures.XmR, measures.C}, overTime...)
	}
	return append([]measures.Kind{measures.XmR}, overTime...)
}

// Share reports whether what is plotted is a part of a whole, as a percentage.
func Share(m *measures.Measure) bool {
	return hasInput(m, sdk.InputDenominator) && m.Unit.Symbol == "%"
}

func hasInput(m *measures.Measure, name string) bool {
	return slices.ContainsFunc(m.Inputs, func(in measures.Input) bool { return in.Name == name })
}

// counts reports whether all columns of a measure hold counts.
func (c *Catalogue) counts(m *measures.Measure) bool {
	d, ok := c.Dataset(m.Dataset)
	if !ok {
		return false
	}
	for _, name := range m.Columns() {
		k := slices.IndexFunc(d.Columns, func(column measures.Column) bool { return column.Name == name })
		if k < 0 || d.Columns[k].Type != "count" {
			return false
		}
	}
	return true
}

// RuleSets lists the rule sets for a kind of chart, the usual one first.
func RuleSets(kind measures.Kind) []measures.RuleSet {
	switch kind {
	case measures.Run:
		return []measures.RuleSet{measures.Anhoej, measures.IHI, measures.NoRules}
	case measures.EWMA, measures.CUSUM:
		return []measures.RuleSet{measures.MDC} // their limits are their only rule, from 13 points
	}
	return []measures.RuleSet{measures.MDC, measures.MDCR022, measures.Anhoej, measures.WesternElectric, measures.Nelson, measures.PowerBI, measures.NoRules}
}

// drawn is the way that a question asks for: the measure's own, but for what the
// reader chose. Where only the kind is chosen, the rules are the measure's if they
// suit it, else the usual ones.
func (c *Catalogue) drawn(m *Definition, d Drawing) (method, error) {
	way := method{m.Uses.Entry, m.Rules}
	if d.Own() {
		return way, nil
	}
	kinds := c.Drawings(m)
	var kind measures.Kind
	if d.Kind != "" {
		way.entry = d.Kind
	}
	if kind.UnmarshalText([]byte(way.entry)) != nil || !slices.Contains(kinds, kind) {
		return way, fmt.Errorf("%w: %s as %q; it can be drawn as %v", ErrNoDrawing, m.Title, way.entry, kinds)
	}
	sets := RuleSets(kind)
	if d.Rules == "" {
		if !slices.Contains(sets, way.rules) {
			way.rules = sets[0]
		}
		return way, nil
	}
	if way.rules.UnmarshalText([]byte(d.Rules)) != nil || !slices.Contains(sets, way.rules) {
		return way, fmt.Errorf("%w: %s under the rules %q; a chart of kind %s can have %v", ErrNoDrawing, m.Title, d.Rules, kind, sets)
	}
	return way, nil
}
