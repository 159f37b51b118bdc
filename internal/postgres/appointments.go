package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrHasRole says that somebody has that role there already.
var ErrHasRole = errors.New("has this role already")

// ErrOperatorOnly says that only an operator may make operators.
var ErrOperatorOnly = errors.New("only an operator makes somebody an operator, or ends it")

// OperatorRole is the role of whoever runs the installation. It may appoint at
// any organisation, so nobody but an operator gives it.
const OperatorRole policy.Role = "operator"

// PeopleChange names the kind of change that the functions of this file ask a
// grant for; its ref is the id of the person, or PeopleList.
const (
	PeopleChange = "people"
	PeopleList   = "list"
)

// appointing checks that a grant is for the people of an organisation.
func appointing(grant policy.Grant, owner measures.ODSCode, ref string) error {
	return grant.For(policy.PeopleAppoint, owner, PeopleChange, ref)
}

func actorOf(grant policy.Grant) policy.Actor { return grant.Record().Decision().Request.Actor }

// aboutOperators checks that only operators deal with the role of an operator.
func aboutOperators(grant policy.Grant, role policy.Role) error {
	if role == OperatorRole && !slices.Contains(actorOf(grant).Roles, OperatorRole) {
		return ErrOperatorOnly
	}
	return nil
}

// Appoint gives a person a role at an organisation, until a time if one is given.
func (db *DB) Appoint(ctx context.Context, grant policy.Grant, owner measures.ODSCode, person string, role policy.Role, until time.Time) error {
	err := errors.Join(appointing(grant, owner, person), aboutOperators(grant, role))
	if err == nil {
		var end *time.Time
		if !until.IsZero() {
			end = &until
		}
		var number int64
		err = db.pool.QueryRow(ctx, `
			INSERT INTO appointment (trust_id, person_id, role, since, until, given_by, given_record)
			SELECT trust_id, @person, @role, @now, @until, @by, @record
			FROM organisation
			WHERE ods = @ods
			RETURNING appointment_id`,
			pgx.NamedArgs{"ods": string(owner), "person": person, "role": string(role), "now": db.now(), "until": end,
				"by": actorOf(grant).ID, "record": grant.Record().Sequence()}).Scan(&number)
	}
	switch {
	case violates(err, uniqueViolation):
		err = ErrHasRole
	case violates(err, foreignKeyViolation), errors.Is(err, pgx.ErrNoRows):
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("make %s %s at %s: %w", person, role, owner, err)
	}
	return nil
}

// EndAppointment takes a role that was given here. What a provider claims is the
// provider's to take.
func (db *DB) EndAppointment(ctx context.Context, grant policy.Grant, owner measures.ODSCode, person string, id int64) error {
	err := appointing(grant, owner, person)
	if err == nil {
		err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
			var role policy.Role
			err := tx.QueryRow(ctx, `
				UPDATE appointment a
				SET ended_at = @now, ended_by = @by, ended_record = @record
				FROM organisation o
				WHERE a.appointment_id = @id AND a.person_id = @person AND o.trust_id = a.trust_id AND o.ods = @ods
					AND a.ended_at IS NULL AND a.mapping = ''
				RETURNING a.role`,
				pgx.NamedArgs{"id": id, "person": person, "ods": string(owner), "now": db.now(),
					"by": actorOf(grant).ID, "record": grant.Record().Sequence()}).Scan(&role)
			return errors.Join(err, aboutOperators(grant, role))
		})
	}
	if err != nil {
		return notFound(err, "end role %d of %s at %s", id, person, owner)
	}
	return nil
}

// EnterTraining keeps the day on which a person was last trained in data security.
func (db *DB) EnterTraining(ctx context.Context, grant policy.Grant, owner measures.ODSCode, person string, on measures.Date) error {
	err := appointing(grant, owner, person)
	if err == nil {
		_, err = db.pool.Exec(ctx, `
			INSERT INTO training (person_id, trained_on, entered_at, entered_by, record)
			VALUES (@person, DATE '1970-01-01' + @on::int, @now, @by, @record)`,
			pgx.NamedArgs{"person": person, "on": int32(on), "now": db.now(), "by": actorOf(grant).ID, "record": grant.Record().Sequence()})
	}
	if err != nil {
		return fmt.Errorf("enter the training of %s: %w", person, err)
	}
	return nil
}

// EndSignInsOf ends all sessions of somebody else.
func (db *DB) EndSignInsOf(ctx context.Context, grant policy.Grant, owner measures.ODSCode, person string) error {
	if err := appointing(grant, owner, person); err != nil {
		return err
	}
	return db.endSignIns(ctx, person, "", actorOf(grant).ID)
}
