package analysis

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// add sums the figures of every organisation over the stretch. One that lacks a
// period is left out: its sum would be of another stretch than the others'.
func (f *Funnel) add(material *material, terms policy.Disclosure) {
	m, c := f.Measure, &f.Comparison
	numerator, denominator := roles(m.Inputs)
	series := picked(material.series, c.Among)
	f.Available = widely(series)
	if f.Last = c.Last; f.Last == 0 && len(f.Available) > 0 {
		f.Last = f.Available[0]
	}
	f.First = back(m.Grain, f.Last, c.Periods-1)
	f.Figure.Organisation, f.Figure.Multiply = policy.Everyone, m.Unit.Multiply
	// Of every set of rules, the one about points outside applies to a funnel.
	f.Parameters = spc.Defaults(measures.Funnel, measures.MDC)
	f.Parameters.Direction, f.Parameters.Multiply = m.Direction, m.Unit.Multiply
	if f.Parameters.Ratio = spc.Rate; m.Unit.Symbol == "%" {
		f.Parameters.Ratio = spc.Proportion
	}
	for i := range series {
		s := &series[i]
		found, provisional := f.within(s)
		sum := [2]float64{}
		for _, at := range found {
			sum[0] += s.Columns[numerator][at]
			sum[1] += s.Columns[denominator][at]
		}
		out := LeftOut{Organisation: s.Organisation, Measured: len(found), Latest: latest(s, f.Last)}
		switch {
		case len(found) == 0 && out.Latest < f.First.AddMonths(-monthsBefore):
			continue // long gone, or not yet there
		case len(found) < c.Periods:
			out.Why = Incomplete
		case sum[1] <= 0:
			out.Why = NothingToSee
		case f.Parameters.Ratio == spc.Proportion && sum[0] > sum[1]:
			out.Why = MoreThanAll
		default:
			blurred := false
			for _, within := range sum {
				blurred = blurred || disclosure.Blurred(terms, countHidden(material.hidden[nameOf(s)], found), within)
			}
			f.Groups, f.Figure.Hide = append(f.Groups, s.Organisation), append(f.Figure.Hide, blurred)
			f.Numerator, f.Denominator = append(f.Numerator, sum[0]), append(f.Denominator, sum[1])
			if provisional {
				f.Provisional++
			}
			continue
		}
		f.LeftOut = append(f.LeftOut, out)
	}
	f.happened(series, material.events)
}

// countHidden counts the rows of a series that may not be seen, among some of them.
func countHidden(hidden []bool, rows []int) int {
	n := 0
	for _, row := range rows {
		if row < len(hidden) && hidden[row] {
			n++
		}
	}
	return n
}

// picked keeps the series of the organisations to compare, in order of code.
func picked(series []measures.Series, among func([]measures.ODSCode) []measures.ODSCode) []measures.Series {
	if among == nil {
		return series
	}
	codes := make([]measures.ODSCode, len(series))
	for i := range series {
		codes[i] = series[i].Organisation
	}
	wanted := map[measures.ODSCode]bool{}
	for _, code := range among(codes) {
		wanted[code] = true
	}
	return slices.DeleteFunc(slices.Clone(series), func(s measures.Series) bool { return !wanted[s.Organisation] })
}

// measuredAt reports whether every input of a series is there at a row.
func measuredAt(s *measures.Series, row int) bool {
	if s.States[row] == measures.NotMeasured || s.States[row] == measures.Suppressed {
		return false
	}
	return !slices.ContainsFunc(s.Columns, func(column []float64) bool { return measures.IsMissing(column[row]) })
}

// within finds the measured rows of a series in the stretch.
func (f *Funnel) within(s *measures.Series) (rows []int, provisional bool) {
	for row, period := range s.Periods {
		if period >= f.First && period <= f.Last && measuredAt(s, row) {
			rows = append(rows, row)
			provisional = provisional || s.States[row] == measures.Provisional
		}
	}
	return rows, provisional
}

// latest is the last period up to a day that has figures; zero: none.
func latest(s *measures.Series, until measures.Date) measures.Date {
	for row := len(s.Periods) - 1; row >= 0; row-- {
		if s.Periods[row] <= until && measuredAt(s, row) {
			return s.Periods[row]
		}
	}
	return 0
}

// widely lists the periods, newest first, for which at least half as many
// organisations have figures as for the fullest: one that loads early does not
// leave everybody else out.
func widely(series []measures.Series) []measures.Date {
	count := map[measures.Date]int{}
	fullest := 0
	for i := range series {
		for row, period := range series[i].Periods {
			if measuredAt(&series[i], row) {
				count[period]++
				fullest = max(fullest, count[period])
			}
		}
	}
	var periods []measures.Date
	for period, n := range count {
		if 2*n >= fullest {
			periods = append(periods, period)
		}
	}
	slices.Sort(periods)
	slices.Reverse(periods)
	return periods
}

// happened keeps the events of the stretch that concern those compared.
func (f *Funnel) happened(series []measures.Series, events []measures.Event) {
	concerned := map[measures.ODSCode]bool{"": true}
	for i := range series {
		concerned[series[i].Organisation] = true
	}
	end := f.Measure.Grain.Next(f.Last)
	for _, e := range events {
		if concerned[e.Organisation] && e.Start < end && max(e.Start, e.End) >= f.First {
			f.Events = append(f.Events, e)
		}
	}
}

// back goes so many periods back.
func back(g measures.Grain, from measures.Date, periods int) measures.Date {
	switch g {
	case measures.Day:
		return from - measures.Date(periods)
	case measures.Week:
		return from - measures.Date(7*periods)
	case measures.Quarter:
		return from.AddMonths(-3 * periods)
	case measures.FinancialYear:
		return from.AddMonths(-12 * periods)
	}
	return from.AddMonths(-periods)
}
