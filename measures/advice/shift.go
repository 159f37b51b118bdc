package advice

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// lastingPoints is how many useful points on one side, up to the last, make a
// shift that has lasted: nine, as runcharter has it and Nelson's second rule.
// Chance makes such an end of a series once in 256 times.
const lastingPoints = 9

// lasting is a shift that has lasted up to the last point. Points is 0 where
// there is none.
type lasting struct {
	from   int // the first point of the shift
	points int // useful ones
	up     bool
}

// shift finds the useful points in a row on one side of the centre, back from
// the last. Points on the centre and missing ones neither count nor break, as in
// a run chart. As many have to stand before them in the phase: a phase that lies
// on one side from its beginning has a wrong baseline, not a shift.
func (v *view) shift() lasting {
	s := lasting{from: v.last}
	i := v.last
	for ; i >= v.from; i-- {
		y, centre := v.c.Y[i], v.c.Centre[i]
		if !v.counts(i) || measures.IsMissing(centre) || y == centre {
			continue
		}
		if s.points == 0 {
			s.up = y > centre
		}
		if y > centre != s.up {
			break
		}
		s.from = i
		s.points++
	}
	before := 0
	for ; i >= v.from && before < lastingPoints; i-- {
		if v.counts(i) {
			before++
		}
	}
	if s.points < lastingPoints || before < lastingPoints {
		return lasting{}
	}
	return s
}

const questions = " First answer four questions: has the process itself changed, is the reason known, will it last, and are the figures right and counted as before? Nothing is redrawn until somebody gives a reason and a name."

// rebase proposes a new phase where a shift has lasted: from its first point, or
// from where it settled if it took some points to get there. What a merger made is
// said with the merger.
func (v *view) rebase(s lasting) measures.Note {
	if s.points == 0 || v.a.Detail == NoPoints || v.merged(s) {
		return measures.Note{}
	}
	text := v.seen(s)
	from, settled := v.settled(s)
	switch {
	case !settled:
		text += ". They are still moving away from it, so a new " + v.centreWord() + " would soon be out of date. When they level off, a new phase may be due."
	case from == s.from:
		text += v.level("; their own ", from) + ". If this is the new normal, a new phase from " + v.period(from) + " may be due."
	default:
		text += ". From " + v.period(from) + " on they keep to a new level" + v.level("; their ", from) +
			". If this is the new normal, a new phase from " + v.period(from) + " may be due."
	}
	if e := v.eventAt(s.from, from); e != nil {
		text += " Recorded about then: " + e.Text + "."
	}
	return measures.Note{Code: RebaseShift, Text: text + questions}
}

// seen is what a shift looks like: "The last 12 months, from June 2025, lie above
// the mean of 59.1%".
func (v *view) seen(s lasting) string {
	side := "below"
	if s.up {
		side = "above"
	}
	text := "The last " + v.count(s.points) + ", from " + v.period(s.from) + ", lie " + side + " the " + v.centreWord()
	if v.full() {
		text += " of " + v.value(v.c.Centre[v.last])
	}
	return text
}

// level says what the centre of a phase from a point on would be, where it may.
func (v *view) level(lead string, from int) string {
	mean := v.mean(from)
	if !v.full() || measures.IsMissing(mean) {
		return ""
	}
	return lead + v.ownCentre() + " is " + v.value(mean)
}

func (v *view) ownCentre() string {
	if v.c.Kind == measures.Run {
		return "mean" // a median would have to be sorted for, and says no more here
	}
	return v.centreWord()
}

// mean is the centre that a phase from a point on would have, or Missing for the
// kinds whose centre is no mean of what is plotted.
func (v *view) mean(from int) float64 {
	weighted := false
	switch v.c.Kind {
	case measures.G, measures.T, measures.NP:
		return measures.Missing
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.IPrime, measures.XBar:
		weighted = true
	}
	sum, weight := 0.0, 0.0
	for i := from; i < v.to; i++ {
		if !v.counts(i) {
			continue
		}
		w := 1.0
		if weighted {
			w = v.c.N[i]
		}
		sum += w * v.c.Y[i]
		weight += w
	}
	return sum / weight
}

// settled finds the point from which a shift keeps to one level. Where all its
// points do, that is the first. Where the later half lies further out than the
// earlier, it is parted into two levels and the later one looked at in turn, so
// long as enough points are left.
func (v *view) settled(s lasting) (from int, ok bool) {
	from, points := s.from, s.points
	for v.moving(from, points, s.up) {
		if from, points = v.part(from); points < lastingPoints {
			return from, false
		}
	}
	return from, true
}

// part finds the point that parts the points from one on into two levels best, by
// least squares, with enough points after it; and how many those are, 0 if none.
func (v *view) part(from int) (at, points int) {
	total, n := 0.0, 0
	for i := from; i < v.to; i++ {
		if v.counts(i) {
			total, n = total+v.c.Y[i], n+1
		}
	}
	before, counted, best := 0.0, 0, 0.0
	for i := from; i < v.to && n-counted >= lastingPoints; i++ {
		if !v.counts(i) {
			continue
		}
		if counted > 0 {
			// What two means explain beyond one.
			mean, after := total/float64(n), total-before
			low, high := before/float64(counted)-mean, after/float64(n-counted)-mean
			if gain := low*low*float64(counted) + high*high*float64(n-counted); gain > best {
				best, at, points = gain, i, n-counted
			}
		}
		before, counted = before+v.c.Y[i], counted+1
	}
	return at, points
}

// moving reports whether points are still on their way: the mean of their later
// half lies further out than that of the earlier by more than three standard
// errors, with sigma from their own moving ranges.
func (v *view) moving(from, points int, up bool) bool {
	var sums, counted [2]float64
	ranges, n, before := 0.0, 0.0, measures.Missing
	seen := 0
	for i := from; i < v.to; i++ {
		if !v.counts(i) {
			continue
		}
		half := 0
		if 2*seen >= points {
			half = 1
		}
		sums[half] += v.c.Y[i]
		counted[half]++
		if !measures.IsMissing(before) {
			ranges += math.Abs(v.c.Y[i] - before)
			n++
		}
		before = v.c.Y[i]
		seen++
	}
	further := sums[1]/counted[1] - sums[0]/counted[0]
	if !up {
		further = -further
	}
	return further > 3*ranges/n/d2*math.Sqrt(1/counted[0]+1/counted[1])
}
