package demo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// definitions gives every dataset as the demonstration defines it.
func definitions(t *testing.T) map[measures.DatasetID]measures.Dataset {
	t.Helper()
	shipped, err := intake.Datasets()
	if err != nil {
		t.Fatal(err)
	}
	all := map[measures.DatasetID]measures.Dataset{}
	for _, d := range demo.Own() {
		all[d.ID] = d
	}
	for _, d := range shipped {
		all[d.ID] = demo.Labelled(d)
	}
	return all
}

// load takes every file through the intake, as a person would.
func load(t *testing.T, db *postgres.DB) []intake.FileReport {
	t.Helper()
	var reports []intake.FileReport
	defined := definitions(t)
	dir := t.TempDir()
	for _, f := range demo.Files(demo.DefaultSeed) {
		path := filepath.Join(dir, f.Name)
		if err := os.WriteFile(path, f.Content, 0o600); err != nil {
			t.Fatal(err)
		}
		o := intake.Options{Gate: analysis.NewLoading(db, policy.Policy{}, analysis.Operator("demonstration"), time.Now), Files: []string{path}, As: f.As, By: "demonstration", RefusedDir: dir}
		if d, ok := defined[f.Dataset]; ok {
			o.Definition = &d
		} else if f.Dataset != "" {
			t.Fatalf("%s goes to %q, which nobody has defined", f.Name, f.Dataset)
		}
		report, err := intake.Load(t.Context(), db, o)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		reports = append(reports, report.Files...)
	}
	return reports
}

func TestEveryFileGoesThroughTheIntakeWithoutARefusal(t *testing.T) {
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, r := range load(t, db) {
		if r.RowsIn == 0 || r.Refused != 0 || len(r.Warnings) != 0 || !r.Committed {
			t.Errorf("%s: %+v", r.File, r)
		}
	}
	for _, r := range load(t, db) {
		if r.Added != 0 || r.Revised != 0 {
			t.Errorf("%s changed something the second time: %+v", r.File, r)
		}
	}
	kept, err := db.Datasets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, d := range kept {
		if d.ID == "" || d.ID == "register" {
			continue
		}
		seen++
		if !strings.Contains(d.Title, "(demonstration)") || !strings.Contains(d.Attribution, "invented") {
			t.Errorf("dataset %s is kept without its label: %+v", d.ID, d)
		}
	}
	filled := map[measures.DatasetID]bool{}
	for _, f := range demo.Files(demo.DefaultSeed) {
		if f.Dataset != "" {
			filled[f.Dataset] = true
		}
	}
	if seen != len(filled) {
		t.Errorf("%d datasets, the files are for %d", seen, len(filled))
	}
	register, err := db.Register(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if gone := register["ZZM"]; gone.Closed != measures.DateOf(2024, 10, 1) || gone.Successor != "ZZD" {
		t.Errorf("the trust that was taken over: %+v", gone)
	}
	if region := register["ZZRNO"]; region.Kind != measures.Region {
		t.Errorf("the region: %+v", region)
	}
}

func TestShippedMeasuresReadTheDemonstration(t *testing.T) {
	defined := definitions(t)
	manifest := demo.Manifest()
	for _, m := range manifest.Measures {
		d, ok := defined[m.Dataset]
		if !ok {
			t.Errorf("measure %s reads %s, which does not exist", m.ID, m.Dataset)
		}
		for _, column := range m.Columns() {
			found := false
			for _, c := range d.Columns {
				found = found || c.Name == column
			}
			if !found {
				t.Errorf("measure %s reads column %s, which %s does not have", m.ID, column, d.ID)
			}
		}
	}
}
