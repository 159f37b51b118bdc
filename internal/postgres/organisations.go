package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// nameOn picks the name that an organisation had on a day: one seen in use
// then, the register's before others; else the one seen nearest in time, so that
// a chart of 2018 does not carry a name of 2026.
const nameOn = `
	SELECT n.name FROM organisation_name n
	WHERE n.trust_id = o.trust_id
	ORDER BY greatest(coalesce(n.seen_from, DATE '1948-07-05') - @day::date, @day::date - coalesce(n.seen_to, DATE '9999-12-31'), 0),
		n.rank, n.seen_from DESC NULLS LAST, n.name
	LIMIT 1`

// organisationsOn describes organisations as they were on a day. Membership of
// a region is direct, or through the board. The parents are looked up for each
// organisation, because a table of all memberships took 1.5 ms to make and most
// pages ask for one.
const organisationsOn = `
	SELECT o.ods, o.kind, coalesce((` + nameOn + `), o.ods),
		coalesce(o.opened - DATE '1970-01-01', 0), coalesce(o.closed - DATE '1970-01-01', 0),
		coalesce(icb.ods, ''), coalesce(icb.name, ''),
		coalesce(region.ods, above.ods, ''), coalesce(region.name, above.name, '')
	FROM organisation o
	LEFT JOIN LATERAL (` + parentBegin + ` WHERE m.trust_id = o.trust_id AND p.kind = 'icb' ` + parentEnd + `) icb ON TRUE
	LEFT JOIN LATERAL (` + parentBegin + ` WHERE m.trust_id = o.trust_id AND p.kind = 'region' ` + parentEnd + `) region ON TRUE
	LEFT JOIN LATERAL (` + parentBegin + ` WHERE m.trust_id = icb.trust_id AND p.kind = 'region' ` + parentEnd + `) above ON TRUE
	`

// parentBegin and parentEnd find the parent to which somebody belonged on a day.
const parentBegin = `
		SELECT p.ods, p.trust_id, (
			SELECT n.name FROM organisation_name n WHERE n.trust_id = p.trust_id
			ORDER BY n.rank, n.seen_to DESC NULLS FIRST, n.name LIMIT 1) AS name
		FROM membership m
		JOIN organisation p ON p.trust_id = m.parent_id`

const parentEnd = `
			AND m.from_date <= @day::date AND (m.to_date IS NULL OR m.to_date > @day::date)
		ORDER BY m.from_date DESC
		LIMIT 1`

func scanOrganisation(row pgx.CollectableRow) (o measures.Organisation, err error) {
	var code, kind, icb, region string
	var opened, closed int32
	err = row.Scan(&code, &kind, &o.Name, &opened, &closed, &icb, &o.ICB.Name, &region, &o.Region.Name)
	o.ODS, o.Kind = measures.ODSCode(code), measures.OrganisationKind(kind)
	o.Opened, o.Closed = measures.Date(opened), measures.Date(closed)
	if icb != "" {
		o.ICB.ODS, o.ICB.Kind = measures.ODSCode(icb), measures.ICB
	}
	if region != "" {
		o.Region.ODS, o.Region.Kind = measures.ODSCode(region), measures.Region
	}
	return o, err
}

// Organisations lists those of a kind that exist today, by name; all kinds,
// closed ones too, where kind is empty.
func (db *DB) Organisations(ctx context.Context, kind measures.OrganisationKind) ([]measures.Organisation, error) {
	rows, err := db.pool.Query(ctx, organisationsOn+`
		WHERE @kind = '' OR o.kind = @kind AND (o.closed IS NULL OR o.closed > @day::date)
		ORDER BY 3, 1`, pgx.NamedArgs{"kind": string(kind), "day": db.today()})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanOrganisation)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return list, nil
}

// Organisation describes one as it was on a day, with all its names and what it
// took over or became. Closed codes are found too.
func (db *DB) Organisation(ctx context.Context, code measures.ODSCode, on measures.Date) (measures.Organisation, error) {
	args := pgx.NamedArgs{"code": string(code), "day": on.String()}
	batch := &pgx.Batch{}
	batch.Queue(organisationsOn+`WHERE o.ods = @code`, args)
	batch.Queue(`
		SELECT n.name, coalesce(n.seen_from - DATE '1970-01-01', 0), coalesce(n.seen_to - DATE '1970-01-01', 0), n.source
		FROM organisation_name n
		JOIN organisation o USING (trust_id)
		WHERE o.ods = @code
		ORDER BY n.rank, n.seen_from NULLS FIRST, n.name`, args)
	batch.Queue(successions+`WHERE o.ods = @code`, args)
	results := db.pool.SendBatch(ctx, batch)
	defer results.Close()

	fail := func(err error) (measures.Organisation, error) {
		return measures.Organisation{}, notFound(err, "organisation %s", code)
	}
	rows, err := results.Query()
	if err != nil {
		return fail(err)
	}
	organisation, err := pgx.CollectExactlyOneRow(rows, scanOrganisation)
	if err != nil {
		return fail(err)
	}
	if rows, err = results.Query(); err != nil {
		return fail(err)
	}
	organisation.Names, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n measures.OrganisationName, err error) {
		var from, to int32
		err = row.Scan(&n.Name, &from, &to, &n.Source)
		n.From, n.To = measures.Date(from), measures.Date(to)
		return n, err
	})
	if err != nil {
		return fail(err)
	}
	if rows, err = results.Query(); err != nil {
		return fail(err)
	}
	if err := addSuccessions(rows, map[measures.ODSCode]*measures.Organisation{code: &organisation}); err != nil {
		return fail(err)
	}
	return organisation, nil
}

