package cluster

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

func TestKilledGuardIsReplaced(t *testing.T) {
	t.Parallel()
	if !hasProc() {
		t.Skip("needs /proc to find the guard")
	}
	dir := made(t)
	c := startChild(t, dir, nil)
	old := guardOf(t, dir)
	syscall.Kill(old, syscall.SIGKILL)
	eventually(t, "a new guard is posted", func() bool { g := guardOf(t, dir); return g != 0 && g != old })
	if !running(c.pid) {
		t.Error("PostgreSQL went with its guard")
	}
	// The new one must do its work: let it come to know us, then die.
	second := startChild(t, dir, nil)
	c.kill()
	second.kill()
	eventually(t, "PostgreSQL stopped after its users were killed", func() bool { return !running(c.pid) })
	eventually(t, "the guard has gone home", func() bool { return guardOf(t, dir) == 0 })
}

// guardOf finds the guard's process, or 0.
func guardOf(t *testing.T, dir string) int {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range processes {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(line, []byte("signalbox-postgres-guard\x00"+dir)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	return 0
}

func TestClusterWithoutUsersIsAdoptedAndThenStopped(t *testing.T) {
	t.Parallel()
	if !hasProc() {
		t.Skip("needs /proc to find the guard")
	}
	dir := made(t)
	// Guard and program die together, as in a machine out of memory.
	first := startChild(t, dir, nil)
	guard := guardOf(t, dir)
	syscall.Kill(first.cmd.Process.Pid, syscall.SIGSTOP) // or it posts a new guard
	syscall.Kill(guard, syscall.SIGKILL)
	eventually(t, "the guard is dead", func() bool { return !running(guard) })
	first.kill()
	if !running(first.pid) {
		t.Fatal("PostgreSQL is gone: nothing to adopt")
	}
	c := start(t, options(dir))
	if !c.Adopted() || c.PID() != first.pid {
		t.Error("the orphan was not adopted")
	}
	stop(t, c)
	if running(first.pid) {
		t.Error("the orphan runs on")
	}
}
