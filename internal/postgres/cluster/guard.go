package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// guardScript waits until no user of the cluster is left, then asks PostgreSQL
// to stop, cutting connections. It needs nothing but a shell, which initdb needs
// too, and only what is built into it. Its input is the pipe "alive". Each line
// there is a user's greeting; making a file of that name answers it.
const guardScript = `
while read -r greeting; do : > "$1/$greeting"; done
if read -r pid < "$2/postmaster.pid"; then kill -INT "$pid"; fi
`

// postGuard sees to it that a guard is awake and counts us among the users. A
// guard that is just going away, because it saw the last user end, does not
// answer; then a new one is posted. The caller holds the door.
func (c *Cluster) postGuard(ctx context.Context) error {
	if err := syscall.Mkfifo(c.files.alive, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make pipe %s: %w", c.files.alive, err)
	}
	if c.alive < 0 {
		if err := c.openPipe(); err != nil {
			return err
		}
	}
	greeting := "heard-" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	answer := filepath.Join(c.files.run, greeting)
	defer os.Remove(answer)
	c.sweepAnswers()
	for tries := 0; tries < 3; tries++ {
		// Where no guard listens this fails with EPIPE, and the next
		// one is posted below.
		_, err := syscall.Write(c.alive, []byte(greeting+"\n"))
		if err != nil && !errors.Is(err, syscall.EPIPE) {
			return fmt.Errorf("greet the guard of the PostgreSQL cluster: %w", err)
		}
		for began := time.Now(); c.guarded() && time.Since(began) < 10*time.Second; {
			if _, err := os.Lstat(answer); err == nil {
				return nil
			}
			if err := pause(ctx, time.Millisecond); err != nil {
				return fmt.Errorf("wait for the guard of the PostgreSQL cluster: %w", err)
			}
		}
		if err := c.spawnGuard(); err != nil {
			return err
		}
	}
	return fmt.Errorf("the guard of the PostgreSQL cluster in %s does not answer: can user id %d write to %s?", c.files.dir, c.account.uid, c.files.run)
}

// sweepAnswers removes answers that came too late or to a program since killed.
// Nobody waits for one but the holder of the door.
func (c *Cluster) sweepAnswers() {
	stale, _ := filepath.Glob(globQuote(c.files.run) + "/heard-*")
	for _, path := range stale {
		os.Remove(path) // litter at worst
	}
}

// openPipe opens the writing end, which needs somebody at the reading end: for
// the moment of opening, ourselves.
func (c *Cluster) openPipe() error {
	reader, err := syscall.Open(c.files.alive, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open pipe %s: %w", c.files.alive, err)
	}
	defer syscall.Close(reader)
	writer, err := syscall.Open(c.files.alive, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open pipe %s: %w", c.files.alive, err)
	}
	c.alive = writer
	return nil
}

// guarded reports whether anybody holds the reading end of the pipe.
func (c *Cluster) guarded() bool {
	poll := []unix.PollFd{{Fd: int32(c.alive)}}
	_, err := unix.Poll(poll, 0)
	return err == nil && poll[0].Revents&(unix.POLLERR|unix.POLLHUP) == 0 || errors.Is(err, syscall.EINTR)
}

func (c *Cluster) spawnGuard() error {
	fd, err := syscall.Open(c.files.alive, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open pipe %s: %w", c.files.alive, err)
	}
	if err := syscall.SetNonblock(fd, false); err != nil { // the shell wants to wait
		syscall.Close(fd)
		return fmt.Errorf("pipe %s: %w", c.files.alive, err)
	}
	pipe := os.NewFile(uintptr(fd), c.files.alive)
	defer pipe.Close()
	cmd := exec.Command("/bin/sh", "-c", guardScript, "signalbox-postgres-guard", c.files.run, c.files.data)
	c.dress(cmd)
	cmd.Stdin = pipe
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the guard of the PostgreSQL cluster: %w", err)
	}
	go cmd.Wait() // reap it whenever it ends; its status says nothing
	return nil
}
