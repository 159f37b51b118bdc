package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Token lets a program read in the name of a person, with less than the person may.
type Token struct {
	ID      string // the part of it that may be shown
	Hash    []byte // SHA-256 of the whole token, which is nowhere kept
	Person  string
	Name    string // what it is for
	ODS     measures.ODSCode
	Role    policy.Role
	Purpose policy.Purpose
	Actions []policy.Action
	// Datasets and Organisations are all it may ask for; none means all that the
	// person may.
	Datasets      []measures.DatasetID
	Organisations []measures.ODSCode
	Assurance     string
	Made, Expires time.Time
	Used          measures.Date // the last day; 0 before the first
	Revoked       time.Time     // zero: it is good
}

// MakeToken keeps a token.
func (db *DB) MakeToken(ctx context.Context, t Token) error {
	trust, err := db.trustID(ctx, t.ODS)
	if err == nil {
		_, err = db.pool.Exec(ctx, `
			INSERT INTO api_token (token_id, hash, person_id, name, trust_id, role, purpose, actions, datasets, organisations, assurance, made, expires)
			VALUES (@id, @hash, @person, @name, @trust, @role, @purpose, @actions, @datasets, @organisations, @assurance, @made, @expires)`,
			pgx.NamedArgs{"id": t.ID, "hash": t.Hash, "person": t.Person, "name": t.Name, "trust": trust, "role": string(t.Role),
				"purpose": string(t.Purpose), "actions": texts(t.Actions), "datasets": texts(t.Datasets),
				"organisations": texts(t.Organisations), "assurance": t.Assurance, "made": t.Made, "expires": t.Expires})
	}
	if err != nil {
		return fmt.Errorf("make a token for %s: %w", t.Person, err)
	}
	return nil
}

func texts[T ~string](list []T) []string {
	out := []string{}
	for _, one := range list {
		out = append(out, string(one))
	}
	return out
}

const tokenColumns = `
	SELECT token_id, hash, person_id, name, ods, role, purpose, actions, datasets, organisations, assurance, made, expires,
		coalesce(used - DATE '1970-01-01', 0), coalesce(revoked_at, '0001-01-01T00:00:00Z')
	FROM api_token
	JOIN organisation USING (trust_id)`

func readToken(row pgx.CollectableRow) (t Token, err error) {
	return t, row.Scan(&t.ID, &t.Hash, &t.Person, &t.Name, &t.ODS, &t.Role, &t.Purpose, &t.Actions, &t.Datasets, &t.Organisations,
		&t.Assurance, &t.Made, &t.Expires, &t.Used, &t.Revoked)
}

// Token finds a token by the part of it that may be shown, ended or not: whoever
// asks compares the digest and the times.
func (db *DB) Token(ctx context.Context, id string) (Token, error) {
	rows, err := db.pool.Query(ctx, tokenColumns+` WHERE token_id = @id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return Token{}, fmt.Errorf("token: %w", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, readToken)
	if err != nil {
		return Token{}, notFound(err, "token")
	}
	return t, nil
}

// Tokens lists a person's tokens, the newest first, those that have ended too.
func (db *DB) Tokens(ctx context.Context, person string) ([]Token, error) {
	rows, err := db.pool.Query(ctx, tokenColumns+` WHERE person_id = @person ORDER BY made DESC, token_id`, pgx.NamedArgs{"person": person})
	if err != nil {
		return nil, fmt.Errorf("tokens of %s: %w", person, err)
	}
	list, err := pgx.CollectRows(rows, readToken)
	if err != nil {
		return nil, fmt.Errorf("tokens of %s: %w", person, err)
	}
	return list, nil
}

// RevokeToken ends a token of a person at once.
func (db *DB) RevokeToken(ctx context.Context, person, id, by string) error {
	tag, err := db.pool.Exec(ctx, `
		UPDATE api_token SET revoked_at = @now, revoked_by = @by
		WHERE token_id = @id AND person_id = @person AND revoked_at IS NULL`,
		pgx.NamedArgs{"id": id, "person": person, "by": by, "now": db.now()})
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// UsedToken keeps the day of a token's last use: once a day and not each time.
func (db *DB) UsedToken(ctx context.Context, id string) error {
	_, err := db.pool.Exec(ctx, `UPDATE api_token SET used = @today::date WHERE token_id = @id AND used IS DISTINCT FROM @today::date`,
		pgx.NamedArgs{"id": id, "today": db.today()})
	if err != nil {
		return fmt.Errorf("keep that token %s was used: %w", id, err)
	}
	return nil
}
