package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// ErrLastPasskey says that a person's only passkey is not taken from them.
var ErrLastPasskey = errors.New("this is the only passkey: without it nobody could sign in")

// Passkey is how somebody signs in where there is no identity provider.
type Passkey struct {
	ID         []byte // of the credential, as the authenticator named it
	Person     string
	Name       string
	Credential []byte // JSON of web/session: a public key and counters, no secret
	Added      time.Time
	Used       measures.Date // the last day; 0 before the first
}

const putPasskey = `
	INSERT INTO passkey (credential_id, person_id, name, credential, added)
	VALUES (@credential_id, @person, @name, @credential, @now)`

func (k Passkey) args(person string, now time.Time) pgx.NamedArgs {
	return pgx.NamedArgs{"credential_id": k.ID, "person": person, "name": k.Name, "credential": string(k.Credential), "now": now}
}

// AddPasskey keeps another passkey of a person who is signed in.
func (db *DB) AddPasskey(ctx context.Context, k Passkey) error {
	if _, err := db.pool.Exec(ctx, putPasskey, k.args(k.Person, db.now())); err != nil {
		return fmt.Errorf("add a passkey of %s: %w", k.Person, err)
	}
	return nil
}

// Passkeys lists the passkeys that a person may sign in with, the oldest first.
func (db *DB) Passkeys(ctx context.Context, person string) ([]Passkey, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT credential_id, person_id, name, credential, added, coalesce(used - DATE '1970-01-01', 0)
		FROM passkey
		WHERE person_id = @person AND removed_at IS NULL
		ORDER BY added, credential_id`, pgx.NamedArgs{"person": person})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", person, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k Passkey, err error) {
		return k, row.Scan(&k.ID, &k.Person, &k.Name, &k.Credential, &k.Added, &k.Used)
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", person, err)
	}
	return list, nil
}

// UsedPasskey keeps the authenticator's counters after a sign-in, and the day.
func (db *DB) UsedPasskey(ctx context.Context, id, credential []byte) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE passkey SET credential = @credential, used = @today::date
		WHERE credential_id = @id AND removed_at IS NULL`,
		pgx.NamedArgs{"id": id, "credential": string(credential), "today": db.today()})
	if err != nil {
		return fmt.Errorf("keep that a passkey was used: %w", err)
	}
	return nil
}

// RemovePasskey takes one of a person's passkeys out of use, unless it is the last.
func (db *DB) RemovePasskey(ctx context.Context, person string, id []byte) error {
	args := pgx.NamedArgs{"person": person, "id": id, "now": db.now()}
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM person WHERE person_id = @person FOR UPDATE`, args); err != nil {
			return err
		}
		var left int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM passkey WHERE person_id = @person AND removed_at IS NULL AND credential_id <> @id`, args).Scan(&left); err != nil {
			return err
		}
		if left == 0 {
			return ErrLastPasskey
		}
		tag, err := tx.Exec(ctx, `UPDATE passkey SET removed_at = @now WHERE person_id = @person AND credential_id = @id AND removed_at IS NULL`, args)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove a passkey of %s: %w", person, err)
	}
	return nil
}
