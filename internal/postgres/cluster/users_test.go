package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestEmptyEnvironment(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	other := startChild(t, dir, func(cmd *exec.Cmd) {
		cmd.Env = []string{}
		cmd.Args[3] = "" // no PATH either
	})
	conn := connect(t, (&Cluster{socket: filepath.Join(dir, "postgres", "run")}).URL())
	if got := query(t, conn, "SHOW server_encoding"); got != "UTF8" {
		t.Errorf("encoding %s", got)
	}
	other.stop(t)
}

func TestHostileEnvironment(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	other := startChild(t, made(t), func(cmd *exec.Cmd) {
		cmd.Env = []string{"PGPORT=1", "PGHOST=/nonexistent", "PGSSLMODE=require", "PGDATA=/nonexistent",
			"PGUSER=nobody", "PGDATABASE=nothing", "LC_ALL=xx_YY.UTF-8", "LANG=tlh", "TZ=Mars/Olympus"}
	})
	other.stop(t)
}

// asUser makes a copy of the test binary that others may run, and runs it as
// somebody else.
func asUser(t *testing.T, uid, gid uint32) func(*exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("no /proc/self/exe on " + runtime.GOOS)
	}
	exe := filepath.Join(made(t), "child")
	if err := os.WriteFile(exe, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = exe, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	become := asUser(t, 65534, 65534)
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	first := startChild(t, dir, become)
	info, err := os.Stat("/proc/" + strconv.Itoa(first.pid))
	if err != nil {
		t.Fatal(err)
	}
	if uid, _ := ownerOf(info); uid != 65534 {
		t.Errorf("PostgreSQL runs as user id %d", uid)
	}
	second := startChild(t, dir, become)
	if !second.adopted || second.pid != first.pid {
		t.Errorf("the second program did not adopt: %+v", second)
	}
	first.stop(t)
	second.kill()
	eventually(t, "PostgreSQL stopped after its last user was killed", func() bool { return !running(first.pid) })
}

func TestUserWithoutANameIsToldToGiveADatabase(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	become := asUser(t, 54321, 54321)
	if err := os.Chown(dir, 54321, 54321); err != nil {
		t.Fatal(err)
	}
	_, line := begin(t, dir, become)
	if !strings.HasPrefix(line, "refused") || !strings.Contains(line, "user id 54321 has no entry") || !strings.Contains(line, "DATABASE_URL") {
		t.Errorf("the program said %q", line)
	}
}

func TestRootHandsPostgreSQLToAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || !hasProc() {
		t.Skip("needs root, and /proc to look at")
	}
	c := start(t, options(made(t)))
	info, err := os.Stat("/proc/" + strconv.Itoa(c.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if uid, _ := ownerOf(info); uid == 0 || uid != c.account.uid {
		t.Errorf("PostgreSQL runs as user id %d", uid)
	}
	if pgid, err := syscall.Getpgid(c.PID()); err != nil || pgid == syscall.Getpgrp() {
		t.Errorf("PostgreSQL is in our process group %d (%v): Ctrl-C would reach it before us", pgid, err)
	}
}
