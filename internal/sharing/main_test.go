package sharing_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/host/child"
)

// The sandbox of these tests is the test itself, started again with one word.
const childWord = "sandbox-of-a-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		if err := child.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	status := m.Run()
	if err := os.RemoveAll(compiled); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

// compiled is where the library's modules are kept for all tests that run them:
// compiling them takes a second.
var compiled = filepath.Join(os.TempDir(), fmt.Sprint("signalbox-sharing-test-", os.Getpid()))

// newBench starts a sandbox for drafts, ended with the test. Under the race detector
// it is the program that SIGNALBOX_SANDBOX names, because a detector inside it takes
// the memory that its limits are about.
func newBench(t testing.TB) *host.Host {
	t.Helper()
	return newHost(t, host.Options{OnTrial: true})
}

// newHost starts a sandbox, ended with the test.
func newHost(t testing.TB, o host.Options) *host.Host {
	t.Helper()
	o.Executable = []string{os.Getenv("SIGNALBOX_SANDBOX"), "sandbox"}
	if o.Executable[0] == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		o.Executable = []string{self, childWord}
	}
	o.Children, o.CacheDir, o.Log = 1, cmp.Or(o.CacheDir, filepath.Join(t.TempDir(), "code")), slog.New(slog.NewTextHandler(t.Output(), nil))
	h, err := host.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}
