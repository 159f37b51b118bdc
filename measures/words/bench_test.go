package words

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// BenchmarkRow is what one row of the table of all trusts needs in words.
func BenchmarkRow(b *testing.B) {
	y := join(wave(20, 22, 24), wave(26, 29, 12))
	c := chart(b, measures.XmR, measures.MDC, measures.Increase, y, target(40))
	s := Subject{Unit: measures.Unit{Symbol: "%", Decimals: 1}, Baseline: 24}
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = Brief(s, c), Variation(s, c), Assurance(s, c)
	}
}
