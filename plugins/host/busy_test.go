package host_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// waitFor waits until so many questions wait for a child.
func waitFor(t *testing.T, h *host.Host, n int) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); h.Waiting() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%d questions wait where %d should", h.Waiting(), n)
		}
	}
}

// slow is a guest that takes a little while: it counts to a number.
func slow(upTo int64) []byte {
	return counting(guest{locals: vec(leb(1) + i32Type)},
		opLoop+get(2)+i32(1)+opAdd+"\x22\x02"+i32(upTo)+opLess+branchIf(0)+opEnd+get(2))
}

func TestOnePluginsThousandQuestionsDoNotKeepAnothersWaiting(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient(); o.Children = 1 })
	many, few := install(t, h, slow(2_000_000)).Digest, install(t, h, answering("an answer").bytes()).Digest
	var answered atomic.Int64
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	for range 1000 {
		all.Go(func() {
			if _, err := h.RunPayload(ctx, many, []byte("one of many"), 1, 10*time.Second); err == nil {
				answered.Add(1)
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	for until := time.Now().Add(20 * time.Second); h.Waiting() < 500 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	for range 5 {
		before := answered.Load()
		if _, err := h.RunPayload(within(t, time.Minute), few, []byte("the only one"), 1, 10*time.Second); err != nil {
			t.Error(err)
		}
		// One may have had its turn, one be under way, and one just be answered.
		if between := answered.Load() - before; between > 5 {
			t.Errorf("%d of the many were answered before the only one", between)
		}
	}
	cancel()
	all.Wait()
	if n := answered.Load(); n == 0 || n == 1000 {
		t.Errorf("%d of the many were answered before they went away", n)
	}
	waitFor(t, h, 0)
}

func TestBeyondTheQueueOneIsToldAtOnce(t *testing.T) {
	h := newHost(t, func(o *host.Options) {
		o.Limits, o.Children, o.Waiting = patient(), 1, 6
	})
	loop, other := install(t, h, guest{run: forever + i64(0)}.bytes()).Digest, install(t, h, answering("an answer").bytes()).Digest
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	put := func(digest plugins.Digest) {
		all.Go(func() { h.RunPayload(ctx, digest, []byte("a question"), 1, 2*time.Second) })
	}
	put(loop)
	time.Sleep(300 * time.Millisecond) // it has the child now
	for n := range 3 {
		put(loop)
		waitFor(t, h, n+1)
	}
	began := time.Now()
	_, err := h.RunPayload(within(t, time.Minute), loop, []byte("a question"), 1, time.Second)
	if !errors.Is(err, plugins.ErrBusy) || !strings.Contains(err.Error(), "3 questions wait for 1 sandboxes already; try again in a moment") {
		t.Errorf("a fourth question to one plugin, which may have half the queue: %v", err)
	}
	for n := range 3 {
		put(other)
		waitFor(t, h, n+4)
	}
	_, err = h.RunPayload(within(t, time.Minute), other, []byte("a question"), 1, time.Second)
	if !errors.Is(err, plugins.ErrBusy) || time.Since(began) > time.Second {
		t.Errorf("with the queue full: %v after %v", err, time.Since(began))
	}
	refused := uint64(0)
	for _, u := range h.Usage() {
		refused += u.Refused
	}
	if refused != 2 {
		t.Errorf("%d questions were counted as refused", refused)
	}
	cancel()
	all.Wait()
	waitFor(t, h, 0)
	if answer, err := h.RunPayload(within(t, time.Minute), other, []byte("a question"), 1, 10*time.Second); err != nil || string(answer) != "an answer" {
		t.Errorf("afterwards: %q, %v", answer, err)
	}
}
