package spc

import (
	"math/rand/v2"
	"strconv"
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

// shewhart are the kinds with limits for each point or phase.
var shewhart = []measures.Kind{measures.XmR, measures.MR, measures.Run, measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C,
	measures.NP, measures.G, measures.T, measures.XBar, measures.S, measures.IPrime}

// kindSeries makes a series of so many points that suits a kind. Points of xbar
// and s are subgroups of five.
func kindSeries(kind measures.Kind, points int) Input {
	r := rand.New(rand.NewPCG(uint64(points), 7))
	var in Input
	for x := range points {
		rows := 1
		if subgroups(kind) {
			rows = 5
		}
		for range rows {
			n := float64(400 + r.IntN(200))
			in.X, in.Y = append(in.X, int32(x+1)), append(in.Y, float64(1+r.IntN(60)))
			switch kind {
			case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.IPrime:
				in.N = append(in.N, n)
			}
		}
	}
	return in
}

// BenchmarkCompute charts three and ten years of months in every kind.
func BenchmarkCompute(b *testing.B) {
	for _, kind := range shewhart {
		for _, n := range []int{36, 120} {
			b.Run(kind.String()+"/"+strconv.Itoa(n), func(b *testing.B) {
				in, p := kindSeries(kind, n), Defaults(kind, measures.MDC)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Compute(in, p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRules judges three and ten years of months by every rule set.
func BenchmarkRules(b *testing.B) {
	for _, rules := range everyRuleSet {
		for _, n := range []int{36, 120} {
			b.Run(rules.String()+"/"+strconv.Itoa(n), func(b *testing.B) {
				benchmark(b, n, Defaults(measures.XmR, rules))
			})
		}
	}
}

func TestChartsOfEveryKindTakeFewAllocations(t *testing.T) {
	for _, kind := range shewhart {
		for _, n := range []int{36, 120} {
			in, p := kindSeries(kind, n), Defaults(kind, measures.MDC)
			if n := testing.AllocsPerRun(100, func() { _, _ = Compute(in, p) }); n > 3 {
				t.Errorf("%s: %g allocations, want at most 3", kind, n)
			}
		}
	}
	in, p := noisy(36), xmr(measures.MDC)
	if n := testing.AllocsPerRun(100, func() { _, _ = Compute(in, p) }); n > 3 {
		t.Errorf("%g allocations, want at most 3", n)
	}
}
