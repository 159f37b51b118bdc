package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrChanged says that somebody else was quicker: what was to be changed is no
// longer what the reader saw.
var ErrChanged = errors.New("changed meanwhile")

// PolicyRevision is one policy of an organisation that two people have approved.
type PolicyRevision struct {
	Owner      measures.ODSCode
	Revision   int // from 1; 0 is the national baseline alone
	Submission int64
	Draft      int // that it was
	Title      string
	Files      []policy.Module
	Digest     string // policy.FilesDigest
	At         time.Time
	Record     int64
}

// PolicyPointer says which revision is live from when.
type PolicyPointer struct {
	Pointer   int64
	Owner     measures.ODSCode
	Revision  int
	Effective time.Time
	At        time.Time
	By, Name  string
	Rollback  bool
	Reason    string
	Record    int64
}

// LivePolicies gives the revision of each organisation that is live at a moment,
// and the next moment at which that changes by itself; the zero time is never.
// It needs no grant, because rules are no data and the program cannot decide
// without them.
func (db *DB) LivePolicies(ctx context.Context, at time.Time) (map[measures.ODSCode]PolicyRevision, time.Time, error) {
	// A rollback takes back all that was set before it, also what has not come yet.
	rows, err := db.pool.Query(ctx, pointerQuery+`
		WHERE pointer >= coalesce((SELECT max(b.pointer) FROM policy_pointer b WHERE b.ods = p.ods AND b.rollback), 0)
		ORDER BY effective_from, pointer`)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read which policies are live: %w", err)
	}
	pointers, err := pgx.CollectRows(rows, readPointer)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read which policies are live: %w", err)
	}
	live, next := map[measures.ODSCode]int{}, time.Time{}
	for _, p := range pointers {
		switch {
		case !p.Effective.After(at):
			live[p.Owner] = p.Revision
		case next.IsZero() || p.Effective.Before(next):
			next = p.Effective
		}
	}
	maps.DeleteFunc(live, func(_ measures.ODSCode, revision int) bool { return revision == 0 })
	found := map[measures.ODSCode]PolicyRevision{}
	for owner, revision := range live {
		if found[owner], err = db.PolicyRevision(ctx, owner, revision); err != nil {
			return nil, time.Time{}, err
		}
	}
	return found, next, nil
}

const revisionQuery = `
	SELECT r.ods, r.revision, r.submission, s.draft, r.title, r.files, r.digest, r.published_at, r.record
	FROM policy_revision r
		JOIN policy_submission s USING (submission)`

