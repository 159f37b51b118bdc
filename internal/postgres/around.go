package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Events gives what happened in a period at the organisations that the grant
// opens, and what happened to everybody; of the grant's dataset, or of all.
func (db *DB) Events(ctx context.Context, grant policy.Grant, period policy.Period) ([]measures.Event, error) {
	fail := func(err error) ([]measures.Event, error) {
		return nil, fmt.Errorf("events around %s: %w", grant.Dataset(), err)
	}
	scope, err := db.scopeOf(ctx, grant, nil)
	if err != nil {
		return fail(err)
	}
	events := []measures.Event{}
	err = db.read(ctx, scope, eventQuery, pgx.NamedArgs{"dataset": string(grant.Dataset()),
		"from": dateOrNull(period.From), "to": dateOrNull(period.To), "everyone": scope.everyone, "trusts": scope.trusts},
		func(rows pgx.Rows) error {
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
			events = append(events, e)
			return nil
		})
	if err != nil {
		return fail(err)
	}
	return events, nil
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
	fail := func(err error) (map[measures.ODSCode][]measures.Phase, error) {
		return nil, fmt.Errorf("phases of %s: %w", measure, err)
	}
	scope, err := db.scopeOf(ctx, grant, nil)
	if err != nil {
		return fail(err)
	}
	phases := map[measures.ODSCode][]measures.Phase{}
	err = db.read(ctx, scope, phaseQuery, pgx.NamedArgs{"measure": string(measure), "everyone": scope.everyone, "trusts": scope.trusts},
		func(rows pgx.Rows) error {
			var p measures.Phase
			var code string
			var start, decided int32
			if err := rows.Scan(&code, &start, &p.Baseline, &p.Reason, &p.Author, &p.Approver, &decided); err != nil {
				return err
			}
			p.Start, p.Decided = measures.Date(start), measures.Date(decided)
			phases[measures.ODSCode(code)] = append(phases[measures.ODSCode(code)], p)
			return nil
		})
	if err != nil {
		return fail(err)
	}
	return phases, nil
}

const phaseQuery = `
	SELECT o.ods, p.start - DATE '1970-01-01', p.baseline, p.reason, p.author, p.approver, p.decided - DATE '1970-01-01'
	FROM phase p
	JOIN organisation o USING (trust_id)
	WHERE p.measure = @measure AND (@everyone::bool OR p.trust_id = ANY (@trusts::int2[]))
	ORDER BY p.trust_id, p.start`
