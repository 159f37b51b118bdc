package disclosure

import (
	"cmp"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// place is one point of one series.
type place struct{ series, point int }

// protect hides more strata where those that are hidden could be had by taking the
// others from the total, and the total of all organisations where it would tell
// one of them. It goes by what somebody would find who knew the total and all that
// is seen to the last count: each of the small ones must then still be anything
// from 1 up to the threshold.
func protect(terms policy.Disclosure, series []Counts, hide [][]bool) {
	strata := map[measures.ODSCode]map[int32][]place{}
	members, totals := map[int32][]place{}, map[int32][]place{}
	for i := range series {
		s := &series[i]
		for j, x := range s.X {
			if j >= len(s.Numerator) || s.Denominator != nil && j >= len(s.Denominator) {
				continue
			}
			at := place{i, j}
			switch {
			case s.Stratum != "":
				if strata[s.Organisation] == nil {
					strata[s.Organisation] = map[int32][]place{}
				}
				strata[s.Organisation][x] = append(strata[s.Organisation][x], at)
			case s.Organisation == policy.Everyone:
				totals[x] = append(totals[x], at)
			default:
				members[x] = append(members[x], at)
			}
		}
	}
	for _, periods := range strata {
		for _, group := range periods {
			protectGroup(terms, series, hide, group)
		}
	}
	for x, total := range totals {
		if !safe(terms, series, hide, members[x]) {
			for _, at := range total {
				hide[at.series][at.point] = true
			}
		}
	}
}

// protectGroup takes the smallest stratum that makes the hidden ones safe; where
// none does by itself, the largest, and then another.
func protectGroup(terms policy.Disclosure, series []Counts, hide [][]bool, group []place) {
	var seen []place
	for _, at := range group {
		if !hide[at.series][at.point] && !measures.IsMissing(series[at.series].Numerator[at.point]) {
			seen = append(seen, at)
		}
	}
	slices.SortStableFunc(seen, func(a, b place) int {
		return cmp.Compare(cover(series, a), cover(series, b))
	})
	for len(seen) > 0 && !safe(terms, series, hide, group) {
		at := len(seen) - 1
		for i, candidate := range seen {
			hide[candidate.series][candidate.point] = true
			if safe(terms, series, hide, group) {
				return
			}
			hide[candidate.series][candidate.point] = false
			if cover(series, candidate) > 0 {
				at = i // the largest that is not nothing, if there is one
			}
		}
		hide[seen[at].series][seen[at].point] = true
		seen = slices.Delete(seen, at, at+1)
	}
}

// cover is how much a point hides beside a small one.
func cover(series []Counts, at place) float64 { return series[at.series].Numerator[at.point] }

// safe reports whether each small number among the hidden points of a group could
// be any other small number, for somebody who knows what they add up to. It must
// say the same whatever the small numbers are, or what is hidden beside them would
// tell them: so it takes them for ones, where the least room is, and small numbers
// by themselves are never safe.
func safe(terms policy.Disclosure, series []Counts, hide [][]bool, group []place) bool {
	threshold := float64(terms.MinCellCount)
	for _, part := range parts {
		small, room := false, 0.0 // what the others could give without becoming small
		for _, at := range group {
			v := part(&series[at.series], at.point)
			switch {
			case !hide[at.series][at.point] || measures.IsMissing(v):
			case tooSmall(terms, v):
				small = true
			case v > 0:
				room += v - threshold
			}
		}
		if small && room < threshold-2 { // from 1 up to one below the threshold
			return false
		}
	}
	return true
}