// PolicyRevision reads one revision.
func (db *DB) PolicyRevision(ctx context.Context, owner measures.ODSCode, revision int) (PolicyRevision, error) {
	rows, err := db.pool.Query(ctx, revisionQuery+` WHERE r.ods = @ods AND r.revision = @revision`,
		pgx.NamedArgs{"ods": owner, "revision": revision})
	if err != nil {
		return PolicyRevision{}, fmt.Errorf("revision %d of the policy of %s: %w", revision, owner, err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, readRevision)
	if err != nil {
		return PolicyRevision{}, notFound(err, "revision %d of the policy of %s", revision, owner)
	}
	return r, nil
}

// PolicyRevisions lists the revisions of an organisation, the newest first.
func (db *DB) PolicyRevisions(ctx context.Context, owner measures.ODSCode) ([]PolicyRevision, error) {
	rows, err := db.pool.Query(ctx, revisionQuery+` WHERE r.ods = @ods ORDER BY r.revision DESC`, pgx.NamedArgs{"ods": owner})
	if err != nil {
		return nil, fmt.Errorf("revisions of the policy of %s: %w", owner, err)
	}
	list, err := pgx.CollectRows(rows, readRevision)
	if err != nil {
		return nil, fmt.Errorf("revisions of the policy of %s: %w", owner, err)
	}
	return list, nil
}

const pointerQuery = `
	SELECT p.pointer, p.ods, p.revision, p.effective_from, p.set_at, p.set_by, p.name, p.rollback, p.reason, p.record
	FROM policy_pointer p`

// PolicyPointers lists what was made live and when, the newest first.
func (db *DB) PolicyPointers(ctx context.Context, owner measures.ODSCode) ([]PolicyPointer, error) {
	rows, err := db.pool.Query(ctx, pointerQuery+` WHERE p.ods = @ods ORDER BY p.pointer DESC`, pgx.NamedArgs{"ods": owner})
	if err != nil {
		return nil, fmt.Errorf("history of the policy of %s: %w", owner, err)
	}
	list, err := pgx.CollectRows(rows, readPointer)
	if err != nil {
		return nil, fmt.Errorf("history of the policy of %s: %w", owner, err)
	}
	return list, nil
}

// RollBackPolicy makes an earlier revision live again, at once; 0 is the national
// baseline alone. Whatever was to come is taken back with it. It gives the digest
// of the row for the ledger.
func (db *DB) RollBackPolicy(ctx context.Context, grant policy.Grant, p PolicyPointer, digest string) (act string, err error) {
	if err := grant.For(policy.PolicyRollback, p.Owner, "policy", digest); err != nil {
		return "", err
	}
	p.Record, p.Rollback = grant.Record().Sequence(), true
	err = db.governed(ctx, p.Owner, func(tx pgx.Tx) error {
		act, err = setPointer(ctx, tx, p)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("roll the policy of %s back to revision %d: %w", p.Owner, p.Revision, err)
	}
	return act, nil
}

func setPointer(ctx context.Context, tx pgx.Tx, p PolicyPointer) (act string, err error) {
	p.At, p.Effective = moment(p.At), moment(p.Effective)
	_, err = tx.Exec(ctx, `
		INSERT INTO policy_pointer (ods, revision, effective_from, set_at, set_by, name, rollback, reason, record)
		VALUES (@ods, @revision, @effective, @at, @by, @name, @rollback, @reason, @record)`,
		pgx.NamedArgs{"ods": p.Owner, "revision": p.Revision, "effective": p.Effective, "at": p.At, "by": p.By,
			"name": p.Name, "rollback": p.Rollback, "reason": p.Reason, "record": p.Record})
	return p.act(), err
}

// governed runs one act about the policy of an organisation; acts about the same
// one wait for each other.
func (db *DB) governed(ctx context.Context, owner measures.ODSCode, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('signalbox policy ' || @ods::text))`, pgx.NamedArgs{"ods": owner}); err != nil {
			return err
		}
		return do(tx)
	})
}

func readRevision(row pgx.CollectableRow) (r PolicyRevision, err error) {
	var files []byte
	if err := row.Scan(&r.Owner, &r.Revision, &r.Submission, &r.Draft, &r.Title, &files, &r.Digest, &r.At, &r.Record); err != nil {
		return r, err
	}
	r.Files, err = readFiles(files)
	return r, err
}

func readPointer(row pgx.CollectableRow) (p PolicyPointer, err error) {
	return p, row.Scan(&p.Pointer, &p.Owner, &p.Revision, &p.Effective, &p.At, &p.By, &p.Name, &p.Rollback, &p.Reason, &p.Record)
}

// writeFiles keeps the files of a policy as name: source.
func writeFiles(files []policy.Module) (string, error) {
	sources := map[string]string{}
	for _, m := range files {
		if _, twice := sources[m.Name]; twice {
			return "", fmt.Errorf("the file %s is there twice", m.Name)
		}
		sources[m.Name] = m.Source
	}
	text, err := json.Marshal(sources)
	return string(text), err
}

func readFiles(text []byte) ([]policy.Module, error) {
	var sources map[string]string
	if err := json.Unmarshal(text, &sources); err != nil {
		return nil, fmt.Errorf("files of a policy: %w", err)
	}
	var files []policy.Module
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		files = append(files, policy.Module{Name: name, Source: sources[name]})
	}
	return files, nil
}

// moment is a time as PostgreSQL keeps it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
