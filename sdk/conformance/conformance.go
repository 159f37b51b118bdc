// Package conformance holds the questions that a sound plugin must be able to
// meet: short series and long ones, gaps, ties, phases, everything missing. They
// are made here, from a fixed seed, so that they are the same everywhere and for
// ever; plugins in different languages are held to the same answers by them.
package conformance

import (
	"math/rand/v2"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Vector is one question with a name that says what is special about it.
type Vector struct {
	Name    string
	Request wire.Request
	// Empty says that nothing was measured in it: a plugin may decline with
	// status 1, or give charts without values.
	Empty bool
}

// longest is the length of the longest series: what a plugin must be able to
// take in the memory and the time it is given.
const longest = 5_000

// Vectors gives the questions for one entry of a plugin whose measure has these
// inputs and settings. Where there is a "denominator" it is larger than what is
// divided by it; other inputs are counts.
func Vectors(entry string, inputs []string, settings []wire.Parameter) []Vector {
	m := maker{entry: entry, inputs: inputs, settings: settings, chance: rand.New(rand.NewPCG(20260401, 1))}
	return []Vector{
		m.one("36 months", m.months(36)),
		m.one("120 months", m.months(120)),
		m.one("one point", m.months(1)),
		m.one("two points", m.months(2)),
		m.one("seven points", m.months(7)),
		m.one("eight points", m.months(8)),
		m.empty("no points", m.months(0)),
		m.empty("all missing", m.with(m.months(24), m.allMissing)),
		m.one("one of 24 measured", m.with(m.months(24), m.allMissing, m.firstMeasured)),
		m.one("every third month missing", m.with(m.months(36), m.thirdsMissing)),
		m.one("the last months missing", m.with(m.months(36), m.endMissing)),
		m.one("missing in one column only", m.with(m.months(36), m.lastColumnMissing)),
		m.one("constant", m.with(m.months(36), m.constant)),
		m.one("constant but for one", m.with(m.months(36), m.constant, m.oneHigh)),
		m.one("ties", m.with(m.months(36), m.ties)),
		m.one("zeros", m.with(m.months(24), m.zeros)),
		m.one("far apart", m.with(m.months(36), m.farApart)),
		m.one("two phases", m.with(m.months(36), m.phases(0, 18))),
		m.one("three phases with baselines", m.with(m.months(60), m.phases(0, 20, 40), m.baselines(12))),
		m.one("a phase of one", m.with(m.months(30), m.phases(0, 29))),
		m.one("phases of nothing", m.with(m.months(30), m.phases(10, 10, 50))),
		m.one("excluded points", m.with(m.months(36), m.state(measures.Excluded, 5, 6, 7, 30))),
		m.one("suppressed and provisional", m.with(m.months(36), m.state(measures.Suppressed, 3, 9), m.state(measures.Provisional, 34, 35))),
		m.one("targets", m.with(m.months(36), m.targets)),
		m.whole("numbered cases", m.months(40)),
		m.many("three strata", "Ward 1", "Ward 2", "Ärzte-Station 3"),
		m.many("200 organisations", make([]string, 200)...),
		m.one("a long series", m.months(longest)),
	}
}

// Long is a question about one series of so many points.
func Long(entry string, inputs []string, settings []wire.Parameter, points int) Vector {
	m := maker{entry: entry, inputs: inputs, settings: settings, chance: rand.New(rand.NewPCG(20260401, 1))}
	return m.one("many points", m.months(points))
}

// maker makes series with numbers from one source of chance.
type maker struct {
	entry    string
	inputs   []string
	settings []wire.Parameter
	chance   *rand.Rand
}

// change alters a series.
type change func(*measures.Series)

func (m *maker) request(series ...measures.Series) wire.Request {
	return wire.Request{Measure: "conformance", Entry: m.entry, Inputs: m.inputs, Parameters: m.settings, Series: series}
}

func (m *maker) one(name string, s measures.Series) Vector {
	return Vector{Name: name, Request: m.request(s)}
}

func (m *maker) empty(name string, s measures.Series) Vector {
	return Vector{Name: name, Request: m.request(s), Empty: true}
}

func (m *maker) whole(name string, s measures.Series) Vector {
	v := m.one(name, s)
	v.Request.Whole = true
	for i := range s.Periods {
		s.Periods[i] = measures.Date(i + 1)
	}
	return v
}

func (m *maker) many(name string, strata ...string) Vector {
	v := Vector{Name: name, Request: m.request()}
	for i, stratum := range strata {
		s := m.months(24 + i%13)
		s.Stratum = stratum
		v.Request.Series = append(v.Request.Series, s)
	}
	return v
}

func (m *maker) with(s measures.Series, changes ...change) measures.Series {
	for _, change := range changes {
		change(&s)
	}
	return s
}

// months makes so many points. A series too long for months counts days.
func (m *maker) months(n int) measures.Series {
	s := measures.Series{Organisation: "ZZ1", Periods: []measures.Date{}, States: make([]measures.State, n)}
	for i := range n {
		if n > 1_000 {
			s.Periods = append(s.Periods, measures.DateOf(2010, 1, 1)+measures.Date(i))
			continue
		}
		s.Periods = append(s.Periods, measures.DateOf(2016+i/12, 1+i%12, 1))
	}
	for _, input := range m.inputs {
		column := make([]float64, n)
		for i := range column {
			column[i] = m.figure(input)
		}
		s.Columns = append(s.Columns, column)
	}
	return s
}

func (m *maker) figure(input string) float64 {
	if strings.Contains(input, "denominator") {
		return float64(800 + m.chance.IntN(400))
	}
	return float64(60 + m.chance.IntN(80))
}

// each alters the figures that are divided, or all where nothing is.
func (m *maker) each(s *measures.Series, to func(i int, v float64) float64) {
	for c, input := range m.inputs {
		if strings.Contains(input, "denominator") {
			continue
		}
		for i, v := range s.Columns[c] {
			s.Columns[c][i] = to(i, v)
		}
	}
}

func (m *maker) miss(s *measures.Series, i int) {
	s.States[i] = measures.NotMeasured
	for c := range s.Columns {
		s.Columns[c][i] = measures.Missing
	}
}

func (m *maker) allMissing(s *measures.Series) {
	for i := range s.Periods {
		m.miss(s, i)
	}
}

func (m *maker) firstMeasured(s *measures.Series) {
	s.States[0] = measures.Final
	for c, input := range m.inputs {
		s.Columns[c][0] = m.figure(input)
	}
}

func (m *maker) thirdsMissing(s *measures.Series) {
	for i := 0; i < len(s.Periods); i += 3 {
		m.miss(s, i)
	}
}

func (m *maker) endMissing(s *measures.Series) {
	for i := len(s.Periods) - 4; i < len(s.Periods); i++ {
		m.miss(s, i)
	}
}

func (m *maker) lastColumnMissing(s *measures.Series) {
	if len(s.Columns) > 0 {
		s.Columns[len(s.Columns)-1][11] = measures.Missing
	}
}

func (m *maker) constant(s *measures.Series) {
	for c, input := range m.inputs {
		for i := range s.Columns[c] {
			s.Columns[c][i] = 90
			if strings.Contains(input, "denominator") {
				s.Columns[c][i] = 1000
			}
		}
	}
}

func (m *maker) oneHigh(s *measures.Series) {
	m.each(s, func(i int, v float64) float64 {
		if i == 20 {
			return v + 10
		}
		return v
	})
}

func (m *maker) ties(s *measures.Series) {
	m.constant(s)
	m.each(s, func(i int, _ float64) float64 { return float64(80 + 10*(i%3)) })
}

func (m *maker) zeros(s *measures.Series) {
	m.each(s, func(i int, v float64) float64 {
		if i%2 == 0 {
			return 0
		}
		return v
	})
}

func (m *maker) farApart(s *measures.Series) {
	m.each(s, func(i int, v float64) float64 {
		if i%9 == 4 {
			return v / 64
		}
		return v
	})
}

// phases begins phases at points, or as far behind the end as they are.
func (m *maker) phases(points ...int) change {
	return func(s *measures.Series) {
		for _, p := range points {
			start := s.Periods[len(s.Periods)-1] + 40
			if p < len(s.Periods) {
				start = s.Periods[p]
			}
			s.Phases = append(s.Phases, measures.Phase{Start: start})
		}
	}
}

func (m *maker) baselines(points int) change {
	return func(s *measures.Series) {
		for i := range s.Phases {
			s.Phases[i].Baseline = points
		}
	}
}

func (m *maker) state(state measures.State, points ...int) change {
	return func(s *measures.Series) {
		for _, p := range points {
			s.States[p] = state
			if state == measures.Suppressed {
				for c := range s.Columns {
					s.Columns[c][p] = measures.Missing
				}
			}
		}
	}
}

func (m *maker) targets(s *measures.Series) {
	s.Targets = []measures.Target{{Value: 90}, {From: s.Periods[12], Value: 95}, {From: s.Periods[len(s.Periods)-1] + 31, Value: 99}}
}
