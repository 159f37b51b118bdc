package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// FileOrganisation is an organisation as a file of figures names it.
type FileOrganisation struct {
	ODS   measures.ODSCode
	Names []measures.OrganisationName // as the file spells them, with the first and last period seen
	// Region by name, if the file gives one.
	Region string
}

// FileStratum is a stratum as a file names it; both empty: the whole.
type FileStratum struct{ Stratifier, Stratum string }

// FileLists resolve the indices of staged rows.
type FileLists struct {
	Datasets      []measures.Dataset
	Organisations []FileOrganisation
	Strata        []FileStratum // the first is the whole
	Source        string        // where names come from: the mapping
	Refused       []int64       // rows already refused, for each dataset
}

// Resolve gives numbers to what the file names: organisations that are not in
// the register become "other" ones (the caller has refused them already if
// they may not), strata and datasets that are new are created.
func (in *Intake) Resolve(ctx context.Context, header LoadHeader, lists FileLists) error {
	if err := in.lock(ctx, header); err != nil {
		return err
	}
	for _, d := range lists.Datasets {
		number, err := in.PutDataset(ctx, d)
		if err != nil {
			return err
		}
		in.datasets = append(in.datasets, number)
	}
	trusts, err := in.resolveOrganisations(ctx, lists)
	if err != nil {
		return fmt.Errorf("organisations of the file: %w", err)
	}
	if err := in.resolveStrata(ctx, lists.Strata); err != nil {
		return fmt.Errorf("strata of the file: %w", err)
	}
	return in.setScope(ctx, trusts)
}

// listTable keeps a list of numbers under their indices.
func (in *Intake) listTable(ctx context.Context, name string, numbers any) error {
	_, err := in.tx.Exec(ctx, `CREATE TEMP TABLE `+pgx.Identifier{name}.Sanitize()+` (place int4 PRIMARY KEY, number int4 NOT NULL) ON COMMIT DROP`)
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	_, err = in.tx.Exec(ctx, `
		INSERT INTO `+pgx.Identifier{name}.Sanitize()+` (place, number)
		SELECT place - 1, number
		FROM unnest(@numbers::int4[]) WITH ORDINALITY AS list (number, place)`,
		pgx.NamedArgs{"numbers": numbers})
	if err != nil {
		return fmt.Errorf("fill %s: %w", name, err)
	}
	_, err = in.tx.Exec(ctx, `ANALYZE `+pgx.Identifier{name}.Sanitize())
	return err
}

func (in *Intake) resolveOrganisations(ctx context.Context, lists FileLists) ([]int16, error) {
	codes := []string{}
	for _, o := range lists.Organisations {
		codes = append(codes, string(o.ODS))
	}
	// Not ON CONFLICT DO NOTHING: that takes a number for every row it does
	// not insert, and numbers are an int2.
	_, err := in.tx.Exec(ctx, `
		INSERT INTO organisation (ods, kind)
		SELECT ods, 'other'
		FROM unnest(@codes::text[]) AS file (ods)
		WHERE NOT EXISTS (SELECT FROM organisation o WHERE o.ods = file.ods)`,
		pgx.NamedArgs{"codes": codes})
	if err != nil {
		return nil, err
	}
	rows, err := in.tx.Query(ctx, `
		SELECT o.trust_id
		FROM unnest(@codes::text[]) WITH ORDINALITY AS file (ods, place)
		JOIN organisation o USING (ods)
		ORDER BY file.place`,
		pgx.NamedArgs{"codes": codes})
	if err != nil {
		return nil, err
	}
	trusts, err := pgx.CollectRows(rows, pgx.RowTo[int16])
	if err != nil {
		return nil, err
	}
	if len(trusts) != len(codes) {
		return nil, fmt.Errorf("%d codes gave %d organisations", len(codes), len(trusts))
	}
	var names []namedOrganisation
	for i, o := range lists.Organisations {
		for _, n := range o.Names {
			names = append(names, namedOrganisation{trusts[i], n})
		}
	}
	if _, err := in.putNames(ctx, names, 2, lists.Source); err != nil {
		return nil, err
	}
	if err := in.putRegions(ctx, trusts, lists.Organisations); err != nil {
		return nil, err
	}
	return trusts, in.listTable(ctx, "staging_org", trusts)
}

// putRegions takes a region from a file of figures where the register gives
// none, as for independent providers and closed trusts.
func (in *Intake) putRegions(ctx context.Context, trusts []int16, organisations []FileOrganisation) error {
	keys := []string{}
	for _, o := range organisations {
		keys = append(keys, nameKey(o.Region))
	}
	_, err := in.tx.Exec(ctx, `
		INSERT INTO membership (trust_id, parent_id)
		SELECT file.trust_id, r.trust_id
		FROM unnest(@trusts::int2[], @keys::text[]) AS file (trust_id, key)
		JOIN organisation_name n ON n.name_key = file.key
		JOIN organisation r ON r.trust_id = n.trust_id AND r.kind = 'region'
		WHERE NOT EXISTS (
			SELECT FROM membership m JOIN organisation p ON p.trust_id = m.parent_id
			WHERE m.trust_id = file.trust_id AND p.kind IN ('region', 'icb'))`,
		pgx.NamedArgs{"trusts": trusts, "keys": keys})
	return err
}

