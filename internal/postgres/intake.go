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

// LoadHeader says who loads what.
type LoadHeader struct {
	As      measures.ODSCode // on whose behalf; England for national data
	By      string
	File    string
	Digest  [32]byte
	Mapping string
	// Grants are the keys to what is loaded, one for each dataset.
	Grants []policy.Grant
}

// Intake is one file on its way in, in one transaction: all of it is committed
// or nothing is. The order is Stage, then Resolve, Duplicates and Apply, or one
// of the Put methods, then Commit. Rollback is always safe.
type Intake struct {
	db       *DB
	conn     *pgx.Conn
	tx       pgx.Tx
	release  func()
	load     int32
	as       int16
	datasets []int16 // by index, as the rows name them
	touched  []measures.DatasetID
}

// intakeLock keeps loads in line from the moment they write, so that vintages
// are numbered in the order in which they become visible: what is read as of a
// load never changes afterwards.
const intakeLock = 0x51674e61

// BeginIntake opens the transaction.
func (db *DB) BeginIntake(ctx context.Context) (*Intake, error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin a load: %w", err)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		conn.Release()
		return nil, fmt.Errorf("begin a load: %w", err)
	}
	in := &Intake{db: db, conn: conn.Conn(), tx: tx, release: conn.Release}
	// A national file is sorted and compared as a whole; the usual 4 MB would
	// send that to disk.
	if _, err := tx.Exec(ctx, `SELECT set_config('work_mem', '64MB', true)`); err != nil {
		in.Rollback()
		return nil, fmt.Errorf("begin a load: %w", err)
	}
	return in, nil
}

// Rollback gives everything up, unless it was committed.
func (in *Intake) Rollback() {
	if in.release == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	in.tx.Rollback(ctx)
	in.release()
	in.release = nil
}

// Commit makes the load visible.
func (in *Intake) Commit(ctx context.Context) error {
	err := in.tx.Commit(ctx)
	in.release()
	in.release = nil
	if err != nil {
		return fmt.Errorf("commit the load: %w", err)
	}
	in.db.mu.Lock()
	defer in.db.mu.Unlock()
	for _, id := range in.touched {
		delete(in.db.datasets, id) // its definition may have changed
	}
	return nil
}

// lock waits for other loads, finds the organisation that loads, and opens
// what row-level security guards: loading is allowed by the caller's decision,
// and each statement names the rows that it touches.
func (in *Intake) lock(ctx context.Context, header LoadHeader) error {
	if in.load != 0 {
		return nil
	}
	if _, err := in.tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, intakeLock); err != nil {
		return fmt.Errorf("wait for other loads: %w", err)
	}
	err := in.tx.QueryRow(ctx, `SELECT trust_id, nextval('load_number')::int4 FROM organisation WHERE ods = @as`,
		pgx.NamedArgs{"as": string(header.As)}).Scan(&in.as, &in.load)
	if err != nil {
		return notFound(err, "load as organisation %s", header.As)
	}
	return in.setScope(ctx, nil)
}

// setScope opens the organisations and datasets of this load.
func (in *Intake) setScope(ctx context.Context, trusts []int16) error {
	_, err := in.tx.Exec(ctx, setScope, pgx.NamedArgs{
		"everyone": false, "trusts": arrayText(slices.Concat(trusts, []int16{in.as})), "datasets": arrayText(slices.Concat(in.datasets, []int16{0}))})
	if err != nil {
		return fmt.Errorf("set the scope of the load: %w", err)
	}
	return nil
}

// Counts is what became of the rows of one dataset.
type Counts struct {
	Dataset   measures.DatasetID `json:"dataset"`
	RowsIn    int64              `json:"rows_in"` // good rows and refused ones
	Refused   int64              `json:"refused"`
	Added     int64              `json:"added"`
	Revised   int64              `json:"revised"`
	Unchanged int64              `json:"unchanged"`
}

// Changed reports whether a new vintage came of it.
func (c Counts) Changed() bool { return c.Added > 0 || c.Revised > 0 }

// writeLoad keeps the vintage. A load that changed nothing leaves no trace.
func (in *Intake) writeLoad(ctx context.Context, header LoadHeader, dataset int16, c Counts) error {
	_, err := in.tx.Exec(ctx, `
		INSERT INTO load (trust_id, load_id, dataset_id, loaded_by, file_name, digest, mapping, rows_in, refused, added, revised, unchanged)
		VALUES (@trust, @load, @dataset, @by, @file, @digest, @mapping, @in, @refused, @added, @revised, @unchanged)`,
		pgx.NamedArgs{"trust": in.as, "load": in.load, "dataset": dataset, "by": header.By, "file": header.File,
			"digest": header.Digest[:], "mapping": header.Mapping, "in": c.RowsIn, "refused": c.Refused,
			"added": c.Added, "revised": c.Revised, "unchanged": c.Unchanged})
	if err != nil {
		return fmt.Errorf("write down the load: %w", err)
	}
	return nil
}

// Load is the number that this load has, once it has written anything.
func (in *Intake) Load() int32 { return in.load }

// PutDataset creates a dataset or brings its definition up to date. Columns
// may be added at the end; one that is there keeps its place and its type.
func (in *Intake) PutDataset(ctx context.Context, d measures.Dataset) (int16, error) {
	definition, err := json.Marshal(d)
	if err != nil {
		return 0, fmt.Errorf("dataset %s: %w", d.ID, err)
	}
	var number int16
	// The lock makes the count safe. No sequence: a number is an int2, and a
	// load that is given up would waste one.
	err = in.tx.QueryRow(ctx, `
		INSERT INTO dataset (dataset_id, id, definition)
		VALUES ((SELECT max(dataset_id) + 1 FROM dataset), @id, @definition)
		ON CONFLICT (id) DO UPDATE SET definition = EXCLUDED.definition
		RETURNING dataset_id`,
		pgx.NamedArgs{"id": string(d.ID), "definition": definition}).Scan(&number)
	if err != nil {
		return 0, fmt.Errorf("dataset %s: %w", d.ID, err)
	}
	batch := &pgx.Batch{}
	for i, c := range d.Columns {
		batch.Queue(`
			INSERT INTO dataset_column (dataset_id, place, name, type, role)
			VALUES (@dataset, @place, @name, @type, @role)
			ON CONFLICT (dataset_id, place) DO UPDATE SET name = EXCLUDED.name, type = EXCLUDED.type, role = EXCLUDED.role
			WHERE dataset_column.name = EXCLUDED.name`,
			pgx.NamedArgs{"dataset": number, "place": i + 1, "name": c.Name, "type": c.Type, "role": c.Role})
	}
	results := in.tx.SendBatch(ctx, batch)
	defer results.Close()
	for i, c := range d.Columns {
		tag, err := results.Exec()
		if err != nil {
			return 0, fmt.Errorf("dataset %s, column %s: %w", d.ID, c.Name, err)
		}
		if tag.RowsAffected() != 1 {
			return 0, fmt.Errorf("dataset %s: column %d is not %s in the database; columns keep their place for ever, new ones go to the end", d.ID, i+1, c.Name)
		}
	}
	in.touched = append(in.touched, d.ID)
	return number, results.Close()
}
