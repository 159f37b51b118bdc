package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// PolicyVersion is one save of a draft of an organisation's policy. None is ever
// overwritten.
type PolicyVersion struct {
	Owner          measures.ODSCode
	Draft, Version int // from 1
	Base           int // the revision it was begun from; 0 is the template
	Title          string
	Files          []policy.Module
	Digest         string // policy.FilesDigest
	At             time.Time
	By, Name       string
	Record         int64
}

// PolicyImpact is what a version of a draft would change, as somebody has seen it.
type PolicyImpact struct {
	Owner          measures.ODSCode
	Draft, Version int
	At             time.Time
	By             string
	Live           int       // revision it was compared with
	Since          time.Time // decisions from here were asked again
	Impact         candidate.Impact
	Record         int64
}

// SavePolicy keeps files as the next version of a draft: after v.Version, or as
// the first of a new draft if v.Draft is 0. If the draft has a later version
// already, it is ErrChanged. It gives the version as it is kept, and the digest of
// its row for the ledger.
func (db *DB) SavePolicy(ctx context.Context, grant policy.Grant, v PolicyVersion) (_ PolicyVersion, act string, err error) {
	v.Digest, v.At = policy.FilesDigest(v.Files), moment(v.At)
	if err := grant.For(policy.PolicyWrite, v.Owner, "policy", v.Digest); err != nil {
		return v, "", err
	}
	files, err := writeFiles(v.Files)
	if err != nil {
		return v, "", fmt.Errorf("save a draft of the policy of %s: %w", v.Owner, err)
	}
	v.By, v.Record = grant.Record().Decision().Request.Actor.ID, grant.Record().Sequence()
	err = db.governed(ctx, v.Owner, func(tx pgx.Tx) error {
		if v.Draft == 0 {
			v.Version = 0
			err := tx.QueryRow(ctx, `
				INSERT INTO policy_draft (ods, draft)
				SELECT @ods, coalesce(max(draft), 0) + 1 FROM policy_draft WHERE ods = @ods
				RETURNING draft`, pgx.NamedArgs{"ods": v.Owner}).Scan(&v.Draft)
			if err != nil {
				return err
			}
		} else if err := unchanged(ctx, tx, v.Owner, v.Draft, v.Version); err != nil {
			return err
		}
		v.Version++
		_, err := tx.Exec(ctx, `
			INSERT INTO policy_version (ods, draft, version, base, title, files, digest, saved_at, saved_by, name, record)
			VALUES (@ods, @draft, @version, @base, @title, @files, @digest, @at, @by, @name, @record)`,
			pgx.NamedArgs{"ods": v.Owner, "draft": v.Draft, "version": v.Version, "base": v.Base, "title": v.Title, "files": files,
				"digest": v.Digest, "at": v.At, "by": v.By, "name": v.Name, "record": v.Record})
		return err
	})
	if err != nil {
		return v, "", fmt.Errorf("save draft %d of the policy of %s: %w", v.Draft, v.Owner, err)
	}
	return v, actsDigest(v.act()), nil
}

