package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childWord as the first argument makes the test binary a program that uses the
// cluster. It is not an environment variable because one test empties that.
const childWord = "signalbox-cluster-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		os.Exit(childMain(os.Args[2:]))
	}
	status := m.Run()
	for range len(stopped) {
		os.RemoveAll(<-stopped)
	}
	os.Exit(status)
}

// childMain starts the cluster, says so, and stops it when told "stop". It ends
// without a word when its input does.
func childMain(args []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Start(ctx, Options{Dir: args[0], Path: args[1], Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Printf("refused %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	fmt.Printf("up %v %d\n", c.Adopted(), c.PID())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "stop" {
			if err := c.Stop(ctx); err != nil {
				fmt.Printf("stop: %v\n", err)
				return 1
			}
			fmt.Println("stopped")
			return 0
		}
	}
	return 0
}

// child is another program that uses the cluster.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	adopted bool
	pid     int // of the postmaster
}

// begin starts another program and gives its first line.
func begin(t *testing.T, dir string, change func(*exec.Cmd)) (*child, string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, childWord, dir, os.Getenv("PATH"))
	cmd.Stderr = os.Stderr
	if change != nil {
		change(cmd)
	}
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	c.out.Scan()
	return c, c.out.Text()
}

func startChild(t *testing.T, dir string, change func(*exec.Cmd)) *child {
	t.Helper()
	c, line := begin(t, dir, change)
	if _, err := fmt.Sscanf(line, "up %t %d", &c.adopted, &c.pid); err != nil {
		t.Fatalf("the other program said %q", line)
	}
	return c
}

func (c *child) stop(t *testing.T) {
	t.Helper()
	fmt.Fprintln(c.in, "stop")
	if c.out.Scan(); c.out.Text() != "stopped" {
		t.Fatalf("the other program said %q", c.out.Text())
	}
	c.cmd.Wait()
}

func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}
