package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func TestKilledPostmasterIsStartedAgainWithEveryCommittedRow(t *testing.T) {
	t.Parallel()
	o := options(made(t))
	o.Throwaway = false
	c := start(t, o)
	query(t, connect(t, c.URL()), "DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)")
	writer, acknowledged := connect(t, c.URL()), 0
	first := c.PID()
	time.AfterFunc(300*time.Millisecond, func() { syscall.Kill(first, syscall.SIGKILL) })
	for {
		if _, err := writer.Exec(t.Context(), "INSERT INTO kept VALUES (1)").ReadAll(); err != nil {
			break
		}
		acknowledged++
	}
	eventually(t, "the watch started PostgreSQL again", func() bool { return c.PID() != first && running(c.PID()) })
	n, err := strconv.Atoi(query(t, connect(t, c.URL()), "SELECT count(*) FROM kept"))
	if err != nil || acknowledged == 0 || n < acknowledged || n > acknowledged+1 {
		t.Errorf("%d rows after the crash, %d were acknowledged (%v)", n, acknowledged, err)
	}
}

func TestKilledProgramLeavesNoClusterBehindAndTheNextStarts(t *testing.T) {
	t.Parallel()
	dir := made(t)
	first := startChild(t, dir, nil)
	first.kill()
	eventually(t, "PostgreSQL stopped after its only user was killed", func() bool { return !running(first.pid) })
	second := startChild(t, dir, nil)
	if second.adopted {
		t.Error("adopted a cluster that had stopped")
	}
	second.stop(t)
}

func TestProgramKilledAndStartedAtOnce(t *testing.T) {
	t.Parallel()
	dir := made(t)
	for range 5 {
		startChild(t, dir, nil).kill()
	}
	c := start(t, options(dir))
	query(t, connect(t, c.URL()), "SELECT 1")
}

func TestProgramAndPostmasterKilledAndStartedAtOnce(t *testing.T) {
	t.Parallel()
	dir := made(t)
	for i := range 3 {
		first := startChild(t, dir, nil)
		c := connect(t, (&Cluster{socket: filepath.Join(dir, "postgres", "run")}).URL())
		if i == 0 {
			query(t, c, "DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int)")
		}
		query(t, c, "INSERT INTO kept VALUES (1)")
		syscall.Kill(first.pid, syscall.SIGKILL)
		first.kill()
	}
	c := start(t, options(dir))
	if got := query(t, connect(t, c.URL()), "SELECT count(*) FROM kept"); got != "3" {
		t.Errorf("%s rows, want the 3 that were committed", got)
	}
}

func TestHalfMadeClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := made(t)
	c := start(t, options(dir))
	stop(t, c)
	// As initdb leaves it when killed before it has finished.
	if err := os.Rename(c.files.data, c.files.init+"-1"); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"PG_VERSION", "postgresql.conf", "global/pg_control"} {
		if err := os.Remove(filepath.Join(c.files.init+"-1", gone)); err != nil {
			t.Fatal(err)
		}
	}
	c = start(t, options(dir))
	query(t, connect(t, c.URL()), "SELECT 1")
	if left, _ := filepath.Glob(c.files.init + "*"); len(left) > 0 {
		t.Errorf("half-made clusters are still there: %q", left)
	}
}

func TestKilledInitdbLeavesNoClusterThatIsTakenForWhole(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, childWord, dir, os.Getenv("PATH"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "postgres", "data.init-*", "base")
	eventually(t, "initdb is at work", func() bool { hits, _ := filepath.Glob(half); return len(hits) == 1 })
	cmd.Process.Kill()
	cmd.Wait()
	c := start(t, options(dir))
	query(t, connect(t, c.URL()), "SELECT 1")
}
