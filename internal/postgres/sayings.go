package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// maySay reports what is wrong, if anything, with a grant as the key to keeping
// something that goes out. Evidence is an organisation's own figures, and wants the
// decision that let them out; the rest is about a release.
func maySay(grant policy.Grant, s Saying) error {
	r := grant.Record().Decision().Request
	if r.Resource.ODS != "" && r.Resource.ODS != s.Organisation || s.Kind == "evidence" && r.Resource.ODS == "" {
		return fmt.Errorf("%w: %s in the name of %s, by a grant for %s", ErrOutOfScope, s.Kind, s.Organisation, r.Resource.ODS)
	}
	actions := map[string][]policy.Action{
		"evidence": {policy.EvidenceSend},
		"question": {policy.ReleasePush, policy.ReleaseTake, policy.ReleasePilot, policy.ReleaseAdopt},
		"reply":    {policy.ReleasePush}, // in the name of a publisher, who need be no organisation
		"faults":   {policy.ReleasePush, policy.ReleaseTake, policy.ReleasePilot, policy.ReleaseAdopt, policy.JobsManage},
	}[s.Kind]
	if !grant.Valid() || !slices.Contains(actions, r.Action) {
		return fmt.Errorf("%w: %s wants a grant for one of %q; this one is for %q", ErrOutOfScope, s.Kind, actions, r.Action)
	}
	return nil
}

// KeepSaying keeps something signed until the hub has it, and gives its number. Who
// says it and when are the grant's and the clock's.
func (db *DB) KeepSaying(ctx context.Context, grant policy.Grant, s Saying) (id int64, err error) {
	if err := maySay(grant, s); err != nil {
		return 0, fmt.Errorf("keep %s about %s: %w", s.Kind, s.Plugin, err)
	}
	envelope, err := json.Marshal(s.Envelope)
	if err != nil {
		return 0, fmt.Errorf("keep %s about %s: %w", s.Kind, s.Plugin, err)
	}
	by, record := byGrant(grant)
	keep := func(tx pgx.Tx, trust any) error {
		return tx.QueryRow(ctx, `
			INSERT INTO saying (trust_id, kind, plugin, digest, artifact, envelope, made_at, made_by, record)
			VALUES (@trust, @kind, @plugin, @digest, @artifact, @envelope, @at, @by, @record)
			RETURNING saying_id`,
			pgx.NamedArgs{"trust": trust, "kind": s.Kind, "plugin": s.Plugin, "digest": s.Digest, "artifact": s.Artifact, "envelope": string(envelope),
				"at": moment(db.now()), "by": by, "record": record}).Scan(&id)
	}
	if s.Kind == "reply" {
		err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return keep(tx, nil) })
	} else {
		err = db.inNameOf(ctx, s.Organisation, func(tx pgx.Tx, trust int16) error { return keep(tx, trust) })
	}
	if err != nil {
		return 0, fmt.Errorf("keep %s about %s: %w", s.Kind, s.Plugin, err)
	}
	return id, nil
}

// UnsentSayings lists what waits for the hub, the oldest first.
func (db *DB) UnsentSayings(ctx context.Context) ([]Saying, error) {
	list, err := db.readSayings(ctx, `WHERE s.sent_at IS NULL ORDER BY s.made_at, s.saying_id`, nil)
	if err != nil {
		return nil, fmt.Errorf("list what waits for the hub: %w", err)
	}
	return list, nil
}

// SayingsOf lists what an organisation has said, the newest first.
func (db *DB) SayingsOf(ctx context.Context, ods measures.ODSCode) ([]Saying, error) {
	list, err := db.readSayings(ctx, `WHERE o.ods = @ods ORDER BY s.saying_id DESC`, pgx.NamedArgs{"ods": string(ods)})
	if err != nil {
		return nil, fmt.Errorf("list what %s has said: %w", ods, err)
	}
	return list, nil
}

// SayingsAbout lists what was said here of a plugin, the oldest first.
func (db *DB) SayingsAbout(ctx context.Context, plugin string) ([]Saying, error) {
	list, err := db.readSayings(ctx, `WHERE s.plugin = @plugin ORDER BY s.saying_id`, pgx.NamedArgs{"plugin": plugin})
	if err != nil {
		return nil, fmt.Errorf("what was said here of %s: %w", plugin, err)
	}
	return list, nil
}

// SayingSent keeps that the hub has something. Two workers may both have sent it,
// which is the same as once.
func (db *DB) SayingSent(ctx context.Context, id int64) error {
	_, err := db.pool.Exec(ctx, `UPDATE saying SET sent_at = @at, problem = '' WHERE saying_id = @id AND sent_at IS NULL`,
		pgx.NamedArgs{"at": moment(db.now()), "id": id})
	if err != nil {
		return fmt.Errorf("keep that saying %d was sent: %w", id, err)
	}
	return nil
}

// SayingFailed keeps why something could not be sent; it is tried again.
func (db *DB) SayingFailed(ctx context.Context, id int64, problem string) error {
	_, err := db.pool.Exec(ctx, `UPDATE saying SET problem = @problem WHERE saying_id = @id AND sent_at IS NULL`,
		pgx.NamedArgs{"problem": problem, "id": id})
	if err != nil {
		return fmt.Errorf("keep why saying %d was not sent: %w", id, err)
	}
	return nil
}

func (db *DB) readSayings(ctx context.Context, where string, args pgx.NamedArgs) ([]Saying, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT s.saying_id, coalesce(o.ods, ''), s.kind, s.plugin, s.digest, s.artifact, s.envelope, s.made_at, s.made_by, s.record, s.sent_at, s.problem
		FROM saying s
		LEFT JOIN organisation o USING (trust_id)
		`+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Saying, err error) {
		var envelope []byte
		var sent *time.Time
		err = row.Scan(&s.ID, &s.Organisation, &s.Kind, &s.Plugin, &s.Digest, &s.Artifact, &envelope, &s.At, &s.By, &s.Record, &sent, &s.Problem)
		if err != nil {
			return s, err
		}
		if sent != nil {
			s.Sent = *sent
		}
		if err := json.Unmarshal(envelope, &s.Envelope); err != nil {
			return s, fmt.Errorf("envelope of saying %d: %w", s.ID, err)
		}
		return s, nil
	})
}
