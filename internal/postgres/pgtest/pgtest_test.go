package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func value(t testing.TB, address, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(results) == 0 || len(results[len(results)-1].Rows) == 0 {
		return ""
	}
	return string(results[len(results)-1].Rows[0][0])
}

func TestEachTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			address := URL(t)
			value(t, address, "CREATE TABLE mine (n int)")
			if got := value(t, address, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); got != "1" {
				t.Errorf("%s tables, want only mine", got)
			}
		})
	}
}

func TestDatabaseIsDroppedEvenIfInUse(t *testing.T) {
	var address string
	t.Run("inner", func(t *testing.T) {
		address = URL(t)
		if _, err := pgconn.Connect(t.Context(), address); err != nil { // and never closed
			t.Fatal(err)
		}
	})
	if address == "" {
		t.Skip("no PostgreSQL")
	}
	_, err := pgconn.Connect(t.Context(), address)
	if failure := new(pgconn.PgError); !errors.As(err, &failure) || failure.Code != "3D000" {
		t.Errorf("error = %v, want no such database", err)
	}
}

// TestDatabaseForChild is what the other process of the next test runs.
func TestDatabaseForChild(t *testing.T) {
	if os.Getenv("SIGNALBOX_PGTEST_CHILD") == "" {
		t.Skip("run by another test")
	}
	fmt.Printf("pid=%s;\n", value(t, URL(t), "SELECT pg_postmaster_start_time()"))
}

func TestTestProcessesShareOneCluster(t *testing.T) {
	mine := value(t, URL(t), "SELECT pg_postmaster_start_time()")
	cmd := exec.Command(os.Args[0], "-test.run=^TestDatabaseForChild$", "-test.v")
	cmd.Env = append(os.Environ(), "SIGNALBOX_PGTEST_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), "pid="+mine+";") {
		t.Errorf("the other process has another cluster, not the one of %s: %s", mine, out)
	}
}

func TestDatabasesOfKilledProcessesAreSwept(t *testing.T) {
	URL(t)
	base, err := server()
	if err != nil {
		t.Fatal(err)
	}
	gone := exec.Command("/bin/sh", "-c", ":")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%s%d_1", prefix, gone.Process.Pid)
	value(t, base, "CREATE DATABASE "+name)
	if err := sweep(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	if got := value(t, base, "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"); got != "0" {
		t.Errorf("%s is still there", name)
	}
}

func TestGivenServerWins(t *testing.T) {
	t.Setenv("SIGNALBOX_TEST_DATABASE_URL", "postgres://somebody@db.example:5433/postgres?sslmode=require")
	got, err := find()
	if err != nil {
		t.Fatal(err)
	}
	if got, err = withDatabase(got, "x"); got != "postgres://somebody@db.example:5433/x?sslmode=require" {
		t.Errorf("address = %q (%v)", got, err)
	}
	if _, err := withDatabase("host=/tmp user=postgres", "x"); err == nil {
		t.Error("an address that is no URL was accepted")
	}
}
