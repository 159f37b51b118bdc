package cluster

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// enter joins the users of the cluster, starting it if nobody else has.
func (c *Cluster) enter(ctx context.Context) error {
	door, err := c.openDoor(ctx)
	if err != nil {
		return err
	}
	defer door.Close()
	if c.users, err = lockFile(c.files.users, syscall.LOCK_SH); err != nil {
		return err
	}
	return c.join(ctx)
}

// join finds the cluster alive or starts it. The caller holds the door.
func (c *Cluster) join(ctx context.Context) error {
	if err := c.postGuard(ctx); err != nil {
		return err
	}
	for began, told := time.Now(), false; ; {
		switch state, err := c.knock(ctx); {
		case err != nil:
			return err
		case state == answering:
			return c.adopt()
		case state == silent:
			return c.launch(ctx)
		}
		if !told && time.Since(began) > 2*time.Second {
			told = true
			c.log.Info("waiting for PostgreSQL, which is starting or stopping", "folder", c.files.dir)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("wait for the PostgreSQL cluster in %s, which is starting or stopping: %w", c.files.dir, err)
		}
	}
}

// adopt takes a running cluster as ours too.
func (c *Cluster) adopt() error {
	pid, err := c.readPID()
	if err != nil {
		return fmt.Errorf("adopt the running PostgreSQL cluster in %s: %w", c.files.dir, err)
	}
	c.mu.Lock()
	c.pid, c.adopted = pid, true
	c.mu.Unlock()
	c.log.Debug("using the PostgreSQL cluster that runs already", "folder", c.files.dir, "pid", pid)
	return nil
}
