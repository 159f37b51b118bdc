package spc

import (
	"math/bits"

	"github.com/signalbox-health/signalbox/measures"
)

// runsTest counts runs and crossings of the centre in one phase (Anhoej and
// Olesen 2014, PLoS ONE e113825). Points on the centre are dropped first: they
// neither add to a run nor break it. The numbers are given under every rule
// set; they make a signal only under one that has the test.
func (w *work) runsTest(s span) measures.PhaseStatistics {
	const none = measures.NoNumber
	found := measures.PhaseStatistics{LongestRun: none, LongestRunMax: none, Crossings: none, CrossingsMin: none,
		Runs: none, RunsLow: none, RunsHigh: none}
	var length, longest, crossings int32
	side := 0
	for i := s.from; i < s.to; i++ {
		if !w.counts(i) {
			continue
		}
		found.N++
		now := order(w.c.Y[i], w.c.Centre[i])
		if now == 0 || !w.hasRuns() {
			continue
		}
		found.Useful++
		if now != side {
			if side != 0 {
				crossings++
			}
			side, length = now, 0
		}
		length++
		longest = max(longest, length)
	}
	if found.Useful == 0 {
		return found
	}
	found.LongestRun, found.LongestRunMax = longest, longestRunMax(found.Useful)
	found.Crossings, found.CrossingsMin = crossings, crossingsMin(found.Useful)
	if w.book.longestAndFewest {
		found.Signal = longest > found.LongestRunMax || crossings < found.CrossingsMin
	}
	if w.book.runsTable {
		found.Runs = crossings + 1
		found.RunsLow, found.RunsHigh = runsBounds(found.Useful)
		found.Signal = found.RunsLow != none && (found.Runs < found.RunsLow || found.Runs > found.RunsHigh)
	}
	found.Signal = found.Signal && w.patterned()
	return found
}

// longestRunMax is log2(n) to the nearest whole number, plus 3 (Schilling 2012).
// It is reckoned in whole numbers: n*n against an odd power of two.
func longestRunMax(n int32) int32 {
	k := int32(bits.Len32(uint32(n))) - 1
	if uint64(n)*uint64(n) >= 1<<(2*k+1) {
		k++
	}
	return k + 3
}

// crossingsMin is the 5th percentile of the number of crossings among n useful
// points: the smallest k with P(B <= k) >= 0.05, for B binomial with n-1 trials
// of one half (Chen 2010). It starts from the middle, where the probability is
// known exactly, and walks down, so that no n is too large for it.
func crossingsMin(n int32) int32 {
	const level = 0.05
	trials := n - 1
	k := trials / 2
	term := 1.0 // P(B = k)
	for i := int32(1); i <= k; i++ {
		term *= float64(2*i-1) / float64(2*i)
	}
	cumulative := (1 + term) / 2 // P(B <= k) for an even number of trials
	if trials%2 == 1 {
		term *= float64(trials) / float64(trials+1)
		cumulative = 0.5
	}
	for k > 0 && cumulative-term >= level {
		cumulative -= term
		term *= float64(k) / float64(trials-k+1)
		k--
	}
	return k
}
