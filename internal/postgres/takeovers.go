package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Takeover says that one organisation became part of another on a day.
type Takeover struct {
	From     measures.Date
	Old, New measures.ODSCode
}

// Takeovers lists those of a period, in order of day. They are part of the
// public register and hold no figures.
func (db *DB) Takeovers(ctx context.Context, period policy.Period) ([]Takeover, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT s.effective_from - DATE '1970-01-01', old.ods, new.ods
		FROM succession s
		JOIN organisation old ON old.trust_id = s.trust_id
		JOIN organisation new ON new.trust_id = s.successor_id
		WHERE (@from::date IS NULL OR s.effective_from >= @from::date)
			AND (@to::date IS NULL OR s.effective_from <= @to::date)
		ORDER BY s.effective_from, old.ods, new.ods`,
		pgx.NamedArgs{"from": dateOrNull(period.From), "to": dateOrNull(period.To)})
	if err != nil {
		return nil, fmt.Errorf("takeovers from %s to %s: %w", period.From, period.To, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Takeover, err error) {
		var from int32
		var old, successor string
		err = row.Scan(&from, &old, &successor)
		t.From, t.Old, t.New = measures.Date(from), measures.ODSCode(old), measures.ODSCode(successor)
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("takeovers from %s to %s: %w", period.From, period.To, err)
	}
	return list, nil
}
