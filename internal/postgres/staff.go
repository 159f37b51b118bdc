package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Member is a person with the roles that they have at one organisation.
type Member struct {
	Person
	Posts []Post
	// Sessions is how many have not ended, and Passkeys how many may be used.
	Sessions, Passkeys int
	LastIn             time.Time // zero: never signed in
}

// belongs holds for a person p whom those who answer for an organisation may look
// at: who has a role there, who came with a word of the provider about it, and
// whoever was first given a role there, so that somebody who lost it can be found.
// Whoever operates the installation also sees those who have no role anywhere.
const belongs = `(
	EXISTS (SELECT FROM appointment a JOIN organisation o USING (trust_id) WHERE a.person_id = p.person_id AND o.ods = @ods)
	OR p.received @> jsonb_build_array(jsonb_build_object('ods', @ods::text))
	OR @operator AND NOT EXISTS (SELECT FROM appointment a WHERE a.person_id = p.person_id AND a.ended_at IS NULL))`

// People lists the people of an organisation, by name. The grant is for the list.
func (db *DB) People(ctx context.Context, grant policy.Grant, owner measures.ODSCode, mapping string) ([]Member, error) {
	if err := appointing(grant, owner, PeopleList); err != nil {
		return nil, err
	}
	list, err := db.members(ctx, grant, owner, mapping, "")
	if err != nil {
		return nil, fmt.Errorf("people of %s: %w", owner, err)
	}
	return list, nil
}

// Member finds one person of an organisation. Somebody of another is ErrNotFound.
func (db *DB) Member(ctx context.Context, grant policy.Grant, owner measures.ODSCode, person, mapping string) (Member, error) {
	if err := appointing(grant, owner, PeopleList); err != nil {
		return Member{}, err
	}
	list, err := db.members(ctx, grant, owner, mapping, person)
	switch {
	case err != nil:
		return Member{}, fmt.Errorf("person %s: %w", person, err)
	case len(list) == 0:
		return Member{}, fmt.Errorf("person %s: %w", person, ErrNotFound)
	}
	return list[0], nil
}

func (db *DB) members(ctx context.Context, grant policy.Grant, owner measures.ODSCode, mapping, person string) ([]Member, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT `+personColumns+`,
			(SELECT count(*) FROM signed_in s WHERE s.person_id = p.person_id AND s.ended_at IS NULL AND s.expires > @now),
			(SELECT count(*) FROM passkey k WHERE k.person_id = p.person_id AND k.removed_at IS NULL),
			coalesce((SELECT max(s.begun) FROM signed_in s WHERE s.person_id = p.person_id), '0001-01-01T00:00:00Z'),
			coalesce((
				SELECT jsonb_agg(jsonb_build_object('ID', a.appointment_id, 'ODS', o.ods, 'Role', a.role, 'Ref', a.ref, 'Since', a.since,
					'Until', coalesce(a.until, '0001-01-01T00:00:00Z'), 'GivenBy', a.given_by, 'Claimed', a.mapping <> '') ORDER BY a.role)
				FROM appointment a
				JOIN organisation o USING (trust_id)
				WHERE a.person_id = p.person_id AND o.ods = @ods AND `+inForce+`), '[]')
		FROM person p
		WHERE @person IN ('', p.person_id) AND `+belongs+`
		ORDER BY lower(p.name), p.person_id`,
		pgx.NamedArgs{"ods": string(owner), "person": person, "mapping": mapping, "now": db.now(),
			"operator": slices.Contains(actorOf(grant).Roles, OperatorRole)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Member, err error) {
		var received, posts []byte
		if err := row.Scan(append(m.scan(&received), &m.Sessions, &m.Passkeys, &m.LastIn, &posts)...); err != nil {
			return m, err
		}
		if err := json.Unmarshal(received, &m.Received); err != nil {
			return m, err
		}
		return m, json.Unmarshal(posts, &m.Posts)
	})
}

// Helpers names those who may give roles at an organisation, for somebody who has
// none: its governance team, and whoever operates the installation.
func (db *DB) Helpers(ctx context.Context, codes []measures.ODSCode, roles []policy.Role, mapping string) ([]string, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT DISTINCT p.name
		FROM appointment a
		JOIN person p USING (person_id)
		JOIN organisation o USING (trust_id)
		WHERE `+inForce+` AND (a.role = @operator OR a.role = ANY (@roles) AND o.ods = ANY (@codes)) AND p.issuer <> 'demo'
		ORDER BY p.name
		LIMIT 10`, pgx.NamedArgs{"codes": codes, "roles": roles, "operator": string(OperatorRole), "mapping": mapping, "now": db.now()})
	if err != nil {
		return nil, fmt.Errorf("who gives roles: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("who gives roles: %w", err)
	}
	return names, nil
}

// HasOperator reports whether anybody may operate this installation.
func (db *DB) HasOperator(ctx context.Context) (has bool, err error) {
	err = db.pool.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM appointment a JOIN person p USING (person_id)
			WHERE a.role = @operator AND p.issuer <> 'demo' AND a.ended_at IS NULL AND (a.until IS NULL OR a.until > @now))`,
		pgx.NamedArgs{"operator": string(OperatorRole), "now": db.now()}).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for an operator: %w", err)
	}
	return has, nil
}
