package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool and Tx are what the queue of jobs works on, whose library speaks to the
// database by itself. They have names here so that internal/jobs need not know pgx.
type (
	Pool = pgxpool.Pool
	Tx   = pgx.Tx
)

// Pool hands out the connections, for internal/jobs alone: everybody else asks this
// package. They work as AppRole, so the second wall stands for them too.
func (db *DB) Pool() *Pool { return db.pool }

// Foreign are tables that a library brings and keeps up to date by itself. They
// hold nobody's data.
type Foreign struct {
	// Up brings them up to date as the owner, and says what it applied. A second
	// time it applies nothing.
	Up func(ctx context.Context, owner *Pool) ([]Migrated, error)
	// Tables are their names; the program may read and write their rows.
	Tables []string
}

// bring brings foreign tables up to date and opens them to the program. Rights are
// looked at each time, because a start may have been stopped between the two.
func (f Foreign) bring(ctx context.Context, owner *Pool) ([]Migrated, error) {
	done, err := f.Up(ctx, owner)
	if err != nil {
		return nil, err
	}
	for _, table := range f.Tables {
		if err := openTable(ctx, owner, table); err != nil {
			return nil, fmt.Errorf("open table %s to %s: %w", table, AppRole, err)
		}
	}
	return done, nil
}

// openTable lets the program read and write the rows of a table, and draw its numbers.
func openTable(ctx context.Context, owner *Pool, table string) error {
	var opened bool
	args := pgx.NamedArgs{"role": AppRole, "table": table}
	// The rights are listed one by one: of a list in one text, any would do.
	err := owner.QueryRow(ctx, `
		SELECT bool_and(has_table_privilege(@role, @table, wanted))
		FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS wanted`, args).Scan(&opened)
	if err != nil || opened {
		return err
	}
	return pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT pg_get_serial_sequence(@table, attname)
			FROM pg_attribute
			WHERE attrelid = @table::regclass AND attnum > 0 AND pg_get_serial_sequence(@table, attname) IS NOT NULL`, args)
		if err != nil {
			return err
		}
		sequences, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, sequence := range sequences {
			if _, err := tx.Exec(ctx, `GRANT USAGE ON SEQUENCE `+sequence+` TO `+AppRole); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `GRANT SELECT, INSERT, UPDATE, DELETE ON `+pgx.Identifier{table}.Sanitize()+` TO `+AppRole)
		return err
	})
}
