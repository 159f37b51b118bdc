package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// upkeepRows is how many changed rows make upkeep worth its time.
const upkeepRows = 1000

// AfterLoad lets the planner know what came in, and marks pages as seen by all.
// Without it the first readers after a large load wait for both.
func (db *DB) AfterLoad(ctx context.Context, changed int64) error {
	if changed < upkeepRows {
		return nil
	}
	return db.asOwner(ctx, `VACUUM (ANALYZE) observation, dataset_coverage`)
}

// Sort writes the figures again in the order of their key. Each load is sorted
// in itself; after many the series of one organisation lies in many places.
// Nobody can read meanwhile.
func (db *DB) Sort(ctx context.Context) error {
	if err := db.asOwner(ctx, `CLUSTER observation USING observation_pkey`); err != nil {
		return err
	}
	return db.asOwner(ctx, `VACUUM (ANALYZE) observation`)
}

// asOwner runs a statement that only the owner of the tables may run.
func (db *DB) asOwner(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, db.ownerURL)
	if err != nil {
		return fmt.Errorf("upkeep of the tables: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("upkeep of the tables: %w", err)
	}
	return nil
}
