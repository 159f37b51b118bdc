package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// patience is how long a start waits for the remains of a killed cluster.
const patience = 10 * time.Second

// launch starts PostgreSQL, making its data folder first if need be. The caller
// holds the door.
func (c *Cluster) launch(ctx context.Context) error {
	if err := c.makeData(ctx); err != nil {
		return err
	}
	for began := time.Now(); ; {
		err := c.launchOnce(ctx)
		var remains *remainsError
		if !errors.As(err, &remains) {
			return err
		}
		if time.Since(began) > patience {
			return fmt.Errorf("start PostgreSQL: %w. Something still uses %s: look at the process named in postmaster.pid there; "+
				"if it is no PostgreSQL, delete that file and start again", err, c.files.data)
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil {
			return fmt.Errorf("start PostgreSQL: %w (%w)", remains, err)
		}
	}
}

// remainsError says that PostgreSQL would not start because of what is left of
// a killed one: a postmaster that nobody has reaped yet, or backends that have
// not noticed its death. Both pass within seconds.
type remainsError struct{ said string }

func (e *remainsError) Error() string { return e.said }

func (c *Cluster) launchOnce(ctx context.Context) error {
	log, err := c.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	start, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("log of PostgreSQL: %w", err)
	}
	cmd := exec.Command(c.install.program("postgres"), c.settings()...)
	c.dress(cmd)
	// A file and not a pipe: PostgreSQL may outlive this program.
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // reaps it whenever it ends
	err = c.awaitAnswer(ctx, ended)
	if err == nil {
		if pid, err := c.readPID(); err != nil || pid != cmd.Process.Pid {
			// Another answered: it was left in mid-start by a program
			// that was killed. Ours ends by itself.
			return c.adopt()
		}
		c.mu.Lock()
		c.pid, c.adopted = cmd.Process.Pid, false
		c.mu.Unlock()
		c.log.Info("started the private PostgreSQL cluster", "folder", c.files.dir, "version", c.install.Major, "pid", cmd.Process.Pid)
		return nil
	}
	if !errors.Is(err, errEnded) {
		cmd.Process.Signal(syscall.SIGINT)
		return err
	}
	said := tail(log, start)
	if strings.Contains(said, `lock file "postmaster.pid" already exists`) || strings.Contains(said, "pre-existing shared memory block") {
		return &remainsError{lastLines(said)}
	}
	return fmt.Errorf("start %s: %w: %s (whole log: %s)", cmd.Path, err, lastLines(said), c.files.log)
}

// settings are given on the command line, so that they hold for data folders
// made by older versions of Signalbox as well.
func (c *Cluster) settings() []string {
	settings := []string{
		"listen_addresses=",
		`unix_socket_directories="` + strings.ReplaceAll(c.socket, `"`, `""`) + `"`,
		"unix_socket_permissions=0700",
		"port=5432",
		"max_connections=60",
		"shared_buffers=128MB",
		"jit=off",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_checkpoints=off",
	}
	if c.options.Throwaway {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off")
	}
	args := []string{"-D", c.files.data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// openLog opens PostgreSQL's log, keeping one older file of at least a megabyte.
func (c *Cluster) openLog() (*os.File, error) {
	if info, err := os.Stat(c.files.log); err == nil && info.Size() > 1<<20 {
		if err := os.Rename(c.files.log, c.files.log+".old"); err != nil {
			return nil, fmt.Errorf("log of PostgreSQL: %w", err)
		}
	}
	log, err := os.OpenFile(c.files.log, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of PostgreSQL: %w", err)
	}
	return log, nil
}

func tail(log *os.File, from int64) string {
	text, err := io.ReadAll(io.NewSectionReader(log, from, 1<<20))
	if err != nil {
		return "its log cannot be read: " + err.Error()
	}
	return string(text)
}

var errEnded = errors.New("PostgreSQL ended")

// awaitAnswer waits until the new server answers. Recovery after a crash may
// take minutes, so only ctx and the server's own end limit it.
func (c *Cluster) awaitAnswer(ctx context.Context, ended <-chan error) error {
	began, told := time.Now(), time.Now()
	for {
		state, err := c.knock(ctx)
		if err != nil || state == answering {
			return err
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			c.log.Info("PostgreSQL is still starting, perhaps recovering from a crash", "for", time.Since(began).Round(time.Second))
		}
		select {
		case err := <-ended:
			return fmt.Errorf("%w: %v", errEnded, err)
		case <-ctx.Done():
			return fmt.Errorf("wait for PostgreSQL to answer: %w", context.Cause(ctx))
		case <-time.After(5 * time.Millisecond):
		}
	}
}
