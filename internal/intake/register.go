package intake

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// registerRows is the most rows a register or a list of events may have: they
// are small by nature and read as a whole.
const registerRows = 200_000

// loadRegister loads organisations, successions or events.
func loadRegister(ctx context.Context, db *postgres.DB, lib *library, src *source, o Options, header postgres.LoadHeader, report *FileReport) error {
	if o.As != "" && src.mapping.Loads != Events {
		return fmt.Errorf("the register of organisations is national: load it without --as")
	}
	refused, err := newRefusals(src.header)
	if err != nil {
		return err
	}
	defer refused.close()
	r := &registerReader{src: src, refused: refused, lib: lib, as: o.As}
	if err := r.readAll(ctx, db); err != nil {
		return err
	}
	src.digest.Sum(header.Digest[:0])
	report.Digest = "sha256:" + hex.EncodeToString(header.Digest[:])
	if err := refused.report(src, o, report); err != nil {
		return err
	}
	if r.rows == refused.count {
		report.RowsIn = r.rows
		return fmt.Errorf("%w: %d rows, %d refused", ErrNothingCommitted, r.rows, refused.count)
	}
	in, err := db.BeginIntake(ctx)
	if err != nil {
		return err
	}
	defer in.Rollback()
	counts, err := r.put(ctx, in, header)
	if err != nil {
		return err
	}
	if err := in.Commit(ctx); err != nil {
		return err
	}
	counts.RowsIn += refused.count
	counts.Refused = refused.count
	report.Datasets = []postgres.Counts{counts}
	report.Committed = true
	if counts.Changed() {
		report.Load = in.Load()
	}
	return nil
}

// registerReader gathers the rows of a register.
type registerReader struct {
	src     *source
	refused *refusals
	lib     *library
	as      measures.ODSCode
	rows    int64
	known   map[measures.ODSCode]postgres.Registered

	organisations []postgres.OrganisationEntry
	successions   []postgres.SuccessionEntry
	events        []measures.Event
	datasets      []measures.Dataset
}

func (r *registerReader) readAll(ctx context.Context, db *postgres.DB) error {
	var err error
	if r.known, err = db.Register(ctx); err != nil {
		return err
	}
	parse := map[Loads]func(row) error{Organisations: r.organisation, Successions: r.succession, Events: r.event}[r.src.mapping.Loads]
	for {
		cells, err := r.src.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.rows++; r.rows > registerRows {
			return fmt.Errorf("line %d: a register has at most %d rows", r.src.line, registerRows)
		}
		err = fmt.Errorf("the row has %d cells, the header has %d", len(cells), len(r.src.header))
		if len(cells) == len(r.src.header) {
			err = parse(row{r.src, cells})
		}
		var fault *cellError
		switch {
		case errors.As(err, &fault):
			err = r.refused.add(Refusal{Line: r.src.line, Column: fault.column, Value: fault.value, Reason: fault.reason})
		case err != nil:
			err = r.refused.add(Refusal{Line: r.src.line, Reason: err.Error()})
		}
		if err != nil {
			return err
		}
	}
}

func (r *registerReader) put(ctx context.Context, in *postgres.Intake, header postgres.LoadHeader) (postgres.Counts, error) {
	switch r.src.mapping.Loads {
	case Successions:
		return in.PutSuccessions(ctx, header, r.successions)
	case Events:
		return in.PutEvents(ctx, header, r.datasets, r.events)
	}
	counts, err := in.PutOrganisations(ctx, header, r.organisations)
	if err != nil || len(r.successions) == 0 {
		return counts, err
	}
	_, err = in.PutSuccessions(ctx, header, r.successions)
	return counts, err
}

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
