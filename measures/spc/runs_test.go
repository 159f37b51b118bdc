package spc

import (
	"math/big"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
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

// Every row of the table of runs leaves out between 0.2 and 2.7 percent of the
// exact distribution at either end (Swed and Eisenhart 1943), for as many points
// above the median as below.
func TestTableOfRunsCutsSmallTailsOfTheExactDistribution(t *testing.T) {
	for n := int32(10); n <= 30; n++ {
		low, high := runsBounds(n)
		below, above := 0.0, 0.0
		for runs := int64(2); runs <= int64(n); runs++ {
			p := chanceOfRuns(int64(n/2), int64(n-n/2), runs)
			if runs < int64(low) {
				below += p
			}
			if runs > int64(high) {
				above += p
			}
		}
		for _, tail := range []float64{below, above} {
			if tail < 0.002 || tail > 0.0275 {
				t.Errorf("n = %d: %d to %d runs leave out %.4f and %.4f", n, low, high, below, above)
			}
		}
	}
	for _, n := range []int32{0, 9, 31} {
		if low, high := runsBounds(n); low != measures.NoNumber || high != measures.NoNumber {
			t.Errorf("n = %d: %d to %d, want none", n, low, high)
		}
	}
}

// chanceOfRuns is the probability of so many runs among a points on one side
// and b on the other, in any order.
func chanceOfRuns(a, b, runs int64) float64 {
	ways := new(big.Int)
	add := func(k, l int64) {
		one := new(big.Int).Binomial(a-1, k-1)
		ways.Add(ways, one.Mul(one, new(big.Int).Binomial(b-1, l-1)))
	}
	add(runs/2, runs-runs/2)
	add(runs-runs/2, runs/2)
	p, _ := new(big.Rat).SetFrac(ways, new(big.Int).Binomial(a+b, a)).Float64()
	return p
}
