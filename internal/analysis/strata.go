package analysis

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
)

// Division is a way to part the figures of a measure into strata.
type Division struct {
	By string // as Question.Stratifier names it
	Of string // what differs between the strata, in words: "type of department"

	// strata are made of columns, of a dataset that may be another; nil where the
	// strata are rows of the measure's own.
	strata  []measures.MixStratum
	dataset measures.DatasetID
}

// Divisions lists the ways to part a measure's figures: by the stratifiers that it
// names, and by the columns that its mix is made of.
func Divisions(m *measures.Measure) []Division {
	var list []Division
	for _, name := range m.Stratifiers {
		d := Division{By: name, Of: name}
		if m.Mix != nil && m.Mix.Stratifier == name {
			d.Of = m.Mix.Of
		}
		list = append(list, d)
	}
	if m.Mix != nil && len(m.Mix.Strata) > 0 {
		list = append(list, Division{By: m.Mix.By(), Of: m.Mix.Of, strata: m.Mix.Strata, dataset: m.Mix.Dataset})
	}
	return list
}

// divisionOf is the division that a question names. What is not among those of the
// measure is taken for a stratifier of its dataset.
func divisionOf(m *measures.Measure, by string) Division {
	for _, d := range Divisions(m) {
		if by != "" && d.By == by {
			return d
		}
	}
	return Division{By: by, Of: by}
}

// stratifiers are those that the policy is asked for. Strata that are columns are
// asked for as columns.
func (d *Division) stratifiers() []string {
	if d.By == "" || d.strata != nil {
		return []string{}
	}
	return []string{d.By}
}

// source gives the dataset that a question reads, and the inputs made from it: of
// a measure those of its definition, of strata made of columns a numerator and a
// denominator each.
func (d *Division) source(m *measures.Measure) (measures.DatasetID, []measures.Input) {
	if d.strata == nil {
		return m.Dataset, m.Inputs
	}
	var inputs []measures.Input
	for _, stratum := range d.strata {
		for _, in := range m.Inputs {
			made := stratum.Numerator
			if in.Name == sdk.InputDenominator {
				made = stratum.Denominator
			}
			inputs = append(inputs, made)
		}
	}
	return d.dataset, inputs
}

// part cuts a series of all strata side by side into one of each, in the order of
// the definition, with the inputs of the measure.
func (d *Division) part(s *measures.Series, width int) []measures.Series {
	list := make([]measures.Series, len(d.strata))
	for i, stratum := range d.strata {
		one := *s
		one.Stratum = stratum.Name
		one.Columns = s.Columns[i*width : (i+1)*width]
		one.States = slices.Clone(s.States)
		for row := range one.States {
			// A row is not measured where any of its columns is missing, which may be
			// another stratum's.
			known := !slices.ContainsFunc(one.Columns, func(column []float64) bool { return measures.IsMissing(column[row]) })
			if known && one.States[row] == measures.NotMeasured {
				one.States[row] = measures.Final
			}
		}
		list[i] = one
	}
	return list
}
