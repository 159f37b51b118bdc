package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/policy"
)

// Draft is a module that somebody has brought to have it checked and tried.
type Draft struct {
	ID       int64
	Digest   plugins.Digest
	By       string // the actor's id
	At       time.Time
	FileName string // as the author's machine calls it
	Manifest plugins.Manifest
	Steps    []check.Step // of the check
	Module   []byte       // only where one draft is read
}

// Sound reports whether the check found nothing but advice.
func (d *Draft) Sound() bool {
	return !slices.ContainsFunc(d.Steps, func(s check.Step) bool { return !s.Sound() })
}

const (
	// DraftsEach is how many drafts one person has at most: the newest are kept.
	DraftsEach = 10
	// DraftDays is how long a draft is kept. Migration 4 says so too.
	DraftDays = 30
)

// asAuthor makes row-level security show the drafts that a grant opens. It travels
// in the same transaction as the query behind it.
const asAuthor = `SELECT set_config('signalbox.actor', @actor, true), set_config('signalbox.drafts', @drafts, true)`

// author says whose drafts a grant opens: the actor's own, and everybody's to
// those whom the policy lets look at them for governance.
func author(grant policy.Grant, action policy.Action) (pgx.NamedArgs, error) {
	d := grant.Record().Decision()
	if !grant.Valid() || d.Request.Action != action || d.Request.Actor.ID == "" {
		return nil, fmt.Errorf("%w: drafts, by a grant for %q where %q is wanted", ErrOutOfScope, d.Request.Action, action)
	}
	drafts := ""
	if slices.ContainsFunc(d.Grants, func(g policy.GrantRef) bool { return g.Code == "governance" }) {
		drafts = "all"
	}
	return pgx.NamedArgs{"actor": d.Request.Actor.ID, "drafts": drafts}, nil
}

// KeepDraft keeps a draft, in the place of an earlier one of the same person with
// the same digest, and gives its number. Drafts that are old, and those of the
// person beyond the newest DraftsEach, are forgotten.
func (db *DB) KeepDraft(ctx context.Context, grant policy.Grant, d Draft) (id int64, err error) {
	who, err := author(grant, policy.PluginUpload)
	if err != nil {
		return 0, err
	}
	manifest, err := json.Marshal(d.Manifest)
	if err != nil {
		return 0, fmt.Errorf("keep draft %s: its manifest: %w", d.Digest.Short(), err)
	}
	steps, err := json.Marshal(d.Steps)
	if err != nil {
		return 0, fmt.Errorf("keep draft %s: its findings: %w", d.Digest.Short(), err)
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, asAuthor, who); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			INSERT INTO draft (digest, uploaded_by, uploaded_at, file_name, module, manifest, steps)
			VALUES (@digest, @by, @at, @file, @module, @manifest, @steps)
			ON CONFLICT (uploaded_by, digest) DO UPDATE
			SET uploaded_at = EXCLUDED.uploaded_at, file_name = EXCLUDED.file_name, steps = EXCLUDED.steps
			RETURNING draft_id`,
			pgx.NamedArgs{"digest": d.Digest, "by": who["actor"], "at": d.At, "file": d.FileName, "module": d.Module,
				"manifest": string(manifest), "steps": string(steps)}).Scan(&id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			DELETE FROM draft
			WHERE uploaded_by = @actor AND draft_id NOT IN (
				SELECT draft_id FROM draft
				WHERE uploaded_by = @actor
				ORDER BY uploaded_at DESC, draft_id DESC
				LIMIT @each)`,
			pgx.NamedArgs{"actor": who["actor"], "each": DraftsEach})
		if err != nil {
			return err
		}
		_, err = forgetDrafts(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("keep draft %s: %w", d.Digest.Short(), err)
	}
	return id, nil
}

// ForgetDrafts takes away what is old, whoever it was from, and says how many: nobody
// may have brought a draft since.
func (db *DB) ForgetDrafts(ctx context.Context) (gone int64, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		gone, err = forgetDrafts(ctx, tx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget drafts that are older than %d days: %w", DraftDays, err)
	}
	return gone, nil
}

