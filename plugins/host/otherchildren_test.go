package host_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// others are programs in the place of a child, each of which does one thing that
// a child does not do by itself. The tests start themselves again as one.
var others = map[string]func(stdin io.Reader, stdout io.Writer) error{
	"child-that-tells": func(io.Reader, io.Writer) error { return tellWhatThereIs() },
	"child-that-eats":  func(in io.Reader, out io.Writer) error { return serveAs(in, out, eat) },
	"child-that-dies":  func(in io.Reader, out io.Writer) error { return serveAs(in, out, func() { os.Exit(3) }) },
}

// otherHost starts a host with such children.
func otherHost(t *testing.T, word string, change func(*host.Options)) *host.Host {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return newHost(t, func(o *host.Options) {
		o.Executable, o.CacheDir = []string{self, word}, filepath.Join(t.TempDir(), "code")
		if change != nil {
			change(o)
		}
	})
}

// serveAs says hello as a child does, compiles nothing, and does something else
// when it is given a module to run.
func serveAs(in io.Reader, out io.Writer, load func()) error {
	from, to := bufio.NewReader(in), bufio.NewWriter(out)
	send := func(kind host.FrameKind, v any) error {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return host.WriteFrame(to, kind, text)
	}
	var start host.Start
	for {
		kind, body, err := host.ReadFrame(from, nil, 64<<20)
		switch {
		case err != nil:
			return err
		case kind == host.StartFrame:
			if err := json.Unmarshal(body, &start); err != nil {
				return err
			}
			err = send(host.HelloFrame, host.Hello{Engine: "none"})
		case kind == host.LoadFrame && start.Compile:
			err = send(host.ReadyFrame, host.Ready{})
		case kind == host.LoadFrame:
			load()
			err = send(host.ReadyFrame, host.Ready{NotCached: true})
		}
		if err != nil {
			return err
		}
	}
}

// eat takes memory for good, slowly enough to be seen.
func eat() {
	var all [][]byte
	for range 64 {
		b := make([]byte, 8<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		time.Sleep(5 * time.Millisecond)
	}
	fmt.Fprintln(os.Stderr, len(all))
}

func tellWhatThereIs() error {
	descriptors, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(descriptors) < 3 {
		return fmt.Errorf("descriptors %q, %w", descriptors, err)
	}
	var strange []string
	for _, fd := range descriptors {
		to, err := os.Readlink(fd)
		// Go's runtime itself looks up its share of the processors, and the size
		// of huge pages; one that is gone was the folder that was listed.
		if err == nil && !slices.ContainsFunc([]string{"pipe:", "anon_inode:", "/sys/fs/cgroup/", "/sys/kernel/mm/"}, func(prefix string) bool { return strings.HasPrefix(to, prefix) }) {
			strange = append(strange, to)
		}
	}
	return fmt.Errorf("environment %q, strange descriptors %q, group of its own %v", os.Environ(), strange, syscall.Getpgrp() == os.Getpid())
}

func TestAChildHasNoEnvironmentNoDescriptorsButItsPipesAndAGroupOfItsOwn(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skipf("this system does not list the descriptors of a process: %v", err)
	}
	secret, err := os.CreateTemp(t.TempDir(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	// As a shell or a supervisor leaves one open: a duplicate is not closed
	// when a program is started.
	leak, err := syscall.Dup(int(secret.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(leak)
	t.Setenv("DATABASE_URL", "postgres://nobody@nowhere/nothing")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	_, err = host.New(host.Options{Executable: []string{self, "child-that-tells"}, CacheDir: filepath.Join(t.TempDir(), "code")})
	if err == nil || !strings.Contains(err.Error(), "environment [], strange descriptors [], group of its own true") {
		t.Errorf("error %v", err)
	}
}

func TestASandboxThatTakesTooMuchMemoryIsEndedAndItIsSaid(t *testing.T) {
	if _, err := os.Stat("/proc/self/statm"); err != nil {
		t.Skipf("this system does not tell the memory of a process: %v", err)
	}
	h := otherHost(t, "child-that-eats", func(o *host.Options) { o.Limits = patient(); o.Limits.CompileMemory = 200 << 20 })
	_, err := h.Install(within(t, time.Minute), built(t, spcFolder))
	wantCause(t, err, plugins.ErrFault, "out of memory: the sandbox had 2")
	wantManner(t, err, plugins.Heavy)
}

func TestASandboxThatDiesIsTriedOnceMore(t *testing.T) {
	h := otherHost(t, "child-that-dies", nil)
	_, err := h.Install(within(t, time.Minute), built(t, spcFolder))
	wantCause(t, err, plugins.ErrFault, "the sandbox died (exit status 3), twice")
	wantManner(t, err, plugins.Died)
}
