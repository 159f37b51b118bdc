package intake

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
)

// shared gives the path of a file of the reference data, which is kept beside
// the checkout and is no part of it.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("SIGNALBOX_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(dir, "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("this test reads %s, which is not here; set SIGNALBOX_SHARED to the folder of the reference data", name)
	}
	return path
}

func open(t testing.TB) *postgres.DB {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return openURL(t, url)
}

func openURL(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), postgres.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// today is after the last month of the reference data.
func today() time.Time { return time.Date(2026, 8, 15, 12, 0, 0, 0, time.UTC) }

func options(t testing.TB, files ...string) Options {
	return Options{Files: files, By: "test", RefusedDir: t.TempDir(), Now: today}
}

var realFiles = []string{"annotations.csv", "ae_4h_trust_monthly_2016_2026.csv", "nhs_ae_provider_monthly.csv", "nhsr_ae_attendances_2016_2019.csv",
	"cancer_62d_provider_monthly.csv", "diagnostics_6wk_trust_monthly.csv", "rtt_incomplete_trust_monthly.csv", "rtt_snapshot_2026_06.csv",
	"programme_series.csv", "ods_trusts.csv", "ods_icbs.csv", "ods_successions.csv"}
