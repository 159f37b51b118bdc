package advice

import "github.com/signalbox-health/signalbox/measures"

// likely is a quick look that spares most charts the ranking: whether the same
// periods lie above, or below, the mean of their cycle a little more often than
// chance has it. Chance makes the squares of the differences add up to the number
// of figures; a season whose ranks are found uneven makes far more.
func likely(years []float64, k int) bool {
	var net [12]int
	cycles := len(years) / k
	for year := years; len(year) >= k; year = year[k:] {
		middle := mean(year[:k])
		for j, y := range year[:k] {
			net[j] += sign(y, middle)
		}
	}
	total, furthest := 0, 0
	for _, n := range net[:k] {
		total, furthest = total+n*n, max(furthest, n, -n)
	}
	return 4*total > 5*len(years) || cycles >= 5 && furthest >= cycles-1
}

// mean of what is there; Missing where nothing is.
func mean(list []float64) float64 {
	sum, n := 0.0, 0
	for _, y := range list {
		if !measures.IsMissing(y) {
			sum += y
			n++
		}
	}
	return sum / float64(n)
}

// rankSums ranks the periods within each cycle and adds the ranks up by period,
// as twice their distance from the middle rank: the others a period lies above,
// less those it lies below. A missing value lies neither above nor below any, and
// so takes the middle rank.
func rankSums(years []float64, k int, slope float64) (sums [12]int, kept int) {
	for ; len(years) >= k; years = years[k:] {
		var y [12]float64
		present := 0
		for j, value := range years[:k] {
			y[j] = value - slope*float64(j)
			if !measures.IsMissing(value) {
				present++
			}
		}
		if 6*(k-present) > k {
			continue
		}
		kept++
		for j := 1; j < k; j++ {
			for l := range j {
				sums[j] += sign(y[j], y[l])
				sums[l] -= sign(y[j], y[l])
			}
		}
	}
	return sums, kept
}

// sign is 1 where a lies above b and -1 where below. It is written so that the
// compiler needs no jump: which way it falls is chance.
func sign(a, b float64) int {
	above, below := 0, 0
	if a > b {
		above = 1
	}
	if a < b {
		below = 1
	}
	return above - below
}

// outstanding is how many standard deviations the mean rank of a single period
// has to lie from the middle to make a season by itself: Friedman's test, which
// asks all periods together, hardly sees one short February. At 3.5 one of
// twelve goes beyond in one of 200 charts of chance (Bonferroni).
const outstanding = 3.5

// uneven reports whether the sums of ranks differ beyond chance, all together or
// a single one.
func uneven(sums *[12]int, cy cycle, cycles int) bool {
	total, furthest := 0, 0
	for _, sum := range sums[:cy.periods] {
		total, furthest = total+sum*sum, max(furthest, sum*sum)
	}
	k, b := float64(cy.periods), float64(cycles)
	return 3*float64(total)/(b*k*(k+1)) > cy.critical || float64(furthest) > outstanding*outstanding*4*b*(k*k-1)/12
}

// slope is the rise for each period between the first cycle and the last.
func slope(years []float64, k int) float64 {
	rise := (mean(years[len(years)-k:]) - mean(years[:k])) / float64(len(years)-k)
	if measures.IsMissing(rise) { // a cycle without a single figure
		return 0
	}
	return rise
}
