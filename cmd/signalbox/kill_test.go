package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
)

// TestWhateverIsKilledNothingIsLost kills each process of a running site, with
// no warning, while readers read and a file is loaded. Afterwards the site
// answers, the load is whole or absent, the ledger verifies without a gap, and
// the decision behind every page that a reader got in full stands in it.
func TestWhateverIsKilledNothingIsLost(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("finding the processes to kill needs /proc")
	}
	if testing.Short() {
		t.Skip("processes are started and killed")
	}
	const rows = 120_000
	for _, test := range []struct {
		name   string
		victim func(*testing.T, string, *program, *program) []int // what is killed
		// database says that PostgreSQL is among it.
		database bool
	}{
		{"the server", func(_ *testing.T, _ string, server, _ *program) []int { return []int{server.cmd.Process.Pid} }, false},
		{"all sandboxes", func(t *testing.T, _ string, server, _ *program) []int { return sandboxesOf(t, server) }, false},
		{"PostgreSQL", func(_ *testing.T, dir string, _, _ *program) []int { return []int{postmaster(dir)} }, true},
		{"the loader", func(_ *testing.T, _ string, _, loader *program) []int { return []int{loader.cmd.Process.Pid} }, false},
		{"everything", func(t *testing.T, dir string, server, loader *program) []int {
			return append(sandboxesOf(t, server), server.cmd.Process.Pid, loader.cmd.Process.Pid, postmaster(dir))
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := dataFolder(t)
			server, address := serveProgram(t, "--demo", "--data", dir)
			reader := newVisitor(t)
			reader.signIn(t, address, "demo-clinician")
			crowd := readAlong(t, reader, address)
			crowd.waitFor(t, 5)
			file := manyRows(t, rows)
			loader := launch(t, "load", "--data", dir, "--refused", t.TempDir(), file)
			waitUntilLoading(t, dir, loader)
			for _, pid := range test.victim(t, dir, server, loader) {
				if pid < 2 {
					t.Fatalf("no process to kill")
				}
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatalf("kill process %d: %v", pid, err)
				}
			}
			status := loader.status(t)
			select {
			case <-server.done:
				_, address = serveProgram(t, "--demo", "--data", dir)
			case <-time.After(300 * time.Millisecond):
			}
			crowd.stop()
			// The reader is still signed in, and pages that nobody has asked for yet work.
			reader.answers(t, address+"/trusts/ZZA/measures/ae-4h?from=2023-07-01&to=2026-03-31")
			reader.answers(t, address+"/readyz")

			db := database(t, dir)
			there := wholeOrAbsent(t, db, rows)
			if status == 0 && !there {
				t.Errorf("the load said that it was committed, and nothing is there")
			}
			again := launch(t, "load", "--data", dir, "--refused", t.TempDir(), file)
			if again.status(t) != 0 || !wholeOrAbsent(t, db, rows) {
				t.Errorf("loading again: %s%s", again.out.String(), again.errors.String())
			}
			allowed, released := 0, 0
			for _, entry := range verifiedBook(t, db) {
				switch {
				case entry.Decision != nil && entry.Decision.Allow:
					allowed++
				case entry.Result != nil && entry.Result.Problem == "":
					released++
				}
			}
			seen := int(crowd.seen.Load()) + 1
			if allowed < seen {
				t.Errorf("readers saw %d charts in full, and the ledger holds %d decisions that allow", seen, allowed)
			}
			// Results do not wait for the disk: a crash of PostgreSQL may take
			// back the last ones, and nothing else may.
			if lost := seen - released; lost > 0 && !test.database || lost > 20 {
				t.Errorf("readers saw %d charts in full, and the ledger holds %d releases", seen, released)
			}
			t.Logf("load status %d, there %v; readers saw %d charts and %d failures", status, there, crowd.seen.Load(), crowd.failed.Load())
		})
	}
}

// crowd reads charts until it is told to stop.
type crowd struct {
	seen, failed atomic.Int64
	cancel       context.CancelFunc
	done         sync.WaitGroup
}

// readAlong lets two readers ask for charts, each time of another period, so
// that the plugin has to be run.
func readAlong(t *testing.T, v *visitor, address string) *crowd {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	c := &crowd{cancel: cancel}
	for who := range 2 {
		c.done.Go(func() {
			for n := who; ctx.Err() == nil; n += 2 {
				from, to := measures.DateOf(2023, 6+n%20, 1), measures.DateOf(2026, 1+n%5, 28)
				status, body, err := v.read(ctx, fmt.Sprintf("%s/trusts/ZZA/measures/ae-4h?from=%s&to=%s", address, from, to))
				switch {
				case ctx.Err() != nil:
				case err == nil && status == http.StatusOK && strings.Contains(body, "</html>"):
					c.seen.Add(1)
					time.Sleep(5 * time.Millisecond)
				default:
					c.failed.Add(1)
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	t.Cleanup(c.stop)
	return c
}

func (c *crowd) stop() {
	c.cancel()
	c.done.Wait()
}

func (c *crowd) waitFor(t *testing.T, charts int64) {
	t.Helper()
	for began := time.Now(); c.seen.Load() < charts; time.Sleep(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%d charts read and %d failures after 20 seconds", c.seen.Load(), c.failed.Load())
		}
	}
}

// waitUntilLoading waits until the load has written rows that are not committed.
func waitUntilLoading(t *testing.T, dir string, loader *program) {
	t.Helper()
	cfg := &config{dataDir: dir, path: os.Getenv("PATH"), tempDir: os.TempDir()}
	url, done, err := cfg.startDatabase(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer done() // or this test would be one who starts PostgreSQL again
	for {
		writing := pgtest.SQL(t, url, `SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND xact_start < clock_timestamp() - interval '100 ms'`)
		if writing[0][0] != "0" {
			return
		}
		select {
		case <-loader.done:
			t.Fatalf("the load ended before anything was killed:\n%s%s", loader.out.String(), loader.errors.String())
		case <-time.After(time.Millisecond):
		}
	}
}

// wholeOrAbsent reports whether all rows are there, and fails if only some are.
func wholeOrAbsent(t *testing.T, db *postgres.DB, rows int64) bool {
	t.Helper()
	organisations, err := db.Organisations(t.Context(), measures.OtherOrganisation)
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, o := range organisations {
		coverage, err := db.DatasetsWithData(t.Context(), o.ODS)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range coverage {
			n += c.Rows
		}
	}
	if n != 0 && n != rows {
		t.Fatalf("%d of %d rows are there", n, rows)
	}
	return n == rows
}

// sandboxesOf finds the sandboxes of a server.
func sandboxesOf(t testing.TB, server *program) []int {
	t.Helper()
	var found []int
	for _, pid := range childrenOf(t, server.cmd.Process.Pid) {
		line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if strings.Contains(string(line), "\x00sandbox") {
			found = append(found, pid)
		}
	}
	if len(found) == 0 {
		t.Fatal("the server has no sandboxes")
	}
	return found
}

// childrenOf lists the processes that a process started.
func childrenOf(t testing.TB, parent int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent ...; a name may hold spaces and brackets.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found = append(found, pid)
		}
	}
	if len(found) == 0 {
		t.Fatalf("process %d has no children", parent)
	}
	return found
}
