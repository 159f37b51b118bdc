package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// SuccessionEntry says that one organisation took over from another.
type SuccessionEntry struct {
	Predecessor, Successor measures.ODSCode
	From                   measures.Date
	Basis, Note            string
	// Aside means that the line comes beside other data: it adds what is not
	// known yet and changes nothing that is.
	Aside bool
}

// PutSuccessions writes successions. A predecessor nobody has heard of becomes
// an organisation of the kind of its successor, closed on that day.
func (in *Intake) PutSuccessions(ctx context.Context, header LoadHeader, entries []SuccessionEntry) (Counts, error) {
	counts := Counts{Dataset: "register", RowsIn: int64(len(entries))}
	if err := header.permits([]measures.Dataset{RegisterData()}, nil); err != nil {
		return counts, err
	}
	if err := in.lock(ctx, header); err != nil {
		return counts, err
	}
	batch := &pgx.Batch{}
	for _, e := range entries {
		args := pgx.NamedArgs{"old": string(e.Predecessor), "new": string(e.Successor), "from": e.From.String(),
			"basis": e.Basis, "note": e.Note, "aside": e.Aside}
		batch.Queue(`
			INSERT INTO organisation (ods, kind)
			SELECT ods, coalesce((SELECT kind FROM organisation WHERE ods = @new), 'other')
			FROM (VALUES (@old), (@new)) AS file (ods)
			WHERE NOT EXISTS (SELECT FROM organisation o WHERE o.ods = file.ods)`, args)
		batch.Queue(`
			INSERT INTO succession AS s (trust_id, successor_id, effective_from, basis, note)
			SELECT old.trust_id, new.trust_id, @from::text::date, @basis, @note
			FROM organisation old, organisation new
			WHERE old.ods = @old AND new.ods = @new
			ON CONFLICT (trust_id, successor_id) DO UPDATE
				SET effective_from = EXCLUDED.effective_from, basis = EXCLUDED.basis, note = EXCLUDED.note
				WHERE NOT @aside::bool AND (s.effective_from, s.basis, s.note) IS DISTINCT FROM (EXCLUDED.effective_from, EXCLUDED.basis, EXCLUDED.note)
			RETURNING xmax = 0`, args)
	}
	results := in.tx.SendBatch(ctx, batch)
	defer results.Close()
	for _, e := range entries {
		if _, err := results.Exec(); err != nil {
			return counts, fmt.Errorf("succession of %s by %s: %w", e.Predecessor, e.Successor, err)
		}
		rows, err := results.Query()
		if err != nil {
			return counts, fmt.Errorf("succession of %s by %s: %w", e.Predecessor, e.Successor, err)
		}
		fresh, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		if err != nil {
			return counts, fmt.Errorf("succession of %s by %s: %w", e.Predecessor, e.Successor, err)
		}
		counts.tally(fresh)
	}
	if err := results.Close(); err != nil {
		return counts, fmt.Errorf("successions: %w", err)
	}
	if err := in.closePredecessors(ctx); err != nil {
		return counts, err
	}
	if counts.Changed() && !aside(entries) {
		return counts, in.writeLoad(ctx, header, 0, counts)
	}
	return counts, nil
}

// aside reports whether the successions came with a register, whose load is
// written down already.
func aside(entries []SuccessionEntry) bool { return len(entries) > 0 && entries[0].Aside }

// tally counts one row by what an upsert returned: nothing, or whether it was
// new.
func (c *Counts) tally(fresh []bool) {
	switch {
	case len(fresh) == 0:
		c.Unchanged++
	case fresh[0]:
		c.Added++
	default:
		c.Revised++
	}
}

// closePredecessors keeps what follows from the successions: when an
// organisation closed, and what kind it was if nothing else told.
func (in *Intake) closePredecessors(ctx context.Context) error {
	_, err := in.tx.Exec(ctx, `
		UPDATE organisation o
		SET closed = last.day, kind = CASE WHEN o.kind = 'other' THEN last.kind ELSE o.kind END
		FROM (
			SELECT s.trust_id, min(s.effective_from) AS day, min(n.kind) AS kind
			FROM succession s
			JOIN organisation n ON n.trust_id = s.successor_id
			GROUP BY s.trust_id
		) last
		WHERE o.trust_id = last.trust_id
			AND (o.closed IS DISTINCT FROM last.day OR o.kind = 'other' AND last.kind <> 'other')`)
	if err != nil {
		return fmt.Errorf("close organisations that were taken over: %w", err)
	}
	return nil
}
