package main

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// BenchmarkNative charts 1,000 series of 36 months in this process: what the
// sandbox is measured against (plugins/host, BenchmarkSandboxLanguages).
func BenchmarkNative(b *testing.B) {
	q := sdk.Question{Request: wire.Request{Measure: "m", Entry: "fences", Inputs: []string{sdk.InputNumerator, sdk.InputDenominator},
		Parameters: []wire.Parameter{wire.Text("direction", "increase"), wire.Number("multiply", 100)}}}
	for s := range 1000 {
		one := measures.Series{Organisation: "ZZ1"}
		numerators, denominators := make([]float64, 36), make([]float64, 36)
		for i := range 36 {
			one.Periods = append(one.Periods, measures.DateOf(2023, 4+i, 1))
			one.States = append(one.States, measures.Final)
			denominators[i] = float64(9000 + (i*7919+s*104729)%2500)
			numerators[i] = float64(int(denominators[i] * (0.70 + float64((i*31+s*17)%23)/100)))
		}
		one.Columns = [][]float64{numerators, denominators}
		q.Series = append(q.Series, one)
	}
	b.ReportAllocs()
	for b.Loop() {
		if answer, err := fences(q); err != nil || len(answer.Charts) != 1000 {
			b.Fatal(err)
		}
	}
}
