package sharing

import (
	"fmt"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Change is one thing in the definition of a measure that two versions of a plugin
// say differently.
type Change struct {
	Measure       measures.MeasureID
	What          string // "Numerator"
	Before, After string // one of them empty where it came or went
	Counts        bool   // it changes what is counted, and not only what is said of it
}

// defined are the parts of a definition, in the order in which a reader asks for them.
var defined = []struct {
	what   string
	counts bool
	of     func(*measures.Measure) string
}{
	{"Title", false, func(m *measures.Measure) string { return m.Title }},
	{"Problem", false, func(m *measures.Measure) string { return m.Problem }},
	{"Why it matters", false, func(m *measures.Measure) string { return m.Why }},
	{"Numerator", true, func(m *measures.Measure) string { return m.Numerator }},
	{"Denominator", true, func(m *measures.Measure) string { return m.Denominator }},
	{"Inclusions", true, func(m *measures.Measure) string { return m.Inclusions }},
	{"Scope", false, func(m *measures.Measure) string { return m.Scope }},
	{"Dataset", true, func(m *measures.Measure) string { return string(m.Dataset) }},
	{"Computed from", true, func(m *measures.Measure) string { return inputsText(m.Inputs) }},
	{"Stratum", true, func(m *measures.Measure) string { return partText(m.Part) }},
	{"Split into strata by", false, func(m *measures.Measure) string { return strings.Join(m.Stratifiers, ", ") }},
	{"Period", true, func(m *measures.Measure) string { return string(m.Grain) }},
	{"Unit", true, func(m *measures.Measure) string { return unitText(m.Unit) }},
	{"Better is", false, func(m *measures.Measure) string { return m.Direction.String() }},
	{"Targets", false, func(m *measures.Measure) string { return targetsText(m.Targets) }},
	{"Chart", false, func(m *measures.Measure) string { return m.Uses.Entry + " of " + m.Uses.Plugin }},
	{"Rules", false, func(m *measures.Measure) string { return m.Rules.String() }},
	{"Begins", false, func(m *measures.Measure) string { return dayText(m.Start) }},
	{"Baseline", false, func(m *measures.Measure) string { return pointsText(m.Baseline) }},
}

// Changes lists what a version defines differently from the one before.
func Changes(before, after *plugins.Manifest) []Change {
	var list []Change
	for i := range after.Measures {
		m := &after.Measures[i]
		was := measureOf(before, m.ID)
		if was == nil {
			list = append(list, Change{Measure: m.ID, What: "New measure", After: m.Title, Counts: true})
			continue
		}
		for _, part := range defined {
			if a, b := part.of(was), part.of(m); a != b {
				list = append(list, Change{Measure: m.ID, What: part.what, Before: a, After: b, Counts: part.counts})
			}
		}
	}
	for i := range before.Measures {
		if m := &before.Measures[i]; measureOf(after, m.ID) == nil {
			list = append(list, Change{Measure: m.ID, What: "No longer there", Before: m.Title, Counts: true})
		}
	}
	return list
}

func measureOf(m *plugins.Manifest, id measures.MeasureID) *measures.Measure {
	for i := range m.Measures {
		if m.Measures[i].ID == id {
			return &m.Measures[i]
		}
	}
	return nil
}

// inputsText writes what a plugin is given: "numerator = within less late".
func inputsText(inputs []measures.Input) string {
	var list []string
	for _, in := range inputs {
		text := in.Name + " = " + strings.Join(in.Plus, " + ")
		for _, less := range in.Minus {
			text += " − " + less
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

func unitText(u measures.Unit) string {
	return strings.TrimSpace(fmt.Sprintf("times %g %s %s", u.Multiply, u.Symbol, u.Words))
}

func targetsText(targets []measures.Target) string {
	var list []string
	for _, t := range targets {
		text := fmt.Sprintf("%g", t.Value)
		if t.Label != "" {
			text += " (" + t.Label + ")"
		}
		if t.From != 0 {
			text += " from " + t.From.DayName()
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

func dayText(d measures.Date) string {
	if d == 0 {
		return ""
	}
	return d.DayName()
}

func pointsText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("the first %d points", n)
}

func partText(p *measures.Part) string {
	if p == nil {
		return ""
	}
	return p.Stratifier + " " + p.Stratum
}
