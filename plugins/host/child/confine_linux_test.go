package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// probeWord starts the test again as a process that shuts itself in and then
// tries to get out.
const probeWord = "probe-of-a-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 4 && os.Args[1] == probeWord {
		probe(os.Args[2], os.Args[3] == "compile", os.Args[4])
		return
	}
	os.Exit(m.Run())
}

// told is what the probe says.
type told struct {
	Hello host.Hello
	Err   string // of the attempt, or nothing where it worked
}

// probe confines itself as a child does, says so, and makes one attempt: on a
// thread that was there before, so that the filter has to be on every thread.
func probe(dir string, compile bool, name string) {
	out := json.NewEncoder(os.Stdout)
	confined, done := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread()
		<-confined
		done <- probes(name)(scene{dir, os.Getppid()})
	}()
	hello := confine(host.Start{Dir: dir, Compile: compile, Memory: 1 << 30, CPU: 60})
	out.Encode(told{Hello: hello})
	close(confined)
	var text string
	if err := <-done; err != nil {
		text = err.Error()
	}
	out.Encode(told{Err: text})
}

func probes(name string) func(scene) error {
	if name == manyThreads {
		return startThreads
	}
	return attempts[name].do
}

const manyThreads = "many threads"

// startThreads does what an honest child does: threads, memory, collecting.
func startThreads(scene) error {
	var all sync.WaitGroup
	var ready sync.WaitGroup
	ready.Add(20)
	for range 20 {
		all.Go(func() {
			runtime.LockOSThread()
			ready.Done()
			ready.Wait() // all at once, so that there are twenty
			_ = make([]byte, 1<<20)
			runtime.GC()
		})
	}
	all.Wait()
	return nil
}

// try has a child try something, and gives what became of it.
func try(t *testing.T, role, name string) (hello host.Hello, outcome, how string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "code"), []byte("machine code"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, probeWord, dir, role, name)
	var wrong strings.Builder
	c.Stderr = &wrong
	out, err := c.Output()
	lines := json.NewDecoder(strings.NewReader(string(out)))
	var first, second told
	if decodeErr := lines.Decode(&first); decodeErr != nil {
		t.Fatalf("the probe said %q: %v, %v, %s", out, decodeErr, err, wrong.String())
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() && status.Signal() == unix.SIGSYS {
			return first.Hello, ended, "by the kernel"
		}
	}
	if err != nil {
		t.Fatalf("the probe: %v, %s", err, wrong.String())
	}
	if err := lines.Decode(&second); err != nil {
		t.Fatalf("the probe said %q: %v", out, err)
	}
	if second.Err != "" {
		return first.Hello, refused, second.Err
	}
	return first.Hello, worked, ""
}

func has(list []string, prefix string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, prefix) })
}

// needs skips a test where this kernel lacks what it is about, and fails it
// where a lack is kept quiet.
func needs(t *testing.T, hello host.Hello, what string) {
	t.Helper()
	if has(hello.InForce, what) {
		return
	}
	if !has(hello.Missing, what) {
		t.Errorf("%s is not in force, and nobody says so: %q", what, hello.Missing)
	}
	t.Skipf("this kernel cannot confine so: %q", hello.Missing)
}

func TestAConfinedChildIsDenied(t *testing.T) {
	for _, role := range []string{"run", "compile"} {
		for _, name := range slices.Sorted(maps.Keys(attempts)) {
			t.Run(role+"/"+name, func(t *testing.T) {
				t.Parallel()
				want := attempts[name].running
				if role == "compile" && attempts[name].compile != "" {
					want = attempts[name].compile
				}
				hello, outcome, how := try(t, role, name)
				needs(t, hello, "seccomp")
				if attempts[name].landlock {
					needs(t, hello, "Landlock")
				}
				if outcome != want {
					t.Errorf("%s: %s (%s); wanted is %s", name, outcome, how, want)
				}
			})
		}
	}
}

func TestAConfinedChildMakesThreadsAsItNeeds(t *testing.T) {
	for _, role := range []string{"run", "compile"} {
		if _, outcome, how := try(t, role, manyThreads); outcome != worked {
			t.Errorf("%s: %s (%s)", role, outcome, how)
		}
	}
}

func TestAChildSaysWhatConfinesIt(t *testing.T) {
	hello, _, _ := try(t, "run", manyThreads)
	for _, what := range []string{"no core dumps", "files of at most 0 bytes", "60 s of processor time", fmt.Sprintf("%d bytes of data", 1<<30),
		"no_new_privs", "no capabilities", "closed to other processes", "Landlock", "seccomp"} {
		if !has(hello.InForce, what) && !has(hello.Missing, what) {
			t.Errorf("nothing is said of %s: %q, missing %q", what, hello.InForce, hello.Missing)
		}
	}
}

func TestTheInertInterfaceOffersWhatPreflightAllows(t *testing.T) {
	for name := range plugins.Inert {
		if _, ok := inertFunctions[name]; !ok {
			t.Errorf("%s is allowed and not offered", name)
		}
	}
	for name := range inertFunctions {
		if _, ok := plugins.Inert[name]; !ok {
			t.Errorf("%s is offered and not allowed", name)
		}
	}
}