// unchanged makes sure that a version is the newest of its draft.
func unchanged(ctx context.Context, tx pgx.Tx, owner measures.ODSCode, draft, version int) error {
	var newest int
	err := tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM policy_version WHERE ods = @ods AND draft = @draft`,
		pgx.NamedArgs{"ods": owner, "draft": draft}).Scan(&newest)
	switch {
	case err != nil:
		return err
	case newest == 0:
		return ErrNotFound
	case newest != version:
		return fmt.Errorf("version %d is not the newest any more, %d is: %w", version, newest, ErrChanged)
	}
	return nil
}

const versionQuery = `
	SELECT v.ods, v.draft, v.version, v.base, v.title, v.files, v.digest, v.saved_at, v.saved_by, v.name, v.record
	FROM policy_version v`

// PolicyVersions lists the versions of one draft, the newest first, with their
// files; of all drafts of the organisation, if draft is 0, the newest version each.
func (db *DB) PolicyVersions(ctx context.Context, owner measures.ODSCode, draft int) ([]PolicyVersion, error) {
	sql := versionQuery + ` WHERE v.ods = @ods AND v.draft = @draft ORDER BY v.version DESC`
	if draft == 0 {
		sql = versionQuery + `
			WHERE v.ods = @ods AND v.version = (SELECT max(n.version) FROM policy_version n WHERE n.ods = v.ods AND n.draft = v.draft)
			ORDER BY v.draft DESC`
	}
	rows, err := db.pool.Query(ctx, sql, pgx.NamedArgs{"ods": owner, "draft": draft})
	if err != nil {
		return nil, fmt.Errorf("drafts of the policy of %s: %w", owner, err)
	}
	list, err := pgx.CollectRows(rows, readVersion)
	switch {
	case err != nil:
		return nil, fmt.Errorf("drafts of the policy of %s: %w", owner, err)
	case draft > 0 && len(list) == 0:
		return nil, fmt.Errorf("draft %d of the policy of %s: %w", draft, owner, ErrNotFound)
	}
	return list, nil
}

func readVersion(row pgx.CollectableRow) (v PolicyVersion, err error) {
	var files []byte
	if err := row.Scan(&v.Owner, &v.Draft, &v.Version, &v.Base, &v.Title, &files, &v.Digest, &v.At, &v.By, &v.Name, &v.Record); err != nil {
		return v, err
	}
	v.Files, err = readFiles(files)
	return v, err
}

// KeepPolicyCheck keeps what a check of one version has found. It changes nothing
// that anybody relies on, so it needs the grant of the save only.
func (db *DB) KeepPolicyCheck(ctx context.Context, v PolicyVersion, at time.Time, report candidate.Report) error {
	text, err := json.Marshal(report)
	if err == nil {
		_, err = db.pool.Exec(ctx, `
			INSERT INTO policy_check (ods, draft, version, checked_at, sound, report)
			VALUES (@ods, @draft, @version, @at, @sound, @report)`,
			pgx.NamedArgs{"ods": v.Owner, "draft": v.Draft, "version": v.Version, "at": moment(at), "sound": report.Sound(), "report": string(text)})
	}
	if err != nil {
		return fmt.Errorf("keep the check of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	return nil
}

// PolicyCheck gives the newest check of a version. One that was never checked is
// ErrNotFound.
func (db *DB) PolicyCheck(ctx context.Context, v PolicyVersion) (report candidate.Report, at time.Time, err error) {
	var text []byte
	err = db.pool.QueryRow(ctx, `
		SELECT report, checked_at FROM policy_check
		WHERE ods = @ods AND draft = @draft AND version = @version
		ORDER BY checked_at DESC
		LIMIT 1`,
		pgx.NamedArgs{"ods": v.Owner, "draft": v.Draft, "version": v.Version}).Scan(&text, &at)
	if err == nil {
		err = json.Unmarshal(text, &report)
	}
	if err != nil {
		return report, at, notFound(err, "check of draft %d of %s", v.Draft, v.Owner)
	}
	return report, at, nil
}

// KeepPolicyImpact keeps what somebody was shown that a version would change.
func (db *DB) KeepPolicyImpact(ctx context.Context, grant policy.Grant, v PolicyVersion, i PolicyImpact) (act string, err error) {
	if err := grant.For(policy.PolicyWrite, v.Owner, "policy", v.Digest); err != nil {
		return "", err
	}
	text, err := json.Marshal(i.Impact)
	if err != nil {
		return "", fmt.Errorf("keep the impact of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	i.Owner, i.Draft, i.Version, i.At, i.Since = v.Owner, v.Draft, v.Version, moment(i.At), moment(i.Since)
	i.By, i.Record = grant.Record().Decision().Request.Actor.ID, grant.Record().Sequence()
	_, err = db.pool.Exec(ctx, `
		INSERT INTO policy_impact (ods, draft, version, reviewed_at, reviewed_by, live, since, impact, record)
		VALUES (@ods, @draft, @version, @at, @by, @live, @since, @impact, @record)`,
		pgx.NamedArgs{"ods": i.Owner, "draft": i.Draft, "version": i.Version, "at": i.At, "by": i.By, "live": i.Live, "since": i.Since,
			"impact": string(text), "record": i.Record})
	if err != nil {
		return "", fmt.Errorf("keep the impact of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	return actsDigest(i.act(string(text))), nil
}

const impactQuery = `
	SELECT i.ods, i.draft, i.version, i.reviewed_at, i.reviewed_by, i.live, i.since, i.impact, i.record
	FROM policy_impact i`

// PolicyImpact gives the newest impact of a version that was shown; ErrNotFound
// where there is none.
func (db *DB) PolicyImpact(ctx context.Context, v PolicyVersion) (PolicyImpact, error) {
	rows, err := db.pool.Query(ctx, impactQuery+`
		WHERE i.ods = @ods AND i.draft = @draft AND i.version = @version
		ORDER BY i.reviewed_at DESC
		LIMIT 1`,
		pgx.NamedArgs{"ods": v.Owner, "draft": v.Draft, "version": v.Version})
	if err != nil {
		return PolicyImpact{}, fmt.Errorf("impact of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (PolicyImpact, error) {
		i, _, err := readImpact(row)
		return i, err
	})
	if err != nil {
		return i, notFound(err, "impact of draft %d of %s", v.Draft, v.Owner)
	}
	return i, nil
}

func readImpact(row pgx.CollectableRow) (i PolicyImpact, text string, err error) {
	if err := row.Scan(&i.Owner, &i.Draft, &i.Version, &i.At, &i.By, &i.Live, &i.Since, &text, &i.Record); err != nil {
		return i, "", err
	}
	if err := json.Unmarshal([]byte(text), &i.Impact); err != nil {
		return i, "", fmt.Errorf("impact of draft %d of %s: %w", i.Draft, i.Owner, err)
	}
	return i, text, nil
}
