package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Use counts what was opened of one dataset for one purpose to one kind of
// organisation. It names no person and no organisation.
type Use struct {
	Dataset measures.DatasetID `json:"dataset"`
	Purpose policy.Purpose     `json:"purpose"`
	// Kind of the organisation that asked: trust, icb, region, national, other;
	// empty for people of no organisation.
	Kind string `json:"kind"`
	// Requests that were allowed; 0 where there were fewer than the least number
	// that is told.
	Requests int64 `json:"requests"`
	Few      bool  `json:"few"`
}

// Uses counts the requests that were allowed since a time, for the public register.
// Counts below least are not told. It takes no grant because it gives nobody's
// data: who may read it is everybody.
func (db *DB) Uses(ctx context.Context, since time.Time, least int) ([]Use, error) {
	rows, err := db.pool.Query(ctx, `
		WITH opened AS (
			SELECT dataset, purpose, subject_ods, count(*) AS requests
			FROM ledger
			WHERE kind = 'decision' AND allow AND recorded >= @since AND action IN ('chart.read', 'data.export')
			GROUP BY dataset, purpose, subject_ods)
		SELECT u.dataset, u.purpose, coalesce(o.kind, CASE u.subject_ods WHEN '' THEN '' ELSE 'other' END) AS asker,
			CASE WHEN sum(u.requests) >= @least THEN sum(u.requests)::int8 ELSE 0 END, sum(u.requests) < @least
		FROM opened u
		LEFT JOIN organisation o ON o.ods = u.subject_ods
		GROUP BY u.dataset, u.purpose, asker
		ORDER BY u.dataset, u.purpose, asker`,
		pgx.NamedArgs{"since": since, "least": least})
	if err != nil {
		return nil, fmt.Errorf("count the uses of data: %w", err)
	}
	uses, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Use])
	if err != nil {
		return nil, fmt.Errorf("count the uses of data: %w", err)
	}
	return uses, nil
}
