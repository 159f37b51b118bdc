package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/host/child"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// The child of these tests is the test itself, started again with one word.
const childWord = "sandbox-of-a-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		serve := others[os.Args[1]]
		if os.Args[1] == childWord {
			serve = child.Serve
		}
		if serve != nil {
			if err := serve(os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	dir, err := os.MkdirTemp("", "signalbox-host-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sharedCode = filepath.Join(dir, "code")
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// sharedCode keeps compiled code from one test to the next: compiling a Go
// plugin takes a second.
var sharedCode string

// sandbox is how a child is started: the test itself, or the program that
// SIGNALBOX_SANDBOX names. Under the race detector it has to be the program: a
// detector inside the child takes the memory and the time that the limits
// under test are about.
func sandbox(t testing.TB) []string {
	t.Helper()
	if program := os.Getenv("SIGNALBOX_SANDBOX"); program != "" {
		return []string{program, "sandbox"}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, childWord}
}

// sandboxes is how many children a host of these tests has: two for proven
// plugins and one for those on trial.
const sandboxes = 3

// newHost starts a host, ended with the test.
func newHost(t testing.TB, change func(*host.Options)) *host.Host {
	t.Helper()
	o := host.Options{
		Executable: sandbox(t),
		Children:   2,
		CacheDir:   sharedCode,
		Log:        slog.New(slog.NewTextHandler(t.Output(), nil)),
		// Most tests are about one fault each, of the same plugin.
		Tolerance: host.Tolerance{Faults: 1 << 30, Within: time.Hour},
	}
	if change != nil {
		change(&o)
	}
	h, err := host.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// built makes a guest of this repository once for all tests.
func built(t testing.TB, folder string) []byte {
	t.Helper()
	module, err := builds(folder)
	if err != nil {
		t.Fatalf("build the guest %s: %v", folder, err)
	}
	return module
}

var (
	buildsMu   sync.Mutex
	buildsDone = map[string][]byte{}
)

func builds(folder string) ([]byte, error) {
	buildsMu.Lock()
	defer buildsMu.Unlock()
	if module := buildsDone[folder]; module != nil {
		return module, nil
	}
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "guest.wasm")
	c := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, folder)
	c.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	module, err := os.ReadFile(out)
	if err == nil {
		module, err = plugins.MergeData(module)
	}
	buildsDone[folder] = module
	return module, err
}

const spcFolder = "../library/spc"

// request asks for charts of so many series with so many points.
func request(entry string, series, points int) wire.Request {
	p := spc.Defaults(measures.XmR, measures.MDC)
	q := wire.Request{Measure: "ae-4h", Entry: entry, Inputs: []string{sdk.InputNumerator, sdk.InputDenominator},
		Parameters: sdk.ChartParameters(p)}
	for s := range series {
		one := measures.Series{Organisation: measures.ODSCode(fmt.Sprintf("R%02d", s%100)), Targets: []measures.Target{{Value: 0.78}}}
		numerators, denominators := make([]float64, points), make([]float64, points)
		for i := range points {
			one.Periods = append(one.Periods, measures.DateOf(2023, 4+i, 1))
			one.States = append(one.States, measures.Final)
			denominators[i] = float64(9000 + (i*7919+s*104729)%2500)
			numerators[i] = float64(int(denominators[i] * (0.70 + float64((i*31+s*17)%23)/100)))
		}
		one.Columns = [][]float64{numerators, denominators}
		q.Series = append(q.Series, one)
	}
	return q
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func install(t testing.TB, h *host.Host, module []byte) plugins.Release {
	t.Helper()
	release, err := h.Install(within(t, 3*time.Minute), module)
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
