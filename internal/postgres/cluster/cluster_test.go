package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFirstStartMakesACluster(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	c := start(t, options(filepath.Join(dir, "new", "folder")))
	if c.Adopted() {
		t.Error("adopted a cluster that did not exist")
	}
	conn := connect(t, c.URL())
	for setting, want := range map[string]string{
		"server_encoding": "UTF8", "lc_collate": "C", "listen_addresses": "", "max_connections": "60",
		"shared_buffers": "128MB", "jit": "off", "unix_socket_permissions": "0700", "TimeZone": "UTC",
	} {
		if setting == "lc_collate" {
			if got := query(t, conn, "SELECT datcollate FROM pg_database WHERE datname = current_database()"); got != want {
				t.Errorf("collation = %q, want %q", got, want)
			}
			continue
		}
		if got := query(t, conn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := query(t, conn, "SELECT current_database()"); got != Database {
		t.Errorf("database %q, want %q", got, Database)
	}
	for _, folder := range []string{c.files.data, c.files.run} {
		info, err := os.Stat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s is open to others: %v", folder, info.Mode())
		}
	}
	rules, err := os.ReadFile(filepath.Join(c.files.data, "pg_hba.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(rules)) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == "host" && f[len(f)-1] != "reject" {
			t.Errorf("a network connection would be let in: %s", line)
		}
	}
}

func TestWarmStartFindsTheDataAgain(t *testing.T) {
	t.Parallel()
	o := options(made(t))
	c := start(t, o)
	query(t, connect(t, c.URL()), "DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
	pid := c.PID()
	stop(t, c)
	if running(pid) {
		t.Fatal("PostgreSQL runs on after the last user stopped it")
	}
	c = start(t, o)
	if got := query(t, connect(t, c.URL()), "SELECT n FROM kept"); got != "42" {
		t.Errorf("n = %q after a warm start, want 42", got)
	}
}

func TestStopTwiceIsHarmless(t *testing.T) {
	t.Parallel()
	c := start(t, options(made(t)))
	stop(t, c)
	stop(t, c)
}
