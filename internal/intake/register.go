package intake

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// registerRows is the most rows a register or a list of events may have: they
// are small by nature and read as a whole.
const registerRows = 200_000

// loadRegister loads organisations, successions or events.
func loadRegister(ctx context.Context, db *postgres.DB, lib *library, src *source, o Options, header *postgres.LoadHeader, report *FileReport) error {
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
	if header.Grants, err = o.Gate.Open(ctx, header.As, []measures.Dataset{postgres.RegisterData()}, r.codes()); err != nil {
		return err
	}
	in, err := db.BeginIntake(ctx)
	if err != nil {
		return err
	}
	defer in.Rollback()
	counts, err := r.put(ctx, in, *header)
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

// codes are the organisations whose events the file has. A register of organisations
// is of nobody in particular.
func (r *registerReader) codes() []measures.ODSCode {
	var codes []measures.ODSCode
	for _, e := range r.events {
		if e.Organisation != "" {
			codes = append(codes, e.Organisation)
		}
	}
	return codes
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
