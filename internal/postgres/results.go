package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// Result is what became of one recorded decision: what was released, or the
// problem that kept it back.
type Result struct {
	Record     policy.Record
	Rows       int64
	Suppressed int64
	Digest     string
	Problem    string
}

// RecordResults appends what became of several decisions, in one commit.
func (db *DB) RecordResults(ctx context.Context, results []Result) error {
	if len(results) == 0 {
		return nil
	}
	w := &writing{done: make(chan struct{})}
	for _, r := range results {
		w.entries = append(w.entries, func(sequence int64, at time.Time) ledger.Entry {
			return ledger.Released(sequence, at, r.Record.Decision().Request.ID, ledger.Result{
				Record: r.Record.Sequence(), Rows: r.Rows, Suppressed: r.Suppressed, Digest: r.Digest, Problem: r.Problem})
		})
	}
	if err := db.write(ctx, w); err != nil {
		return fmt.Errorf("record the results of %d decisions: %w", len(results), err)
	}
	return nil
}
