package sharing

import (
	"encoding/json"
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
	{"Stratum", true, func(m *measures.Measure) string { return jsonText(m.Part) }},
	{"Split into strata by", false, func(m *measures.Measure) string { return strings.Join(m.Stratifiers, ", ") }},
	{"Period", true, func(m *measures.Measure) string { return string(m.Grain) }},
	{"Unit", true, func(m *measures.Measure) string { return jsonText(m.Unit) }},
	{"Better is", false, func(m *measures.Measure) string { return m.Direction.String() }},
	{"Targets", false, func(m *measures.Measure) string { return jsonText(m.Targets) }},
	{"Chart", false, func(m *measures.Measure) string { return m.Uses.Entry + " of " + m.Uses.Plugin }},
	{"Rules", false, func(m *measures.Measure) string { return m.Rules.String() }},
	{"Begins", false, func(m *measures.Measure) string { return jsonText(m.Start) }},
	{"Baseline", false, func(m *measures.Measure) string { return jsonText(m.Baseline) }},
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

// jsonText writes what has no words of its own as its manifest has it; nothing for
// null and 0.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if s := string(text); err == nil && s != "null" && s != "0" && s != `"1970-01-01"` {
		return s
	}
	return ""
}
