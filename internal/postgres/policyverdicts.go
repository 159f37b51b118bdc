package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// PolicySubmission is a version of a draft that its author proposes.
type PolicySubmission struct {
	Submission     int64
	Owner          measures.ODSCode
	Draft, Version int
	Digest         string
	Live           int       // the revision that it would take the place of
	NotBefore      time.Time // zero: as soon as two have approved
	At             time.Time
	By, Name       string
	Record         int64
	Verdicts       []PolicyVerdict // in the order in which they were given
}

// PolicyVerdict is what one person says to a submission.
type PolicyVerdict struct {
	By, Name string
	At       time.Time
	Approves bool
	Reason   string
	Digest   string // of the files that this person was shown
	Record   int64
}

// Approvals counts those who have said yes.
func (s PolicySubmission) Approvals() (n int) {
	for _, v := range s.Verdicts {
		if v.Approves {
			n++
		}
	}
	return n
}

// SentBack reports whether somebody has said no.
func (s PolicySubmission) SentBack() bool {
	for _, v := range s.Verdicts {
		if !v.Approves {
			return true
		}
	}
	return false
}

// SubmitPolicy proposes the newest version of a draft.
func (db *DB) SubmitPolicy(ctx context.Context, grant policy.Grant, s PolicySubmission) (_ PolicySubmission, act string, err error) {
	if err := grant.For(policy.PolicyWrite, s.Owner, "policy", s.Digest); err != nil {
		return s, "", err
	}
	s.At, s.By, s.Record = moment(s.At), grant.Record().Decision().Request.Actor.ID, grant.Record().Sequence()
	var notBefore any
	if !s.NotBefore.IsZero() {
		s.NotBefore = moment(s.NotBefore)
		notBefore = s.NotBefore
	}
	err = db.governed(ctx, s.Owner, func(tx pgx.Tx) error {
		if err := unchanged(ctx, tx, s.Owner, s.Draft, s.Version); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			INSERT INTO policy_submission (ods, draft, version, digest, live, not_before, at, by, name, record)
			SELECT @ods, @draft, @version, v.digest, @live, @not_before, @at, @by, @name, @record
			FROM policy_version v
			WHERE v.ods = @ods AND v.draft = @draft AND v.version = @version AND v.digest = @digest
			RETURNING submission`,
			pgx.NamedArgs{"ods": s.Owner, "draft": s.Draft, "version": s.Version, "digest": s.Digest, "live": s.Live, "not_before": notBefore,
				"at": s.At, "by": s.By, "name": s.Name, "record": s.Record}).Scan(&s.Submission)
	})
	if err != nil {
		return s, "", notFound(err, "propose draft %d of the policy of %s", s.Draft, s.Owner)
	}
	return s, actsDigest(s.act()), nil
}

const submissionQuery = `
	SELECT s.submission, s.ods, s.draft, s.version, s.digest, s.live, s.not_before, s.at, s.by, s.name, s.record
	FROM policy_submission s`

// PolicySubmissions lists what was proposed of one draft, or of all drafts if
// draft is 0, the newest first, with what people said to it.
func (db *DB) PolicySubmissions(ctx context.Context, owner measures.ODSCode, draft int) ([]PolicySubmission, error) {
	rows, err := db.pool.Query(ctx, submissionQuery+`
		WHERE s.ods = @ods AND (@draft = 0 OR s.draft = @draft)
		ORDER BY s.submission DESC`, pgx.NamedArgs{"ods": owner, "draft": draft})
	if err != nil {
		return nil, fmt.Errorf("proposals of the policy of %s: %w", owner, err)
	}
	list, err := pgx.CollectRows(rows, readSubmission)
	if err != nil {
		return nil, fmt.Errorf("proposals of the policy of %s: %w", owner, err)
	}
	rows, err = db.pool.Query(ctx, verdictQuery+`
		WHERE s.ods = @ods AND (@draft = 0 OR s.draft = @draft)
		ORDER BY v.at, v.record`, pgx.NamedArgs{"ods": owner, "draft": draft})
	if err != nil {
		return nil, fmt.Errorf("verdicts on the policy of %s: %w", owner, err)
	}
	at := map[int64]int{}
	for i, s := range list {
		at[s.Submission] = i
	}
	var submission int64
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v PolicyVerdict, err error) {
		submission, v, err = readVerdict(row)
		if i, known := at[submission]; known {
			list[i].Verdicts = append(list[i].Verdicts, v)
		}
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("verdicts on the policy of %s: %w", owner, err)
	}
	return list, nil
}

const verdictQuery = `
	SELECT v.submission, v.by, v.name, v.at, v.approves, v.reason, v.digest, v.record
	FROM policy_verdict v
		JOIN policy_submission s USING (submission)`

func readVerdict(row pgx.CollectableRow) (submission int64, v PolicyVerdict, err error) {
	return submission, v, row.Scan(&submission, &v.By, &v.Name, &v.At, &v.Approves, &v.Reason, &v.Digest, &v.Record)
}

func readSubmission(row pgx.CollectableRow) (s PolicySubmission, err error) {
	var notBefore *time.Time
	err = row.Scan(&s.Submission, &s.Owner, &s.Draft, &s.Version, &s.Digest, &s.Live, &notBefore, &s.At, &s.By, &s.Name, &s.Record)
	if notBefore != nil {
		s.NotBefore = *notBefore
	}
	return s, err
}

// JudgePolicy keeps what somebody says to a submission of exactly these files. If
// publish is given, this is the second yes: the files become the next revision,
// live from publish.Effective, in the same transaction. Whatever has changed since
// the reader saw it is ErrChanged.
func (db *DB) JudgePolicy(ctx context.Context, grant policy.Grant, s PolicySubmission, v PolicyVerdict, publish *PolicyPointer) (revision int, act string, err error) {
	if err := grant.For(policy.PolicyApprove, s.Owner, "policy", v.Digest); err != nil {
		return 0, "", err
	}
	v.At, v.By, v.Record = moment(v.At), grant.Record().Decision().Request.Actor.ID, grant.Record().Sequence()
	err = db.governed(ctx, s.Owner, func(tx pgx.Tx) error {
		if err := stillOpen(ctx, tx, s, v, publish != nil); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO policy_verdict (submission, by, name, at, approves, reason, digest, record)
			VALUES (@submission, @by, @name, @at, @approves, @reason, @digest, @record)`,
			pgx.NamedArgs{"submission": s.Submission, "by": v.By, "name": v.Name, "at": v.At, "approves": v.Approves,
				"reason": v.Reason, "digest": v.Digest, "record": v.Record})
		if violates(err, uniqueViolation) {
			return fmt.Errorf("%s has said yes or no already: %w", v.By, ErrChanged)
		}
		acts := []string{v.act(s)}
		if err == nil && publish != nil {
			var more []string
			revision, more, err = publishPolicy(ctx, tx, s, v, *publish)
			acts = append(acts, more...)
		}
		act = actsDigest(acts...)
		return err
	})
	if err != nil {
		return 0, "", fmt.Errorf("judge draft %d of the policy of %s: %w", s.Draft, s.Owner, err)
	}
	return revision, act, nil
}