// forgetDrafts takes away what is old, whoever it was from. A row has to be seen
// to be deleted, so the transaction sees all from here on.
func forgetDrafts(ctx context.Context, tx pgx.Tx) (int64, error) {
	if _, err := tx.Exec(ctx, `SELECT set_config('signalbox.drafts', 'all', true)`); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `DELETE FROM draft WHERE uploaded_at < current_timestamp - make_interval(days => @days)`,
		pgx.NamedArgs{"days": DraftDays})
	return tag.RowsAffected(), err
}

// draftColumns are those of a draft without its module.
const draftColumns = `draft_id, digest, uploaded_by, uploaded_at, file_name, manifest, steps`

// Drafts lists the drafts that a grant opens, the newest first, without their modules.
func (db *DB) Drafts(ctx context.Context, grant policy.Grant) ([]Draft, error) {
	who, err := author(grant, policy.PluginTry)
	if err != nil {
		return nil, err
	}
	var list []Draft
	err = db.readDrafts(ctx, who, `
		SELECT `+draftColumns+`, ''::bytea
		FROM draft
		WHERE uploaded_at >= current_timestamp - make_interval(days => @days)
		ORDER BY uploaded_at DESC, draft_id DESC`,
		pgx.NamedArgs{"days": DraftDays}, func(d Draft) { list = append(list, d) })
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return list, nil
}

// Draft reads one draft and its module. One that the grant does not open is
// ErrNotFound, as one that is not there.
func (db *DB) Draft(ctx context.Context, grant policy.Grant, id int64) (Draft, error) {
	who, err := author(grant, policy.PluginTry)
	if err != nil {
		return Draft{}, err
	}
	var found []Draft
	err = db.readDrafts(ctx, who, `
		SELECT `+draftColumns+`, module
		FROM draft
		WHERE draft_id = @id AND uploaded_at >= current_timestamp - make_interval(days => @days)`,
		pgx.NamedArgs{"id": id, "days": DraftDays}, func(d Draft) { found = append(found, d) })
	switch {
	case err != nil:
		return Draft{}, fmt.Errorf("read draft %d: %w", id, err)
	case len(found) == 0:
		return Draft{}, fmt.Errorf("draft %d: %w", id, ErrNotFound)
	}
	return found[0], nil
}

// readDrafts runs one query as the author, in one round trip.
func (db *DB) readDrafts(ctx context.Context, who pgx.NamedArgs, sql string, args pgx.NamedArgs, each func(Draft)) error {
	batch := &pgx.Batch{}
	batch.Queue(asAuthor, who)
	batch.Queue(sql, args)
	results := db.pool.SendBatch(ctx, batch)
	defer results.Close()
	if _, err := results.Exec(); err != nil {
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, readDraft)
	if err != nil {
		return err
	}
	for _, d := range list {
		each(d)
	}
	return results.Close()
}

func readDraft(row pgx.CollectableRow) (d Draft, err error) {
	var manifest, steps []byte
	if err := row.Scan(&d.ID, &d.Digest, &d.By, &d.At, &d.FileName, &manifest, &steps, &d.Module); err != nil {
		return d, err
	}
	if err := json.Unmarshal(manifest, &d.Manifest); err != nil {
		return d, fmt.Errorf("manifest of draft %d: %w", d.ID, err)
	}
	if err := json.Unmarshal(steps, &d.Steps); err != nil {
		return d, fmt.Errorf("findings of draft %d: %w", d.ID, err)
	}
	return d, nil
}

// ForgetDraft removes a draft of the actor's own.
func (db *DB) ForgetDraft(ctx context.Context, grant policy.Grant, id int64) error {
	who, err := author(grant, policy.PluginTry)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, asAuthor, who); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM draft WHERE draft_id = @id AND uploaded_by = @actor`, pgx.NamedArgs{"id": id, "actor": who["actor"]})
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("forget draft %d: %w", id, err)
	}
	return nil
}
