package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// LoadRecord is one vintage.
type LoadRecord struct {
	Load         int32
	Organisation measures.ODSCode // on whose behalf; England for national data
	At           int64            // seconds since 1970
	By           string
	File         string
	Digest       []byte // SHA-256 of the file
	Mapping      string
	Counts
}

// Loads lists the vintages of the grant's dataset, the latest first: those of
// the grant's organisations and the national ones.
func (db *DB) Loads(ctx context.Context, grant policy.Grant, limit int) ([]LoadRecord, error) {
	entry, err := db.catalogue(ctx, grant.Dataset())
	if err != nil {
		return nil, fmt.Errorf("loads: %w", err)
	}
	s, err := db.scopeOf(ctx, grant, nil, entry.number)
	if err != nil {
		return nil, fmt.Errorf("loads of %s: %w", grant.Dataset(), err)
	}
	list := []LoadRecord{}
	args := pgx.NamedArgs{"dataset": entry.number, "everyone": s.everyone, "trusts": s.trusts, "limit": limit}
	err = db.read(ctx, s, loadsQuery, args, func(rows pgx.Rows) error {
		l := LoadRecord{Counts: Counts{Dataset: grant.Dataset()}}
		if err := rows.Scan(&l.Load, &l.Organisation, &l.At, &l.By, &l.File, &l.Digest, &l.Mapping,
			&l.RowsIn, &l.Refused, &l.Added, &l.Revised, &l.Unchanged); err != nil {
			return err
		}
		list = append(list, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("loads of %s: %w", grant.Dataset(), err)
	}
	return list, nil
}

const loadsQuery = `
	SELECT l.load_id, o.ods, extract(epoch FROM l.loaded_at)::int8, l.loaded_by, l.file_name, l.digest, l.mapping,
		l.rows_in, l.refused, l.added, l.revised, l.unchanged
	FROM load l
	JOIN organisation o USING (trust_id)
	WHERE l.dataset_id = @dataset AND (@everyone::bool OR l.trust_id = 1 OR l.trust_id = ANY (@trusts::int2[]))
	ORDER BY l.load_id DESC
	LIMIT @limit`

// LoadedBy gives the digests of all files that somebody loaded, whatever their
// organisation and dataset: a name and a number for each file, and no figure.
func (db *DB) LoadedBy(ctx context.Context, by string) (map[[32]byte]bool, error) {
	var datasets []int16
	err := db.pool.QueryRow(ctx, `SELECT array_agg(dataset_id) FROM dataset`).Scan(&datasets)
	if err != nil {
		return nil, fmt.Errorf("files loaded by %s: %w", by, err)
	}
	found := map[[32]byte]bool{}
	err = db.read(ctx, scope{everyone: true, datasets: datasets}, loadedByQuery, pgx.NamedArgs{"by": by}, func(rows pgx.Rows) error {
		var digest []byte
		if err := rows.Scan(&digest); err != nil || len(digest) != 32 {
			return err // a load of something else than a file
		}
		found[[32]byte(digest)] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("files loaded by %s: %w", by, err)
	}
	return found, nil
}

const loadedByQuery = `
	SELECT DISTINCT l.digest
	FROM load l
	WHERE l.loaded_by = @by`
