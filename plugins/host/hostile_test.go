package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// shared is the folder of reference material beside the checkout.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("SIGNALBOX_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference material is not here (%v); set SIGNALBOX_SHARED to its folder", err)
	}
	return path
}

// What each hostile module must be told: when it is installed or when it runs,
// and in which words.
var hostile = map[string]struct {
	kind  error
	cause string
}{
	"alloc_oob":        {plugins.ErrFault, "outside its memory"},
	"alloc_zero":       {plugins.ErrFault, "sbx_alloc returned 0"},
	"bigmin":           {plugins.ErrRefused, "its memory begins with 65536 pages of 64 KiB; at most 256"},
	"bigtable":         {plugins.ErrRefused, "a table has 100000000 entries; at most 65536"},
	"bomb_50kfuncs":    {plugins.ErrRefused, "the module has 50002 functions; at most 20000"},
	"bomb_bigfunc":     {plugins.ErrRefused, "function 1 has 2000006 bytes of code; at most 65536"},
	"bomb_brtable":     {plugins.ErrRefused, "function 1 has 393208 bytes of code; at most 65536"},
	"clock_rand":       {plugins.ErrFault, "malformed answer: envelope"}, // it runs, and answers one byte
	"divzero":          {plugins.ErrFault, "trap: integer divide by zero"},
	"exit1":            {plugins.ErrFault, "exited with status 1"},
	"exit_init":        {plugins.ErrFault, "exited with status 0 in _initialize"},
	"fs_open":          {plugins.ErrRefused, `"path_open" is not allowed`},
	"good_min":         {plugins.ErrFault, "malformed answer: envelope: 1 bytes that do not begin with SBX1"},
	"growzero_loop":    {plugins.ErrFault, "deadline of 3s passed"},
	"import_memory":    {plugins.ErrRefused, `"memory" is a memory; only functions may be imported`},
	"loop_busy_mem":    {plugins.ErrFault, "deadline of 3s passed"},
	"loop_init":        {plugins.ErrFault, "_initialize did not return within 2s"},
	"loop_run":         {plugins.ErrFault, "deadline of 3s passed"},
	"loop_start":       {plugins.ErrRefused, "a start section is not allowed"},
	"membomb":          {plugins.ErrFault, "trap: unreachable"},
	"memfill_straight": {plugins.ErrRefused, "bytes of code; at most 65536"},
	"missing_run":      {plugins.ErrRefused, "it exports no sbx_run_v1"},
	"no_memory":        {plugins.ErrRefused, "it exports no memory"},
	"null_indirect":    {plugins.ErrFault, "trap: invalid table access"},
	"out_giant":        {plugins.ErrFault, "its answer has"},
	"recursion":        {plugins.ErrFault, "trap: stack overflow"},
	"sock":             {plugins.ErrRefused, `"sock_accept" is not allowed`},
	"stdout_flood":     {plugins.ErrFault, "deadline of 3s passed"},
	"trap":             {plugins.ErrFault, "trap: unreachable"},
	"truncated":        {plugins.ErrRefused, "not a core WebAssembly module"},
	"unknown_import":   {plugins.ErrRefused, `import "env"."evil" is not allowed`},
	"component":        {plugins.ErrRefused, "not a core WebAssembly module"},
	"random":           {plugins.ErrRefused, "not a core WebAssembly module"},
}

// tell installs and runs a module and gives the error, with the time it took.
func tell(t *testing.T, h *host.Host, module []byte) (time.Duration, error) {
	start := time.Now()
	release, err := h.Install(within(t, time.Minute), module)
	if err == nil {
		start = time.Now()
		_, err = h.Run(within(t, time.Minute), release.Digest, request("xmr", 1, 36))
	}
	return time.Since(start), err
}

func checkTold(t *testing.T, module []byte, err error, kind error, cause string) {
	t.Helper()
	digest := plugins.DigestOf(module)
	var fault *plugins.Fault
	if !errors.As(err, &fault) || !errors.Is(err, kind) {
		t.Fatalf("error %v; a %v is wanted", err, kind)
	}
	if fault.Digest != digest || !strings.Contains(err.Error(), string(digest)) {
		t.Errorf("%v does not name the digest %s", err, digest)
	}
	if !strings.Contains(fault.Cause, cause) {
		t.Errorf("cause %q; wanted is %q", fault.Cause, cause)
	}
}

func TestHostileModulesGetAClearAnswerAndHarmNobody(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared(t, "hostile"), "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	// More time than the default: on a busy machine an honest trap or an honest
	// bystander may need it.
	h := newHost(t, func(o *host.Options) { o.Limits = plugins.DefaultLimits(); o.Limits.Page = 3 * time.Second })
	good := install(t, h, built(t, spcFolder))
	bystander := watch(t, h, good.Digest)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".wasm")
		t.Run(name, func(t *testing.T) {
			want, known := hostile[name]
			if !known {
				t.Fatalf("no answer is written down for %s", name)
			}
			module, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			took, err := tell(t, h, module)
			checkTold(t, module, err, want.kind, want.cause)
			t.Logf("after %v: %v", took.Round(time.Millisecond), err)
		})
	}
	bystander()
}

func TestARunawayLoopIsKilledAtItsDeadline(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(shared(t, "hostile"), "loop_run.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, nil)
	limit := plugins.DefaultLimits().Page
	took, err := tell(t, h, module)
	checkTold(t, module, err, plugins.ErrFault, "deadline of 250ms passed")
	if took < limit || took > 20*limit {
		t.Errorf("it was answered after %v; the deadline is %v", took, limit)
	}
	t.Logf("answered %v after the deadline", took-limit)
}

// watch keeps asking a good plugin while something else happens. The function
// it gives ends that, and fails the test if any answer failed.
func watch(t *testing.T, h *host.Host, digest plugins.Digest) func() {
	q := request("xmr", 1, 36)
	var quiet time.Duration
	for range 10 {
		start := time.Now()
		if _, err := h.Run(within(t, 10*time.Second), digest, q); err != nil {
			t.Fatal(err)
		}
		quiet = max(quiet, time.Since(start))
		time.Sleep(20 * time.Millisecond)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var runs int
	var slowest time.Duration
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			start := time.Now()
			if _, err := h.Run(within(t, 10*time.Second), digest, q); err != nil {
				t.Errorf("a bystander's run failed: %v", err)
				return
			}
			runs, slowest = runs+1, max(slowest, time.Since(start))
		}
	})
	return func() {
		close(stop)
		wg.Wait()
		if runs == 0 {
			t.Error("no bystander ever ran")
		}
		t.Logf("%d bystanders ran; the slowest took %v, with nobody else about %v", runs, slowest, quiet)
	}
}

func TestCompilingHasABudgetOfItsOwn(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(shared(t, "hostile"), "memfill_straight.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	// Let past preflight, this one takes more than 20 s to compile.
	dir := filepath.Join(t.TempDir(), "code")
	first := newHost(t, func(o *host.Options) { o.CacheDir = dir; o.Limits = patient() })
	install(t, first, built(t, spcFolder)) // compiled with patience
	first.Close()
	h := newHost(t, func(o *host.Options) {
		o.CacheDir, o.Limits = dir, patient()
		o.Limits.BodyBytes, o.Limits.CompileTime = 1<<20, time.Second
	})
	good := install(t, h, built(t, spcFolder))
	bystander := watch(t, h, good.Digest)
	took, err := tell(t, h, module)
	bystander()
	checkTold(t, module, err, plugins.ErrRefused, "compiling: it was not compiled within 1s")
	t.Logf("refused after %v", took)
	waitForChildren(t, sandboxes)
}
