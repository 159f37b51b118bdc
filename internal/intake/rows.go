package intake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// datasetPlan says how the numbers of a row come to their places.
type datasetPlan struct {
	dataset     measures.Dataset
	numbers     []numberPlan
	homeless    []int    // columns of the file that the dataset has no place for
	proportions [][2]int // places
	width       int
}

type numberPlan struct {
	column int // of the file
	place  int // in the dataset, from 0
	name   string
	typ    string
}

// plan finds the places. It gives a problem if the dataset cannot hold what
// the file has.
func (p *parser) plan(d measures.Dataset) (*datasetPlan, string) {
	plan := &datasetPlan{dataset: d, width: len(d.Columns)}
	places := map[string]int{}
	for i, c := range d.Columns {
		places[c.Name] = i
	}
	for i, name := range p.src.header {
		to, mapped := p.mapping.Numbers[name]
		if !mapped {
			continue
		}
		place, found := places[to]
		if !found {
			if p.mapping.Loads == Tidy {
				plan.homeless = append(plan.homeless, i) // an empty cell is all right
				continue
			}
			return nil, fmt.Sprintf("dataset %s has no column %s", d.ID, to)
		}
		plan.numbers = append(plan.numbers, numberPlan{i, place, name, d.Columns[place].Type})
	}
	for _, pair := range p.mapping.Proportions {
		plan.proportions = append(plan.proportions, [2]int{places[p.mapping.Numbers[pair[0]]], places[p.mapping.Numbers[pair[1]]]})
	}
	return plan, ""
}

// parse reads one row into to, or says why it is refused.
func (p *parser) parse(cells []string, to *postgres.StagedRow) *Refusal {
	refuse := func(column int, reason string) *Refusal {
		r := &Refusal{Line: p.src.line, Reason: reason}
		if column >= 0 && column < len(cells) {
			r.Column, r.Value = p.src.header[column], cells[column]
		}
		return r
	}
	if len(cells) != len(p.src.header) {
		return refuse(-1, fmt.Sprintf("the row has %d cells, the header has %d", len(cells), len(p.src.header)))
	}
	dataset, problem := p.datasetOf(cells)
	if problem != "" {
		return refuse(p.measure, problem)
	}
	plan := p.datasets[dataset]
	period, err := p.periodOf(cells[p.period], plan.dataset.Grain)
	if err != nil {
		return refuse(p.period, err.Error())
	}
	org, problem := p.organisationOf(cells, period)
	if problem != "" {
		return refuse(p.org, problem)
	}
	stratum, problem := p.stratumOf(cells, plan)
	if problem != "" {
		return refuse(p.stratum, problem)
	}
	if cap(to.Numbers) < plan.width {
		to.Numbers = make([]float64, plan.width)
	}
	to.Numbers = to.Numbers[:plan.width]
	for i := range to.Numbers {
		to.Numbers[i] = measures.Missing
	}
	state := measures.Final
	for _, n := range plan.numbers {
		value, was, err := parseNumber(cells[n.column])
		switch {
		case err != nil:
			return refuse(n.column, err.Error())
		case value < 0 && n.typ == "count":
			return refuse(n.column, "is below zero, and it is a count")
		case n.typ == "share" && (value < 0 || value > 1):
			return refuse(n.column, "is not between 0 and 1, and it is a share")
		case was == measures.Suppressed:
			state = measures.Suppressed
		}
		to.Numbers[n.place] = value
	}
	for _, column := range plan.homeless {
		if value, _, err := parseNumber(cells[column]); err != nil || !measures.IsMissing(value) {
			return refuse(column, fmt.Sprintf("has no place in dataset %s, which holds %s", plan.dataset.ID, columnNames(plan.dataset)))
		}
	}
	for _, pair := range plan.proportions {
		if top, bottom := to.Numbers[pair[0]], to.Numbers[pair[1]]; top > bottom {
			columns := plan.dataset.Columns
			column := slices.IndexFunc(plan.numbers, func(n numberPlan) bool { return n.place == pair[0] })
			return refuse(plan.numbers[column].column, fmt.Sprintf("is above %s, which is %v, and it is a part of it", columns[pair[1]].Name, bottom))
		}
	}
	if state, problem = p.stateOf(cells, plan, to.Numbers, state); problem != "" {
		return refuse(p.status, problem)
	}
	if p.note >= 0 && cells[p.note] != "" {
		p.notes++
	}
	p.good++
	to.Line, to.Dataset, to.Organisation, to.Stratum = int32(p.src.line), int16(dataset), org, stratum
	to.Period, to.State = period, state
	return nil
}

