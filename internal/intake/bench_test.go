package intake

import (
	"testing"
)

// BenchmarkLoad takes whole published files through the whole intake: parse,
// checks, staging, vintage, commit, upkeep; into an empty database each time,
// and once more when all is there.
func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"ae_4h_trust_monthly_2016_2026.csv", "nhs_ae_provider_monthly.csv"} {
		path := shared(b, name)
		b.Run("first/"+name, func(b *testing.B) {
			b.ReportAllocs()
			rows := int64(0)
			for b.Loop() {
				b.StopTimer()
				db := open(b)
				b.StartTimer()
				report, err := Load(b.Context(), db, options(b, path))
				if err != nil {
					b.Fatal(err)
				}
				rows += report.Files[0].Added
				b.StopTimer()
				db.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run("again/"+name, func(b *testing.B) {
			db := open(b)
			if _, err := Load(b.Context(), db, options(b, path)); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Load(b.Context(), db, options(b, path)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
