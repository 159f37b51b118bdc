package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

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
		if i == 0 {
			c.RowsIn += lists.Repeated
			c.Unchanged += lists.Repeated
		}
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
