package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// Registered is what a loader has to know of an organisation.
type Registered struct {
	Kind      measures.OrganisationKind
	Closed    measures.Date // zero: open
	Successor measures.ODSCode
}

// Register gives all organisations there are.
func (db *DB) Register(ctx context.Context) (map[measures.ODSCode]Registered, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT o.ods, o.kind, coalesce(o.closed - DATE '1970-01-01', 0),
			coalesce((SELECT p.ods FROM succession s JOIN organisation p ON p.trust_id = s.successor_id
				WHERE s.trust_id = o.trust_id ORDER BY s.effective_from DESC, p.ods LIMIT 1), '')
		FROM organisation o`)
	if err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	register := map[measures.ODSCode]Registered{}
	var code, successor string
	var kind string
	var closed int32
	_, err = pgx.ForEachRow(rows, []any{&code, &kind, &closed, &successor}, func() error {
		register[measures.ODSCode(code)] = Registered{measures.OrganisationKind(kind), measures.Date(closed), measures.ODSCode(successor)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the register: %w", err)
	}
	return register, nil
}

// OrganisationEntry is one line of a register of organisations.
type OrganisationEntry struct {
	ODS       measures.ODSCode
	Kind      measures.OrganisationKind
	Subkind   string // "Ambulance Trusts"
	Name      string
	NamedFrom measures.Date // zero: unknown
	Opened    measures.Date // zero: unknown
	Region    string        // by name; empty: none
	ICB       measures.ODSCode
	ICBFrom   measures.Date // the earliest day on which a membership can have begun; zero: unknown
}

// PutOrganisations writes lines of a register. Organisations that files of
// figures named before become what the register says they are.
func (in *Intake) PutOrganisations(ctx context.Context, header LoadHeader, entries []OrganisationEntry) (Counts, error) {
	counts := Counts{Dataset: "register", RowsIn: int64(len(entries))}
	if err := header.permits([]measures.Dataset{RegisterData()}, nil); err != nil {
		return counts, err
	}
	if err := in.lock(ctx, header); err != nil {
		return counts, err
	}
	added, changed := map[string]bool{}, map[string]bool{}
	for _, step := range []struct {
		changed map[string]bool
		sql     string
	}{{added, insertOrganisations}, {changed, updateOrganisations}, {changed, retireNames}, {changed, insertICBs}, {changed, putICBs},
		{changed, openMemberships}, {changed, putRegions}} {
		if step.sql == retireNames {
			if err := in.putRegisterNames(ctx, header, entries, changed); err != nil {
				return counts, err
			}
		}
		rows, err := in.tx.Query(ctx, step.sql, organisationArgs(entries))
		if err != nil {
			return counts, fmt.Errorf("write organisations: %w", err)
		}
		codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return counts, fmt.Errorf("write organisations: %w", err)
		}
		for _, code := range codes {
			step.changed[code] = true
		}
	}
	for _, e := range entries {
		switch code := string(e.ODS); {
		case added[code]:
			counts.Added++
		case changed[code]:
			counts.Revised++
		default:
			counts.Unchanged++
		}
	}
	if counts.Changed() {
		return counts, in.writeLoad(ctx, header, 0, counts)
	}
	return counts, nil
}

const entryRows = `unnest(@codes::text[], @kinds::text[], @subkinds::text[], @opened::text[], @regions::text[], @icbs::text[], @icb_from::text[], @keys::text[])
		AS file (ods, kind, subkind, opened, region, icb, icb_from, name_key)`

const insertOrganisations = `
	INSERT INTO organisation (ods, kind, subkind, opened)
	SELECT ods, kind, subkind, opened::date
	FROM ` + entryRows + `
	WHERE NOT EXISTS (SELECT FROM organisation o WHERE o.ods = file.ods)
	RETURNING ods`

const updateOrganisations = `
	UPDATE organisation o
	SET kind = file.kind, subkind = file.subkind, opened = coalesce(file.opened::date, o.opened)
	FROM ` + entryRows + `
	WHERE o.ods = file.ods
		AND (o.kind, o.subkind, o.opened) IS DISTINCT FROM (file.kind, file.subkind, coalesce(file.opened::date, o.opened))
	RETURNING o.ods`

// retireNames turns a name that the register no longer gives into an old one.
const retireNames = `
	UPDATE organisation_name n
	SET rank = 2, seen_to = coalesce((
		SELECT newer.seen_from - 1 FROM organisation_name newer
		WHERE newer.trust_id = n.trust_id AND newer.name_key = file.name_key), current_date)
	FROM ` + entryRows + `
	JOIN organisation o USING (ods)
	WHERE n.trust_id = o.trust_id AND n.rank = 1 AND n.name_key <> file.name_key
	RETURNING o.ods`

// insertICBs makes the boards that trusts are said to belong to, where their
// own register has not been loaded yet.
const insertICBs = `
	INSERT INTO organisation (ods, kind)
	SELECT DISTINCT icb, 'icb'
	FROM ` + entryRows + `
	WHERE icb <> '' AND NOT EXISTS (SELECT FROM organisation o WHERE o.ods = file.icb)
	RETURNING ods`

// openMemberships moves memberships that began before the board did, once it is
// known when that was.
const openMemberships = `
	UPDATE membership m
	SET from_date = o.opened
	FROM ` + entryRows + `
	JOIN organisation o USING (ods)
	WHERE m.parent_id = o.trust_id AND m.from_date < o.opened AND (m.to_date IS NULL OR m.to_date > o.opened)
	RETURNING o.ods`

// putICBs ends a membership of another board and begins the one in the file.
const putICBs = `
	WITH file AS (
		SELECT o.trust_id, o.ods, p.trust_id AS parent_id,
			coalesce(greatest(p.opened, file.icb_from::date), DATE '1948-07-05') AS from_date
		FROM ` + entryRows + `
		JOIN organisation o USING (ods)
		JOIN organisation p ON p.ods = file.icb
	), ended AS (
		UPDATE membership m
		SET to_date = greatest(file.from_date, m.from_date)
		FROM file, organisation old
		WHERE m.trust_id = file.trust_id AND m.to_date IS NULL AND m.parent_id <> file.parent_id
			AND old.trust_id = m.parent_id AND old.kind = 'icb'
	)
	INSERT INTO membership (trust_id, parent_id, from_date)
	SELECT file.trust_id, file.parent_id, file.from_date
	FROM file
	WHERE NOT EXISTS (SELECT FROM membership m WHERE m.trust_id = file.trust_id AND m.parent_id = file.parent_id AND m.to_date IS NULL)
	RETURNING (SELECT o.ods FROM organisation o WHERE o.trust_id = membership.trust_id)`

const putRegions = `
	WITH file AS (
		SELECT o.trust_id, r.trust_id AS parent_id
		FROM ` + entryRows + `
		JOIN organisation o USING (ods)
		JOIN organisation_name n ON n.name_key = file.region
		JOIN organisation r ON r.trust_id = n.trust_id AND r.kind = 'region'
	), moved AS (
		DELETE FROM membership m
		USING file, organisation old
		WHERE m.trust_id = file.trust_id AND m.parent_id <> file.parent_id AND old.trust_id = m.parent_id AND old.kind = 'region'
	)
	INSERT INTO membership (trust_id, parent_id)
	SELECT file.trust_id, file.parent_id
	FROM file
	WHERE NOT EXISTS (SELECT FROM membership m WHERE m.trust_id = file.trust_id AND m.parent_id = file.parent_id)
	RETURNING (SELECT o.ods FROM organisation o WHERE o.trust_id = membership.trust_id)`

func organisationArgs(entries []OrganisationEntry) pgx.NamedArgs {
	codes, kinds, subkinds, regions, icbs, keys := []string{}, []string{}, []string{}, []string{}, []string{}, []string{}
	opened, from := []*string{}, []*string{}
	for _, e := range entries {
		codes = append(codes, string(e.ODS))
		kinds = append(kinds, string(e.Kind))
		subkinds = append(subkinds, e.Subkind)
		opened = append(opened, dateOrNull(e.Opened))
		regions = append(regions, nameKey(e.Region))
		icbs = append(icbs, string(e.ICB))
		from = append(from, dateOrNull(e.ICBFrom))
		keys = append(keys, nameKey(e.Name))
	}
	return pgx.NamedArgs{"codes": codes, "kinds": kinds, "subkinds": subkinds, "opened": opened,
		"regions": regions, "icbs": icbs, "icb_from": from, "keys": keys}
}

func (in *Intake) putRegisterNames(ctx context.Context, header LoadHeader, entries []OrganisationEntry, changed map[string]bool) error {
	rows, err := in.tx.Query(ctx, `SELECT ods, trust_id FROM organisation`)
	if err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	trusts, codes := map[string]int16{}, map[int16]string{}
	var code string
	var trust int16
	if _, err = pgx.ForEachRow(rows, []any{&code, &trust}, func() error {
		trusts[code], codes[trust] = trust, code
		return nil
	}); err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	var names []namedOrganisation
	for _, e := range entries {
		names = append(names, namedOrganisation{trusts[string(e.ODS)], measures.OrganisationName{Name: e.Name, From: e.NamedFrom}})
	}
	learnt, err := in.putNames(ctx, names, 1, header.Mapping)
	if err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	for trust := range learnt {
		changed[codes[trust]] = true
	}
	return nil
}
