package postgres

import (
	"context"
	"fmt"
)

// ListingCount is how many plugins answer to a search.
type ListingCount struct {
	All     int
	Running int // of them on data that the reader's organisation has; they come first
}

// CountListings counts what SearchListings would find, without reading any of it.
func (db *DB) CountListings(ctx context.Context, q ListingQuery) (c ListingCount, err error) {
	where, args := q.where()
	err = db.pool.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE datasets <> '{}' AND datasets <@ @own::text[]) FROM listing WHERE `+where, args).
		Scan(&c.All, &c.Running)
	if err != nil {
		return c, fmt.Errorf("count in the catalogue: %w", err)
	}
	return c, nil
}

// UnlistedReleases gives the releases that are here and that no hub lists: they came
// in a file, or were published from here to nobody else yet. The latest to come
// stands first.
func (db *DB) UnlistedReleases(ctx context.Context) ([]KeptRelease, error) {
	list, err := readReleases(ctx, db.pool, `
		WHERE NOT EXISTS (SELECT FROM listing l WHERE l.plugin = r.plugin)
			AND (r.origin <> 'here' OR EXISTS (SELECT FROM release_step p WHERE p.digest = r.digest AND p.step = 'published'))
		ORDER BY r.plugin, r.kept_at DESC`, nil)
	if err != nil {
		return nil, fmt.Errorf("list the releases that no hub lists: %w", err)
	}
	return list, nil
}
