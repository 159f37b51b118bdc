package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

// commitEntries writes on the assumption that the book ends where we left it.
// The primary key refuses a number that another process has taken, the foreign
// key one whose predecessor is not there, and then we look again. So numbers have
// no gaps, whoever is killed when.
func (db *DB) commitEntries(ctx context.Context, group []*writing) error {
	if len(group) == 0 {
		return nil
	}
	var err error
	for range 200 {
		if err = db.readBook(ctx); err != nil {
			return err
		}
		if err = db.appendEntries(ctx, group); err == nil {
			return nil
		}
		db.book.known = false
		if !violates(err, uniqueViolation, foreignKeyViolation) {
			return err
		}
	}
	return fmt.Errorf("other programs kept writing to the ledger, or its tables disagree (signalbox audit verify): %w", err)
}

// appendEntries writes entries and hashes in one round trip and one commit.
func (db *DB) appendEntries(ctx context.Context, group []*writing) error {
	b := &db.book
	size, at := b.size, db.now()
	hashes := map[int64]ledger.Hash{}
	reader := ledger.HashReaderFunc(func(places []int64) ([]ledger.Hash, error) { return b.lookup(places, hashes) })
	batch := &pgx.Batch{}
	if !slices.ContainsFunc(group, func(w *writing) bool { return w.durable }) {
		// Nobody's answer hangs on results alone, so they do not wait for the
		// disk. They are committed, in order, and on disk with the next
		// decision or within a second. A crash of this program loses none; one
		// of PostgreSQL or the machine may lose the last, and then the ledger
		// ends with decisions that allowed and do not say what was released.
		batch.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
	}
	var places []int64
	var nodes [][]byte
	var added filings
	for _, w := range group {
		w.first = size + 1
		for _, entry := range w.entries {
			size++
			e := entry(size, at)
			canonical, err := e.Canonical()
			if err != nil {
				return err
			}
			stored, err := ledger.Append(size, canonical, reader)
			if err != nil {
				return err
			}
			added.add(filingOf(e), canonical)
			for _, s := range stored {
				hashes[s.Index] = s.Hash
				places, nodes = append(places, s.Index), append(nodes, s.Hash[:])
			}
		}
	}
	added.queue(batch)
	batch.Queue(`
		INSERT INTO ledger_hash (place, hash)
		SELECT place, hash FROM unnest(@places::int8[], @hashes::bytea[]) AS made (place, hash)`,
		pgx.NamedArgs{"places": places, "hashes": nodes})
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for place, hash := range hashes {
		b.peaks[place] = hash
	}
	b.size = size
	b.forget()
	return nil
}

// lookup finds hashes among those just made and those remembered.
func (b *book) lookup(places []int64, made map[int64]ledger.Hash) ([]ledger.Hash, error) {
	found := make([]ledger.Hash, len(places))
	for i, place := range places {
		hash, ok := made[place]
		if !ok {
			hash, ok = b.peaks[place]
		}
		if !ok {
			return nil, fmt.Errorf("ledger hash %d: %w", place, ErrNotFound)
		}
		found[i] = hash
	}
	return found, nil
}

// forget drops hashes of subtrees that are complete within a larger one: an
// append needs only the peaks.
func (b *book) forget() {
	if len(b.peaks) < 256 {
		return
	}
	kept := map[int64]ledger.Hash{}
	for _, place := range ledger.Peaks(b.size) {
		kept[place] = b.peaks[place]
	}
	b.peaks = kept
}

// readBook reads the end of the ledger unless it is known.
func (db *DB) readBook(ctx context.Context) error {
	b := &db.book
	if b.known {
		return nil
	}
	err := db.pool.QueryRow(ctx, `SELECT coalesce(max(sequence), 0) FROM ledger`).Scan(&b.size)
	if err != nil {
		return fmt.Errorf("read the end of the ledger: %w", err)
	}
	places := ledger.Peaks(b.size)
	hashes, err := db.ledgerHashes(ctx, places)
	if err != nil {
		return err
	}
	b.peaks = map[int64]ledger.Hash{}
	for i, place := range places {
		b.peaks[place] = hashes[i]
	}
	b.known = true
	return nil
}
