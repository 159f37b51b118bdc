package host_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// What one series costs in R, in processor time, measured on a machine of two
// cores with 36 monthly points: NHSRplotthedots 0.2.2, 200 series in one call
// with facets, and qicharts2 0.8.1. Nothing here runs R: these are other people's
// minutes on another machine, and the ratios are no better than that.
const (
	plotTheDots = 20 * time.Millisecond
	qicharts    = 25 * time.Millisecond
)

// BenchmarkKinds draws 500 series of every kind, in this process and through the
// whole socket, and sets both beside R.
func BenchmarkKinds(b *testing.B) {
	h := newHost(b, nil)
	release := install(b, h, built(b, spcFolder))
	for kind := measures.Run; kind.Known(); kind++ {
		if kind == measures.Custom || kind == measures.Funnel {
			continue
		}
		for _, points := range []int{36, 120} {
			q := kindRequest(kind, 500, points)
			b.Run(fmt.Sprintf("%s/%d/native", kind, points), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := sdk.ComputeCharts(kind, &q); err != nil {
						b.Fatal(err)
					}
				}
				perSeries(b, len(q.Series))
			})
			b.Run(fmt.Sprintf("%s/%d/sandbox", kind, points), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := h.Run(context.Background(), release.Digest, q); err != nil {
						b.Fatal(err)
					}
				}
				perSeries(b, len(q.Series))
			})
		}
	}
}

// perSeries reports what one series took. A plugin runs on one core, so on a
// quiet machine its time on the wall is close to the processor's.
func perSeries(b *testing.B, series int) {
	each := b.Elapsed() / time.Duration(b.N*series)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(each.Nanoseconds())/1e3, "us/series")
	b.ReportMetric(float64(time.Second)/float64(each), "series/s")
	b.ReportMetric(float64(plotTheDots)/float64(each), "x-faster-than-NHSRplotthedots")
	b.ReportMetric(float64(qicharts)/float64(each), "x-faster-than-qicharts2")
}

// kindRequest asks for so many series of a kind, in figures that suit it.
func kindRequest(kind measures.Kind, series, points int) wire.Request {
	rules := measures.MDC
	if kind == measures.Run {
		rules = measures.Anhoej
	}
	p := spc.Defaults(kind, rules)
	p.Direction = measures.Increase
	q := wire.Request{Measure: "bench", Entry: kind.String(), Inputs: []string{sdk.InputValue}, Parameters: sdk.ChartParameters(p), Whole: true}
	rows, share := 1, false
	switch kind {
	case measures.XBar, measures.S:
		rows = 5
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.IPrime, measures.VLAD:
		share = true
		q.Inputs = []string{sdk.InputNumerator, sdk.InputDenominator}
	}
	for s := range series {
		one := measures.Series{Organisation: "ZZA"}
		var y, n []float64
		for i := range points * rows {
			one.Periods, one.States = append(one.Periods, measures.Date(1+i/rows)), append(one.States, measures.Final)
			all := float64(9000 + (i*7919+s*104729)%2500)
			some := float64(int(all * (0.70 + float64((i*31+s*17)%23)/100)))
			switch kind {
			case measures.Bernoulli:
				some = float64((i*31 + s*17) % 7 / 6)
			case measures.VLAD:
				some, all = float64((i*31+s*17)%7/6), 0.05+float64((i*7919+s)%20)/100
			}
			y, n = append(y, some), append(n, all)
		}
		one.Columns = [][]float64{y}
		if share {
			one.Columns = append(one.Columns, n)
		}
		q.Series = append(q.Series, one)
	}
	return q
}
