package spc

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// BenchmarkSums charts three and ten years of months.
func BenchmarkSums(b *testing.B) {
	for _, kind := range []measures.Kind{measures.EWMA, measures.CUSUM} {
		for _, n := range []int{36, 120} {
			b.Run(kind.String()+"/"+strconv.Itoa(n), func(b *testing.B) { benchmark(b, n, Defaults(kind, measures.MDC)) })
		}
	}
}

// BenchmarkFunnel140 compares as many trusts as England has, with some thousand
// events each, in every form.
func BenchmarkFunnel140(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 40))
	var pairs []float64
	for range 140 {
		d := math.Ceil(2000 + 30000*r.Float64())
		pairs = append(pairs, math.Floor(d*(0.9+0.1*r.Float64())), d)
	}
	in := groups(pairs...)
	for _, p := range everyForm() {
		name := p.Ratio.String() + "/" + p.Transform.String()
		if p.Additive {
			name += "/additive"
		}
		if p.Exact {
			name += "/exact"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compute(in, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
