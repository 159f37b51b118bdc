package host_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// native is how long the same charts take in this process, without a sandbox.
func native(b *testing.B, q *wire.Request) time.Duration {
	rounds := max(1, 2000/len(q.Series))
	best := time.Hour
	for range 3 {
		start := time.Now()
		for range rounds {
			if _, err := sdk.ComputeCharts(measures.XmR, q); err != nil {
				b.Fatal(err)
			}
		}
		best = min(best, time.Since(start)/time.Duration(rounds))
	}
	return best
}

// warm asks until every sandbox for proven plugins has this one ready. Before
// that a question may wait while one loads it, which takes as long as a hundred
// questions: among thirty, it would be most of what is measured.
func warm(b *testing.B, h *host.Host, digest plugins.Digest, q *wire.Request) {
	b.Helper()
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if _, err := h.Run(context.Background(), digest, *q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSandbox puts questions through the whole socket (encode, pipe, run in
// a fresh instance, decode, hold against the question) and compares with the
// same arithmetic in this process. Instances are made ready between questions,
// which counts here: throughput is what is measured.
func BenchmarkSandbox(b *testing.B) {
	for _, series := range []int{1, 139, 1000} {
		b.Run(fmt.Sprintf("%dx36", series), func(b *testing.B) {
			h := newHost(b, nil)
			release := install(b, h, built(b, spcFolder))
			q := request("xmr", series, 36)
			alone := native(b, &q)
			ctx := context.Background()
			warm(b, h, release.Digest, &q)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Run(ctx, release.Digest, q); err != nil {
					b.Fatal(err)
				}
			}
			each := float64(b.Elapsed()) / float64(b.N)
			b.ReportMetric(each/float64(alone), "x-native")
			b.ReportMetric(float64(series)/each*1e9, "series/s")
		})
	}
}

// BenchmarkSandboxPage is what a page with one chart waits for, when the
// sandboxes had time to get ready, as they have between pages.
func BenchmarkSandboxPage(b *testing.B) {
	h := newHost(b, nil)
	release := install(b, h, built(b, spcFolder))
	q := request("xmr", 1, 36)
	alone := native(b, &q)
	warm(b, h, release.Digest, &q)
	ctx := context.Background()
	var took []time.Duration
	for b.Loop() {
		time.Sleep(20 * time.Millisecond)
		start := time.Now()
		if _, err := h.Run(ctx, release.Digest, q); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start)-alone)
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took[len(took)/2])/1e6, "ms-added-p50")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "ms-added-p99")
}

// BenchmarkSandboxLanguages puts the example in each language through the whole
// socket, and compares with the same in Go in a process of its own.
func BenchmarkSandboxLanguages(b *testing.B) {
	native := nativeExample(b)
	for _, language := range slices.Sorted(maps.Keys(examples)) {
		for _, series := range []int{1, 139, 1000} {
			b.Run(fmt.Sprintf("%s/%dx36", language, series), func(b *testing.B) {
				h := newHost(b, nil)
				release := install(b, h, example(b, language))
				q := request("fences", series, 36)
				q.Parameters = []wire.Parameter{wire.Text("direction", "increase"), wire.Number("multiply", 100)}
				ctx := context.Background()
				warm(b, h, release.Digest, &q)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := h.Run(ctx, release.Digest, q); err != nil {
						b.Fatal(err)
					}
				}
				each := float64(b.Elapsed()) / float64(b.N*series)
				b.ReportMetric(each/native, "x-native")
				b.ReportMetric(1e9/each, "series/s")
			})
		}
	}
}

// nativeExample is how many nanoseconds the example takes for a series of 36
// points, in Go, outside any sandbox.
func nativeExample(b *testing.B) float64 {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "Native", "-benchtime", "200x", "-count", "3", examples["go"]).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	best := math.Inf(1)
	for _, found := range regexp.MustCompile(`(\d+(?:\.\d+)?) ns/op`).FindAllSubmatch(out, -1) {
		each, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		best = min(best, each/1000)
	}
	return best
}

func BenchmarkSandboxVerify(b *testing.B) {
	q := request("xmr", 1000, 36)
	charts, err := sdk.ComputeCharts(measures.XmR, &q)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := plugins.Verify(plugins.Release{}, &q, charts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSandboxInstall starts a host and installs the library's plugin: cold,
// with everything to compile, and warm, with its code in the cache.
func BenchmarkSandboxInstall(b *testing.B) {
	module := built(b, spcFolder)
	for _, cold := range []bool{true, false} {
		b.Run(map[bool]string{true: "cold", false: "warm"}[cold], func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "code")
			once := func() {
				h := newHost(b, func(o *host.Options) { o.CacheDir = dir })
				install(b, h, module)
				h.Close()
			}
			once()
			for b.Loop() {
				if cold {
					b.StopTimer()
					if err := os.RemoveAll(dir); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
				once()
			}
		})
	}
}

// BenchmarkSandboxLoad is how long it takes until a running host can run a plugin
// whose code is in the cache.
func BenchmarkSandboxLoad(b *testing.B) {
	module := built(b, spcFolder)
	for b.Loop() {
		b.StopTimer()
		h := newHost(b, func(o *host.Options) { o.Children = 1 })
		b.StartTimer()
		install(b, h, module)
		b.StopTimer()
		h.Close()
		b.StartTimer()
	}
}

// BenchmarkSandboxKill is how long after its deadline a runaway loop is answered.
func BenchmarkSandboxKill(b *testing.B) {
	module, err := os.ReadFile(filepath.Join(shared(b, "hostile"), "loop_run.wasm"))
	if err != nil {
		b.Fatal(err)
	}
	h := newHost(b, nil)
	release := install(b, h, module)
	q := request("xmr", 1, 36)
	var late []time.Duration
	for b.Loop() {
		time.Sleep(50 * time.Millisecond)
		start := time.Now()
		if _, err := h.Run(context.Background(), release.Digest, q); err == nil {
			b.Fatal("a runaway loop gave an answer")
		}
		over := time.Since(start) - plugins.DefaultLimits().Page
		late = append(late, over)
	}
	slices.Sort(late)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(late[len(late)/2])/1e6, "ms-late-p50")
	b.ReportMetric(float64(late[len(late)*99/100])/1e6, "ms-late-p99")
}
