package analysis

import (
	"context"
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// Sketch charts a measure that nobody has approved, of figures that no policy
// guards: invented ones, an author's own, or such as have been released already.
// The charts are those that the site would draw, run and verified in the same way.
// Nothing is decided and nothing recorded, because no data are read.
//
// Series have one column an input of the measure; whole says that their periods
// are whole numbers and no dates.
func Sketch(ctx context.Context, box Sandbox, release plugins.Release, m *measures.Measure, series []measures.Series, whole bool) ([]Chart, error) {
	a := &Analysis{Plugins: box}
	answer := &Answer{Measure: m, Receipt: Receipt{Release: release}, way: method{m.Uses.Entry, m.Rules}, whole: whole}
	charts, err := a.run(ctx, answer, &material{series: series})
	if err != nil {
		return nil, err
	}
	disclosed(policy.Disclosure{ZeroVisible: true}, m, charts)
	return charts, nil
}

// Inputs makes the series of a measure from a series with all columns of its
// dataset: its inputs, from its own start on, with its targets and the baseline of
// its definition.
func Inputs(m *measures.Measure, d measures.Dataset, s measures.Series) (measures.Series, error) {
	names := make([]string, len(d.Columns))
	for i, c := range d.Columns {
		names[i] = c.Name
	}
	columns, err := combine(m.Inputs, names, s.Columns)
	if err != nil {
		return s, fmt.Errorf("inputs of %s: %w", m.ID, err)
	}
	from := 0
	for from < len(s.Periods) && s.Periods[from] < m.Start {
		from++
	}
	s.Periods, s.States = s.Periods[from:], s.States[from:]
	for i := range columns {
		columns[i] = columns[i][from:]
	}
	s.Columns, s.Targets = columns, m.Targets
	s.Phases = phasesOf(m, &s, nil)
	return s, nil
}

// Way says by which entry and rules a series of a measure is charted: the measure's
// own, or those of a run chart while points are few.
func Way(m *measures.Measure, s *measures.Series) (entry string, rules measures.RuleSet) {
	way := methodFor(method{m.Uses.Entry, m.Rules}, s)
	return way.entry, way.rules
}
