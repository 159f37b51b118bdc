package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Claims are the roles that a provider says somebody has, as a mapping read them.
type Claims struct {
	Mapping string // the digest of the mapping
	By      string // the issuer
	Posts   []Post // of which ODS, Role and Ref are looked at
	// Until is when they stop to count if the person does not sign in again.
	Until time.Time
}

// TakeClaims makes the roles of a person that come from a provider those that it
// says now: what is new begins, what is not said any more ends. Organisations that
// the register does not know give nothing. What was given here is left alone.
func (db *DB) TakeClaims(ctx context.Context, person string, claims Claims) error {
	var codes, roles, refs []string
	for _, p := range claims.Posts {
		codes, roles, refs = append(codes, string(p.ODS)), append(roles, string(p.Role)), append(refs, p.Ref)
	}
	args := pgx.NamedArgs{"person": person, "codes": codes, "roles": roles, "refs": refs, "now": db.now(),
		"until": claims.Until, "mapping": claims.Mapping, "by": claims.By}
	const said = `
		WITH said AS (
			SELECT DISTINCT o.trust_id, c.role, c.ref
			FROM unnest(@codes::text[], @roles::text[], @refs::text[]) AS c (ods, role, ref)
			JOIN organisation o USING (ods))`
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		// Two windows may sign in at once: one after the other.
		if _, err := tx.Exec(ctx, `SELECT FROM person WHERE person_id = @person FOR UPDATE`, args); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, said+`
			UPDATE appointment a
			SET ended_at = @now, ended_by = @by
			WHERE a.person_id = @person AND a.ended_at IS NULL AND a.mapping <> ''
				AND NOT EXISTS (SELECT FROM said s WHERE (s.trust_id, s.role, s.ref) = (a.trust_id, a.role, a.ref))`, args)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, said+`
			UPDATE appointment a
			SET until = @until, mapping = @mapping
			FROM said s
			WHERE a.person_id = @person AND a.ended_at IS NULL AND a.mapping <> ''
				AND (s.trust_id, s.role, s.ref) = (a.trust_id, a.role, a.ref)`, args)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, said+`
			INSERT INTO appointment (trust_id, person_id, role, ref, since, until, mapping, given_by)
			SELECT s.trust_id, @person, s.role, s.ref, @now, @until, @mapping, @by
			FROM said s
			WHERE NOT EXISTS (
				SELECT FROM appointment a
				WHERE a.person_id = @person AND a.ended_at IS NULL AND a.mapping <> ''
					AND (s.trust_id, s.role, s.ref) = (a.trust_id, a.role, a.ref))`, args)
		return err
	})
	if err != nil {
		return fmt.Errorf("take over the roles that %s claims for %s: %w", claims.By, person, err)
	}
	return nil
}
