package analysis

import (
	"context"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
	"github.com/signalbox-health/signalbox/sdk"
)

// material is what was read for one question: the plugin's inputs, and what
// people have said about them.
type material struct {
	version postgres.DataVersion
	series  []measures.Series // one column an input of the measure
	events  []measures.Event
	// hidden are the rows of each series that may not be seen. Their counts in
	// series are stand-ins; the true ones were let go of when they were read.
	hidden map[seriesName][]bool
	// told is what an answer made of all this would tell of every number.
	told []disclosure.Telling
}

// seriesName tells the series of one reading apart.
type seriesName struct {
	organisation measures.ODSCode
	stratum      string
}

func nameOf(s *measures.Series) seriesName { return seriesName{s.Organisation, s.Stratum} }

// hide puts stand-ins in the place of counts that the reader may not see, before
// anything is made of them. of says what the numbers of each series are made of.
func (m *material) hide(terms policy.Disclosure, inputs []measures.Input, of func(series int) source) {
	if disclosure.Open(terms) {
		return
	}
	numerator, denominator := roles(inputs)
	counts := make([]disclosure.Counts, len(m.series))
	for i := range m.series {
		s := &m.series[i]
		c := disclosure.Counts{Organisation: s.Organisation, Stratum: s.Stratum}
		for _, period := range s.Periods {
			c.X = append(c.X, int32(period))
		}
		if numerator >= 0 {
			c.Numerator = s.Columns[numerator]
		}
		if denominator >= 0 {
			c.Denominator = s.Columns[denominator]
		}
		counts[i] = c
	}
	charted, hide := disclosure.Hide(terms, counts)
	m.hidden = map[seriesName][]bool{}
	for i := range m.series {
		s := &m.series[i]
		m.hidden[nameOf(s)] = hide[i]
		m.told = append(m.told, of(i).tellings(terms, counts[i], hide[i], m.version.Load)...)
		s.Columns = slices.Clone(s.Columns)
		if numerator >= 0 {
			s.Columns[numerator] = charted[i].Numerator
		}
		if denominator >= 0 {
			s.Columns[denominator] = charted[i].Denominator
		}
	}
}

// named gives inputs the names of others.
func named(inputs, as []measures.Input) []measures.Input {
	out := slices.Clone(inputs)
	for i := range out {
		out[i].Name = as[i].Name
	}
	return out
}

// roles finds the inputs that are counts or values, and what they are counted of;
// -1 where there is none.
func roles(inputs []measures.Input) (numerator, denominator int) {
	numerator, denominator = -1, -1
	for i, input := range inputs {
		switch input.Name {
		case sdk.InputNumerator, sdk.InputValue:
			numerator = i
		case sdk.InputDenominator:
			denominator = i
		}
	}
	return numerator, denominator
}

// read fetches the series of a question with the grant, and lays the decided
// phases, the targets and the excluded months over them.
func (a *Analysis) read(ctx context.Context, grant policy.Grant, answer *Answer) (*material, error) {
	q, m := &answer.Question, answer.Measure
	_, inputs := answer.division.source(m)
	columns := measures.ColumnsOf(inputs)
	query := postgres.SeriesQuery{Columns: columns, Period: answer.Receipt.Period, AsOf: q.AsOf}
	if answer.division.strata == nil {
		query.Stratifier = q.Stratifier
	}
	if m.Part != nil {
		if err := partAllowed(q, grant.Disclosure()); err != nil {
			return nil, fmt.Errorf("figures of %s at %s: %w", m.ID, q.Organisation, err)
		}
		query.Stratifier = m.Part.Stratifier
	}
	if q.Organisation != policy.Everyone {
		query.Organisations = []measures.ODSCode{q.Organisation}
	}
	read, err := a.Data.Material(ctx, grant, query, m.ID)
	if err != nil {
		return nil, fmt.Errorf("figures of %s at %s: %w", m.ID, q.Organisation, err)
	}
	if m.Part != nil {
		read.Series = only(read.Series, m.Part.Stratum)
	}
	series := make([]measures.Series, 0, len(read.Series))
	for i := range read.Series {
		s := &read.Series[i]
		if s.Columns, err = combine(inputs, columns, s.Columns); err != nil {
			return nil, fmt.Errorf("inputs of %s: %w", m.ID, err)
		}
		if answer.division.strata != nil {
			series = append(series, answer.division.part(s, len(m.Inputs))...)
		} else {
			series = append(series, *s)
		}
	}
	for i := range series {
		s := &series[i]
		s.Targets = m.Targets
		s.Phases = phasesOf(m, s, answer.Definition.locked(s, read.Phases[s.Organisation]))
		exclude(s, read.Events)
	}
	made := &material{version: read.Version, series: series, events: read.Events}
	made.hide(grant.Disclosure(), m.Inputs, func(series int) source {
		if answer.division.strata == nil {
			return source{m.Inputs, query.Stratifier}
		}
		from := series % len(answer.division.strata) * len(m.Inputs)
		return source{named(inputs[from:from+len(m.Inputs)], m.Inputs), ""}
	})
	return made, nil
}

