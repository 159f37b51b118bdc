package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// stepActions are what somebody must be allowed to do to take a step.
var stepActions = map[Step]policy.Action{Submitted: policy.ReleaseSubmit, Checked: policy.ReleaseCheck, Refused: policy.ReleaseCheck,
	Published: policy.ReleasePublish, Deprecated: policy.ReleaseDeprecate, Withdrawn: policy.ReleaseWithdraw}

// stepsAfter are the steps that may come after another; "" is before the first.
// Several people may check one release, and what is withdrawn stays withdrawn.
var stepsAfter = map[Step][]Step{
	"":         {Submitted},
	Submitted:  {Checked, Refused, Withdrawn},
	Refused:    {Submitted, Withdrawn},
	Checked:    {Checked, Refused, Published, Withdrawn},
	Published:  {Deprecated, Withdrawn},
	Deprecated: {Deprecated, Withdrawn},
}

// StepRelease takes a step in the life of a release. Who takes it and when are the
// grant's and the clock's. A step that cannot come now, because somebody else was
// quicker, is ErrChanged.
func (db *DB) StepRelease(ctx context.Context, grant policy.Grant, s ReleaseStep) error {
	if err := aboutRelease(grant, s.Digest, stepActions[s.Step]); err != nil {
		return fmt.Errorf("release %s: %s: %w", s.Digest.Short(), s.Step, err)
	}
	found, err := json.Marshal(s.Found)
	if err != nil {
		return fmt.Errorf("release %s: %s: what was found: %w", s.Digest.Short(), s.Step, err)
	}
	cost, err := json.Marshal(s.Cost)
	if err != nil {
		return fmt.Errorf("release %s: %s: what it cost: %w", s.Digest.Short(), s.Step, err)
	}
	by, record := byGrant(grant)
	var until any
	if s.Until != 0 {
		until = s.Until.String()
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if err := oneAtATime(ctx, tx, s.Digest); err != nil {
			return err
		}
		taken, err := readSteps(ctx, tx, []plugins.Digest{s.Digest})
		if err != nil {
			return err
		}
		if err := mayFollow(taken, s.Step, by); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO release_step (digest, step, at, by, note, until, found, cost, record)
			VALUES (@digest, @step, @at, @by, @note, @until::text::date, @found, @cost, @record)`,
			pgx.NamedArgs{"digest": s.Digest, "step": s.Step, "at": moment(db.now()), "by": by, "note": s.Note, "until": until,
				"found": string(found), "cost": string(cost), "record": record})
		if violates(err, foreignKeyViolation) {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("release %s: %s: %w", s.Digest.Short(), s.Step, err)
	}
	return nil
}

// mayFollow reports whether a step may be taken by somebody after those that were
// taken before, in their order.
func mayFollow(taken []ReleaseStep, next Step, by string) error {
	var last Step
	if len(taken) > 0 {
		last = taken[len(taken)-1].Step
	}
	if !slices.Contains(stepsAfter[last], next) {
		return fmt.Errorf("%w: the last step was %q", ErrChanged, last)
	}
	if next == Checked && slices.ContainsFunc(round(taken), func(s ReleaseStep) bool { return s.Step == Checked && s.By == by }) {
		return fmt.Errorf("%w: %s has checked it already", ErrChanged, by)
	}
	return nil
}

// round are the steps since a release was last submitted.
func round(taken []ReleaseStep) []ReleaseStep {
	for i := len(taken) - 1; i >= 0; i-- {
		if taken[i].Step == Submitted {
			return taken[i:]
		}
	}
	return nil
}

// ReleaseSteps lists the steps of releases in the order in which they were taken; of
// all releases where none is named.
func (db *DB) ReleaseSteps(ctx context.Context, of ...plugins.Digest) ([]ReleaseStep, error) {
	steps, err := readSteps(ctx, db.pool, of)
	if err != nil {
		return nil, fmt.Errorf("steps in the life of releases: %w", err)
	}
	return steps, nil
}

func readSteps(ctx context.Context, from querier, of []plugins.Digest) ([]ReleaseStep, error) {
	rows, err := from.Query(ctx, `
		SELECT digest, step, at, by, note, coalesce(until - DATE '1970-01-01', 0), found, cost, record
		FROM release_step
		WHERE digest = ANY (@digests::text[]) OR cardinality(@digests::text[]) = 0
		ORDER BY step_id`,
		pgx.NamedArgs{"digests": textsOf(of)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s ReleaseStep, err error) {
		var until int32
		var found, cost []byte
		if err := row.Scan(&s.Digest, &s.Step, &s.At, &s.By, &s.Note, &until, &found, &cost, &s.Record); err != nil {
			return s, err
		}
		s.Until = measures.Date(until)
		if err := errors.Join(json.Unmarshal(found, &s.Found), json.Unmarshal(cost, &s.Cost)); err != nil {
			return s, fmt.Errorf("what was found of %s: %w", s.Digest.Short(), err)
		}
		return s, nil
	})
}

// textsOf gives names as plain texts, never nil, as a list in a query wants them.
func textsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = string(one)
	}
	return texts
}
