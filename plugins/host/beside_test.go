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

// BenchmarkHonestBesideHostile asks a good plugin for a page's chart every few
// milliseconds while the whole corpus of hostile modules is installed and run
// once, one module at a time and a few at a time. It prints by how much answers
// come later than the middle one with nobody else there.
func BenchmarkHonestBesideHostile(b *testing.B) {
	cases := slices.Concat(timeCases(b), memoryCases(b), trapCases(), payloadCases(b), shapeCases(b))
	for _, atOnce := range []int{1, 3} {
		b.Run(fmt.Sprintf("%d-at-once", atOnce), func(b *testing.B) {
			h := newHost(b, func(o *host.Options) { o.Children = 0 })
			good := honest{h, install(b, h, built(b, spcFolder)).Digest}
			var quiet, beside []time.Duration
			for range 1000 {
				quiet = append(quiet, good.took(b))
			}
			slices.Sort(quiet)
			for b.Loop() {
				beside = append(beside, good.during(b, func() { all(b, h, cases, atOnce) })...)
			}
			for i := range beside {
				beside[i] -= quiet[len(quiet)/2]
			}
			slices.Sort(beside)
			b.ReportMetric(0, "ns/op")
			for name, at := range map[string]int{"p50": len(beside) / 2, "p99": len(beside) * 99 / 100, "max": len(beside) - 1} {
				b.ReportMetric(float64(beside[at])/1e6, "ms-added-"+name)
			}
			late := slices.IndexFunc(beside, func(d time.Duration) bool { return d > 50*time.Millisecond })
			if late < 0 {
				late = len(beside)
			}
			b.ReportMetric(float64(len(beside)-late), "later-than-50ms")
			b.ReportMetric(float64(quiet[len(quiet)*99/100]-quiet[len(quiet)/2])/1e6, "ms-quiet-p99")
			b.ReportMetric(float64(quiet[len(quiet)-1]-quiet[len(quiet)/2])/1e6, "ms-quiet-max")
			b.ReportMetric(float64(len(beside)), "questions")
		})
	}
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
