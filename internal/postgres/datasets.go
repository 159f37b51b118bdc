package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// Dataset gives a dataset by its id.
func (db *DB) Dataset(ctx context.Context, id measures.DatasetID) (measures.Dataset, error) {
	entry, err := db.catalogue(ctx, id)
	if err != nil {
		return measures.Dataset{}, err
	}
	return entry.definition, nil
}

// Datasets lists all datasets by id. A definition is no trust data.
func (db *DB) Datasets(ctx context.Context) ([]measures.Dataset, error) {
	rows, err := db.pool.Query(ctx, `SELECT definition FROM dataset WHERE dataset_id > 0 ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list the datasets: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d measures.Dataset, err error) {
		var text []byte
		if err = row.Scan(&text); err == nil {
			err = json.Unmarshal(text, &d)
		}
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the datasets: %w", err)
	}
	return list, nil
}

// Coverage says from when to when an organisation has figures of a dataset.
type Coverage struct {
	Dataset     measures.DatasetID `json:"dataset"`
	First, Last measures.Date
	Rows        int64 `json:"rows"`
}

// DatasetsWithData tells which datasets an organisation has figures of, and
// from when to when. It tells nothing of what the figures are, so it takes no
// grant; a page needs it to know what it may ask for.
func (db *DB) DatasetsWithData(ctx context.Context, organisation measures.ODSCode) ([]Coverage, error) {
	id, err := db.trustID(ctx, organisation)
	if err != nil {
		return nil, err
	}
	list := []Coverage{}
	err = db.read(ctx, scope{trusts: []int16{id}}, coverageQuery, pgx.NamedArgs{"trust": id}, func(rows pgx.Rows) error {
		var c Coverage
		var first, last int32
		if err := rows.Scan(&c.Dataset, &first, &last, &c.Rows); err != nil {
			return err
		}
		c.First, c.Last = measures.Date(first), measures.Date(last)
		list = append(list, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("datasets of %s: %w", organisation, err)
	}
	return list, nil
}

const coverageQuery = `
	SELECT d.id, c.first - DATE '1970-01-01', c.last - DATE '1970-01-01', c.rows
	FROM dataset_coverage c
	JOIN dataset d USING (dataset_id)
	WHERE c.trust_id = @trust
	ORDER BY d.id`
