package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// PutEvents writes events. One with the same organisation, dataset, start, kind
// and text is the same event. The datasets are those that events may name; they
// need hold no figures yet.
func (in *Intake) PutEvents(ctx context.Context, header LoadHeader, datasets []measures.Dataset, events []measures.Event) (Counts, error) {
	counts := Counts{Dataset: "register", RowsIn: int64(len(events))}
	var codes []measures.ODSCode
	for _, e := range events {
		if e.Organisation != "" { // those of everybody are of the load's own organisation, England
			codes = append(codes, e.Organisation)
		}
	}
	if err := header.permits([]measures.Dataset{RegisterData()}, codes); err != nil {
		return counts, err
	}
	if err := in.lock(ctx, header); err != nil {
		return counts, err
	}
	for _, d := range datasets {
		if _, err := in.PutDataset(ctx, d); err != nil {
			return counts, err
		}
	}
	for _, e := range events {
		fresh, err := in.putEvent(ctx, e)
		if err != nil {
			return counts, fmt.Errorf("event of %s on %s: %w", e.Organisation, e.Start, err)
		}
		counts.tally(fresh)
	}
	if counts.Changed() {
		return counts, in.writeLoad(ctx, header, 0, counts)
	}
	return counts, nil
}

func (in *Intake) putEvent(ctx context.Context, e measures.Event) ([]bool, error) {
	if e.Organisation == "" {
		e.Organisation = measures.England
	}
	args := pgx.NamedArgs{"ods": string(e.Organisation), "dataset": string(e.Dataset), "start": e.Start.String(), "until": dateOrNull(e.End),
		"kind": e.Kind.String(), "text": e.Text, "source": e.Source, "rebase": e.Rebase, "exclude": e.Exclude, "load": in.load}
	var trust int16
	var dataset *int16
	err := in.tx.QueryRow(ctx, `SELECT trust_id, (SELECT dataset_id FROM dataset WHERE id = @dataset) FROM organisation WHERE ods = @ods`, args).Scan(&trust, &dataset)
	if err != nil {
		return nil, notFound(err, "organisation %s", e.Organisation)
	}
	if e.Dataset != "" && dataset == nil {
		return nil, fmt.Errorf("dataset %s: %w", e.Dataset, ErrNotFound)
	}
	if err := in.setScope(ctx, []int16{trust}); err != nil {
		return nil, err
	}
	args["trust"], args["number"] = trust, dataset
	rows, err := in.tx.Query(ctx, `
		UPDATE event SET until = @until::text::date, source = @source, rebase = @rebase, exclude = @exclude, load_id = @load
		WHERE trust_id = @trust AND dataset_id IS NOT DISTINCT FROM @number::int2 AND start = @start::text::date AND kind = @kind AND text = @text
			AND (until, source, rebase, exclude) IS DISTINCT FROM (@until::text::date, @source, @rebase::bool, @exclude::bool)
		RETURNING FALSE`, args)
	if err != nil {
		return nil, err
	}
	changed, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil || len(changed) > 0 {
		return changed, err
	}
	rows, err = in.tx.Query(ctx, `
		INSERT INTO event (trust_id, dataset_id, start, until, kind, text, source, rebase, exclude, load_id)
		SELECT @trust, @number::int2, @start::text::date, @until::text::date, @kind, @text, @source, @rebase, @exclude, @load
		WHERE NOT EXISTS (SELECT FROM event
			WHERE trust_id = @trust AND dataset_id IS NOT DISTINCT FROM @number::int2 AND start = @start::text::date AND kind = @kind AND text = @text)
		RETURNING TRUE`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[bool])
}
