package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrated is one migration that was applied.
type Migrated struct {
	Version int64  `json:"version"`
	File    string `json:"file"`
}

// Migrate brings the tables up to date, as the owner: ours, and then those of
// others that are given. Several programs may start at once: one applies, the
// others wait for its lock.
func Migrate(ctx context.Context, ownerURL string, foreign ...Foreign) error {
	_, err := MigrateWithReport(ctx, ownerURL, foreign...)
	return err
}

// MigrateWithReport is Migrate that says what it applied.
func MigrateWithReport(ctx context.Context, ownerURL string, foreign ...Foreign) (done []Migrated, err error) {
	owner, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("read the address of the database's owner: %w", err)
	}
	defer owner.Close()
	db := stdlib.OpenDBFromPool(owner)
	defer db.Close()
	err = locked(ctx, db, func() error {
		if done, err = ours(ctx, db); err != nil {
			return err
		}
		for _, f := range foreign {
			more, err := f.bring(ctx, owner)
			if err != nil {
				return fmt.Errorf("bring the tables up to date: %w", err)
			}
			done = append(done, more...)
		}
		return nil
	})
	return done, err
}

// ours applies our own migrations.
func ours(ctx context.Context, db *sql.DB) ([]Migrated, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("bring the tables up to date: %w", err)
	}
	var done []Migrated
	for _, r := range results {
		done = append(done, Migrated{Version: r.Source.Version, File: r.Source.Path})
	}
	return done, nil
}

// locked does something while it holds the lock of all migrations.
func locked(ctx context.Context, db *sql.DB, do func() error) error {
	// Asked once a second for five minutes: a migration may take long, and
	// whoever waits should start soon after.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("reach the database as the owner of the tables: %w", err)
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return fmt.Errorf("wait for others who bring the tables up to date: %w", err)
	}
	// Whoever stops this program lets go of the lock all the same.
	return errors.Join(do(), locker.SessionUnlock(context.WithoutCancel(ctx), conn))
}
