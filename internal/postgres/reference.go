package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

// Numbers of organisations, strata and columns never change once given, so
// they may be remembered for ever; only what is not known yet is asked for.
type reference struct {
	trustIDs map[measures.ODSCode]int16
	codes    map[int16]measures.ODSCode
	strata   map[int32]stratum
}

type stratum struct{ stratifier, name string }

// catalogueEntry is a dataset as the database holds it.
type catalogueEntry struct {
	number     int16
	definition measures.Dataset
	places     map[string]int // of each column in observation.numbers, from 1
	read       time.Time
}

// catalogueAge is how long a definition may be used without reading it again.
// Places never change; titles, licences and the like may.
const catalogueAge = 10 * time.Second

func (db *DB) trustID(ctx context.Context, code measures.ODSCode) (int16, error) {
	db.mu.Lock()
	id, found := db.reference.trustIDs[code]
	db.mu.Unlock()
	if found {
		return id, nil
	}
	err := db.pool.QueryRow(ctx, `SELECT trust_id FROM organisation WHERE ods = @ods`, pgx.NamedArgs{"ods": string(code)}).Scan(&id)
	if err != nil {
		return 0, notFound(err, "organisation %s", code)
	}
	db.mu.Lock()
	db.reference.trustIDs[code] = id
	db.reference.codes[id] = code
	db.mu.Unlock()
	return id, nil
}

// names gives the codes and strata for numbers that a query returned. If one
// is new, all are read again.
func (db *DB) names(ctx context.Context, trusts map[int16]bool, dims map[int32]bool) (reference, error) {
	db.mu.Lock()
	known := db.reference.knows(trusts, dims)
	if known {
		out := db.reference.pick(trusts, dims)
		db.mu.Unlock()
		return out, nil
	}
	db.mu.Unlock()
	fresh, err := db.readReference(ctx)
	if err != nil {
		return reference{}, fmt.Errorf("read organisations and strata: %w", err)
	}
	if !fresh.knows(trusts, dims) {
		return reference{}, fmt.Errorf("observations name organisations or strata that are not there: %w", ErrNotFound)
	}
	db.mu.Lock()
	db.reference = fresh
	out := fresh.pick(trusts, dims)
	db.mu.Unlock()
	return out, nil
}

func newReference() reference {
	return reference{map[measures.ODSCode]int16{}, map[int16]measures.ODSCode{}, map[int32]stratum{0: {}}}
}

func (db *DB) readReference(ctx context.Context) (reference, error) {
	fresh := newReference()
	rows, err := db.pool.Query(ctx, `SELECT trust_id, ods FROM organisation`)
	if err != nil {
		return fresh, err
	}
	var id int16
	var code string
	if _, err = pgx.ForEachRow(rows, []any{&id, &code}, func() error {
		fresh.trustIDs[measures.ODSCode(code)] = id
		fresh.codes[id] = measures.ODSCode(code)
		return nil
	}); err != nil {
		return fresh, err
	}
	rows, err = db.pool.Query(ctx, `SELECT dim_id, stratifier, stratum FROM dim`)
	if err != nil {
		return fresh, err
	}
	var dim int32
	var s stratum
	_, err = pgx.ForEachRow(rows, []any{&dim, &s.stratifier, &s.name}, func() error {
		fresh.strata[dim] = s
		return nil
	})
	return fresh, err
}

func (r reference) knows(trusts map[int16]bool, dims map[int32]bool) bool {
	for id := range trusts {
		if _, ok := r.codes[id]; !ok {
			return false
		}
	}
	for id := range dims {
		if _, ok := r.strata[id]; !ok {
			return false
		}
	}
	return true
}

func (r reference) pick(trusts map[int16]bool, dims map[int32]bool) reference {
	out := newReference()
	for id := range trusts {
		out.codes[id] = r.codes[id]
	}
	for id := range dims {
		out.strata[id] = r.strata[id]
	}
	return out
}

// catalogue gives a dataset's definition and the places of its columns.
func (db *DB) catalogue(ctx context.Context, id measures.DatasetID) (*catalogueEntry, error) {
	db.mu.Lock()
	entry := db.datasets[id]
	db.mu.Unlock()
	if entry != nil && time.Since(entry.read) < catalogueAge {
		return entry, nil
	}
	entry = &catalogueEntry{places: map[string]int{}, read: time.Now()}
	var definition []byte
	var columns []string
	err := db.pool.QueryRow(ctx, `
		SELECT d.dataset_id, d.definition,
			(SELECT array_agg(c.name ORDER BY c.place) FROM dataset_column c WHERE c.dataset_id = d.dataset_id)
		FROM dataset d
		WHERE d.id = @id AND d.dataset_id > 0`,
		pgx.NamedArgs{"id": string(id)}).Scan(&entry.number, &definition, &columns)
	if err != nil {
		return nil, notFound(err, "dataset %s", id)
	}
	if err := json.Unmarshal(definition, &entry.definition); err != nil {
		return nil, fmt.Errorf("definition of dataset %s: %w", id, err)
	}
	for i, name := range columns {
		entry.places[name] = i + 1
	}
	db.mu.Lock()
	db.datasets[id] = entry
	db.mu.Unlock()
	return entry, nil
}
