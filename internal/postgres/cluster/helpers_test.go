package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// stopped holds folders with a whole cluster in them, for the tests that are not
// about making one: making takes a second, and a thousand files.
var stopped = make(chan string, 16)

// made is a folder with a cluster in it that was stopped, or killed.
func made(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	var dir string
	select {
	case dir = <-stopped:
	default:
		dir = newDir(t)
		c, err := Start(t.Context(), options(dir))
		if err != nil {
			t.Fatal(err)
		}
		stop(t, c)
	}
	t.Cleanup(func() {
		if t.Failed() || !reusable(dir) {
			remove(t, dir)
			return
		}
		stopped <- dir
	})
	return dir
}

// reusable waits until nothing runs in the folder, and leaves only the data.
func reusable(dir string) bool {
	f := filesIn(filepath.Join(dir, "postgres"))
	c := &Cluster{files: f}
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		if pid, err := c.readPID(); err == nil && running(pid) {
			continue
		}
		version, err := os.ReadFile(filepath.Join(f.data, "PG_VERSION"))
		if err != nil || strings.TrimSpace(string(version)) != strconv.Itoa(Find(os.Getenv("PATH"))[0].Major) {
			return false // a test about that
		}
		return errors.Join(os.RemoveAll(f.run), os.RemoveAll(f.alive), os.RemoveAll(f.log)) == nil
	}
	return false
}

// needPostgres skips, or in continuous integration fails, without PostgreSQL.
func needPostgres(t testing.TB) {
	t.Helper()
	if found := Find(os.Getenv("PATH")); len(found) == 0 || found[0].Major < OldestMajor {
		if os.Getenv("SIGNALBOX_DATABASE") == "required" {
			t.Fatal(ErrNotInstalled)
		}
		t.Skip(ErrNotInstalled)
	}
}

// openDir is a temporary folder that other users may pass through, which
// testing's own is not.
func openDir(t testing.TB) string {
	t.Helper()
	dir := newDir(t)
	t.Cleanup(func() { remove(t, dir) })
	return dir
}

func newDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sbx")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// remove removes a folder in which PostgreSQL may still be putting its things away.
func remove(t testing.TB, dir string) {
	t.Helper()
	for range 100 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("cannot remove %s", dir)
}

func options(dir string) Options {
	return Options{Dir: dir, Path: os.Getenv("PATH"), Throwaway: true}
}

func start(t testing.TB, o Options) *Cluster {
	t.Helper()
	needPostgres(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t testing.TB, c *Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func connect(t testing.TB, url string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// query runs statements and gives the first value of the last.
func query(t testing.TB, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}
