package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
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

// Migrate brings the tables up to date, as the owner. Several programs may
// start at once: one applies, the others wait for its lock.
func Migrate(ctx context.Context, ownerURL string) error {
	_, err := MigrateWithReport(ctx, ownerURL)
	return err
}

// MigrateWithReport is Migrate that says what it applied.
func MigrateWithReport(ctx context.Context, ownerURL string) ([]Migrated, error) {
	settings, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return nil, fmt.Errorf("read the address of the database's owner: %w", err)
	}
	db := stdlib.OpenDB(*settings)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	// Asked once a second for five minutes: a migration may take long, and
	// whoever waits should start soon after.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
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
