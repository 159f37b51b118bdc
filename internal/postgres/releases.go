package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// Told lets learn see what a reader has been told of a grant's dataset, and keeps
// what it gives back, in one transaction: no other answer to the same reader comes
// between. Where learn gives nothing back, or an error, nothing is kept. Reader is
// whoever may put two answers together: an organisation, or somebody of none.
func (db *DB) Told(ctx context.Context, grant policy.Grant, reader string, organisations []measures.ODSCode,
	learn func(before []disclosure.Telling) ([]disclosure.Telling, error)) error {
	entry, err := db.catalogue(ctx, grant.Dataset())
	if err != nil {
		return fmt.Errorf("what %s was told: %w", reader, err)
	}
	s, err := db.scopeOf(ctx, grant, organisations, entry.number)
	if err != nil {
		return fmt.Errorf("what %s was told of %s: %w", reader, grant.Dataset(), err)
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"everyone": s.everyone, "trusts": arrayText(s.trusts), "datasets": arrayText(s.datasets)}
		if _, err := tx.Exec(ctx, setScope, args); err != nil {
			return fmt.Errorf("set the scope: %w", err)
		}
		one := pgx.NamedArgs{"reader": reader, "dataset": entry.number}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('release ' || @reader::text, @dataset::int2))`, one); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, toldQuery, one)
		if err != nil {
			return err
		}
		before, err := pgx.CollectRows(rows, telling)
		if err != nil {
			return err
		}
		now, err := learn(before)
		if err != nil {
			return err
		}
		return keepTold(ctx, tx, reader, entry.number, grant.Record().Sequence(), now)
	})
	if err != nil {
		return fmt.Errorf("what %s was told of %s: %w", reader, grant.Dataset(), err)
	}
	return nil
}

const toldQuery = `
	SELECT o.ods, r.sum, r.periods, r.loads, r.low, r.high, r.small
	FROM release r
	JOIN organisation o USING (trust_id)
	WHERE r.reader = @reader AND r.dataset_id = @dataset
	ORDER BY r.trust_id, r.sum`

func telling(row pgx.CollectableRow) (disclosure.Telling, error) {
	var t disclosure.Telling
	var code, sum string
	var periods, loads []int32
	var low, high []float64
	var small []bool
	if err := row.Scan(&code, &sum, &periods, &loads, &low, &high, &small); err != nil {
		return t, err
	}
	t.Organisation = measures.ODSCode(code)
	for i := range periods {
		t.Told = append(t.Told, disclosure.Told{X: periods[i], Load: loads[i], Low: low[i], High: high[i], Small: small[i]})
	}
	return t, json.Unmarshal([]byte(sum), &t.Sum)
}

func keepTold(ctx context.Context, tx pgx.Tx, reader string, dataset int16, record int64, tellings []disclosure.Telling) error {
	batch := &pgx.Batch{}
	for _, t := range tellings {
		args := pgx.NamedArgs{"reader": reader, "dataset": dataset, "ods": string(t.Organisation), "sum": t.Sum.Key(), "record": record}
		n := len(t.Told)
		periods, loads, low, high, small := make([]int32, n), make([]int32, n), make([]float64, n), make([]float64, n), make([]bool, n)
		for i, told := range t.Told {
			periods[i], loads[i], low[i], high[i], small[i] = told.X, told.Load, told.Low, told.High, told.Small
		}
		args["periods"], args["loads"], args["low"], args["high"], args["small"] = periods, loads, low, high, small
		batch.Queue(`
			INSERT INTO release (reader, trust_id, dataset_id, sum, periods, loads, low, high, small, record)
			SELECT @reader, trust_id, @dataset, @sum, @periods::int4[], @loads::int4[], @low::float8[], @high::float8[], @small::bool[], @record
			FROM organisation
			WHERE ods = @ods
			ON CONFLICT (reader, dataset_id, trust_id, sum) DO UPDATE SET periods = EXCLUDED.periods, loads = EXCLUDED.loads,
				low = EXCLUDED.low, high = EXCLUDED.high, small = EXCLUDED.small, record = EXCLUDED.record`, args)
	}
	return tx.SendBatch(ctx, batch).Close()
}
