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
	Repeated      int64         // rows passed over because an earlier line says the same
}

// Resolve gives numbers to what the file names: organisations that are not in
// the register become "other" ones (the caller has refused them already if
// they may not), strata and datasets that are new are created.
func (in *Intake) Resolve(ctx context.Context, header LoadHeader, lists FileLists) error {
	codes := make([]measures.ODSCode, len(lists.Organisations))
	for i, o := range lists.Organisations {
		codes[i] = o.ODS
	}
	if err := header.permits(lists.Datasets, codes); err != nil {
		return err
	}
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
