package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Material is what charts of one measure are made from.
type Material struct {
	Series  []measures.Series
	Version DataVersion
	Phases  map[measures.ODSCode][]measures.Phase
	Events  []measures.Event
}

// Material reads series, and around them the phases that people decided on for
// a measure and the events of the period, in one round trip: most of the time
// of a page is waiting for the next answer of the database.
func (db *DB) Material(ctx context.Context, grant policy.Grant, q SeriesQuery, measure measures.MeasureID) (Material, error) {
	m := Material{Phases: map[measures.ODSCode][]measures.Phase{}, Events: []measures.Event{}}
	r, err := db.seriesReading(ctx, grant, q)
	if err == nil {
		err = db.readAll(ctx, r.scope, r.part, phasePart(r.scope, measure, m.Phases), eventPart(r.scope, grant.Dataset(), q.Period, &m.Events))
	}
	if err == nil {
		m.Series, err = r.series(ctx, db)
	}
	if err != nil {
		return Material{}, fmt.Errorf("series of %s, with phases of %s: %w", grant.Dataset(), measure, err)
	}
	m.Version = r.table.version()
	return m, nil
}

// Events gives what happened in a period at the organisations that the grant
// opens, and what happened to everybody; of the grant's dataset, or of all.
func (db *DB) Events(ctx context.Context, grant policy.Grant, period policy.Period) ([]measures.Event, error) {
	events := []measures.Event{}
	scope, err := db.scopeOf(ctx, grant, nil)
	if err == nil {
		err = db.readAll(ctx, scope, eventPart(scope, grant.Dataset(), period, &events))
	}
	if err != nil {
		return nil, fmt.Errorf("events around %s: %w", grant.Dataset(), err)
	}
	return events, nil
}

func eventPart(s scope, dataset measures.DatasetID, period policy.Period, events *[]measures.Event) part {
	args := pgx.NamedArgs{"dataset": string(dataset), "from": dateOrNull(period.From), "to": dateOrNull(period.To),
		"everyone": s.everyone, "trusts": s.trusts}
	return part{eventQuery, args, func(rows pgx.Rows) error {
		var e measures.Event
		var code, dataset, kind string
		var start, end int32
		err := rows.Scan(&e.ID, &code, &dataset, &start, &end, &kind, &e.Text, &e.Source, &e.Rebase, &e.Exclude)
		if err != nil {
			return err
		}
		if measures.ODSCode(code) != measures.England {
			e.Organisation = measures.ODSCode(code)
		}
		e.Dataset, e.Start, e.End = measures.DatasetID(dataset), measures.Date(start), measures.Date(end)
		if err := e.Kind.UnmarshalText([]byte(kind)); err != nil {
			return err
		}
		*events = append(*events, e)
		return nil
	}}
}

const eventQuery = `
	SELECT e.event_id, o.ods, coalesce(d.id, ''), e.start - DATE '1970-01-01', coalesce(e.until - DATE '1970-01-01', 0),
		e.kind, e.text, e.source, e.rebase, e.exclude
	FROM event e
	JOIN organisation o USING (trust_id)
	LEFT JOIN dataset d ON d.dataset_id = e.dataset_id
	WHERE (e.trust_id = 1 OR @everyone::bool OR e.trust_id = ANY (@trusts::int2[]))
		AND (e.dataset_id IS NULL OR d.id = @dataset)
		AND (@to::date IS NULL OR e.start <= @to::date)
		AND (@from::date IS NULL OR coalesce(e.until, e.start) >= @from::date)
	ORDER BY e.start, e.event_id`

// Phases gives the phases that people decided on for a measure, in order of
// start, at the organisations that the grant opens.
func (db *DB) Phases(ctx context.Context, grant policy.Grant, measure measures.MeasureID) (map[measures.ODSCode][]measures.Phase, error) {
	phases := map[measures.ODSCode][]measures.Phase{}
	scope, err := db.scopeOf(ctx, grant, nil)
	if err == nil {
		err = db.readAll(ctx, scope, phasePart(scope, measure, phases))
	}
	if err != nil {
		return nil, fmt.Errorf("phases of %s: %w", measure, err)
	}
	return phases, nil
}

func phasePart(s scope, measure measures.MeasureID, phases map[measures.ODSCode][]measures.Phase) part {
	args := pgx.NamedArgs{"measure": string(measure), "everyone": s.everyone, "trusts": s.trusts}
	return part{phaseQuery, args, func(rows pgx.Rows) error {
		var p measures.Phase
		var code string
		var start, decided int32
		if err := rows.Scan(&code, &start, &p.Baseline, &p.Reason, &p.Author, &p.Approver, &decided); err != nil {
			return err
		}
		p.Start, p.Decided = measures.Date(start), measures.Date(decided)
		phases[measures.ODSCode(code)] = append(phases[measures.ODSCode(code)], p)
		return nil
	}}
}

const phaseQuery = `
	SELECT o.ods, p.start - DATE '1970-01-01', p.baseline, p.reason, p.author, p.approver, p.decided - DATE '1970-01-01'
	FROM phase p
	JOIN organisation o USING (trust_id)
	WHERE p.measure = @measure AND (@everyone::bool OR p.trust_id = ANY (@trusts::int2[]))
	ORDER BY p.trust_id, p.start`
