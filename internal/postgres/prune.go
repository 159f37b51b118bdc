package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// LastBefore is the last record of the ledger before the first one that was
// written at a time or later; 0 if there is none.
func (a *Audit) LastBefore(at time.Time) (sequence int64, err error) {
	err = a.tx.QueryRow(a.ctx, `SELECT coalesce((SELECT min(sequence) - 1 FROM ledger WHERE recorded >= @at), max(sequence), 0) FROM ledger`,
		pgx.NamedArgs{"at": at}).Scan(&sequence)
	if err != nil {
		return 0, fmt.Errorf("find the last record before %s: %w", at.Format(time.DateOnly), err)
	}
	return sequence, nil
}

// aboutData are the actions whose records may be let go: who looked at which
// figures. What was done about governance is kept for good.
var aboutData = []policy.Action{policy.ChartRead, policy.DataExport}

// Prune lets the bytes of records about data go, up to the one that a signed note
// says; how many it gives. It works as the owner of the tables, because the program
// itself can change nothing in the ledger. The caller has verified and kept an
// export that has them.
func (db *DB) Prune(ctx context.Context, p ledger.Pruning) (int64, error) {
	conn, err := pgx.Connect(ctx, db.ownerURL)
	if err != nil {
		return 0, fmt.Errorf("let old records go, as the owner of the tables: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var gone int64
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE ledger l
			SET request_id = '', actor = '', subject_ods = '', purpose = '', ods = '', dataset = '', plugin = '', action = '', allow = NULL, codes = '{}', entry = ''
			WHERE sequence <= @up_to AND entry <> '' AND (
				kind = 'decision' AND action = ANY (@actions)
				OR kind = 'result' AND NOT EXISTS (SELECT FROM ledger d
					WHERE d.request_id = l.request_id AND d.kind = 'decision' AND d.action <> ALL (@actions)))`,
			pgx.NamedArgs{"up_to": p.UpTo, "actions": aboutData})
		if err != nil {
			return err
		}
		gone = tag.RowsAffected()
		_, err = tx.Exec(ctx, `INSERT INTO ledger_pruned (up_to, pruned, note) VALUES (@up_to, @at, @note)`,
			pgx.NamedArgs{"up_to": p.UpTo, "at": p.At, "note": string(p.Note)})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("let records up to %d go: %w", p.UpTo, err)
	}
	return gone, nil
}
