package host_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// late is what nobody may have to wait longer because of somebody's plugin.
const late = 50 * time.Millisecond

// BenchmarkHonestBesideHostile asks a good plugin for a page's chart every few
// milliseconds while the whole corpus of hostile modules is installed and run
// once, one module at a time and a few at a time. In turns with that it asks the
// same with nobody beside, half as often: the control, which has the same
// neighbours on the machine. Of both it prints by how much answers come later
// than the middle one of the control, and how many later than 50 ms.
func BenchmarkHonestBesideHostile(b *testing.B) {
	cases := slices.Concat(timeCases(b), memoryCases(b), trapCases(), payloadCases(b), shapeCases(b))
	for _, atOnce := range []int{1, 3} {
		b.Run(fmt.Sprintf("%d-at-once", atOnce), func(b *testing.B) {
			h := newHost(b, func(o *host.Options) { o.Children = 0 })
			good := honest{h, install(b, h, built(b, spcFolder)).Digest}
			for range 50 {
				good.took(b) // until it is known for a good one
			}
			var control, beside []time.Duration
			for b.Loop() {
				for some := range slices.Chunk(cases, 12) {
					now := good.during(b, func() { all(b, h, some, atOnce) })
					beside = append(beside, now...)
					for range max(1, len(now)/2) {
						control = append(control, good.took(b))
					}
				}
			}
			slices.Sort(control)
			middle := control[len(control)/2]
			b.ReportMetric(0, "ns/op")
			report(b, "control", control, middle)
			slices.Sort(beside)
			report(b, "beside", beside, middle)
		})
	}
}

// report prints by how much sorted times are above the middle one of the control.
func report(b *testing.B, name string, times []time.Duration, middle time.Duration) {
	for at, i := range map[string]int{"p50": len(times) / 2, "p99": len(times) * 99 / 100, "max": len(times) - 1} {
		b.ReportMetric(float64(times[i]-middle)/1e6, name+"-ms-added-"+at)
	}
	first, _ := slices.BinarySearch(times, middle+late+1)
	b.ReportMetric(float64(len(times)-first), name+"-later-than-50ms")
	b.ReportMetric(float64(len(times)), name+"-questions")
}

// took asks one question of a page and gives the time until the answer.
func (g honest) took(t testing.TB) time.Duration {
	t.Helper()
	time.Sleep(5 * time.Millisecond)
	began := time.Now()
	if _, err := g.h.Run(context.Background(), g.digest, request("xmr", 1, 36)); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// during asks until something has ended.
func (g honest) during(t testing.TB, do func()) []time.Duration {
	var list []time.Duration
	var over atomic.Bool
	var doing sync.WaitGroup
	doing.Go(func() { defer over.Store(true); do() })
	for !over.Load() {
		list = append(list, g.took(t))
	}
	doing.Wait()
	return list
}

// all puts every module of the corpus through the host, some at a time.
func all(t testing.TB, h *host.Host, cases []hostileCase, atOnce int) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(cases)); i = next.Add(1) - 1 {
				if err := end(t, h, cases[i].module); (err == nil) && cases[i].kind != nil && cases[i].kind != errEither {
					t.Errorf("%s gave an answer", cases[i].name)
				}
			}
		})
	}
	workers.Wait()
}