func columnNames(d measures.Dataset) string {
	var names []string
	for _, c := range d.Columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func (p *parser) periodOf(cell string, grain measures.Grain) (measures.Date, error) {
	period, seen := p.periods[cell]
	if !seen || p.mapping.Loads == Tidy {
		var err error
		if period, err = parsePeriod(cell, grain); err != nil {
			return 0, err
		}
		if len(p.periods) < 10000 {
			p.periods[strings.Clone(cell)] = period
		}
	}
	if period > p.today {
		return 0, fmt.Errorf("lies in the future")
	}
	return period, nil
}

// organisationOf gives the index of the row's organisation. Whether its rows
// may come in is decided when it is first seen.
func (p *parser) organisationOf(cells []string, period measures.Date) (int32, string) {
	index, seen := p.byCode[cells[p.org]]
	if !seen {
		if reason, known := p.unwanted[cells[p.org]]; known {
			return 0, reason
		}
		o, reason := p.meet(strings.Clone(cells[p.org]))
		if reason != "" {
			if len(p.unwanted) < 10_000 { // a column of nonsense must not fill the memory
				p.unwanted[string(o.ODS)] = reason
			}
			return 0, reason
		}
		index = int32(len(p.organisations))
		p.organisations = append(p.organisations, o)
		p.byCode[string(o.ODS)] = index
	}
	o := &p.organisations[index]
	if o.closed != 0 && period >= o.closed {
		o.late++
	}
	if p.name >= 0 && cells[p.name] != "" {
		o.named(cells[p.name], period)
	}
	if p.region >= 0 && o.Region == "" {
		o.Region = strings.Clone(cells[p.region])
	}
	return index, ""
}

// meet decides what to do with an organisation: take its rows, or refuse them
// with a reason.
func (p *parser) meet(code string) (organisationSeen, string) {
	o := organisationSeen{FileOrganisation: postgres.FileOrganisation{ODS: measures.ODSCode(code)}}
	known, found := p.register[o.ODS]
	switch {
	case !o.ODS.Valid():
		return o, "is no organisation code: 3 to 10 capital letters and digits"
	case p.as != "" && o.ODS != p.as:
		return o, fmt.Sprintf("is not %s, for which this file is loaded", p.as)
	case !found && p.mapping.UnknownOrganisations == "refuse":
		return o, "is not in the register of organisations; load the register first (ods_trusts.csv), or mend the code"
	}
	o.closed, o.next = known.Closed, known.Successor
	return o, ""
}

// named remembers a name and the periods in which the file used it.
func (o *organisationSeen) named(name string, period measures.Date) {
	for i := range o.Names {
		if n := &o.Names[i]; n.Name == name {
			n.From, n.To = min(n.From, period), max(n.To, period)
			return
		}
	}
	if len(o.Names) < 100 {
		o.Names = append(o.Names, measures.OrganisationName{Name: strings.Clone(name), From: period, To: period})
	}
}

func (p *parser) stratumOf(cells []string, plan *datasetPlan) (int32, string) {
	s := postgres.FileStratum{Stratifier: p.mapping.Stratifier}
	if p.stratum >= 0 {
		s.Stratum = cells[p.stratum]
	}
	if p.stratifier >= 0 {
		s.Stratifier = cells[p.stratifier]
	}
	switch {
	case s.Stratum == "" && s.Stratifier == "":
		if plan.dataset.Additive {
			return 0, fmt.Sprintf("is empty; the whole is computed as the sum of each %s", strings.Join(plan.dataset.Stratifiers, ", "))
		}
		return 0, ""
	case s.Stratum == "" || s.Stratifier == "":
		return 0, "needs both: what the figures are divided by, and which part this is"
	}
	index, seen := p.byStratum[s]
	if !seen {
		if len(p.strata) > 100_000 {
			return 0, "is one value too many: a stratifier has at most 100,000"
		}
		index = int32(len(p.strata))
		s = postgres.FileStratum{Stratifier: strings.Clone(s.Stratifier), Stratum: strings.Clone(s.Stratum)}
		p.strata = append(p.strata, s)
		p.byStratum[s] = index
		if !slices.Contains(plan.dataset.Stratifiers, s.Stratifier) {
			plan.dataset.Stratifiers = append(slices.Clone(plan.dataset.Stratifiers), s.Stratifier)
		}
	}
	return index, ""
}
