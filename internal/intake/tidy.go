package intake

import (
	"fmt"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// datasetOf gives the index of the dataset that a row belongs to. In a tidy
// table the measure names it: "falls-per-1000" is kept in falls_per_1000. One
// that is new becomes an unpublished dataset of the organisation that loads.
func (p *parser) datasetOf(cells []string) (int, string) {
	if p.mapping.Loads != Tidy {
		return 0, ""
	}
	measure := cells[p.measure]
	if index, seen := p.byMeasure[measure]; seen {
		return index, ""
	}
	id := measures.DatasetID(strings.ReplaceAll(strings.ToLower(measure), "-", "_"))
	if p.forced != "" {
		id = p.forced
	}
	if !validDatasetID(id) {
		return 0, "is no name of a measure: small letters, digits and hyphens"
	}
	for i, plan := range p.datasets {
		if plan.dataset.ID == id {
			p.byMeasure[strings.Clone(measure)] = i
			return i, ""
		}
	}
	if len(p.datasets) >= 1000 {
		return 0, "is one measure too many for one file: at most 1,000"
	}
	d, found, err := p.known(id)
	if err != nil {
		return 0, err.Error()
	}
	if !found {
		d = p.newDataset(id, measure, cells)
	}
	plan, problem := p.plan(d)
	if problem != "" {
		return 0, problem
	}
	p.datasets = append(p.datasets, plan)
	p.byMeasure[strings.Clone(measure)] = len(p.datasets) - 1
	return len(p.datasets) - 1, ""
}

func validDatasetID(id measures.DatasetID) bool {
	if id == "" || id == "register" || len(id) > 60 || id[0] == '_' {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// newDataset defines a dataset by the first row that names it: a value by
// itself, or a numerator with a denominator. A dataset that had room for both
// would have charts of the one that was never filled in.
func (p *parser) newDataset(id measures.DatasetID, measure string, cells []string) measures.Dataset {
	owner := p.as
	if owner == "" {
		owner = measures.England
	}
	columns := []measures.Column{
		{Name: "numerator", Title: "Numerator", Type: "count", Role: "numerator"},
		{Name: "denominator", Title: "Denominator", Type: "count", Role: "denominator"},
	}
	if p.filled(cells, "value") && !p.filled(cells, "numerator") && !p.filled(cells, "denominator") {
		columns = []measures.Column{{Name: "value", Title: "Value", Type: "number", Role: "value"}}
	}
	return measures.Dataset{
		ID: id, Title: strings.Clone(measure), Grain: measures.Month, Owner: string(owner), Stratifiers: []string{}, Columns: columns,
		Source: "Loaded by " + string(owner), Licence: "Not published", OptOuts: "Not stated",
	}
}

// filled reports whether a row has anything in the cell for a column.
func (p *parser) filled(cells []string, column string) bool {
	for i, name := range p.src.header {
		if p.mapping.Numbers[name] == column && i < len(cells) && cells[i] != "" {
			return true
		}
	}
	return false
}

var statuses = map[string]measures.State{"": measures.Final, "final": measures.Final, "provisional": measures.Provisional,
	"not_measured": measures.NotMeasured, "suppressed": measures.Suppressed}

// stateOf decides how much a row may be relied on. A blank numerator beside a
// denominator is "not measured", and so is a row of blanks.
func (p *parser) stateOf(cells []string, plan *datasetPlan, numbers []float64, found measures.State) (measures.State, string) {
	if p.status >= 0 {
		named, known := statuses[cells[p.status]]
		if !known {
			return 0, "is not final, provisional, not_measured or suppressed"
		}
		if found != measures.Suppressed {
			found = named
		}
	}
	results, any := false, false
	for i, c := range plan.dataset.Columns {
		if !measures.IsMissing(numbers[i]) {
			any = true
			results = results || c.Role != "denominator"
		}
	}
	switch {
	case p.mapping.Loads == Tidy && results && (found == measures.NotMeasured || found == measures.Suppressed):
		return 0, fmt.Sprintf("says %s, but there is a result", found)
	case p.mapping.Loads == Tidy && !results && found != measures.Suppressed, !any && found == measures.Final:
		return measures.NotMeasured, ""
	}
	return found, ""
}
