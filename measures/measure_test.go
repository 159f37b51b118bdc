package measures_test

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func TestChangedFindsWhatIsCountedAndNotHowItIsTold(t *testing.T) {
	core := func() *measures.Measure {
		return &measures.Measure{ID: "falls", Title: "Falls", Dataset: "falls", Grain: measures.Month, Unit: measures.Unit{Multiply: 1000},
			Inputs: []measures.Input{{Name: "numerator", Plus: []string{"slips", "trips"}, Minus: []string{"jumps"}}, {Name: "denominator", Plus: []string{"days"}}}}
	}
	for name, c := range map[string]struct {
		change func(*measures.Measure)
		want   string
	}{
		"nothing":          {func(*measures.Measure) {}, ""},
		"words":            {func(m *measures.Measure) { m.Title, m.Numerator, m.Inputs[0].Title = "Fall", "People", "Falls" }, ""},
		"drawing":          {func(m *measures.Measure) { m.Rules, m.Uses.Entry, m.Unit.Decimals = measures.Nelson, "up", 3 }, ""},
		"targets":          {func(m *measures.Measure) { m.Targets, m.Baseline = []measures.Target{{Value: 1}}, 24 }, ""},
		"strata":           {func(m *measures.Measure) { m.Stratifiers = []string{"ward"} }, ""},
		"order":            {func(m *measures.Measure) { m.Inputs[0].Plus = []string{"trips", "slips"} }, ""},
		"order of inputs":  {func(m *measures.Measure) { m.Inputs[0], m.Inputs[1] = m.Inputs[1], m.Inputs[0] }, ""},
		"dataset":          {func(m *measures.Measure) { m.Dataset = "slips" }, "dataset"},
		"grain":            {func(m *measures.Measure) { m.Grain = measures.Week }, "grain"},
		"one stratum":      {func(m *measures.Measure) { m.Part = &measures.Part{Stratifier: "ward", Stratum: "A"} }, "part"},
		"a factor":         {func(m *measures.Measure) { m.Unit.Multiply = 100 }, "unit"},
		"a column more":    {func(m *measures.Measure) { m.Inputs[0].Plus = append(m.Inputs[0].Plus, "faints") }, "inputs"},
		"a column less":    {func(m *measures.Measure) { m.Inputs[0].Minus = nil }, "inputs"},
		"another sign":     {func(m *measures.Measure) { m.Inputs[0].Plus, m.Inputs[0].Minus = m.Inputs[0].Minus, m.Inputs[0].Plus }, "inputs"},
		"no denominator":   {func(m *measures.Measure) { m.Inputs = m.Inputs[:1] }, "inputs"},
		"another for that": {func(m *measures.Measure) { m.Inputs[1].Name = "value" }, "inputs"},
	} {
		m := core()
		c.change(m)
		if got, back := m.Changed(core()), core().Changed(m); got != c.want || back != c.want {
			t.Errorf("%s: %q, and the other way round %q; want %q", name, got, back, c.want)
		}
	}
	one, two := core(), core()
	one.Part, two.Part = &measures.Part{Stratifier: "ward", Stratum: "A"}, &measures.Part{Stratifier: "ward", Stratum: "A"}
	if got := one.Changed(two); got != "" {
		t.Errorf("the same stratum twice: %q", got)
	}
}
