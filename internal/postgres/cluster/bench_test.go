package cluster

import (
	"testing"
)

func BenchmarkFirstStart(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		o := options(openDir(b))
		o.Throwaway = false
		b.StartTimer()
		c := start(b, o)
		b.StopTimer()
		stop(b, c)
		b.StartTimer()
	}
}

func BenchmarkWarmStart(b *testing.B) {
	o := options(made(b))
	o.Throwaway = false
	stop(b, start(b, o))
	b.ReportAllocs()
	for b.Loop() {
		c := start(b, o)
		b.StopTimer()
		stop(b, c)
		b.StartTimer()
	}
}

func BenchmarkAdopt(b *testing.B) {
	o := options(made(b))
	start(b, o)
	b.ReportAllocs()
	for b.Loop() {
		stop(b, start(b, o))
	}
}
