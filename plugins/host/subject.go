package host

import (
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// subject is whose figures a question is about. Everybody's, where it does not
// say: figures of a group of organisations have none of their codes.
type subject struct {
	everybody bool
	codes     []measures.ODSCode // sorted, once each
}

func subjectOf(q *wire.Request) subject {
	var s subject
	for i := range q.Series {
		code := q.Series[i].Organisation
		s.everybody = s.everybody || code == ""
		s.codes = append(s.codes, code)
	}
	slices.Sort(s.codes)
	s.codes = slices.Compact(s.codes)
	return s
}

func (s subject) size() int {
	if s.everybody {
		return math.MaxInt
	}
	return len(s.codes)
}

func (s subject) equal(other subject) bool {
	return s.everybody == other.everybody && slices.Equal(s.codes, other.codes)
}

// shares reports whether the figures of one organisation are in both. A question
// without any figures shares with none.
func (s subject) shares(other subject) bool {
	if len(s.codes) == 0 || len(other.codes) == 0 {
		return false
	}
	if s.everybody || other.everybody {
		return true
	}
	for _, code := range s.codes {
		if _, found := slices.BinarySearch(other.codes, code); found {
			return true
		}
	}
	return false
}
