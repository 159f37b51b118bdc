package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
)

// loadDemonstration takes the demonstration's files in, through the same intake
// as real ones. Files that are there already change nothing.
func loadDemonstration(ctx context.Context, db *postgres.DB, log *slog.Logger) error {
	dir, err := os.MkdirTemp("", "signalbox-demonstration-")
	if err != nil {
		return fmt.Errorf("make demonstration data: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, file := range demo.Files(demo.DefaultSeed) {
		path := filepath.Join(dir, file.Name)
		if err := os.WriteFile(path, file.Content, 0o600); err != nil {
			return fmt.Errorf("make demonstration data: %w", err)
		}
		options := intake.Options{Files: []string{path}, Dataset: file.Dataset, As: file.As, By: "signalbox --demo"}
		report, err := intake.Load(ctx, db, options)
		if err != nil {
			return fmt.Errorf("load demonstration data: %w", err)
		}
		for _, f := range report.Files {
			if f.Refused > 0 {
				return fmt.Errorf("load demonstration data: %d rows of %s were refused, the first because %s", f.Refused, f.File, f.Refusals[0].Text())
			}
			log.Debug("demonstration data", "file", file.Name, "added", f.Added, "unchanged", f.Unchanged)
		}
	}
	return nil
}
