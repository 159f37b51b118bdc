package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// makeData makes the data folder if there is none. It is made under another
// name and renamed when whole, so a half-made one is never taken for a cluster.
// The caller holds the door.
func (c *Cluster) makeData(ctx context.Context) error {
	if _, err := os.Lstat(c.files.data); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	if c.account.name == "" {
		return fmt.Errorf("make a PostgreSQL cluster: user id %d has no entry in the user database, and initdb refuses to run without one: "+
			"give a database with DATABASE_URL, or run as a user with a name", c.account.uid)
	}
	c.sweepHalfMade()
	half, err := os.MkdirTemp(c.files.dir, filepath.Base(c.files.init)+"-")
	if err != nil {
		return fmt.Errorf("make a PostgreSQL cluster: %w", err)
	}
	if err := makeFolder(half, 0o700, c.account.uid, c.account.gid); err != nil {
		return err
	}
	c.log.Info("making a private PostgreSQL cluster", "folder", c.files.data, "version", c.install.Major, "user", c.account.name)
	// The locale is given because without one a bare environment would
	// make a cluster in SQL_ASCII; C is the only one that exists everywhere.
	args := []string{"-D", half, "--username=" + superuser, "--encoding=UTF8", "--locale=C",
		"--auth-local=trust", "--auth-host=reject"}
	if c.options.Throwaway {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, c.install.program("initdb"), args...)
	c.dress(cmd)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make a PostgreSQL cluster in %s with %s: %w: %s", half, cmd.Path, err, lastLines(said.String()))
	}
	if err := os.Rename(half, c.files.data); err != nil {
		return fmt.Errorf("make a PostgreSQL cluster: %w", err)
	}
	return syncFolder(c.files.dir)
}

// sweepHalfMade removes what killed makers left. No cluster ever ran under such
// a name. The initdb of a killed program may still be at work in one, which is
// why each has a name of its own; what it then leaves goes at the next making.
func (c *Cluster) sweepHalfMade() {
	old, _ := filepath.Glob(globQuote(c.files.init) + "*")
	for _, half := range old {
		if err := os.RemoveAll(half); err != nil {
			c.log.Debug("a half-made PostgreSQL cluster cannot be cleared away yet", "folder", half, "error", err)
		}
	}
}

// globQuote makes a path stand for itself in a pattern.
func globQuote(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

// dress gives a PostgreSQL program the account, a place to stand and next to no
// environment. LC_ALL is there because on macOS the server refuses without it.
func (c *Cluster) dress(cmd *exec.Cmd) {
	cmd.SysProcAttr = c.account.attributes()
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C", "PATH=" + filepath.Clean(c.install.Bin) + ":/usr/bin:/bin"}
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// lastLines are the last few lines of what a program said, in one line.
func lastLines(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " / ")
}
