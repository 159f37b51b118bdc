package intake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// row is one row whose cells are asked for by column.
type row struct {
	src   *source
	cells []string
}

// cellError says what is wrong with one cell.
type cellError struct{ column, value, reason string }

func (e *cellError) Error() string { return fmt.Sprintf("%s %q %s", e.column, e.value, e.reason) }

func (r row) text(column string) string {
	if i := r.src.column(column); i >= 0 {
		return strings.Clone(r.cells[i])
	}
	return ""
}

func (r row) code(column string) (measures.ODSCode, error) {
	code := measures.ODSCode(r.text(column))
	if !code.Valid() {
		return "", &cellError{column, string(code), "is no organisation code: 3 to 10 capital letters and digits"}
	}
	return code, nil
}

// date reads a day; an empty cell is zero.
func (r row) date(column string) (measures.Date, error) {
	cell := r.text(column)
	if cell == "" {
		return 0, nil
	}
	d, err := parsePeriod(cell, measures.Day)
	if err != nil {
		return 0, &cellError{column, cell, err.Error()}
	}
	return d, nil
}

func (r *registerReader) organisation(cells row) error {
	m := r.src.mapping.Organisations
	code, err := cells.code(m.Code)
	if err != nil {
		return err
	}
	merged, err := cells.date(m.Merged)
	if err != nil {
		return err
	}
	e := postgres.OrganisationEntry{ODS: code, Kind: m.Kind, Subkind: cells.text(m.Subkind), Name: cells.text(m.Name), NamedFrom: merged,
		Region: cells.text(m.Region), ICB: measures.ODSCode(cells.text(m.ICB)), ICBFrom: m.ICBSince}
	if e.ICB != "" && !e.ICB.Valid() {
		return &cellError{m.ICB, string(e.ICB), "is no organisation code: 3 to 10 capital letters and digits"}
	}
	if e.Name == "" {
		return &cellError{m.Name, "", "is empty: an organisation has a name"}
	}
	if m.MergerOpens {
		e.Opened = merged
	}
	if slices.ContainsFunc(r.organisations, func(have postgres.OrganisationEntry) bool { return have.ODS == code }) {
		return &cellError{m.Code, string(code), "stands in the register twice"}
	}
	var successions []postgres.SuccessionEntry
	for old := range strings.SplitSeq(cells.text(m.Predecessors), ";") {
		if old = trim(old); old == "" {
			continue
		}
		if !measures.ODSCode(old).Valid() || merged == 0 {
			return &cellError{m.Predecessors, old, "needs to be a code, and the day of the merger beside it"}
		}
		successions = append(successions, postgres.SuccessionEntry{Predecessor: measures.ODSCode(old), Successor: code, From: merged,
			Basis: "register of organisations", Aside: true})
	}
	r.organisations = append(r.organisations, e)
	r.successions = append(r.successions, successions...)
	return nil
}

func (r *registerReader) succession(cells row) error {
	m := r.src.mapping.Successions
	old, err := cells.code(m.Predecessor)
	if err != nil {
		return err
	}
	next, err := cells.code(m.Successor)
	if err != nil {
		return err
	}
	from, err := cells.date(m.Date)
	switch {
	case err != nil:
		return err
	case from == 0:
		return &cellError{m.Date, "", "is empty: a succession has a day"}
	case old == next:
		return &cellError{m.Successor, string(next), "cannot succeed itself"}
	}
	r.successions = append(r.successions, postgres.SuccessionEntry{Predecessor: old, Successor: next, From: from,
		Basis: cells.text(m.Basis), Note: cells.text(m.Note)})
	return nil
}

func (r *registerReader) event(cells row) error {
	m := r.src.mapping.Events
	e := measures.Event{Text: cells.text(m.Text), Source: cells.text(m.Source)}
	var err error
	if code := cells.text(m.Organisation); code != m.Everyone {
		if e.Organisation, err = cells.code(m.Organisation); err != nil {
			return err
		}
		if _, known := r.known[e.Organisation]; !known {
			return &cellError{m.Organisation, code, "is not in the register of organisations; load the register first, or mend the code"}
		}
	}
	if r.as != "" && e.Organisation != r.as {
		return &cellError{m.Organisation, string(e.Organisation), fmt.Sprintf("is not %s, for which this file is loaded", r.as)}
	}
	if e.Start, err = cells.date(m.Start); err != nil {
		return err
	}
	if e.End, err = cells.date(m.End); err != nil {
		return err
	}
	kind, known := m.Kinds[cells.text(m.Kind)]
	switch {
	case e.Start == 0:
		return &cellError{m.Start, "", "is empty: an event begins some day"}
	case e.End != 0 && e.End < e.Start:
		return &cellError{m.End, e.End.String(), "is before the start"}
	case e.Text == "":
		return &cellError{m.Text, "", "is empty: an event says what happened"}
	case !known:
		return &cellError{m.Kind, cells.text(m.Kind), "is no kind of event that we know"}
	}
	e.Kind, e.Rebase, e.Exclude = kind.Kind, kind.Rebase, kind.Exclude
	if len(kind.Datasets) == 0 {
		r.events = append(r.events, e)
		return nil
	}
	for _, id := range kind.Datasets {
		e.Dataset = id
		r.events = append(r.events, e)
		d, found := r.lib.datasets[id]
		if !found {
			return fmt.Errorf("the mapping names dataset %s, which there is not", id)
		}
		if !slices.ContainsFunc(r.datasets, func(have measures.Dataset) bool { return have.ID == id }) {
			r.datasets = append(r.datasets, d)
		}
	}
	return nil
}
