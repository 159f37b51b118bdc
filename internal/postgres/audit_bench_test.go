package postgres

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// BenchmarkAppendTogether writes decisions in groups, as a page of charts does: one
// commit for all of them. The figure is for one entry.
func BenchmarkAppendTogether(b *testing.B) {
	for _, size := range []int{1, 35, 200} {
		b.Run(fmt.Sprintf("group=%d", size), func(b *testing.B) {
			db := open(b)
			group := make([]policy.Decision, size)
			for i := range group {
				group[i] = decision("ae_4h", everyone, "numerator", "denominator")
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.RecordAll(b.Context(), group); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "µs/entry")
		})
	}
}

// BenchmarkVerify reads a ledger of 20,000 records through, columns included.
func BenchmarkVerify(b *testing.B) {
	const records = 20_000
	db := open(b)
	for range records / 500 {
		group := make([]policy.Decision, 500)
		for i := range group {
			group[i] = decision("ae_4h", everyone, "numerator", "denominator")
		}
		if _, err := db.RecordAll(b.Context(), group); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		err := db.Audit(b.Context(), func(a *Audit) error {
			found, err := a.Verify()
			if err == nil && found.Read != records {
				err = fmt.Errorf("%d records were read", found.Read)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkInclusion proves records of a tree in a real table: of a million
// records, and of ten million where SIGNALBOX_SOAK is set (minutes and 2 GB). The
// hashes are made up; how many are read, and from where, is as it would be.
func BenchmarkInclusion(b *testing.B) {
	sizes := []int64{1_000_000}
	if os.Getenv("SIGNALBOX_SOAK") != "" {
		sizes = append(sizes, 10_000_000)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("records=%d", size), func(b *testing.B) {
			db := open(b)
			conn := owner(b, db)
			began := time.Now()
			for _, sql := range []string{
				`ALTER TABLE ledger_hash DROP CONSTRAINT ledger_hash_pkey`,
				fmt.Sprintf(`INSERT INTO ledger_hash SELECT i, sha256(int8send(i)) FROM generate_series(0::int8, %d) i`, ledger.HashCount(size)-1),
				`ALTER TABLE ledger_hash ADD PRIMARY KEY (place)`, `VACUUM ANALYZE ledger_hash`,
			} {
				if _, err := conn.Exec(b.Context(), sql); err != nil {
					b.Fatal(err)
				}
			}
			b.Logf("laid out in %v", time.Since(began).Round(time.Second))
			stored, sequence := db.LedgerHashes(b.Context()), int64(1)
			b.ReportAllocs()
			for b.Loop() {
				// Every hash of the way is read and none is wrong to the reader, so the
				// proof is made; that it leads to no honest root does not matter here.
				if _, err := ledger.Included(sequence, ledger.Head{Size: size}, stored); err != nil {
					b.Fatal(err)
				}
				sequence = (sequence*7919)%size + 1
			}
		})
	}
}