// combine makes the inputs of a measure from the columns of its dataset. An
// input is missing where any of its columns is.
func combine(inputs []measures.Input, names []string, columns [][]float64) ([][]float64, error) {
	made := make([][]float64, len(inputs))
	for i, input := range inputs {
		for _, part := range []struct {
			names []string
			sign  float64
		}{{input.Plus, 1}, {input.Minus, -1}} {
			for _, name := range part.names {
				at := slices.Index(names, name)
				if at < 0 || at >= len(columns) {
					return nil, fmt.Errorf("input %s needs column %s, which was not read", input.Name, name)
				}
				if made[i] == nil {
					made[i] = make([]float64, len(columns[at]))
				}
				for row, value := range columns[at] {
					made[i][row] += part.sign * value // Missing stays Missing
				}
			}
		}
	}
	return made, nil
}

// phasesOf gives the phases of a series: those that people decided on, or else
// one, with the baseline of the measure's definition. A baseline longer than
// the series is the whole series, for now.
func phasesOf(m *measures.Measure, s *measures.Series, decided []measures.Phase) []measures.Phase {
	if len(s.Periods) == 0 {
		return nil
	}
	first, last := s.Periods[0], s.Periods[len(s.Periods)-1]
	var phases []measures.Phase
	for _, phase := range decided {
		switch {
		case phase.Start > last:
		case phase.Start <= first:
			phases = []measures.Phase{phase} // the latest that began before what is shown
		default:
			phases = append(phases, phase)
		}
	}
	if len(phases) > 0 && phases[0].Start <= first {
		return phases
	}
	return append(opening(m, first, last, len(phases) > 0), phases...)
}

// opening gives the phases that nobody had to decide on: from the first figure,
// and again from the date at which the measure's definition begins, if figures
// from before it are shown. closed says that a decided phase follows, so that
// all of the opening is its baseline.
func opening(m *measures.Measure, first, last measures.Date, closed bool) []measures.Phase {
	defined := measures.Phase{Start: m.Start, Baseline: m.Baseline, Reason: m.StartReason, Author: "the measure's definition"}
	if closed {
		defined.Baseline = 0
	}
	switch {
	case m.Start == first:
		return []measures.Phase{defined}
	case m.Start > first && m.Start <= last && !closed:
		return []measures.Phase{{Start: first, Reason: "Figures from before the measure's own start."}, defined}
	case m.Start > first || closed:
		return []measures.Phase{{Start: first}}
	default:
		return []measures.Phase{{Start: first, Baseline: m.Baseline}}
	}
}

// exclude marks the points that an event takes out of every baseline, such as
// the first wave of COVID-19.
func exclude(s *measures.Series, events []measures.Event) {
	for _, event := range events {
		if !event.Exclude || event.Organisation != "" && event.Organisation != s.Organisation {
			continue
		}
		for i, period := range s.Periods {
			if period >= event.Start && (event.End == 0 || period <= event.End) && s.States[i] <= measures.Provisional {
				s.States[i] = measures.Excluded
			}
		}
	}
}

// eventsOf picks the events that concern one organisation.
func eventsOf(organisation measures.ODSCode, events []measures.Event) []measures.Event {
	var list []measures.Event
	for _, event := range events {
		if event.Organisation == "" || event.Organisation == organisation {
			list = append(list, event)
		}
	}
	return list
}
