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

// PasskeyIssuer is the issuer of people whom this installation knows by itself.
const PasskeyIssuer = "passkey"

// setUp is who appoints the first operator.
const setUp = "set-up link"

// Invitation is a link that enrols a passkey, once.
type Invitation struct {
	Hash    []byte // SHA-256 of the link's secret, which is nowhere kept
	Person  Person // without an id: whoever opens it becomes the first operator
	Expires time.Time
}

// ErrHasPasskey says that somebody who can sign in already is not invited again by
// anybody but an operator: whoever has the link could sign in as them.
var ErrHasPasskey = errors.New("has a passkey already")

// MakeSetUp keeps a link that makes an operator. Links made before it end, so that
// only the one printed last is good.
func (db *DB) MakeSetUp(ctx context.Context, hash []byte, expires time.Time) error {
	args := pgx.NamedArgs{"hash": hash, "now": db.now(), "by": setUp, "expires": expires}
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE invitation SET expires = @now WHERE person_id IS NULL AND used_at IS NULL AND expires > @now`, args); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO invitation (hash, made_at, made_by, expires) VALUES (@hash, @now, @by, @expires)`, args)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a set-up link: %w", err)
	}
	return nil
}

// Invite keeps a link with which a person enrols a passkey. Earlier links of the
// same person end.
func (db *DB) Invite(ctx context.Context, grant policy.Grant, owner measures.ODSCode, person string, hash []byte, expires time.Time) error {
	err := appointing(grant, owner, person)
	if err == nil {
		args := pgx.NamedArgs{"hash": hash, "person": person, "now": db.now(), "by": actorOf(grant).ID, "record": grant.Record().Sequence(), "expires": expires}
		err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
			var enrolled bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM passkey WHERE person_id = @person AND removed_at IS NULL)`, args).Scan(&enrolled); err != nil {
				return err
			}
			if enrolled && !slices.Contains(actorOf(grant).Roles, OperatorRole) {
				return ErrHasPasskey
			}
			if _, err := tx.Exec(ctx, `UPDATE invitation SET expires = @now WHERE person_id = @person AND used_at IS NULL AND expires > @now`, args); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `
				INSERT INTO invitation (hash, person_id, made_at, made_by, record, expires)
				VALUES (@hash, @person, @now, @by, @record, @expires)`, args)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("invite %s: %w", person, err)
	}
	return nil
}

// Invitation finds a link that may still be used. Any other is ErrNotFound.
func (db *DB) Invitation(ctx context.Context, hash []byte) (Invitation, error) {
	i := Invitation{Hash: hash}
	var person string
	err := db.pool.QueryRow(ctx, `
		SELECT coalesce(person_id, ''), expires
		FROM invitation
		WHERE hash = @hash AND used_at IS NULL AND expires > @now`,
		pgx.NamedArgs{"hash": hash, "now": db.now()}).Scan(&person, &i.Expires)
	if err == nil && person != "" {
		i.Person, err = db.Person(ctx, person)
	}
	if err != nil {
		return Invitation{}, notFound(err, "set-up link")
	}
	return i, nil
}

// UseInvitation spends a link, in one transaction with what it is for: the person
// is kept if new, then the passkey; a new person becomes an operator of the
// installation. A link that was used, or has ended, is ErrNotFound.
func (db *DB) UseInvitation(ctx context.Context, hash []byte, newcomer Person, key Passkey) (person string, err error) {
	args := pgx.NamedArgs{"hash": hash, "now": db.now(), "id": newcomer.ID, "name": newcomer.Name,
		"issuer": PasskeyIssuer, "role": string(OperatorRole), "by": setUp}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var invited *string
		err := tx.QueryRow(ctx, `
			UPDATE invitation SET used_at = @now
			WHERE hash = @hash AND used_at IS NULL AND expires > @now
			RETURNING person_id`, args).Scan(&invited)
		if err != nil {
			return err
		}
		if invited != nil {
			person = *invited
		} else {
			person = newcomer.ID
			_, err := tx.Exec(ctx, `INSERT INTO person (person_id, name, issuer, subject, created) VALUES (@id, @name, @issuer, @id, @now)`, args)
			if err != nil {
				return err
			}
			// 1 is England: the installation itself.
			_, err = tx.Exec(ctx, `
				INSERT INTO appointment (trust_id, person_id, role, since, given_by)
				VALUES (1, @id, @role, @now, @by)`, args)
			if err != nil {
				return err
			}
		}
		if person != newcomer.ID {
			return errors.New("the link is for somebody else")
		}
		_, err = tx.Exec(ctx, putPasskey, key.args(person, db.now()))
		return err
	})
	if err != nil {
		return "", notFound(err, "use a set-up link")
	}
	return person, nil
}
