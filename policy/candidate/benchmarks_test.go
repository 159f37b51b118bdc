package candidate

import (
	"context"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// BenchmarkCheckOfTheTemplate is the whole way of a candidate: the child, the
// compiler, the lint, its tests and the comparison of rows. cpu-s is the processor
// time of the same work without the child.
func BenchmarkCheckOfTheTemplate(b *testing.B) {
	modules, err := policy.Template("RAA", measures.Date(noon/day+365))
	if err != nil {
		b.Fatal(err)
	}
	bench := bench(b, Options{})
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		report, err := bench.Check(b.Context(), "RAA", modules)
		if err != nil {
			b.Fatal(err)
		}
		rows = report.Compared
	}
	before := processorTime()
	report := examine(context.Background(), task{Kind: checkTask, Owner: "RAA", Draft: modules, Reference: country(b), Seconds: 60}, func(stage, Report) {})
	b.ReportMetric((processorTime() - before).Seconds(), "cpu-s")
	b.ReportMetric(float64(rows), "rows")
	if !report.Sound() {
		b.Error(report.Findings)
	}
}
