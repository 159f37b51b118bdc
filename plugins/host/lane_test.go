package host_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// occupy keeps every child for plugins on trial busy with loops that do not end
// before the function is called that it gives; still tells how many go on.
func occupy(t *testing.T, h *host.Host) (still func() int64, stop func()) {
	t.Helper()
	loop := install(t, h, guest{run: forever + i64(0)}.bytes()).Digest
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var going atomic.Int64
	for range 3 { // one has the child, the others wait for it
		going.Add(1)
		all.Go(func() {
			defer going.Add(-1)
			h.RunPayload(ctx, loop, []byte("a question"), 1, time.Minute)
		})
	}
	waitFor(t, h, 2)
	return going.Load, func() { cancel(); all.Wait() }
}

// provenSoon asks beside loops until it is answered: a plugin counts as proven
// once the children for those have it ready, and that is not at once.
func provenSoon(t *testing.T, h *host.Host, digest plugins.Digest) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); ; {
		_, err := h.Run(within(t, 200*time.Millisecond), digest, corpusQuestion())
		if err == nil {
			return
		}
		if !errors.Is(err, plugins.ErrBusy) || time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// answer has a plugin give some good answers.
func answer(t *testing.T, h *host.Host, digest plugins.Digest, entry string, times int) {
	t.Helper()
	for range times {
		if _, err := h.Run(within(t, 30*time.Second), digest, request(entry, 1, 12)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPluginsOnTrialKeepNobodyWaitingForAProvenOne(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	good := install(t, h, built(t, spcFolder)).Digest
	answer(t, h, good, "xmr", 3)
	still, stop := occupy(t, h)
	defer stop()
	provenSoon(t, h, good)
	answer(t, h, good, "xmr", 50)
	if n := still(); n != 3 {
		t.Errorf("%d of 3 loops still went on: it was not asked beside them", n)
	}
}

func TestAPluginIsOnTrialUntilItHasAnsweredAFewTimes(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	fresh := install(t, h, built(t, spcFolder)).Digest
	still, stop := occupy(t, h)
	defer stop()
	_, err := h.Run(within(t, 2*time.Second), fresh, corpusQuestion())
	if !errors.Is(err, plugins.ErrBusy) || !strings.Contains(err.Error(), "all 1 sandboxes are busy") || still() != 3 {
		t.Errorf("a plugin that nobody knows yet: %v", err)
	}
}

func TestAPluginThatComesWithTheProgramIsProvenFromTheStart(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	still, stop := occupy(t, h)
	defer stop()
	release, err := h.InstallKnown(within(t, time.Minute), built(t, spcFolder))
	if err != nil {
		t.Fatal(err)
	}
	answer(t, h, release.Digest, "xmr", 1)
	if n := still(); n != 3 {
		t.Errorf("%d of 3 loops still went on: it was not asked beside them", n)
	}
}

func TestAPluginThatDidWrongIsOnTrialAgain(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	answer(t, h, digest, "honest", 10)
	_, err := h.Run(within(t, 30*time.Second), digest, request("panic", 1, 3))
	wantCause(t, err, plugins.ErrFault, "trap: unreachable")
	still, stop := occupy(t, h)
	defer stop()
	_, err = h.Run(within(t, 2*time.Second), digest, request("honest", 1, 12))
	if !errors.Is(err, plugins.ErrBusy) || still() != 3 {
		t.Errorf("after a fault it was asked beside proven ones: %v", err)
	}
}

// TestWhatIsOnTrialStandsBack looks at every thread of every child: the one for
// plugins on trial gives way to the others, and to everybody else.
func TestWhatIsOnTrialStandsBack(t *testing.T) {
	if _, err := os.Stat("/proc/self/task"); err != nil {
		t.Skipf("this system does not list the threads of a process: %v", err)
	}
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	good := install(t, h, built(t, spcFolder)).Digest
	answer(t, h, good, "xmr", 3)
	back := 0
	own := niceOf(t, "/proc/self/stat")
	for _, pid := range waitForChildren(t, sandboxes) {
		threads, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
		if err != nil || len(threads) == 0 {
			t.Fatalf("threads of %d: %q, %v", pid, threads, err)
		}
		first := niceOf(t, threads[0])
		for _, thread := range threads {
			if nice := niceOf(t, thread); nice != first {
				t.Errorf("%s has %d and the first thread of its process %d", thread, nice, first)
			}
		}
		if first > own {
			back++
		}
	}
	if back != 1 {
		t.Errorf("%d of %d children stand back; one should", back, sandboxes)
	}
}

// niceOf reads by how much a thread stands back.
func niceOf(t *testing.T, stat string) int {
	t.Helper()
	text, err := os.ReadFile(stat)
	if err != nil {
		t.Fatal(err)
	}
	// The name of the program stands in brackets and may have spaces.
	_, rest, _ := strings.Cut(string(text), ") ")
	return atoi(t, strings.Fields(rest)[16])
}
