package intake

import "testing"

// BenchmarkLoad takes whole tables through the whole intake: parse, checks,
// staging, vintage, commit, upkeep. "first" loads into an empty database,
// "again" when all is there.
func BenchmarkLoad(b *testing.B) {
	for _, test := range []struct {
		name string
		path func() string
	}{
		{"18k-rows", func() string { return shared(b, "ae_4h_trust_monthly_2016_2026.csv") }},
		{"18k-rows-13-columns", func() string { return shared(b, "nhs_ae_provider_monthly.csv") }},
		{"500k-rows", func() string { return made(b, 500_000) }},
	} {
		b.Run("first/"+test.name, func(b *testing.B) {
			path := test.path()
			b.ReportAllocs()
			rows := int64(0)
			for b.Loop() {
				b.StopTimer()
				db := open(b)
				b.StartTimer()
				rows += mustLoad(b, db, options(b, path))[0].Added
				b.StopTimer()
				db.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run("again/"+test.name, func(b *testing.B) {
			path := test.path()
			db := open(b)
			mustLoad(b, db, options(b, path))
			rows := int64(0)
			for b.Loop() {
				rows += mustLoad(b, db, options(b, path))[0].Unchanged
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
