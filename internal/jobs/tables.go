package jobs

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// Tables are those of the queue, for postgres.Migrate.
func Tables() postgres.Foreign {
	return postgres.Foreign{Up: up, Tables: []string{"river_job", "river_leader", "river_queue", "river_notification", "river_migration"}}
}

func up(ctx context.Context, owner *postgres.Pool) ([]postgres.Migrated, error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(owner), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("tables of the queue of jobs: %w", err)
	}
	result, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return nil, fmt.Errorf("tables of the queue of jobs: %w", err)
	}
	var done []postgres.Migrated
	for _, v := range result.Versions {
		done = append(done, postgres.Migrated{Version: int64(v.Version), File: fmt.Sprintf("the queue's %03d_%s", v.Version, v.Name)})
	}
	return done, nil
}
