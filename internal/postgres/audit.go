package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy/ledger"
)

// Audit is the ledger as it is at one moment, however much is written meanwhile.
type Audit struct {
	tx  pgx.Tx
	ctx context.Context
	// Size is how many records there are, by the highest number.
	Size int64
	// Pruned are the notes of what was let go, the latest last. Whether they are
	// signed is for the caller to say.
	Pruned [][]byte
	upTo   int64 // the last record that may have been let go
}

// Audit shows the ledger as it is now.
func (db *DB) Audit(ctx context.Context, look func(*Audit) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, db.pool, options, func(tx pgx.Tx) error {
		a := &Audit{tx: tx, ctx: ctx}
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(sequence), 0) FROM ledger`).Scan(&a.Size); err != nil {
			return fmt.Errorf("read the length of the ledger: %w", err)
		}
		rows, err := tx.Query(ctx, `SELECT note FROM ledger_pruned ORDER BY up_to`)
		if err != nil {
			return fmt.Errorf("read what was let go of the ledger: %w", err)
		}
		if a.Pruned, err = pgx.CollectRows(rows, pgx.RowTo[[]byte]); err != nil {
			return fmt.Errorf("read what was let go of the ledger: %w", err)
		}
		return look(a)
	})
}

// AllowPruned says up to which record bytes may be missing: what a note that is
// signed says.
func (a *Audit) AllowPruned(upTo int64) { a.upTo = upTo }

// Hashes reads the stored tree.
func (a *Audit) Hashes() ledger.HashReader {
	return ledger.HashReaderFunc(func(places []int64) ([]ledger.Hash, error) { return readHashes(a.ctx, a.tx, places) })
}

// filed is a record and what it can be found by.
type filed struct {
	ledger.Record
	by filing
}

// auditStep is how many records are read at once.
const auditStep = 2000

// Records reads the records after one, in order.
func (a *Audit) Records(after int64) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for f, err := range a.filed(after) {
			if !yield(f.Record, err) {
				return
			}
		}
	}
}

func (a *Audit) filed(after int64) iter.Seq2[filed, error] {
	return func(yield func(filed, error) bool) {
		for {
			rows, err := a.tx.Query(a.ctx, `
				SELECT sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry
				FROM ledger
				WHERE sequence > @after
				ORDER BY sequence
				LIMIT @step`,
				pgx.NamedArgs{"after": after, "step": auditStep})
			if err != nil {
				yield(filed{}, err)
				return
			}
			step, err := pgx.CollectRows(rows, a.readFiled)
			if err != nil {
				yield(filed{}, err)
				return
			}
			for _, f := range step {
				if after = f.Sequence; !yield(f, nil) {
					return
				}
			}
			if len(step) < auditStep {
				return
			}
		}
	}
}

func (a *Audit) readFiled(row pgx.CollectableRow) (f filed, err error) {
	b := &f.by
	err = row.Scan(&f.Sequence, &b.recorded, &b.kind, &b.request, &b.actor, &b.asker, &b.purpose, &b.ods, &b.dataset, &b.plugin, &b.action, &b.allow, &b.codes, &f.Canonical)
	if len(f.Canonical) == 0 && f.Sequence <= a.upTo {
		f.Canonical = nil
	}
	return f, err
}

// Verify reads the whole ledger against its own tree, the heads given and the
// columns by which readers find it. A fault is a *ledger.Fault.
func (a *Audit) Verify(heads ...ledger.Head) (ledger.Verified, error) {
	var current filed
	records := func(yield func(ledger.Record, error) bool) {
		for f, err := range a.filed(0) {
			if current = f; !yield(f.Record, err) {
				return
			}
		}
	}
	also := func(e ledger.Entry) error { return current.misfiled(e) }
	found, err := ledger.Reading{Records: records, Stored: a.Hashes(), Heads: heads, Also: also}.Verify()
	if err != nil {
		return found, err
	}
	// The tree may know of more than there is.
	places := ledger.HashCount(found.Head.Size)
	var more int64
	if err := a.tx.QueryRow(a.ctx, `SELECT count(*) FROM ledger_hash WHERE place >= @places`, pgx.NamedArgs{"places": places}).Scan(&more); err != nil {
		return found, fmt.Errorf("read ledger hashes: %w", err)
	}
	if more > 0 {
		return found, &ledger.Fault{Sequence: found.Head.Size + 1, Kind: ledger.Missing,
			Detail: fmt.Sprintf("the book ends with record %d, and hashes of later ones are stored", found.Head.Size)}
	}
	return found, nil
}

// misfiled compares what a record is found by with what it says.
func (f *filed) misfiled(e ledger.Entry) error {
	want := filingOf(e)
	if column, have, should := f.by.differs(&want); column != "" {
		return &ledger.Fault{Sequence: e.Sequence, Kind: ledger.Misfiled, Detail: fmt.Sprintf("its column %s says %v, and it says %v", column, have, should)}
	}
	return nil
}

// exportStep is how many records' hashes are read at once: about twice as many.
const exportStep = 2000

// Export writes the records after one, with their hashes. about says the rest.
func (a *Audit) Export(to *ledger.ExportWriter, after int64) error {
	var step []ledger.Record
	write := func() error {
		if len(step) == 0 {
			return nil
		}
		first := ledger.LeafIndex(step[0].Sequence)
		places := make([]int64, ledger.HashCount(step[len(step)-1].Sequence)-first)
		for i := range places {
			places[i] = first + int64(i)
		}
		hashes, err := readHashes(a.ctx, a.tx, places)
		if err != nil {
			return err
		}
		for _, r := range step {
			at := ledger.LeafIndex(r.Sequence) - first
			if err := to.Record(r, hashes[at:ledger.HashCount(r.Sequence)-first]); err != nil {
				return err
			}
		}
		step = step[:0]
		return nil
	}
	for r, err := range a.Records(after) {
		if err != nil {
			return fmt.Errorf("export the ledger: %w", err)
		}
		if r.Sequence != after+1 {
			return errors.Join(fmt.Errorf("export the ledger: record %d comes after record %d: run signalbox audit verify", r.Sequence, after))
		}
		after = r.Sequence
		if step = append(step, r); len(step) == exportStep {
			if err := write(); err != nil {
				return fmt.Errorf("export the ledger: %w", err)
			}
		}
	}
	if err := write(); err != nil {
		return fmt.Errorf("export the ledger: %w", err)
	}
	return nil
}

// Start gives what comes before a record for an export that begins after it.
func (a *Audit) Start(since int64) (ledger.Start, error) {
	peaks, err := readHashes(a.ctx, a.tx, ledger.Peaks(since))
	return ledger.Start{Size: since, Peaks: peaks}, err
}

// Head is the head of the first records, by the stored tree.
func (a *Audit) Head(size int64) (ledger.Head, error) { return ledger.HeadOf(size, a.Hashes()) }

// Entry gives the canonical bytes of one record. One whose bytes were let go, or
// that is not there, is ErrNotFound.
func (a *Audit) Entry(sequence int64) (canonical []byte, err error) {
	err = a.tx.QueryRow(a.ctx, `SELECT entry FROM ledger WHERE sequence = @sequence AND entry <> ''`,
		pgx.NamedArgs{"sequence": sequence}).Scan(&canonical)
	if err != nil {
		return nil, notFound(err, "record %d of the ledger", sequence)
	}
	return canonical, nil
}
