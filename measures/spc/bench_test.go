package spc

import (
	"math/rand/v2"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func noisy(n int) Input {
	r := rand.New(rand.NewPCG(36, 120))
	y := make([]float64, n)
	for i := range y {
		y[i] = 70 + r.NormFloat64()*3 + float64(i/20)
	}
	in := months(y...)
	in.Targets = []measures.Target{{Value: 78}}
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 24}}
	return in
}

func benchmark(b *testing.B, n int, p Parameters) {
	in := noisy(n)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Compute(in, p)
		if err != nil || c.Len() != n {
			b.Fatal(err)
		}
	}
}

func BenchmarkXmR36(b *testing.B)  { benchmark(b, 36, xmr(measures.MDC)) }
func BenchmarkXmR120(b *testing.B) { benchmark(b, 120, xmr(measures.MDC)) }
func BenchmarkRun36(b *testing.B)  { benchmark(b, 36, Defaults(measures.Run, measures.Anhoej)) }
func BenchmarkXmRScreened36(b *testing.B) {
	benchmark(b, 36, xmr(measures.MDCR022))
}

func TestThreeYearsOfMonthsTakeFewAllocations(t *testing.T) {
	in, p := noisy(36), xmr(measures.MDC)
	if n := testing.AllocsPerRun(100, func() { _, _ = Compute(in, p) }); n > 3 {
		t.Errorf("%g allocations, want at most 3", n)
	}
}
