package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// book is the end of the ledger as this process last saw it, and the entries
// waiting to be written. Entries that arrive while a commit is under way are
// written together by the next one, so that many readers share one fsync.
type book struct {
	mu      sync.Mutex
	waiting []*writing
	busy    bool

	// Used only by the writer of the moment.
	known bool
	size  int64                 // entries committed
	peaks map[int64]ledger.Hash // stored hashes by place, as many as the next entry may need
}

// writing is one group of entries that stand or fall together.
type writing struct {
	entries []func(sequence int64, at time.Time) ledger.Entry
	durable bool  // wait until the disk has it: for decisions
	first   int64 // sequence of the first, once committed
	err     error
	done    chan struct{}
}

// writeTime is how long a commit may take before its callers are told that
// nothing is sure.
const writeTime = 15 * time.Second

// Record appends a decision to the ledger and returns once it is committed.
// No record, no data: only what it returns can become a Grant.
func (db *DB) Record(ctx context.Context, d policy.Decision) (policy.Record, error) {
	records, err := db.RecordAll(ctx, []policy.Decision{d})
	if err != nil {
		return policy.Record{}, err
	}
	return records[0], nil
}

// RecordAll appends several decisions in one commit: all or none.
func (db *DB) RecordAll(ctx context.Context, decisions []policy.Decision) ([]policy.Record, error) {
	if len(decisions) == 0 {
		return nil, nil
	}
	w := &writing{durable: true, done: make(chan struct{})}
	for _, d := range decisions {
		w.entries = append(w.entries, func(sequence int64, at time.Time) ledger.Entry { return ledger.Decided(sequence, at, d) })
	}
	if err := db.write(ctx, w); err != nil {
		return nil, fmt.Errorf("record decision %s: %w", decisions[0].Request.ID, err)
	}
	records := make([]policy.Record, len(decisions))
	for i, d := range decisions {
		records[i] = policy.Recorded(d, w.first+int64(i))
	}
	return records, nil
}

// write queues the entries and waits until they are committed. Whoever finds
// nobody writing posts a writer, who writes for everybody until nobody waits.
func (db *DB) write(ctx context.Context, w *writing) error {
	b := &db.book
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	if !b.busy {
		b.busy = true
		go db.writeAll(context.WithoutCancel(ctx))
	}
	b.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		// The entry may still be written. That is harmless: a record
		// without a reading, never a reading without a record.
		return ctx.Err()
	}
}

// writeAll is nobody's own request: one that wrote for the others would keep its
// reader waiting for as long as others come.
func (db *DB) writeAll(ctx context.Context) {
	b := &db.book
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) > 0 {
		group := b.waiting
		b.waiting = nil
		b.mu.Unlock()
		db.commitGroup(ctx, group)
		b.mu.Lock()
	}
	b.busy = false
}

func (db *DB) commitGroup(ctx context.Context, group []*writing) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	good := group
	if len(group) > 1 { // one by itself spoils nobody else's commit
		good = db.writable(group)
	}
	err := db.commitEntries(ctx, good)
	for _, w := range group {
		if w.err == nil {
			w.err = err
		}
		close(w.done)
	}
}

// writable drops those with an entry that cannot be written at all.
func (db *DB) writable(group []*writing) []*writing {
	var good []*writing
	for _, w := range group {
		for i, entry := range w.entries {
			if _, w.err = entry(1<<40+int64(i), db.now()).Canonical(); w.err != nil {
				break
			}
		}
		if w.err == nil {
			good = append(good, w)
		}
	}
	return good
}
