package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

const misbehaveFolder = "./testdata/misbehave"

func TestThePluginOfTheLibraryGivesTheChartThatPackageSpcGives(t *testing.T) {
	h := newHost(t, nil)
	release := install(t, h, built(t, spcFolder))
	for _, entry := range []string{"xmr", "mr", "run"} {
		q := request(entry, 3, 36)
		charts, err := h.Run(within(t, 10*time.Second), release.Digest, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := plugins.Verify(release, &q, charts); err != nil {
			t.Error(err)
		}
		if len(charts) != 3 || charts[2].Series != 2 || charts[0].Len() != 36 || charts[0].Kind.String() != entry {
			t.Errorf("%s gave %d charts", entry, len(charts))
		}
	}
}

func TestAQuestionOfAnySizeIsAnsweredInItsOrder(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient(); o.Children = 3 })
	release := install(t, h, built(t, spcFolder))
	q := request("xmr", 3000, 36)
	charts, err := h.Run(within(t, 30*time.Second), release.Digest, q)
	if err != nil {
		t.Fatal(err)
	}
	if err := plugins.Verify(release, &q, charts); err != nil {
		t.Error(err)
	}
	for i := range charts {
		if charts[i].Series != i {
			t.Fatalf("chart %d is of series %d", i, charts[i].Series)
		}
	}
	q.Series[2500].Columns[1][3] = 1e200 // more than can be charted
	_, err = h.Run(within(t, 30*time.Second), release.Digest, q)
	wantCause(t, err, plugins.ErrUnsuited, "cannot chart this series")
}

func TestAThousandSeriesFitIntoOneInstance(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	q := request("xmr", 1000, 36)
	payload, err := wire.AppendRequest(nil, &q)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := h.RunPayload(within(t, 30*time.Second), release.Digest, payload, q.Rows(), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := wire.DecodeAnswer(answer); err != nil || a.Accept(&q) != nil || len(a.Charts) != 1000 {
		t.Errorf("%d charts, %v, %v", len(a.Charts), err, a.Accept(&q))
	}
}

// patient gives limits for tests whose subject is not time, on machines that
// are busy with other tests.
func patient() plugins.Limits {
	l := plugins.DefaultLimits()
	l.Page, l.Job, l.CompileTime = 20*time.Second, 20*time.Second, 2*time.Minute
	return l
}

func TestEveryQuestionMeetsAFreshInstance(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, misbehaveFolder))
	for range 12 {
		_, err := h.Run(within(t, 30*time.Second), release.Digest, request("count", 1, 3))
		wantCause(t, err, plugins.ErrUnsuited, "question 1")
	}
}

func TestClockAndChanceAreTheSameInEveryRunAndNothingElseIsThere(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, misbehaveFolder))
	var first string
	for range 5 {
		_, err := h.Run(within(t, 30*time.Second), release.Digest, request("clock", 1, 3))
		wantCause(t, err, plugins.ErrUnsuited, "now 2000-01-01T00:00:00Z")
		if first == "" {
			first = err.Error()
			t.Log(first)
		}
		if err.Error() != first || !strings.Contains(first, "0 variables, 0 arguments") {
			t.Errorf("a run that differs or sees something: %v", err)
		}
	}
}

