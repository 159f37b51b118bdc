package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// template is a cluster made once and copied by the tests that are not about
// making one, which takes a second each.
var template struct {
	once sync.Once
	dir  string
}

// made is a folder with a cluster in it, stopped in order.
func made(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	template.once.Do(func() {
		dir, err := os.MkdirTemp("", "sbx-template")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
		stop(t, start(t, options(dir)))
		template.dir = dir
	})
	if template.dir == "" {
		t.Fatal("the template could not be made")
	}
	dir := openDir(t)
	inner := filepath.Join(dir, "postgres")
	if err := errors.Join(os.Mkdir(inner, 0o711), os.Chmod(inner, 0o711)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(template.dir, "postgres", "data"), inner).CombinedOutput(); err != nil {
		t.Fatalf("copy the template: %v: %s", err, out)
	}
	return dir
}

// needPostgres skips, or in continuous integration fails, without PostgreSQL.
func needPostgres(t testing.TB) {
	t.Helper()
	if found := Find(os.Getenv("PATH")); len(found) == 0 || found[0].Major < OldestMajor {
		if os.Getenv("CI") == "true" {
			t.Fatal(ErrNotInstalled)
		}
		t.Skip(ErrNotInstalled)
	}
}

// openDir is a temporary folder that other users may pass through, which
// testing's own is not.
func openDir(t testing.TB) string {
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
	t.Cleanup(func() {
		// PostgreSQL may still be putting its things away.
		for range 100 {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Errorf("cannot remove %s", dir)
	})
	return dir
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
