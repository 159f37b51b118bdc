package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// demonstrator is who loads the demonstration, for the record.
const demonstrator = "signalbox --demo"

// loadDemonstration takes the demonstration's files in, through the same intake
// as real ones. Files that were loaded before are left out: they would change
// nothing, and looking took half the time of a warm start.
func loadDemonstration(ctx context.Context, db *postgres.DB, log *slog.Logger) error {
	definitions, err := demonstrationDatasets(ctx, db)
	if err != nil {
		return fmt.Errorf("define demonstration data: %w", err)
	}
	loaded, err := db.LoadedBy(ctx, demonstrator)
	if err != nil {
		return err
	}
	gate, err := newGate(ctx, db, demonstrator, log)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "signalbox-demonstration-")
	if err != nil {
		return fmt.Errorf("make demonstration data: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, file := range demo.Files(demo.DefaultSeed) {
		if loaded[sha256.Sum256(file.Content)] {
			continue
		}
		path := filepath.Join(dir, file.Name)
		if err := os.WriteFile(path, file.Content, 0o600); err != nil {
			return fmt.Errorf("make demonstration data: %w", err)
		}
		options := intake.Options{Gate: gate, Files: []string{path}, As: file.As, By: demonstrator, RefusedDir: dir}
		if d, ok := definitions[file.Dataset]; ok {
			options.Definition = &d
		}
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
	return db.PutDemonstrators(ctx, demonstrators())
}

// demonstrators are the people of the demonstration as the database keeps them.
func demonstrators() []postgres.Demonstrator {
	var list []postgres.Demonstrator
	for _, p := range demo.People(measures.Date(time.Now().Unix() / 86400)) {
		at := cmp.Or(p.Actor.ODS, policy.Everyone) // the installation answers for who is nobody's staff
		d := postgres.Demonstrator{ID: p.Actor.ID, Name: p.Actor.Name, Purpose: p.Actor.Purpose, TrainedOn: p.Actor.TrainedOn}
		for _, role := range append(p.Actor.Roles, p.Second) {
			if role != "" {
				d.Posts = append(d.Posts, postgres.Post{ODS: at, Role: role})
			}
		}
		list = append(list, d)
	}
	return list
}

// demonstrationDatasets are the definitions under which the demonstration is
// loaded: said to be invented, unless real figures have been loaded into the
// dataset, whose true definition is then left alone.
func demonstrationDatasets(ctx context.Context, db *postgres.DB) (map[measures.DatasetID]measures.Dataset, error) {
	shipped, err := intake.Datasets()
	if err != nil {
		return nil, err
	}
	there, err := db.Datasets(ctx)
	if err != nil {
		return nil, err
	}
	real := map[measures.DatasetID]bool{}
	for _, d := range there {
		real[d.ID] = !d.Synthetic
	}
	definitions := map[measures.DatasetID]measures.Dataset{}
	for _, d := range demo.Own() {
		definitions[d.ID] = d
	}
	for _, d := range shipped {
		if !real[d.ID] {
			definitions[d.ID] = demo.Labelled(d)
		}
	}
	return definitions, nil
}
