package spc

import (
	"math/big"
	"testing"
)

func TestLimitsOfTheRunsTestAreThoseOfTheTable(t *testing.T) {
	for _, row := range []struct{ n, longest, crossings int32 }{
		{10, 6, 2}, {12, 7, 3}, {20, 7, 6}, {24, 8, 8}, {30, 8, 10}, {36, 8, 13}, {60, 9, 23},
	} {
		if l, c := longestRunMax(row.n), crossingsMin(row.n); l != row.longest || c != row.crossings {
			t.Errorf("n = %d: %d, %d; want %d, %d", row.n, l, c, row.longest, row.crossings)
		}
	}
}

// The binomial percentile is reckoned again in whole numbers of any size.
func TestCrossingsMinIsTheExactBinomialPercentile(t *testing.T) {
	for n := int32(1); n <= 700; n++ {
		trials := int64(n - 1)
		all := new(big.Int).Lsh(big.NewInt(1), uint(trials))
		sum, want := new(big.Int), int64(-1)
		for k := int64(0); k <= trials; k++ {
			sum.Add(sum, new(big.Int).Binomial(trials, k))
			if new(big.Int).Mul(sum, big.NewInt(20)).Cmp(all) >= 0 {
				want = k
				break
			}
		}
		if got := crossingsMin(n); int64(got) != want {
			t.Errorf("crossingsMin(%d) = %d, want %d", n, got, want)
		}
	}
}
