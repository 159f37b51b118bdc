package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/plugins"
)

// Quarantines gives the plugins that are in quarantine, the oldest first.
func (db *DB) Quarantines(ctx context.Context) ([]plugins.Quarantine, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT digest, since, manners
		FROM quarantine
		WHERE lifted_at IS NULL
		ORDER BY since, digest`)
	if err != nil {
		return nil, fmt.Errorf("read which plugins are in quarantine: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (q plugins.Quarantine, err error) {
		return q, row.Scan(&q.Digest, &q.Since, &q.Manners)
	})
	if err != nil {
		return nil, fmt.Errorf("read which plugins are in quarantine: %w", err)
	}
	return list, nil
}

// Quarantine keeps that a plugin is in quarantine. Several programs may find that
// out at the same time; the first is right.
func (db *DB) Quarantine(ctx context.Context, q plugins.Quarantine) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO quarantine (digest, since, manners)
		VALUES (@digest, @since, @manners)
		ON CONFLICT (digest) WHERE lifted_at IS NULL DO NOTHING`,
		pgx.NamedArgs{"digest": q.Digest, "since": q.Since, "manners": q.Manners})
	if err != nil {
		return fmt.Errorf("keep that %s is in quarantine: %w", q.Digest.Short(), err)
	}
	return nil
}

// Lift ends a plugin's quarantine and keeps who did. It gives ErrNotFound where
// there is none in force.
func (db *DB) Lift(ctx context.Context, digest plugins.Digest, who string, at time.Time) error {
	tag, err := db.pool.Exec(ctx, `
		UPDATE quarantine
		SET lifted_at = @at, lifted_by = @who
		WHERE digest = @digest AND lifted_at IS NULL`,
		pgx.NamedArgs{"digest": digest, "who": who, "at": at})
	switch {
	case err != nil:
		return fmt.Errorf("lift the quarantine of %s: %w", digest.Short(), err)
	case tag.RowsAffected() == 0:
		return fmt.Errorf("quarantine of %s: %w", digest.Short(), ErrNotFound)
	}
	return nil
}