// successions are those that an organisation o had a part in.
const successions = `
	SELECT o.ods, s.successor_id = o.trust_id, other.ods, other.kind, coalesce((
			SELECT n.name FROM organisation_name n WHERE n.trust_id = other.trust_id
			ORDER BY n.rank, n.seen_to DESC NULLS FIRST, n.name LIMIT 1), other.ods),
		s.effective_from - DATE '1970-01-01', s.basis, s.note
	FROM organisation o
	JOIN succession s ON o.trust_id IN (s.trust_id, s.successor_id)
	JOIN organisation other ON other.trust_id = CASE o.trust_id WHEN s.trust_id THEN s.successor_id ELSE s.trust_id END
	`

func addSuccessions(rows pgx.Rows, to map[measures.ODSCode]*measures.Organisation) error {
	var code, other, kind string
	var predecessor bool
	var from int32
	var s measures.Succession
	_, err := pgx.ForEachRow(rows, []any{&code, &predecessor, &other, &kind, &s.Other.Name, &from, &s.Basis, &s.Note}, func() error {
		s.Other.ODS, s.Other.Kind, s.From = measures.ODSCode(other), measures.OrganisationKind(kind), measures.Date(from)
		o := to[measures.ODSCode(code)]
		if predecessor {
			o.Predecessors = append(o.Predecessors, s)
		} else {
			o.Successors = append(o.Successors, s)
		}
		return nil
	})
	return err
}

// OrganisationName gives the name an organisation has today.
func (db *DB) OrganisationName(ctx context.Context, code measures.ODSCode) (string, error) {
	var name string
	err := db.pool.QueryRow(ctx, `SELECT coalesce((`+nameOn+`), o.ods) FROM organisation o WHERE o.ods = @code`,
		pgx.NamedArgs{"code": string(code), "day": db.today()}).Scan(&name)
	if err != nil {
		return "", notFound(err, "organisation %s", code)
	}
	return name, nil
}

// SearchOrganisations finds organisations by code, by the beginning of a code,
// or by any name they have had, the likest first. Typing errors are forgiven:
// names are compared by the threes of letters they share, and by whether they
// hold a word like the one typed.
func (db *DB) SearchOrganisations(ctx context.Context, text string, limit int) ([]measures.Organisation, error) {
	// Longer than any name; comparing takes time by length.
	if text = strings.TrimSpace(text); len(text) > 200 {
		text = text[:200]
	}
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if text == "" {
		return []measures.Organisation{}, nil
	}
	rows, err := db.pool.Query(ctx, `
		WITH found AS (
			SELECT o.trust_id, max(
				CASE WHEN o.ods = upper(@text) THEN 3
					WHEN length(@text) >= 2 AND starts_with(o.ods, upper(@text)) THEN 2
					WHEN strpos(n.name_key, @key) > 0 THEN 1.5
					ELSE 0 END
				+ coalesce(greatest(similarity(n.name_key, @key), word_similarity(@key, n.name_key)) + similarity(n.name_key, @key) / 10, 0)
				- CASE WHEN o.closed IS NULL THEN 0 ELSE 0.05 END) AS likeness
			FROM organisation o
			LEFT JOIN organisation_name n USING (trust_id)
			GROUP BY o.trust_id
		)
		SELECT said.* FROM (`+organisationsOn+`) AS said (ods, kind, name, opened, closed, icb, icb_name, region, region_name)
		JOIN organisation o ON o.ods = said.ods
		JOIN found USING (trust_id)
		WHERE found.likeness > 0.4
		ORDER BY found.likeness DESC, said.name
		LIMIT @limit`,
		pgx.NamedArgs{"text": text, "key": nameKey(text), "limit": limit, "day": db.today()})
	if err != nil {
		return nil, fmt.Errorf("search organisations: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanOrganisation)
	if err != nil {
		return nil, fmt.Errorf("search organisations: %w", err)
	}
	if err := db.addSuccessors(ctx, list); err != nil {
		return nil, fmt.Errorf("search organisations: %w", err)
	}
	return list, nil
}

// addSuccessors tells, of the closed ones in a list, where they went.
func (db *DB) addSuccessors(ctx context.Context, list []measures.Organisation) error {
	closed := map[measures.ODSCode]*measures.Organisation{}
	codes := []string{}
	for i := range list {
		if list[i].Closed != 0 {
			closed[list[i].ODS] = &list[i]
			codes = append(codes, string(list[i].ODS))
		}
	}
	if len(codes) == 0 {
		return nil
	}
	rows, err := db.pool.Query(ctx, successions+`WHERE o.ods = ANY (@codes)`, pgx.NamedArgs{"codes": codes})
	if err != nil {
		return err
	}
	return addSuccessions(rows, closed)
}

// today is the civil date by the database's clock, as SQL reads it.
func (db *DB) today() string { return db.now().UTC().Format(time.DateOnly) }
