package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SignIn is one session of a person.
type SignIn struct {
	ID        string // not the cookie's token, which is nowhere kept
	Person    string
	Begun     time.Time
	Expires   time.Time
	How       string // passkey, provider or demo
	Assurance string // aal1, aal2, aal3
}

// BeginSignIn keeps that a session has begun.
func (db *DB) BeginSignIn(ctx context.Context, s SignIn) error {
	_, err := db.pool.Exec(ctx, `
		INSERT INTO signed_in (session_id, person_id, begun, expires, how, assurance)
		VALUES (@id, @person, @begun, @expires, @how, @assurance)`,
		pgx.NamedArgs{"id": s.ID, "person": s.Person, "begun": s.Begun, "expires": s.Expires, "how": s.How, "assurance": s.Assurance})
	if err != nil {
		return fmt.Errorf("begin a session of %s: %w", s.Person, err)
	}
	return nil
}

// SignedIn gives who has a session that has not ended, and the roles that they
// have now, in one round trip. It is asked for every page, so that a role that
// was taken away is gone with the next press. No such session is ErrNotFound.
func (db *DB) SignedIn(ctx context.Context, session, mapping string) (SignIn, Person, []Post, error) {
	fail := func(err error) (SignIn, Person, []Post, error) {
		return SignIn{}, Person{}, nil, notFound(err, "who is signed in")
	}
	args := pgx.NamedArgs{"session": session, "mapping": mapping, "now": db.now()}
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT `+personColumns+`, s.session_id, s.person_id, s.begun, s.expires, s.how, s.assurance
		FROM signed_in s
		JOIN person p USING (person_id)
		WHERE s.session_id = @session AND s.ended_at IS NULL AND s.expires > @now`, args)
	batch.Queue(`
		SELECT a.appointment_id, o.ods, a.role, a.ref, a.since, coalesce(a.until, '0001-01-01T00:00:00Z'), a.given_by, a.mapping <> ''
		FROM signed_in s
		JOIN appointment a USING (person_id)
		JOIN organisation o USING (trust_id)
		WHERE s.session_id = @session AND `+inForce+`
		ORDER BY o.ods, a.role, a.appointment_id`, args)
	results := db.pool.SendBatch(ctx, batch)
	defer results.Close()
	var s SignIn
	var p Person
	var received []byte
	err := results.QueryRow().Scan(append(p.scan(&received), &s.ID, &s.Person, &s.Begun, &s.Expires, &s.How, &s.Assurance)...)
	if err != nil {
		return fail(err)
	}
	if err := json.Unmarshal(received, &p.Received); err != nil {
		return fail(err)
	}
	rows, err := results.Query()
	if err != nil {
		return fail(err)
	}
	posts, err := pgx.CollectRows(rows, readPost)
	if err != nil {
		return fail(err)
	}
	return s, p, posts, nil
}

// OpenSignIns lists the sessions of a person that have not ended, the newest first.
func (db *DB) OpenSignIns(ctx context.Context, person string) ([]SignIn, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT session_id, person_id, begun, expires, how, assurance
		FROM signed_in
		WHERE person_id = @person AND ended_at IS NULL AND expires > @now
		ORDER BY begun DESC`, pgx.NamedArgs{"person": person, "now": db.now()})
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", person, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s SignIn, err error) {
		return s, row.Scan(&s.ID, &s.Person, &s.Begun, &s.Expires, &s.How, &s.Assurance)
	})
	if err != nil {
		return nil, fmt.Errorf("sessions of %s: %w", person, err)
	}
	return list, nil
}

// EndSignIn ends one session of a person; one that has ended already is left as it is.
func (db *DB) EndSignIn(ctx context.Context, person, session string) error {
	return db.endSignIns(ctx, person, session, person)
}

// EndSignIns ends all sessions of a person, by themselves.
func (db *DB) EndSignIns(ctx context.Context, person string) error {
	return db.endSignIns(ctx, person, "", person)
}

func (db *DB) endSignIns(ctx context.Context, person, session, by string) error {
	_, err := db.pool.Exec(ctx, `
		UPDATE signed_in
		SET ended_at = @now, ended_by = @by
		WHERE person_id = @person AND ended_at IS NULL AND @session IN ('', session_id)`,
		pgx.NamedArgs{"person": person, "session": session, "by": by, "now": db.now()})
	if err != nil {
		return fmt.Errorf("end sessions of %s: %w", person, err)
	}
	return nil
}
