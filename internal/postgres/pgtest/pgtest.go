// Package pgtest gives tests a real PostgreSQL database each. All test processes
// of a user share one private cluster, because go test runs packages side by
// side and a cluster for each would cost more than the tests.
//
// It reads the environment, which no other package but the commands does:
//
//	SIGNALBOX_TEST_DATABASE_URL  a server to use in place of the private cluster;
//	                             its user must be allowed to create databases
//	SIGNALBOX_DATABASE           "required": without PostgreSQL tests fail, else they are skipped
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/signalbox-health/signalbox/internal/postgres/cluster"
)

// prefix begins the name of every test database; the process that made it follows.
const prefix = "signalbox_test_"

// server is found once in a test process and used until the process ends: then
// the kernel lets go of it, and the cluster stops with its last user.
var server = sync.OnceValues(find)

var count atomic.Int64

// URL makes an empty database and gives its address. It is dropped when the test
// ends, with any connection that is still open.
func URL(t testing.TB) string {
	t.Helper()
	base, err := server()
	switch {
	case errors.Is(err, cluster.ErrNotInstalled) && os.Getenv("SIGNALBOX_DATABASE") != "required":
		t.Skip("this test needs PostgreSQL: ", err)
	case err != nil:
		t.Fatal("PostgreSQL for tests: ", err)
	}
	name := fmt.Sprintf("%s%d_%d", prefix, os.Getpid(), count.Add(1))
	if err := do(t.Context(), base, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatal("make a test database: ", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := do(ctx, base, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Error("drop the test database: ", err)
		}
	})
	address, err := withDatabase(base, name)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// withDatabase puts another database into an address.
func withDatabase(address, name string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "postgres" && parsed.Scheme != "postgresql" {
		return "", fmt.Errorf("SIGNALBOX_TEST_DATABASE_URL is not of the form postgres://user@host/database")
	}
	parsed.Path = "/" + name
	return parsed.String(), nil
}

func find() (string, error) {
	if given := os.Getenv("SIGNALBOX_TEST_DATABASE_URL"); given != "" {
		return given, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	path := os.Getenv("PATH")
	major := 0
	if found := cluster.Find(path); len(found) > 0 {
		major = found[0].Major
	}
	// A folder for each user, since others cannot share the socket, and for
	// each version, since a folder of another would be refused.
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("signalbox-test-%d-pg%d", os.Geteuid(), major))
	if err := claim(dir); err != nil {
		return "", err
	}
	c, err := cluster.Start(ctx, cluster.Options{Dir: dir, Path: path, TempDir: os.TempDir(), Throwaway: true})
	if err != nil {
		return "", err
	}
	return c.URL(), sweep(ctx, c.URL())
}

// claim makes sure that the folder is ours and not one that somebody else laid
// out in the common folder for temporary files.
func claim(dir string) error {
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is there and is no folder of user id %d: remove it, or set TMPDIR", dir, os.Geteuid())
	}
	return os.Chmod(dir, 0o711)
}

// sweep drops the databases of test processes that were killed.
func sweep(ctx context.Context, base string) error {
	conn, err := pgconn.Connect(ctx, base)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, "SELECT datname FROM pg_database WHERE datname LIKE '"+prefix+"%'").ReadAll()
	if err != nil {
		return err
	}
	for _, row := range results[0].Rows {
		name := string(row[0])
		owner, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "_")
		pid, err := strconv.Atoi(owner)
		if err != nil || pid == os.Getpid() || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// SQL runs statements as the owner of a test database, all in one transaction,
// and gives the rows of the last one as text. It is for tests that have to lay
// out, or look at, what the program itself gives no way to.
func SQL(t testing.TB, address, statements string) [][]string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal("reach the test database: ", err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	results, err := conn.Exec(t.Context(), statements).ReadAll()
	if err != nil {
		t.Fatalf("%v in %s", err, statements)
	}
	var rows [][]string
	for _, values := range results[len(results)-1].Rows {
		row := make([]string, len(values))
		for i, value := range values {
			row[i] = string(value)
		}
		rows = append(rows, row)
	}
	return rows
}

func do(ctx context.Context, address, statement string) error {
	conn, err := pgconn.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement).ReadAll()
	return err
}

// Exec does something as the owner of a test's tables, who may do anything: what a
// test wants to find again that nobody ought to have done.
func Exec(t testing.TB, url, sql string) {
	t.Helper()
	if err := Try(t, url, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Try is Exec for what should fail.
func Try(t testing.TB, url, sql string) error {
	t.Helper()
	return do(t.Context(), url, sql)
}
