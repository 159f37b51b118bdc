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

// PolicyShadow is that somebody lets a version of a draft run beside the live
// policy, or ends that.
type PolicyShadow struct {
	Owner          measures.ODSCode
	Draft, Version int
	At             time.Time
	By             string
	Ends           bool
	Record         int64
}

// PolicyStretch is what came of asking a draft again what was recorded in a
// stretch of time, the end not included.
type PolicyStretch struct {
	Owner                measures.ODSCode
	Draft, Version       int
	Since, Until         time.Time
	Decisions, Different int
	Dropped              int // decisions that could not be asked: too much at once
	Changed              []candidate.Changed
}

// ShadowPolicy begins or ends a shadow run of one version of a draft.
func (db *DB) ShadowPolicy(ctx context.Context, grant policy.Grant, v PolicyVersion, at time.Time, ends bool) (act string, err error) {
	if err := grant.For(policy.PolicyWrite, v.Owner, "policy", v.Digest); err != nil {
		return "", err
	}
	s := PolicyShadow{Owner: v.Owner, Draft: v.Draft, Version: v.Version, At: moment(at), Ends: ends,
		By: grant.Record().Decision().Request.Actor.ID, Record: grant.Record().Sequence()}
	_, err = db.pool.Exec(ctx, `
		INSERT INTO policy_shadow (ods, draft, version, at, by, ends, record)
		VALUES (@ods, @draft, @version, @at, @by, @ends, @record)`,
		pgx.NamedArgs{"ods": s.Owner, "draft": s.Draft, "version": s.Version, "at": s.At, "by": s.By, "ends": s.Ends, "record": s.Record})
	if err != nil {
		return "", fmt.Errorf("shadow run of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	return actsDigest(s.act()), nil
}

// PolicyShadows gives the newest beginning or end of every shadow run, of drafts
// that nobody has changed since and that are not published.
func (db *DB) PolicyShadows(ctx context.Context) ([]PolicyShadow, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT DISTINCT ON (s.ods, s.draft) s.ods, s.draft, s.version, s.at, s.by, s.ends, s.record
		FROM policy_shadow s
		WHERE NOT EXISTS (SELECT FROM policy_version n WHERE n.ods = s.ods AND n.draft = s.draft AND n.version > s.version)
			AND NOT EXISTS (SELECT FROM policy_revision r JOIN policy_submission p USING (submission)
				WHERE p.ods = s.ods AND p.draft = s.draft)
		ORDER BY s.ods, s.draft, s.at DESC`)
	if err != nil {
		return nil, fmt.Errorf("read which drafts run in shadow: %w", err)
	}
	list, err := pgx.CollectRows(rows, readShadow)
	if err != nil {
		return nil, fmt.Errorf("read which drafts run in shadow: %w", err)
	}
	return list, nil
}

func readShadow(row pgx.CollectableRow) (s PolicyShadow, err error) {
	return s, row.Scan(&s.Owner, &s.Draft, &s.Version, &s.At, &s.By, &s.Ends, &s.Record)
}

// KeepPolicyStretch adds a stretch to a shadow run. Where another program has
// added one that begins there, that one stays.
func (db *DB) KeepPolicyStretch(ctx context.Context, s PolicyStretch) error {
	text, err := json.Marshal(s.Changed)
	if err == nil {
		_, err = db.pool.Exec(ctx, `
			INSERT INTO policy_shadow_stretch (ods, draft, version, since, until, decisions, different, dropped, changed)
			VALUES (@ods, @draft, @version, @since, @until, @decisions, @different, @dropped, @changed)
			ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"ods": s.Owner, "draft": s.Draft, "version": s.Version, "since": moment(s.Since), "until": moment(s.Until),
				"decisions": s.Decisions, "different": s.Different, "dropped": s.Dropped, "changed": string(text)})
	}
	if err != nil {
		return fmt.Errorf("keep what draft %d of %s would have answered: %w", s.Draft, s.Owner, err)
	}
	return nil
}

// PolicyStretches gives what a version would have answered since a moment, in order.
func (db *DB) PolicyStretches(ctx context.Context, owner measures.ODSCode, draft, version int, since time.Time) ([]PolicyStretch, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT since, until, decisions, different, dropped, changed
		FROM policy_shadow_stretch
		WHERE ods = @ods AND draft = @draft AND version = @version AND since >= @since
		ORDER BY since`,
		pgx.NamedArgs{"ods": owner, "draft": draft, "version": version, "since": moment(since)})
	if err != nil {
		return nil, fmt.Errorf("what draft %d of %s would have answered: %w", draft, owner, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (PolicyStretch, error) {
		s := PolicyStretch{Owner: owner, Draft: draft, Version: version}
		var changed []byte
		if err := row.Scan(&s.Since, &s.Until, &s.Decisions, &s.Different, &s.Dropped, &changed); err != nil {
			return s, err
		}
		return s, json.Unmarshal(changed, &s.Changed)
	})
	if err != nil {
		return nil, fmt.Errorf("what draft %d of %s would have answered: %w", draft, owner, err)
	}
	return list, nil
}

// PolicyShadowActs gives when a version's shadow runs began and ended, in order.
func (db *DB) PolicyShadowActs(ctx context.Context, v PolicyVersion) ([]PolicyShadow, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT ods, draft, version, at, by, ends, record
		FROM policy_shadow
		WHERE ods = @ods AND draft = @draft AND version = @version
		ORDER BY at`, pgx.NamedArgs{"ods": v.Owner, "draft": v.Draft, "version": v.Version})
	if err != nil {
		return nil, fmt.Errorf("shadow runs of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	list, err := pgx.CollectRows(rows, readShadow)
	if err != nil {
		return nil, fmt.Errorf("shadow runs of draft %d of %s: %w", v.Draft, v.Owner, err)
	}
	return list, nil
}
