package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// watch starts the cluster again when it died under us, and posts a new guard
// when that died.
func (c *Cluster) watch(ctx context.Context) {
	const beat = 250 * time.Millisecond
	wait := beat
	for {
		if pause(ctx, wait) != nil {
			return
		}
		wait = beat
		if running(c.PID()) && c.guarded() {
			continue
		}
		c.log.Warn("PostgreSQL or its guard has ended; seeing to it", "folder", c.files.dir)
		if err := c.rejoin(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("the private PostgreSQL cluster cannot be started again; trying again soon", "error", err)
			wait = 2 * time.Second
		}
	}
}

func (c *Cluster) rejoin(ctx context.Context) error {
	door, err := c.openDoor(ctx)
	if err != nil {
		return err
	}
	defer door.Close()
	return c.join(ctx)
}

// shutDown stops the cluster, cutting connections, and waits for its end. The
// caller holds the door and is the last user.
func (c *Cluster) shutDown(ctx context.Context) error {
	pid, err := c.readPID()
	if err != nil {
		return nil // it has ended already
	}
	if pid != c.PID() {
		// Started again by another user since we last looked, or long dead.
		if state, err := c.knock(ctx); err != nil || state == silent {
			return err
		}
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop PostgreSQL, process %d: %w", pid, err)
	}
	for running(pid) {
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return fmt.Errorf("PostgreSQL, process %d, is still stopping: %w", pid, err)
		}
	}
	c.log.Info("stopped the private PostgreSQL cluster", "folder", c.files.dir)
	return nil
}

// running reports whether a process is at work: there, and no zombie. A killed
// postmaster whose parent is gone too may stay a zombie for seconds.
func running(pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !errors.Is(err, os.ErrNotExist) || !hasProc()
	}
	// The state follows the program's name, which stands in brackets.
	_, after, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	return len(after) == 0 || after[0] != 'Z' && after[0] != 'X'
}

// hasProc reports whether this system has the /proc of Linux.
func hasProc() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}
