package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/plugins/registry"
)

// HubState tells what this installation knows of its hub.
func (db *DB) HubState(ctx context.Context) (HubState, error) {
	var s HubState
	var list []byte
	var expires, synced, tried *time.Time
	err := db.pool.QueryRow(ctx, `SELECT list, list_serial, index_serial, expires, synced_at, tried_at, problem FROM hub_state`).
		Scan(&list, &s.ListSerial, &s.IndexSerial, &expires, &synced, &tried, &s.Problem)
	if err != nil {
		return s, notFound(err, "what is known of the hub")
	}
	for into, from := range map[*time.Time]*time.Time{&s.Expires: expires, &s.Synced: synced, &s.Tried: tried} {
		if from != nil {
			*into = *from
		}
	}
	if list != nil {
		s.List = &registry.Envelope{}
		if err := json.Unmarshal(list, s.List); err != nil {
			return s, fmt.Errorf("list of publishers in the database: %w", err)
		}
	}
	return s, nil
}

// HubTried keeps that the hub was asked, and why that came to nothing; empty where it
// did not fail.
func (db *DB) HubTried(ctx context.Context, problem string) error {
	_, err := db.pool.Exec(ctx, `UPDATE hub_state SET tried_at = @at, problem = @problem`,
		pgx.NamedArgs{"at": moment(db.now()), "problem": problem})
	if err != nil {
		return fmt.Errorf("keep that the hub was asked: %w", err)
	}
	return nil
}

// HubIssue is a list of publishers or an index that this installation has issued as
// a hub.
type HubIssue struct {
	Kind     string // publishers, index
	Serial   int64
	Envelope []byte // as it is served
	At       time.Time
}

// IssueHub keeps what a hub serves from now on. It must be newer than what was served
// before: nodes refuse an older one, and two with one number would be two truths.
func (db *DB) IssueHub(ctx context.Context, kind string, serial int64, envelope []byte) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"kind": kind, "serial": serial, "envelope": envelope, "at": moment(db.now())}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('signalbox hub ' || @kind::text))`, args); err != nil {
			return err
		}
		var last int64
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(serial), 0) FROM hub_issue WHERE kind = @kind`, args).Scan(&last); err != nil {
			return err
		}
		if serial <= last {
			return fmt.Errorf("%w: number %d was issued before", registry.ErrStale, last)
		}
		_, err := tx.Exec(ctx, `INSERT INTO hub_issue (kind, serial, envelope, at) VALUES (@kind, @serial, @envelope, @at)`, args)
		return err
	})
	if err != nil {
		return fmt.Errorf("issue %s number %d: %w", kind, serial, err)
	}
	return nil
}

// HubIssued gives what a hub serves; ErrNotFound before the first.
func (db *DB) HubIssued(ctx context.Context, kind string) (HubIssue, error) {
	issue := HubIssue{Kind: kind}
	err := db.pool.QueryRow(ctx, `SELECT serial, envelope, at FROM hub_issue WHERE kind = @kind ORDER BY serial DESC LIMIT 1`,
		pgx.NamedArgs{"kind": kind}).Scan(&issue.Serial, &issue.Envelope, &issue.At)
	if err != nil {
		return issue, notFound(err, "%s issued by this hub", kind)
	}
	return issue, nil
}

// ForgetHub lets an installation go to another hub: what the one before has said is
// not known any more, and whatever number the next one issues is the newest. What was
// taken, adopted and said stays.
func (db *DB) ForgetHub(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE hub_state
			SET list = NULL, list_serial = 0, "index" = NULL, index_serial = 0, expires = NULL, synced_at = NULL, tried_at = NULL, problem = ''`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM listing`)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget the hub: %w", err)
	}
	return nil
}
