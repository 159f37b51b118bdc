package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

// ledgerHashes reads stored hashes in the order of their places.
func (db *DB) ledgerHashes(ctx context.Context, places []int64) ([]ledger.Hash, error) {
	return readHashes(ctx, db.pool, places)
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func readHashes(ctx context.Context, from querier, places []int64) ([]ledger.Hash, error) {
	rows, err := from.Query(ctx, `SELECT place, hash FROM ledger_hash WHERE place = ANY (@places)`,
		pgx.NamedArgs{"places": places})
	if err != nil {
		return nil, fmt.Errorf("read ledger hashes: %w", err)
	}
	found := map[int64]ledger.Hash{}
	var place int64
	var bytes []byte
	_, err = pgx.ForEachRow(rows, []any{&place, &bytes}, func() error {
		found[place] = ledger.Hash(bytes)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read ledger hashes: %w", err)
	}
	hashes := make([]ledger.Hash, len(places))
	for i, place := range places {
		hash, ok := found[place]
		if !ok {
			return nil, fmt.Errorf("ledger hash %d: %w: %w: somebody took it out of the table", place, ErrNotFound, ledger.ErrNoHash)
		}
		hashes[i] = hash
	}
	return hashes, nil
}

// LedgerHashes reads the Merkle tree of the ledger, for heads and proofs.
func (db *DB) LedgerHashes(ctx context.Context) ledger.HashReader {
	return ledger.HashReaderFunc(func(places []int64) ([]ledger.Hash, error) { return db.ledgerHashes(ctx, places) })
}

// LedgerHead says how long the ledger is and what it holds, all of it on disk: a
// head that left the machine must never speak of an entry that a crash took
// back. The message, which nobody reads, makes this commit wait for the disk.
func (db *DB) LedgerHead(ctx context.Context) (ledger.Head, error) {
	var size int64
	err := db.pool.QueryRow(ctx, `
		SELECT coalesce(max(sequence), 0) FROM ledger, pg_logical_emit_message(true, 'signalbox', 'head')`).Scan(&size)
	if err != nil {
		return ledger.Head{}, fmt.Errorf("read the length of the ledger: %w", err)
	}
	return ledger.HeadOf(size, db.LedgerHashes(ctx))
}

// LedgerEntries gives the canonical bytes of the entries after a sequence
// number, in order, at most limit of them.
func (db *DB) LedgerEntries(ctx context.Context, after int64, limit int) ([][]byte, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT entry
		FROM ledger
		WHERE sequence > @after
		ORDER BY sequence
		LIMIT @limit`,
		pgx.NamedArgs{"after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return entries, nil
}
