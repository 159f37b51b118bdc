package main

import (
	"cmp"
	"encoding/csv"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// Whoever reaches the demonstration may be anybody in it, so it stays on the machine.
func TestDemonstrationIsRefusedOffLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.org:80", "8080"} {
		dir := t.TempDir()
		p := launch(t, "serve", "--demo", "--addr", addr, "--data", filepath.Join(dir, "data"))
		if status := p.status(t); status != 2 || !strings.Contains(p.errors.String(), "loopback") || p.out.String() != "" {
			t.Errorf("--demo --addr %s: status %d, %q, %q", addr, status, p.out.String(), p.errors.String())
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
			t.Errorf("--demo --addr %s left %v", addr, left)
		}
	}
}

func TestServeSaysHowItIs(t *testing.T) {
	dir := dataFolder(t)
	p, address := serveProgram(t, "--demo", "--data", dir)
	reader := newVisitor(t)
	if text := reader.get(t, address+"/healthz"); text != "ok\n" {
		t.Errorf("/healthz says %q", text)
	}
	reader.get(t, address+"/readyz")
	metrics := reader.get(t, address+"/metrics")
	for _, name := range []string{"process_resident_memory_bytes", "go_goroutines"} {
		if !regexp.MustCompile(`(?m)^` + name + ` [0-9.e+]+$`).MatchString(metrics) {
			t.Errorf("/metrics does not tell %s", name)
		}
	}
	// Without its database the program runs and is not ready; then it is again.
	if err := syscall.Kill(postmaster(dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for {
		status, _, err := reader.read(t.Context(), address+"/readyz")
		if err != nil {
			t.Fatal(err)
		}
		if status == http.StatusServiceUnavailable {
			break
		}
		if postmaster(dir) != 0 && status == http.StatusOK {
			t.Log("PostgreSQL was back before anybody could notice")
			break
		}
	}
	if text := reader.get(t, address+"/healthz"); text != "ok\n" {
		t.Errorf("without a database /healthz says %q", text)
	}
	reader.answers(t, address+"/readyz")
	p.signal(syscall.SIGTERM)
	if status := p.status(t); status != 0 {
		t.Errorf("told to end, it ended with status %d:\n%s", status, p.errors.String())
	}
	for range 100 {
		if postmaster(dir) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("PostgreSQL goes on after its last user")
}

// readings counts the entries of a book that are about charts: the demonstration was
// loaded first, and that is in the book as well.
func readings(book []ledger.Entry) (n int) {
	read := map[int64]bool{}
	for _, e := range book {
		if e.Decision != nil && e.Decision.Input.Action == policy.ChartRead {
			read[e.Sequence] = true
			n++
		}
		if e.Result != nil && read[e.Result.Record] {
			n++
		}
	}
	return n
}

func TestTwoSitesOnOneDataFolderShareTheCluster(t *testing.T) {
	dir := dataFolder(t)
	first, address := serveProgram(t, "--demo", "--data", dir)
	pid := postmaster(dir)
	_, other := serveProgram(t, "--demo", "--data", dir)
	if now := postmaster(dir); pid == 0 || now != pid {
		t.Errorf("PostgreSQL was process %d and is %d", pid, now)
	}
	reader := newVisitor(t)
	reader.signIn(t, address, "demo-clinician")
	const page = "/trusts/ZZA/measures/ae-4h"
	reader.get(t, address+page)
	reader.get(t, other+page) // the session is in the database, and cookies know no ports
	first.kill()
	reader.answers(t, other+page)
	if now := postmaster(dir); now != pid {
		t.Errorf("when the first was killed PostgreSQL was process %d and became %d", pid, now)
	}
	// Both wrote to one book.
	if read := readings(verifiedBook(t, database(t, dir))); read != 12 {
		t.Errorf("%d entries in the ledger about charts, want a decision and a result for the chart and for its split by strata, on each of 3 pages", read)
	}
}

// TestLimitsOfEveryTrustAgreeOnThePage loads the published figures and reads
// every trust's chart as a file from its page, as a reader would save it.
func TestLimitsOfEveryTrustAgreeOnThePage(t *testing.T) {
	golden := sharedTable(t, "golden_ae4h_limits.csv")
	dir := dataFolder(t)
	db := database(t, dir)
	report, err := intake.Load(t.Context(), db, intake.Options{Gate: operatorGate(db), By: "test", RefusedDir: t.TempDir(),
		Files: []string{sharedFile(t, "ods_trusts.csv"), sharedFile(t, "ae_4h_trust_monthly_2016_2026.csv")}})
	if err != nil || len(report.Files) != 2 {
		t.Fatal(report, err)
	}
	_, address := serveProgram(t, "--demo", "--data", dir)
	reader := newVisitor(t)
	reader.signIn(t, address, "demo-clinician")
	for _, want := range golden {
		code := want["org_code"]
		chart := parse(t, reader.get(t, address+"/trusts/"+code+"/measures/ae-4h.json?from=2023-06-01&to=2026-05-31")).Charts[0]
		outside := 0
		for _, p := range chart.Points {
			for _, s := range p.Signals {
				if strings.HasPrefix(s, "outside_") {
					outside++
				}
			}
		}
		if strconv.Itoa(outside) != want["xmr_outside_36"] || strconv.Itoa(len(chart.Points)) != want["points"] {
			t.Errorf("%s: %d of %d points outside, want %s of %s", code, outside, len(chart.Points), want["xmr_outside_36"], want["points"])
		}
		for column, got := range map[string]*float64{"xmr_mean_24": chart.Points[0].Centre, "xmr_lower": chart.Points[0].Lower, "xmr_upper": chart.Points[0].Upper} {
			share, err := strconv.ParseFloat(want[column], 64)
			if err != nil {
				t.Fatal(err)
			}
			if got == nil || math.Abs(*got/100-share) > 1e-6 {
				t.Errorf("%s: %s is %v, want %s", code, column, got, want[column])
			}
		}
	}
}

// sharedFile gives the path of a file of the reference data, which is kept
// beside the checkout and is no part of it.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(sharedFolder(), name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("this test reads %s, which is not here; set SIGNALBOX_SHARED to the folder of the reference data", name)
	}
	return path
}

func sharedFolder() string {
	return filepath.Join(cmp.Or(os.Getenv("SIGNALBOX_SHARED"), filepath.Join("..", "..", "..", "shared")), "data")
}

// sharedTable reads such a file as maps from column to cell.
func sharedTable(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(sharedFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatal(name, err)
	}
	var rows []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}