func TestWhatAPluginDoesWrongIsAFaultWithItsName(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, misbehaveFolder))
	for _, test := range []struct {
		entry, cause string
	}{
		{"untrue", "untrue answer: xmr chart of series 0 (R00): point 3: the upper limit is"},
		{"rosy", "untrue answer: xmr chart of series 0 (R00): judged improvement_high"},
		{"silent", "malformed answer: series-index: series 0 has no chart"},
		{"elsewhere", "malformed answer: series-index: chart 1 is of series 7"},
		{"later", "malformed answer: x: chart 0, point 2"},
		{"phaseless", "malformed answer: phase: chart 0, point 0 is in phase 2"},
		{"unknown-bit", "malformed answer: undeclared-signal: row 0 has signal bits 0x40000000"},
		{"wordy", "malformed answer: text: text of a note: 1025 bytes"},
		{"garbled", "malformed answer: text: STRS: not UTF-8"},
		{"panic", "trap: unreachable"},
		{"memory", "trap: unreachable"},
	} {
		t.Run(test.entry, func(t *testing.T) {
			q := request(test.entry, 2, 36)
			charts, err := h.Run(within(t, 30*time.Second), release.Digest, q)
			if err == nil {
				err = plugins.Verify(release, &q, charts)
			}
			wantCause(t, err, plugins.ErrFault, test.cause)
		})
	}
	for _, entry := range []string{"honest", "unverified"} {
		q := request(entry, 2, 36)
		charts, err := h.Run(within(t, 30*time.Second), release.Digest, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := plugins.Verify(release, &q, charts); err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
}

func TestAPluginMayDeclineWithAMessageForTheReader(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	_, err := h.Run(within(t, 30*time.Second), release.Digest, request("no-such-entry", 1, 3))
	wantCause(t, err, plugins.ErrUnsuited, `this plugin has no entry "no-such-entry"`)
	q := request("xmr", 1, 3)
	q.Parameters = append(q.Parameters, wire.Number("unheard-of", 1))
	_, err = h.Run(within(t, 30*time.Second), release.Digest, q)
	wantCause(t, err, plugins.ErrUnsuited, `setting "unheard-of"`)
}

func wantCause(t *testing.T, err, kind error, cause string) {
	t.Helper()
	var fault *plugins.Fault
	if !errors.As(err, &fault) || !errors.Is(err, kind) || !strings.Contains(fault.Cause, cause) {
		t.Errorf("error %v; wanted is a %v because %q", err, kind, cause)
	}
}

// children lists the processes of the host of this test.
func children(t *testing.T) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(files) == 0 {
		t.Skip("this system does not list the children of a process")
	}
	var pids []int
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(text)) {
			// Between fork and exec a child is still a copy of its parent.
			words, _ := os.ReadFile(filepath.Join("/proc", field, "cmdline"))
			if strings.Contains(string(words), sandbox(t)[1]) {
				pids = append(pids, atoi(t, field))
			}
		}
	}
	return pids
}

func TestAChildThatIsKilledFromOutsideIsReplaced(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	q := request("xmr", 1, 36)
	for range 3 {
		before := waitForChildren(t, sandboxes)
		for _, pid := range before {
			process, err := os.FindProcess(pid)
			if err != nil {
				t.Fatal(err)
			}
			if err := process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.Run(within(t, 30*time.Second), release.Digest, q); err != nil {
			t.Fatalf("after all sandboxes were killed: %v", err)
		}
		for _, pid := range waitForChildren(t, sandboxes) {
			if slices.Contains(before, pid) {
				t.Errorf("process %d is still there", pid)
			}
		}
	}
}

func waitForChildren(t *testing.T, n int) []int {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		pids := children(t)
		if len(pids) == n {
			return pids
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sandboxes run where %d should", len(pids), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestClosingEndsAllChildren(t *testing.T) {
	h := newHost(t, nil)
	release := install(t, h, built(t, spcFolder))
	h.Close()
	waitForChildren(t, 0)
	if _, err := h.Run(within(t, time.Second), release.Digest, request("xmr", 1, 3)); err == nil {
		t.Error("a closed host ran a plugin")
	}
}

func TestWhoeverFindsNoFreeSandboxInTimeIsToldSo(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(shared(t, "hostile"), "loop_run.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, func(o *host.Options) {
		o.Children = 1
		o.Limits = plugins.DefaultLimits()
		o.Limits.Page = 3 * time.Second
	})
	runaway := install(t, h, module)
	good := install(t, h, built(t, spcFolder))
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		_, err := h.Run(context.Background(), runaway.Digest, request("xmr", 1, 3))
		wantCause(t, err, plugins.ErrFault, "deadline of 3s passed")
	})
	time.Sleep(500 * time.Millisecond)
	_, err = h.Run(within(t, 300*time.Millisecond), good.Digest, request("xmr", 1, 3))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "all 1 sandboxes are busy") {
		t.Errorf("error %v", err)
	}
	if _, err = h.Run(within(t, 60*time.Second), good.Digest, request("xmr", 1, 3)); err != nil {
		t.Errorf("after the runaway was killed: %v", err)
	}
}

func TestCompiledCodeIsKeptForTheNextStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "code")
	module := built(t, spcFolder)
	code := func() []string {
		files, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*", "code", "wazero-*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	start := func() {
		h := newHost(t, func(o *host.Options) { o.CacheDir = dir; o.Limits = patient() })
		release := install(t, h, module)
		if _, err := h.Run(within(t, 30*time.Second), release.Digest, request("xmr", 1, 36)); err != nil {
			t.Fatal(err)
		}
		h.Close()
	}
	start()
	first := code()
	if len(first) != 1 {
		t.Fatalf("compiled code: %q", first)
	}
	info, err := os.Stat(first[0])
	if err != nil {
		t.Fatal(err)
	}
	start()
	if again, err := os.Stat(first[0]); err != nil || !again.ModTime().Equal(info.ModTime()) {
		t.Errorf("the code was compiled again (%v)", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "wazero-*", "new-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	// Half a file, as after a crash, is made good.
	if err := os.Truncate(first[0], 10); err != nil {
		t.Fatal(err)
	}
	start()
	if mode, err := os.Stat(dir); err != nil || mode.Mode().Perm() != 0o700 {
		t.Errorf("the folder of compiled code has mode %v (%v)", mode.Mode(), err)
	}
}

func TestAFolderThatOthersCanWriteToIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := host.New(host.Options{Executable: []string{"true"}, CacheDir: dir})
	if err == nil || !strings.Contains(err.Error(), "others can write to") {
		t.Errorf("error %v", err)
	}
}

func TestAProgramThatIsNoSandboxIsReported(t *testing.T) {
	_, err := host.New(host.Options{Executable: []string{"/bin/false"}, CacheDir: filepath.Join(t.TempDir(), "code")})
	if err == nil || !strings.Contains(err.Error(), "start a sandbox: /bin/false") {
		t.Errorf("error %v", err)
	}
}

func TestAPluginThatIsNotInstalledIsNotRun(t *testing.T) {
	h := newHost(t, nil)
	_, err := h.Run(within(t, time.Second), plugins.DigestOf(nil), request("xmr", 1, 3))
	if !errors.Is(err, host.ErrUnknown) {
		t.Errorf("error %v", err)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			q := request("xmr", 1+n%3, 24+n)
			charts, err := h.Run(within(t, 60*time.Second), release.Digest, q)
			if err != nil {
				t.Error(err)
			} else if err := plugins.Verify(release, &q, charts); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestACallerWhoGoesAwayDoesNoHarm(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Run(gone, release.Digest, request("xmr", 1, 36)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := h.Run(within(t, 30*time.Second), release.Digest, request("xmr", 1, 36)); err != nil {
		t.Error(err)
	}
}

func TestXMayBeWholeNumbers(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	q := request("xmr", 1, 20)
	q.Whole = true
	for i := range q.Series[0].Periods {
		q.Series[0].Periods[i] = measures.Date(i + 1)
	}
	charts, err := h.Run(within(t, 30*time.Second), release.Digest, q)
	if err != nil {
		t.Fatal(err)
	}
	if charts[0].XIsDate || charts[0].X[19] != 20 {
		t.Errorf("x %v, dates %v", charts[0].X, charts[0].XIsDate)
	}
}

func TestTwoProgramsMayCompileTheSamePluginAtTheSameTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "code")
	module := built(t, spcFolder)
	var wg sync.WaitGroup
	for range 3 {
		h := newHost(t, func(o *host.Options) { o.CacheDir = dir; o.Limits = patient(); o.Children = 1 })
		wg.Go(func() {
			release, err := h.Install(within(t, 3*time.Minute), module)
			if err == nil {
				_, err = h.Run(within(t, time.Minute), release.Digest, request("xmr", 1, 36))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func wantManner(t *testing.T, err error, manner plugins.Manner) {
	t.Helper()
	var fault *plugins.Fault
	if !errors.As(err, &fault) || fault.Manner != manner {
		t.Errorf("error %v (%+v); wanted is a fault of manner %s", err, fault, manner)
	}
}
