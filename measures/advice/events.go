package advice

import (
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// eventAt is an event that began with a shift: at most two periods before its
// first point, since chance adds points to a run, up to the point where it
// settled, or three after the first.
func (v *view) eventAt(first, settled int) *measures.Event {
	if !v.c.XIsDate {
		return nil
	}
	for k := range v.a.Events {
		e := &v.a.Events[k]
		if x := int32(e.Start); x >= v.c.X[max(0, first-2)] && x <= v.c.X[min(v.last, max(first+3, settled))] {
			return e
		}
	}
	return nil
}

// unphased finds the latest event that makes figures before and after it hard to
// compare, within the chart, at which no phase begins; the first point after it;
// and how many such events there are.
func (v *view) unphased() (latest *measures.Event, first, events int) {
	for k := range v.a.Events {
		e := &v.a.Events[k]
		if !e.Rebase && e.Kind != measures.Merger && e.Kind != measures.DefinitionChange {
			continue
		}
		i := v.firstFrom(int32(e.Start))
		if i <= 0 || v.c.Phase[i] != v.c.Phase[i-1] || v.decided(e.Start) {
			continue
		}
		events++
		if latest == nil || e.Start > latest.Start {
			latest, first = e, i
		}
	}
	return latest, first, events
}

// merged reports whether a shift is what such an event made: it begins at most two
// points from it. Then one note speaks of both.
func (v *view) merged(s lasting) bool {
	e, first, _ := v.unphased()
	return e != nil && s.points > 0 && first >= s.from-2 && first <= s.from+2
}

// merger proposes a phase from an event that makes figures hard to compare.
func (v *view) merger(s lasting) measures.Note {
	e, first, events := v.unphased()
	if e == nil {
		return measures.Note{}
	}
	text := e.Text + ", " + v.period(first) + ": figures before and after may not be comparable, and no phase begins there."
	if v.merged(s) && v.a.Detail != NoPoints {
		text += " They did change: " + strings.ToLower(v.seen(s)[:1]) + v.seen(s)[1:] + v.level("; since then their ", first) + "."
	}
	text += " If they cannot be compared, a new phase from " + v.period(first) +
		" is due: it takes a reason and a name, and nothing is redrawn before. If they can, say so beside the event."
	switch {
	case events == 2:
		text += " The same holds for one earlier event."
	case events > 2:
		text += " The same holds for " + strconv.Itoa(events-1) + " earlier events."
	}
	return measures.Note{Code: RebaseMerger, Text: text}
}

// firstFrom is the first point at or after x, or -1 where none is.
func (v *view) firstFrom(x int32) int {
	if !v.c.XIsDate || x <= v.c.X[0] {
		return -1
	}
	for i, at := range v.c.X {
		if at >= x {
			return i
		}
	}
	return -1
}

func (v *view) decided(start measures.Date) bool {
	for i := range v.a.Decided {
		if v.a.Decided[i].Start == start {
			return true
		}
	}
	return false
}
