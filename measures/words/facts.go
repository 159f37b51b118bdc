package words

import "github.com/signalbox-health/signalbox/measures"

// beyond is "above its upper limit of 65.9%", with enough decimals for the point
// of the stretch that lies nearest.
func (v *view) beyond(up bool, whose string, r run) string {
	line, name := v.c.Lower, "lower"
	if up {
		line, name = v.c.Upper, "upper"
	}
	limit := line[v.last]
	switch {
	case r.points > 1 && v.moves(line, r.first, v.last+1):
		return sideWord(up) + " their " + name + " limits"
	case v.brief:
		return sideWord(up) + " " + whose + " " + name + " limit"
	}
	nearest := v.c.Y[v.last]
	for i := r.first; i <= v.last; i++ {
		if y := v.c.Y[i]; up && y > limit && y < nearest || !up && y < limit && y > nearest {
			nearest = y
		}
	}
	return sideWord(up) + " " + whose + " " + name + " limit of " + v.apart(limit, nearest)
}

// inARow is "16 months in a row above the mean of 59.1%".
func (v *view) inARow(r run, up bool) string {
	return capital(v.count(r.points)) + " in a row " + sideWord(up) + " " + v.centre()
}

func (v *view) lastOfThem(r run, up bool) string {
	return ", the last " + inWords(r.points) + " of them " + v.beyond(up, "the", r)
}

func (v *view) trendFact(r run, up bool) string {
	way := "falling"
	if up {
		way = "rising"
	}
	return capital(v.count(r.points)) + " in a row " + way
}

// nearFact tells of two points in three beyond the near line.
func (v *view) nearFact(up bool) string {
	name, line := "lower", v.c.Lower
	if up {
		name, line = "upper", v.c.Upper
	}
	fact := v.share(max(2, v.among(3, func(i int) bool { return v.isNear(i, up) })), 3) + " lie close to the " + name + " limit"
	limit := line[v.last]
	if v.brief || measures.IsMissing(limit) || v.moves(line, v.from, v.last+1) {
		return fact
	}
	return fact + " of " + v.value(limit)
}

// isNear reports whether a point lies beyond the near line. Zone rules flag
// only the point that completes a pattern, so there its neighbours are looked at
// themselves.
func (v *view) isNear(i int, up bool) bool {
	switch {
	case !zoned(v.c.Rules) && up:
		return v.signals[i]&measures.TwoInThreeAbove != 0
	case !zoned(v.c.Rules):
		return v.signals[i]&measures.TwoInThreeBelow != 0
	case up:
		return v.c.Y[i] > v.c.NearUpper[i]
	}
	return v.c.Y[i] < v.c.NearLower[i]
}

// among counts how many of the last so many points that count hold.
func (v *view) among(of int, holds func(i int) bool) int {
	n := 0
	for i := v.last; i >= v.from && of > 0; i-- {
		if v.counts(i) {
			of--
			if holds(i) {
				n++
			}
		}
	}
	return n
}

// share is "Two of the last three months", or "The last three months".
func (v *view) share(n, of int) string {
	if n == of {
		return "The last " + v.count(of)
	}
	return capital(inWords(n)) + " of the last " + v.count(of)
}

// fourFact tells of four points in five beyond one sigma.
func (v *view) fourFact(up bool) string {
	n := v.among(5, func(i int) bool {
		sigma := v.sigma(i)
		return up && v.c.Y[i] > v.c.Centre[i]+sigma || !up && v.c.Y[i] < v.c.Centre[i]-sigma
	})
	return v.share(max(4, n), 5) + " lie more than one sigma " + sideWord(up) + " " + v.centre()
}

// sigma at a point, from the near lines at two. Lines that end at what the
// measure can be are shortened on one side only.
func (v *view) sigma(i int) float64 {
	return max(v.c.NearUpper[i]-v.c.Centre[i], v.c.Centre[i]-v.c.NearLower[i]) / 2
}

// undirectedFact tells of patterns that go neither up nor down.
func (v *view) undirectedFact(signals measures.Signals) string {
	switch {
	case signals&alternates != 0:
		return "The last " + v.count(14) + " went up and down in turn"
	case signals&hugs != 0:
		return "The last " + v.count(15) + " lie within one sigma of " + v.centre() + ", closer than the limits say"
	}
	return "The last " + v.count(8) + " all lie more than one sigma from " + v.centre() + ", on both sides"
}

// allOutsideSince reports whether every point from one on that counts lies
// beyond the limit.
func (v *view) allOutsideSince(from int, up bool) bool {
	signal := measures.OutsideLower
	if up {
		signal = measures.OutsideUpper
	}
	for i := from; i <= v.last; i++ {
		if v.counts(i) && v.signals[i]&signal == 0 {
			return false
		}
	}
	return true
}

func (v *view) countingFrom(from int) int {
	n := 0
	for i := from; i <= v.last; i++ {
		if v.counts(i) {
			n++
		}
	}
	return n
}
