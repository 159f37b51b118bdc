package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/policy"
)

// loading runs the load command against a database of the test's own.
func loading(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	url := pgtest.URL(t)
	open := func(ctx context.Context) (*postgres.DB, func(), error) {
		if err := postgres.Migrate(ctx, url); err != nil {
			return nil, nil, err
		}
		db, err := postgres.Open(ctx, postgres.Config{URL: url})
		if err != nil {
			return nil, nil, err
		}
		return db, db.Close, nil
	}
	return func(args ...string) (string, error) {
		cmd := newLoadCommand(open)
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(args)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
}

// operatorGate asks for loads as the operator of the machine, with no trust's own policy.
func operatorGate(db *postgres.DB) intake.Gate {
	return analysis.NewLoading(db, policy.Policy{}, analysis.Operator("operator-test"), time.Now)
}

func TestLoadSaysWhatBecameOfEveryRow(t *testing.T) {
	load := loading(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	register := write("ods.csv", "ods_code,name,trust_type,region,ics_short,icb_code,icb_name,predecessor_codes,merger_date,has_ae_series\nRAA,Amber Vale NHS Trust,Acute,Midlands,,,,,,\n")
	falls := write("falls.csv", "measure,org_code,period,numerator,denominator\nfalls,RAA,2026-01-01,1,10\nfalls,RAA,2026-02-01,many,10\n")
	if out, err := load(register, "--refused", dir); err != nil || !strings.Contains(out, "ods.csv: 1 rows in, 0 refused, 1 new, 0 revised, 0 unchanged") {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := load("--as", "RAA", "--refused", dir, falls)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"falls.csv: 2 rows in, 1 refused, 1 new", `line 3: numerator "many" is not a number`, filepath.Join(dir, "falls.refused.csv"), "committed as load"} {
		if !strings.Contains(out, want) {
			t.Errorf("the answer has no %q:\n%s", want, out)
		}
	}
	out, err = load("--as", "RAA", "--refused", dir, "--format", "json", falls)
	var report intake.Report
	if err != nil || json.Unmarshal([]byte(out), &report) != nil || report.Files[0].Unchanged != 1 || report.Files[0].Refused != 1 || !report.Files[0].Committed {
		t.Errorf("%v\n%s", err, out)
	}
	// Nothing committed is not success, and the reason names the file.
	out, err = load("--refused", dir, write("bad.csv", "a,b\n1,2\n"))
	if err == nil || !strings.Contains(err.Error(), "bad.csv") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err = load("--format", "xml", falls); err == nil {
		t.Error("an unknown format was accepted")
	}
}
