package cluster

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

func TestSecondProgramAdoptsTheCluster(t *testing.T) {
	t.Parallel()
	dir := made(t)
	first := startChild(t, dir, nil)
	c := start(t, options(dir))
	if !c.Adopted() || c.PID() != first.pid {
		t.Errorf("adopted = %v, process %d; want the cluster of process %d", c.Adopted(), c.PID(), first.pid)
	}
	query(t, connect(t, c.URL()), "SELECT 1")
}

func TestProgramsThatStartTogetherShareOneCluster(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	dir := openDir(t)
	var started [4]*Cluster
	var group sync.WaitGroup
	for i := range started {
		group.Go(func() {
			c, err := Start(context.Background(), options(dir))
			if err != nil {
				t.Error(err)
				return
			}
			started[i] = c
		})
	}
	group.Wait()
	own := 0
	for _, c := range started {
		if c == nil {
			t.FailNow()
		}
		if !c.Adopted() {
			own++
		}
		if c.PID() != started[0].PID() {
			t.Errorf("processes %d and %d: two clusters", c.PID(), started[0].PID())
		}
	}
	if own != 1 {
		t.Errorf("%d programs say they started it", own)
	}
	for i, c := range started {
		if !running(c.PID()) {
			t.Fatalf("stopped after %d of %d users left", i, len(started))
		}
		stop(t, c)
	}
	if running(started[0].PID()) {
		t.Error("runs on after the last user left")
	}
}

// The one that happened to start the cluster must not take it away from the
// others, neither in order nor when it is killed: a session that is open must
// live on.
func TestStarterLeavesAndTheOthersNoticeNothing(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	for name, leave := range map[string]func(*child){
		"stops":  func(c *child) { c.stop(t) },
		"killed": func(c *child) { c.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			dir := made(t)
			first := startChild(t, dir, nil)
			c := start(t, options(dir))
			session := connect(t, c.URL())
			query(t, session, "CREATE TEMPORARY TABLE mine (n int)")
			leave(first)
			for range 30 {
				query(t, session, "INSERT INTO mine VALUES (1); SELECT pg_sleep(0.01)")
			}
			if c.PID() != first.pid || !running(first.pid) {
				t.Errorf("process %d became %d", first.pid, c.PID())
			}
			stop(t, c)
			if running(first.pid) {
				t.Error("the last user did not stop a cluster that another had started")
			}
		})
	}
}

func TestKilledPostmasterWithTwoProgramsIsStartedOnce(t *testing.T) {
	t.Parallel()
	dir := made(t)
	a, b := start(t, options(dir)), start(t, options(dir))
	first := a.PID()
	syscall.Kill(first, syscall.SIGKILL)
	eventually(t, "both programs have the same new cluster", func() bool {
		return a.PID() != first && a.PID() == b.PID() && running(a.PID())
	})
	query(t, connect(t, a.URL()), "SELECT 1")
	if a.Adopted() == b.Adopted() {
		t.Errorf("adopted: %v and %v; want one of them", a.Adopted(), b.Adopted())
	}
}

func TestStartWaitsForTheDoorAndGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	dir := made(t)
	c := start(t, options(dir))
	door, err := c.openDoor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, options(dir)); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the context's", err)
	}
}

// A program may start others, which must not inherit what makes it a user.
func TestChildrenOfAProgramAreNoUsers(t *testing.T) {
	t.Parallel()
	dir := made(t)
	c := start(t, options(dir))
	sleeper := exec.Command("/bin/sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { sleeper.Process.Kill(); sleeper.Wait() }()
	pid := c.PID()
	stop(t, c)
	if running(pid) {
		t.Error("PostgreSQL runs on for a child that knows nothing of it")
	}
}
