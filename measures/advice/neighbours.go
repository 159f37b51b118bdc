package advice

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

const (
	fewestPoints  = 20 // below, only a correlation that leaps to the eye would be found
	fewestInPhase = 8  // a shorter phase says little about its neighbours

	// oneInHundred is the 99th percentile of the normal distribution. In n points
	// of nothing but chance the correlation of neighbours has mean -1/n and
	// standard deviation 1/sqrt(n), nearly (Bartlett 1946, JRSS Supplement 8:27).
	oneInHundred = 2.326

	// noticeable is the least correlation worth a reader's time. Limits from moving
	// ranges are too narrow by the factor sqrt(1 - r): at 0.3 by a sixth.
	noticeable = 0.3
)

// neighbours tests whether points resemble those before them more, or less, than
// chance allows, within phases. The correlation has to stand out both about the
// mean of each phase and about a straight line through it: a steady change is no
// resemblance.
func (v *view) neighbours() measures.Note {
	r, n := v.correlation(false)
	if n < fewestPoints {
		return measures.Note{}
	}
	width, middle := oneInHundred/math.Sqrt(float64(n)), -1/float64(n)
	high, low := max(noticeable, middle+width), middle-width
	switch {
	case r > high:
		if straight, _ := v.correlation(true); straight > high {
			return v.autocorrelated(min(r, straight), high, n)
		}
	case r < low:
		// A straight line through a phase makes neighbours look more unlike, so it is
		// the plain correlation that counts.
		return v.alternating(r, low, n)
	}
	return measures.Note{}
}

// correlation is that of neighbouring points, over all phases together, and how
// many points it rests on.
func (v *view) correlation(straight bool) (r float64, n int) {
	product, square := 0.0, 0.0
	for from := 0; from < v.c.Len(); {
		to := from + 1
		for to < v.c.Len() && v.c.Phase[to] == v.c.Phase[from] {
			to++
		}
		p, q, m := v.correlationIn(from, to, straight)
		product, square, n = product+p, square+q, n+m
		from = to
	}
	if square == 0 {
		return 0, 0
	}
	return product / square, n
}

// correlationIn adds up the products of neighbours and the squares of all, about
// the mean or the straight line of a stretch.
func (v *view) correlationIn(from, to int, straight bool) (product, square float64, n int) {
	sumX, sumY := 0.0, 0.0
	for i := from; i < to; i++ {
		if v.counts(i) {
			sumX, sumY, n = sumX+float64(i), sumY+v.c.Y[i], n+1
		}
	}
	if n < fewestInPhase {
		return 0, 0, 0
	}
	meanX, meanY, rise := sumX/float64(n), sumY/float64(n), 0.0
	if straight {
		xy, xx := 0.0, 0.0
		for i := from; i < to; i++ {
			if v.counts(i) {
				dx := float64(i) - meanX
				xy, xx = xy+dx*(v.c.Y[i]-meanY), xx+dx*dx
			}
		}
		rise = xy / xx
	}
	before := measures.Missing
	for i := from; i < to; i++ {
		if !v.counts(i) {
			before = measures.Missing
			continue
		}
		e := v.c.Y[i] - meanY - rise*(float64(i)-meanX)
		if v.weighted() {
			e *= math.Sqrt(v.c.N[i])
		}
		square += e * e
		if !measures.IsMissing(before) {
			product += e * before
		}
		before = e
	}
	return product, square, n
}

// weighted reports whether the points scatter the less the larger their
// denominator.
func (v *view) weighted() bool {
	switch v.c.Kind {
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.IPrime:
		return true
	}
	return false
}

func (v *view) autocorrelated(r, bound float64, n int) measures.Note {
	text := "Each " + v.noun(1) + " resembles the one before it more than chance allows"
	narrow := "too narrow"
	if v.full() {
		text += " (correlation " + decimal(r, 2) + "; up to " + decimal(bound, 2) + " is no matter in " + v.count(n) + ")"
		narrow += " by about " + decimal(100*(1-math.Sqrt(1-r)), 0) + "%"
	}
	if v.fromRanges() {
		text += ". Limits are then " + narrow + ", and shifts and trends ring too often"
	} else {
		text += ". Shifts and trends then ring too often"
	}
	return measures.Note{Code: Autocorrelated, Text: text +
		". Act on large and lasting changes only, and look for what carries over from one " + v.noun(1) +
		" to the next: a waiting list, the same patients counted again, a rolling average. Longer periods help; a CUSUM or EWMA chart would ring more often still."}
}

// fromRanges reports whether the limits are made from moving ranges, which
// neighbours that are alike make small.
func (v *view) fromRanges() bool {
	switch v.c.Kind {
	case measures.XmR, measures.IPrime, measures.PPrime, measures.UPrime, measures.T, measures.EWMA, measures.CUSUM:
		return true
	}
	return false
}

func (v *view) alternating(r, bound float64, n int) measures.Note {
	text := "The points go up and down in turn more than chance allows"
	if v.full() {
		text += " (correlation of neighbours " + decimal(r, 2) + "; down to " + decimal(bound, 2) + " may be chance in " + v.count(n) + ")"
	}
	if v.fromRanges() {
		text += ". Limits are then too wide"
	}
	return measures.Note{Code: Alternating, Text: text +
		". Ask whether two sources take turns (two teams, a clinic every other " + v.noun(1) +
		"), whether cases slip from one " + v.noun(1) + " into the next, and whether somebody corrects after each point. Chart the sources apart."}
}