func (in *Intake) resolveStrata(ctx context.Context, strata []FileStratum) error {
	var stratifiers, names []string
	for _, s := range strata {
		stratifiers, names = append(stratifiers, s.Stratifier), append(names, s.Stratum)
	}
	_, err := in.tx.Exec(ctx, `
		INSERT INTO dim (dim_id, dims, stratifier, stratum)
		SELECT (SELECT max(dim_id) FROM dim) + row_number() OVER (ORDER BY file.stratifier, file.stratum),
			jsonb_build_object(file.stratifier, file.stratum), file.stratifier, file.stratum
		FROM unnest(@stratifiers::text[], @names::text[]) AS file (stratifier, stratum)
		WHERE file.stratifier <> ''
			AND NOT EXISTS (SELECT FROM dim d WHERE d.dims = jsonb_build_object(file.stratifier, file.stratum))`,
		pgx.NamedArgs{"stratifiers": stratifiers, "names": names})
	if err != nil {
		return err
	}
	rows, err := in.tx.Query(ctx, `
		SELECT d.dim_id
		FROM unnest(@stratifiers::text[], @names::text[]) WITH ORDINALITY AS file (stratifier, stratum, place)
		JOIN dim d ON d.stratifier = file.stratifier AND d.stratum = file.stratum
		ORDER BY file.place`,
		pgx.NamedArgs{"stratifiers": stratifiers, "names": names})
	if err != nil {
		return err
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return err
	}
	if len(numbers) != len(strata) {
		return fmt.Errorf("%d strata gave %d numbers", len(strata), len(numbers))
	}
	return in.listTable(ctx, "staging_stratum", numbers)
}

// resolved is the staging table of one dataset with its numbers.
const resolved = `staging s
			JOIN staging_org t ON t.place = s.org
			JOIN staging_stratum m ON m.place = s.stratum`

// Apply writes what differs: new versions of rows that changed, and rows that
// are new. It gives the counts by dataset. A vintage is kept for each dataset
// that changed.
func (in *Intake) Apply(ctx context.Context, header LoadHeader, lists FileLists) ([]Counts, error) {
	if len(in.datasets) > 1 {
		if _, err := in.tx.Exec(ctx, `CREATE INDEX ON staging (dataset)`); err != nil {
			return nil, fmt.Errorf("sort the staging table by dataset: %w", err)
		}
	}
	var all []Counts
	for i := range in.datasets {
		c, err := in.applyDataset(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("dataset %s: %w", lists.Datasets[i].ID, err)
		}
		c.Dataset, c.Refused = lists.Datasets[i].ID, lists.Refused[i]
		c.RowsIn += c.Refused
		if c.Changed() {
			if err := in.writeLoad(ctx, header, in.datasets[i], c); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	return all, nil
}

func (in *Intake) applyDataset(ctx context.Context, index int) (c Counts, err error) {
	args := pgx.NamedArgs{"load": in.load, "dataset": in.datasets[index], "index": index}
	count := func(what, sql string) (n int64) {
		if err == nil {
			tag, failed := in.tx.Exec(ctx, sql, args)
			if n = tag.RowsAffected(); failed != nil {
				err = fmt.Errorf("%s: %w", what, failed)
			}
		}
		return n
	}
	c.Revised = count("close the versions that are revised", `
		UPDATE observation o
		SET superseded_by = @load
		FROM `+resolved+`
		WHERE o.trust_id = t.number AND o.dataset_id = @dataset AND o.dim_id = m.number AND o.period = s.period
			AND o.superseded_by = 2147483647
			AND s.dataset = @index AND NOT s.refused
			AND (o.state, o.numbers) IS DISTINCT FROM (s.state, s.numbers)`)
	// In the order of the key, so that a heap filled by loads stays sorted
	// within each and its index pages fill up from left to right.
	written := count("write the new versions", `
		INSERT INTO observation (trust_id, dataset_id, dim_id, period, load_id, state, numbers)
		SELECT t.number, @dataset, m.number, s.period, @load, s.state, s.numbers
		FROM `+resolved+`
		WHERE s.dataset = @index AND NOT s.refused
			AND NOT EXISTS (
				SELECT FROM observation o
				WHERE o.trust_id = t.number AND o.dataset_id = @dataset AND o.dim_id = m.number AND o.period = s.period
					AND o.superseded_by = 2147483647)
		ORDER BY t.number, m.number, s.period`)
	if err == nil {
		err = in.tx.QueryRow(ctx, `SELECT count(*) FROM staging WHERE dataset = @index AND NOT refused`, args).Scan(&c.RowsIn)
	}
	c.Added, c.Unchanged = written-c.Revised, c.RowsIn-written
	if written > 0 {
		// Counted for each organisation by the index on current rows. As a
		// join it went wrong: nothing is known yet of what was just written.
		count("bring the coverage up to date", `
			INSERT INTO dataset_coverage (trust_id, dataset_id, first, last, rows)
			SELECT t.number, @dataset, c.first, c.last, c.rows
			FROM (SELECT DISTINCT org FROM staging WHERE dataset = @index AND NOT refused) s
			JOIN staging_org t ON t.place = s.org
			CROSS JOIN LATERAL (
				SELECT min(o.period) AS first, max(o.period) AS last, count(*) AS rows
				FROM observation o
				WHERE o.trust_id = t.number AND o.dataset_id = @dataset AND o.superseded_by = 2147483647
			) c
			ON CONFLICT (trust_id, dataset_id) DO UPDATE SET first = EXCLUDED.first, last = EXCLUDED.last, rows = EXCLUDED.rows`)
	}
	return c, err
}
