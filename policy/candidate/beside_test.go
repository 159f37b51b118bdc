package candidate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// honest is what readers ask, and what they must be told.
type honest struct {
	request policy.Request
	allow   bool
}

// honests asks falls at Ashford Trust: its own staff may, a trust with an
// agreement may, and one without may not. The second of the question is never
// that of another, so that no answer is from the cache.
func honests(n int) honest {
	orgs := []measures.ODSCode{"RAA", "RCC", "RBB"}
	document := asks(n, orgs[n%3], "improvement", noon+int64(n)*60)
	return honest{document.Input.Request(), n%3 != 2}
}

// live is an engine with the sound policy, as a site runs it.
func live(t testing.TB) *policy.Engine {
	t.Helper()
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: country(t),
		Policy: policy.Policy{Trusts: map[measures.ODSCode][]policy.Module{"RAA": sound()}}})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// troublemakers are hostile policies that take all the time and memory they get.
func troublemakers() []hostile { return append(loops()[:6], bombs()[:8]...) }

func TestTheLivePolicyAnswersRightlyBesideHostileOnes(t *testing.T) {
	engine := live(t)
	before, _ := engine.Revisions()
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	var asked, wrong sync.Map
	for reader := range 2 {
		readers.Go(func() {
			n := reader
			for ; ctx.Err() == nil; n += 2 {
				h := honests(n)
				d, err := engine.Decide(context.Background(), h.request)
				if err != nil || d.Allow != h.allow || h.allow && len(d.Rows) == 0 {
					wrong.Store(n, fmt.Sprintf("%v %+v", err, d))
				}
				time.Sleep(2 * time.Millisecond) // readers read
			}
			asked.Store(reader, n/2)
		})
	}
	bench := bench(t, Options{CheckTime: 2 * time.Second, Memory: 256 << 20, Children: 2})
	var candidates sync.WaitGroup
	work := make(chan hostile)
	for range 2 {
		candidates.Go(func() {
			for h := range work {
				report, err := bench.Check(t.Context(), "RAA", h.files)
				if err != nil || report.Sound() {
					t.Errorf("%s: %v, sound: %v", h.name, err, report.Sound())
				}
			}
		})
	}
	for _, h := range troublemakers() {
		work <- h
	}
	close(work)
	candidates.Wait()
	stop()
	readers.Wait()
	wrong.Range(func(n, what any) bool { t.Errorf("question %v: %v", n, what); return true })
	total := 0
	asked.Range(func(_, n any) bool { total += n.(int); return true })
	if total < 100 {
		t.Errorf("%d questions asked, too few to prove anything", total)
	}
	if after, _ := engine.Revisions(); after != before {
		t.Errorf("the live policy was %s and is %s", before, after)
	}
}

// BenchmarkHonestBesideCandidates decides honest questions while two hostile
// policies are examined at a time, and says how many came later than 50 ms, beside
// the same without any. The rest of the machine has to be quiet for it to mean
// anything.
func BenchmarkHonestBesideCandidates(b *testing.B) {
	const late = 50 * time.Millisecond
	for _, beside := range []bool{false, true} {
		b.Run(fmt.Sprintf("beside=%v", beside), func(b *testing.B) {
			engine := live(b)
			ctx, stop := context.WithCancel(b.Context())
			var busy sync.WaitGroup
			if beside {
				bench := bench(b, Options{CheckTime: 3 * time.Second, Memory: 256 << 20, Children: 2})
				for first := range 2 {
					busy.Go(func() {
						all := troublemakers()
						for i := first; ctx.Err() == nil; i++ {
							if _, err := bench.Check(ctx, "RAA", all[i%len(all)].files); err != nil && !errors.Is(err, context.Canceled) {
								b.Error(err)
								return
							}
						}
					})
				}
				time.Sleep(500 * time.Millisecond)
			}
			var took []time.Duration
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				began := time.Now()
				if _, err := engine.Decide(ctx, honests(n).request); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				n++
				time.Sleep(time.Millisecond)
			}
			stop()
			busy.Wait()
			slices.Sort(took)
			lates := len(took) - func() int { i, _ := slices.BinarySearch(took, late); return i }()
			b.ReportMetric(float64(lates), "later-than-50ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-µs")
		})
	}
}