// stillOpen makes sure, with nobody else acting, that the submission is as its
// reader saw it: the newest of its draft, not sent back, not published, and with
// as many approvals as the reader counted on.
func stillOpen(ctx context.Context, tx pgx.Tx, s PolicySubmission, v PolicyVerdict, publishing bool) error {
	if err := unchanged(ctx, tx, s.Owner, s.Draft, s.Version); err != nil {
		return err
	}
	var newest, published bool
	var approvals, refusals int
	err := tx.QueryRow(ctx, `
		SELECT s.submission = (SELECT max(n.submission) FROM policy_submission n WHERE n.ods = s.ods AND n.draft = s.draft),
			EXISTS (SELECT FROM policy_revision r WHERE r.submission = s.submission),
			(SELECT count(*) FROM policy_verdict v WHERE v.submission = s.submission AND v.approves),
			(SELECT count(*) FROM policy_verdict v WHERE v.submission = s.submission AND NOT v.approves)
		FROM policy_submission s
		WHERE s.submission = @submission AND s.digest = @digest`,
		pgx.NamedArgs{"submission": s.Submission, "digest": v.Digest}).Scan(&newest, &published, &approvals, &refusals)
	if err != nil {
		return notFound(err, "submission %d of %s", s.Submission, v.Digest)
	}
	if !newest || published || refusals > 0 || v.Approves && (approvals >= 1) != publishing {
		return ErrChanged
	}
	return nil
}

// publishPolicy makes the next revision of what was approved, and says from when
// it is live. It must not come before one that is to come already.
func publishPolicy(ctx context.Context, tx pgx.Tx, s PolicySubmission, v PolicyVerdict, p PolicyPointer) (revision int, acts []string, err error) {
	r := PolicyRevision{Owner: s.Owner, Submission: s.Submission, Digest: s.Digest, At: v.At, Record: v.Record}
	err = tx.QueryRow(ctx, `
		INSERT INTO policy_revision (ods, revision, submission, title, files, digest, published_at, record)
		SELECT @ods, (SELECT coalesce(max(r.revision), 0) + 1 FROM policy_revision r WHERE r.ods = @ods),
			@submission, w.title, w.files, w.digest, @at, @record
		FROM policy_version w
		WHERE w.ods = @ods AND w.draft = @draft AND w.version = @version
		RETURNING revision, title`,
		pgx.NamedArgs{"ods": s.Owner, "submission": s.Submission, "at": r.At, "record": r.Record, "draft": s.Draft, "version": s.Version}).
		Scan(&r.Revision, &r.Title)
	if err != nil {
		return 0, nil, err
	}
	p.Owner, p.Revision, p.At, p.By, p.Name, p.Rollback, p.Record = s.Owner, r.Revision, v.At, v.By, v.Name, false, v.Record
	pointed, err := setPointer(ctx, tx, p)
	return r.Revision, []string{r.act(), pointed}, err
}
