package analysis_test

import (
	"errors"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// plain is a chart of so many points from 1, whose values are their numbers.
func plain(from, to int) *measures.Chart {
	c := &measures.Chart{Kind: measures.XmR, Rules: measures.MDC, Target: measures.Missing}
	for x := from; x <= to; x++ {
		c.X, c.Y = append(c.X, int32(x)), append(c.Y, float64(x))
		c.Centre, c.Lower, c.Upper = append(c.Centre, 5), append(c.Lower, 1), append(c.Upper, 9)
		c.Signals, c.Causes, c.States = append(c.Signals, 0), append(c.Causes, measures.Common), append(c.States, measures.Final)
	}
	return c
}

func TestDifferenceOfTwoCharts(t *testing.T) {
	type counts struct{ points, added, gone, values, limits, signals, states int }
	for name, c := range map[string]struct {
		after *measures.Chart
		edit  func(*measures.Chart)
		want  counts
		none  bool
	}{
		"the same":             {after: plain(1, 9), none: true},
		"other last bits":      {after: plain(1, 9), edit: func(c *measures.Chart) { c.Centre[3] += 1e-13 }, none: true},
		"both missing":         {after: plain(1, 9), none: true},
		"points at both ends":  {after: plain(3, 11), want: counts{points: 4, added: 2, gone: 2}},
		"none left":            {after: plain(1, 0), want: counts{points: 9, gone: 9}},
		"another value":        {after: plain(1, 9), edit: func(c *measures.Chart) { c.Y[2] = 7 }, want: counts{points: 1, values: 1}},
		"hidden now":           {after: plain(1, 9), edit: func(c *measures.Chart) { c.Y[2], c.States[2] = measures.Missing, measures.Suppressed }, want: counts{points: 1, values: 1, states: 1}},
		"one limit":            {after: plain(1, 9), edit: func(c *measures.Chart) { c.Upper[8] = 8.5 }, want: counts{points: 1, limits: 1}},
		"no limits":            {after: plain(1, 9), edit: func(c *measures.Chart) { c.Upper[8] = measures.Missing }, want: counts{points: 1, limits: 1}},
		"a signal":             {after: plain(1, 9), edit: func(c *measures.Chart) { c.Signals[8] = measures.OutsideUpper }, want: counts{points: 1, signals: 1}},
		"judged another way":   {after: plain(1, 9), edit: func(c *measures.Chart) { c.Causes[8] = measures.Concern }, want: counts{points: 1, signals: 1}},
		"another target":       {after: plain(1, 9), edit: func(c *measures.Chart) { c.Target = 4 }},
		"another rule set":     {after: plain(1, 9), edit: func(c *measures.Chart) { c.Rules = measures.Anhoej }},
		"another kind":         {after: plain(1, 9), edit: func(c *measures.Chart) { c.Kind = measures.Run }},
		"another last word":    {after: plain(1, 9), edit: func(c *measures.Chart) { c.Variation = measures.ConcernHigh }},
		"another on the goal":  {after: plain(1, 9), edit: func(c *measures.Chart) { c.Assurance = measures.Fail }},
		"everything at a time": {after: plain(2, 9), edit: func(c *measures.Chart) { c.Y[0], c.Lower[0], c.Signals[0] = 3, 0, measures.ShiftBelow }, want: counts{2, 0, 1, 1, 1, 1, 0}},
	} {
		before := plain(1, 9)
		if name == "both missing" {
			before.Upper[4], c.after.Upper[4] = measures.Missing, measures.Missing
		}
		if c.edit != nil {
			c.edit(c.after)
		}
		d := analysis.DifferenceOf(before, c.after)
		got := counts{len(d.Points), d.Added, d.Gone, d.Values, d.Limits, d.Signals, d.States}
		if got != c.want || d.None() != c.none {
			t.Errorf("%s: %+v (none %v), want %+v (none %v)", name, got, d.None(), c.want, c.none)
		}
		back := analysis.DifferenceOf(c.after, before)
		if back.Added != d.Gone || back.Gone != d.Added || back.Values != d.Values || len(back.Points) != len(d.Points) {
			t.Errorf("%s: the other way round %+v", name, back)
		}
	}
}

func TestWhatANewVersionDoesToATrustsChart(t *testing.T) {
	h, _, two := sharing(t)
	preview := analysis.Preview{Release: plugins.Release{Digest: two.Digest}}
	side, err := h.Difference(t.Context(), chartOf(lead("RAA"), "falls-bundle", "RAA"), preview)
	if err != nil || side.Before.Err != nil || side.After.Err != nil {
		t.Fatal(err, side.Before.Err, side.After.Err)
	}
	d := side.Difference
	if d == nil || d.Rules != [2]measures.RuleSet{measures.MDC, measures.Anhoej} || d.Values != 0 || d.Added+d.Gone != 0 || d.None() {
		t.Errorf("the difference is %+v", d)
	}
	// A target of the trust's own on the new version is part of what it would do.
	preview.Layers = layersOf(postgres.Layer{Targets: []measures.Target{{Value: 5}}})
	if side, _ = h.Difference(t.Context(), chartOf(lead("RAA"), "falls-bundle", "RAA"), preview); side.Difference.Target[1] != 5 {
		t.Errorf("targets %v", side.Difference.Target)
	}
	// RCC runs none: there is nothing to compare with, and the preview stands alone.
	side, err = h.Difference(t.Context(), chartOf(lead("RCC"), "falls-bundle", "RCC"), preview)
	if err != nil || !errors.Is(side.Before.Err, analysis.ErrNoMeasure) || side.After.Err != nil || side.Difference != nil {
		t.Errorf("at RCC: %v, %v, %v, %+v", err, side.Before.Err, side.After.Err, side.Difference)
	}
	// Whoever may not look at it sees the chart as it is, and no more.
	side, err = h.Difference(t.Context(), chartOf(clinician("RAA"), "falls-bundle", "RAA"), preview)
	if err != nil || side.Before.Err != nil || !errors.Is(side.After.Err, policy.ErrDenied) || side.Difference != nil {
		t.Errorf("for a clinician: %v, %v, %v", err, side.Before.Err, side.After.Err)
	}
}
