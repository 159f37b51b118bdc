package intake

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// loadFigures streams a table of figures through the checks into the staging
// table, and from there, in the same transaction, into a vintage.
func loadFigures(ctx context.Context, db *postgres.DB, lib *library, src *source, o Options, header *postgres.LoadHeader, report *FileReport) error {
	p, err := newParser(ctx, db, lib, src, o)
	if err != nil {
		return err
	}
	in, err := db.BeginIntake(ctx)
	if err != nil {
		return err
	}
	defer in.Rollback()
	refused, err := newRefusals(src.header)
	if err != nil {
		return err
	}
	defer refused.close()
	row := &postgres.StagedRow{}
	err = in.Stage(ctx, func() (*postgres.StagedRow, error) {
		for {
			cells, err := src.read()
			if err != nil {
				return nil, err
			}
			refusal := p.parse(cells, row)
			if refusal == nil {
				return row, nil
			}
			if err := refused.add(*refusal); err != nil {
				return nil, err
			}
		}
	})
	if err != nil {
		return err
	}
	src.digest.Sum(header.Digest[:0])
	report.Digest = "sha256:" + hex.EncodeToString(header.Digest[:])
	repeated, err := in.Repeats(ctx)
	if err != nil {
		return err
	}
	if _, err := in.Duplicates(ctx, refused.duplicate); err != nil {
		return err
	}
	report.Refused = refused.count
	report.Warnings = p.warnings()
	if repeated > 0 {
		report.Warnings = append(report.Warnings, fmt.Sprintf("%d rows repeat an earlier line figure for figure; each was taken once", repeated))
	}
	if p.good == refused.duplicates {
		report.RowsIn = refused.count
		if err := refused.report(src, o, report); err != nil {
			return err
		}
		if report.RowsIn == 0 {
			return fmt.Errorf("%w: the table has a header and no rows", ErrNothingCommitted)
		}
		return fmt.Errorf("%w: all %d were refused", ErrNothingCommitted, report.RowsIn)
	}
	lists := p.lists()
	lists.Refused[0] += refused.count
	lists.Repeated = repeated
	if header.Grants, err = o.Gate.Open(ctx, header.As, lists.Datasets, p.codes()); err != nil {
		return err
	}
	if err := in.Resolve(ctx, *header, lists); err != nil {
		return err
	}
	report.Datasets, err = in.Apply(ctx, *header, lists)
	if err != nil {
		return err
	}
	if err := refused.report(src, o, report); err != nil {
		return err
	}
	if err := in.Commit(ctx); err != nil {
		return err
	}
	report.Committed = true
	changed := int64(0)
	for _, c := range report.Datasets {
		if c.Changed() {
			report.Load = in.Load()
			changed += c.Added + c.Revised
		}
	}
	if err := db.AfterLoad(ctx, changed); err != nil {
		// The load stands; the first readers will be slower.
		report.Warnings = append(report.Warnings, err.Error())
	}
	return nil
}

// parser turns the rows of a table into staged rows. It remembers each
// organisation, stratum and dataset once.
type parser struct {
	src      *source
	mapping  *Mapping
	register map[measures.ODSCode]postgres.Registered
	known    func(measures.DatasetID) (measures.Dataset, bool, error)
	as       measures.ODSCode
	forced   measures.DatasetID
	today    measures.Date

	org, name, region, period, stratum, stratifier, measure, status, note int // columns

	datasets      []*datasetPlan
	byMeasure     map[string]int
	organisations []organisationSeen
	byCode        map[string]int32
	unwanted      map[string]string // code to the reason why its rows are refused
	strata        []postgres.FileStratum
	byStratum     map[postgres.FileStratum]int32
	periods       map[string]measures.Date
	good, notes   int64
}

// organisationSeen is an organisation of the file.
type organisationSeen struct {
	postgres.FileOrganisation
	closed measures.Date
	late   int64 // rows after it closed
	next   measures.ODSCode
}

func newParser(ctx context.Context, db *postgres.DB, lib *library, src *source, o Options) (*parser, error) {
	register, err := db.Register(ctx)
	if err != nil {
		return nil, err
	}
	m := src.mapping
	now := o.Now().UTC()
	p := &parser{
		src: src, mapping: m, register: register, as: o.As, forced: o.Dataset,
		today: measures.Date(now.Unix() / int64((24 * time.Hour).Seconds())),
		org:   src.column(m.Organisation), name: src.column(m.OrganisationName), region: src.column(m.Region),
		period: src.column(m.Period), stratum: src.column(m.Stratum), stratifier: src.column(m.StratifierColumn),
		measure: src.column(m.Measure), status: src.column(m.Status), note: src.column(m.Note),
		byMeasure: map[string]int{}, byCode: map[string]int32{}, unwanted: map[string]string{}, byStratum: map[postgres.FileStratum]int32{{}: 0},
		strata: []postgres.FileStratum{{}}, periods: map[string]measures.Date{},
	}
	p.known = func(id measures.DatasetID) (measures.Dataset, bool, error) {
		if d, ok := lib.datasets[id]; ok {
			return d, true, nil
		}
		d, err := db.Dataset(ctx, id)
		if errors.Is(err, postgres.ErrNotFound) {
			return measures.Dataset{}, false, nil
		}
		return d, err == nil, err
	}
	if m.Loads == Figures {
		d, _, err := p.known(m.Dataset)
		if err != nil {
			return nil, err
		}
		plan, problem := p.plan(d)
		if problem != "" {
			return nil, errors.New(problem)
		}
		p.datasets = append(p.datasets, plan)
	}
	return p, nil
}

// lists is what the indices of the staged rows stand for.
func (p *parser) lists() postgres.FileLists {
	lists := postgres.FileLists{Strata: p.strata, Source: p.mapping.Name, Refused: make([]int64, max(1, len(p.datasets)))}
	for _, plan := range p.datasets {
		lists.Datasets = append(lists.Datasets, plan.dataset)
	}
	for _, o := range p.organisations {
		lists.Organisations = append(lists.Organisations, o.FileOrganisation)
	}
	return lists
}

// codes are the organisations whose rows the file has.
func (p *parser) codes() []measures.ODSCode {
	codes := make([]measures.ODSCode, len(p.organisations))
	for i, o := range p.organisations {
		codes[i] = o.ODS
	}
	return codes
}

func (p *parser) warnings() []string {
	list := []string{}
	for _, o := range p.organisations {
		if o.late > 0 {
			list = append(list, fmt.Sprintf("%s closed on %s and %s took over; %d rows are later and were loaded under the old code", o.ODS, o.closed, orNobody(o.next), o.late))
		}
	}
	if p.notes > 0 {
		list = append(list, fmt.Sprintf("%d notes were not kept: write them as events", p.notes))
	}
	return list
}

func orNobody(code measures.ODSCode) string {
	if code == "" {
		return "nobody we know of"
	}
	return string(code)
}
