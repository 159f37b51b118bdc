package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Person is somebody who has signed in or was invited.
type Person struct {
	ID      string
	Name    string
	Issuer  string // the address of an identity provider, "passkey" or "demo"
	Subject string // how the issuer knows the person
	Created time.Time
	// Received is what the provider said at the last sign-in.
	Received []Received
	// Purpose and Post are what the person chose last; empty and 0 before that.
	Purpose policy.Purpose
	Post    int64
	// TrainedOn is the day of the last data security training; 0 where none is held.
	TrainedOn measures.Date
}

// Received is one role as a provider named it, and what became of it here.
type Received struct {
	ODS  measures.ODSCode `json:"ods"`
	Name string           `json:"name"` // the role's, as the provider writes it
	Role policy.Role      `json:"role"` // empty: it gives nothing here
}

// Post is a role that somebody has at an organisation.
type Post struct {
	ID      int64
	ODS     measures.ODSCode // whose governance answers for it; ENG for the installation itself
	Role    policy.Role
	Ref     string // the provider's own name for it
	Since   time.Time
	Until   time.Time // zero: no end was set
	GivenBy string
	Claimed bool // by the provider; else given here
}

// PutPerson keeps a person under the id given, or finds the one whom the issuer
// already knows by that subject. The name and what was received are brought up
// to date. It gives the id.
func (db *DB) PutPerson(ctx context.Context, p Person) (id string, err error) {
	received, err := json.Marshal(append([]Received{}, p.Received...))
	if err != nil {
		return "", fmt.Errorf("keep person %s: %w", p.ID, err)
	}
	err = db.pool.QueryRow(ctx, `
		INSERT INTO person (person_id, name, issuer, subject, created, received)
		VALUES (@id, @name, @issuer, @subject, @now, @received)
		ON CONFLICT (issuer, subject) DO UPDATE SET name = EXCLUDED.name, received = EXCLUDED.received
		RETURNING person_id`,
		pgx.NamedArgs{"id": p.ID, "name": p.Name, "issuer": p.Issuer, "subject": p.Subject, "now": db.now(), "received": string(received)}).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("keep person %s: %w", p.ID, err)
	}
	return id, nil
}

// personColumns are those of person p.
const personColumns = `p.person_id, p.name, p.issuer, p.subject, p.created, p.received, p.purpose, coalesce(p.post, 0),
	coalesce((SELECT t.trained_on - DATE '1970-01-01' FROM training t WHERE t.person_id = p.person_id ORDER BY t.training_id DESC LIMIT 1), 0)`

// scan gives where the columns of a person go.
func (p *Person) scan(received *[]byte) []any {
	return []any{&p.ID, &p.Name, &p.Issuer, &p.Subject, &p.Created, received, &p.Purpose, &p.Post, &p.TrainedOn}
}

func readPerson(row pgx.CollectableRow) (p Person, err error) {
	var received []byte
	if err := row.Scan(p.scan(&received)...); err != nil {
		return p, err
	}
	return p, json.Unmarshal(received, &p.Received)
}

// Person finds a person by id.
func (db *DB) Person(ctx context.Context, id string) (Person, error) {
	rows, err := db.pool.Query(ctx, `SELECT `+personColumns+` FROM person p WHERE p.person_id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return Person{}, fmt.Errorf("person %s: %w", id, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, readPerson)
	if err != nil {
		return Person{}, notFound(err, "person %s", id)
	}
	return p, nil
}

// inForce holds for an appointment a that counts now. What a provider claimed
// counts only under the mapping by which it was read.
const inForce = ` a.ended_at IS NULL AND a.since <= @now AND (a.until IS NULL OR a.until > @now) AND a.mapping IN ('', @mapping) `

// postsOf lists the appointments of a person that count now.
const postsOf = `
	SELECT a.appointment_id, o.ods, a.role, a.ref, a.since, coalesce(a.until, '0001-01-01T00:00:00Z'), a.given_by, a.mapping <> ''
	FROM appointment a
	JOIN organisation o USING (trust_id)
	WHERE a.person_id = @person AND ` + inForce + `
	ORDER BY o.ods, a.role, a.appointment_id`

func readPost(row pgx.CollectableRow) (p Post, err error) {
	return p, row.Scan(&p.ID, &p.ODS, &p.Role, &p.Ref, &p.Since, &p.Until, &p.GivenBy, &p.Claimed)
}

// Posts lists the roles that a person has now. The mapping is the one in force
// for what the provider claims; empty where there is none.
func (db *DB) Posts(ctx context.Context, person, mapping string) ([]Post, error) {
	rows, err := db.pool.Query(ctx, postsOf, pgx.NamedArgs{"person": person, "mapping": mapping, "now": db.now()})
	if err != nil {
		return nil, fmt.Errorf("roles of %s: %w", person, err)
	}
	list, err := pgx.CollectRows(rows, readPost)
	if err != nil {
		return nil, fmt.Errorf("roles of %s: %w", person, err)
	}
	return list, nil
}

// RememberChoice keeps what a person chose last, for their next session.
func (db *DB) RememberChoice(ctx context.Context, person string, purpose policy.Purpose, post int64) error {
	_, err := db.pool.Exec(ctx, `UPDATE person SET purpose = @purpose, post = @post WHERE person_id = @id AND (purpose, post) IS DISTINCT FROM (@purpose, @post)`,
		pgx.NamedArgs{"id": person, "purpose": string(purpose), "post": post})
	if err != nil {
		return fmt.Errorf("remember what %s chose: %w", person, err)
	}
	return nil
}
