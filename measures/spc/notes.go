package spc

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// Codes of notes. Programs may rely on them.
const (
	NoteFewPoints    = "few_points"     // a phase without limits, because it is short
	NoteLastMissing  = "last_missing"   // the last point is missing; the icons speak of an earlier one
	NotePhaseMoved   = "phase_moved"    // a phase was to begin where there is no point
	NotePhaseEmpty   = "phase_empty"    // a phase begins after the last point
	NoteFlat         = "flat"           // the limits lie on the centre
	NoteScreened     = "screened"       // large moving ranges were left out of the limits
	NoteNoLimits     = "no_limits"      // the points of a baseline leave nothing to make limits of
	NoteFewGroups    = "few_groups"     // too few groups to know how far they differ beyond chance
	NoteFewExpected  = "few_expected"   // below a lower limit, yet not as unlikely as the limit says
	NoteAggregated   = "aggregated"     // no risk-adjusted sums, because points are not single cases
	NoteClamped      = "clamped"        // lines would lie beyond what the measure can be
	NoteScreeningOff = "screening_kept" // screening would have left nothing, so it left all
)

// mostNotes is how many notes a chart carries; a reader of more would read none.
const mostNotes = 16

func (w *work) note(code, text string) {
	if len(w.c.Notes) == mostNotes {
		return
	}
	w.c.Notes = append(w.c.Notes, measures.Note{Code: code, Text: text})
}

// advise says what a reader of the chart ought to know and cannot see.
func (w *work) advise() {
	if last := w.c.Last(); last >= 0 && last < w.c.Len()-1 && w.p.Kind != measures.Funnel {
		w.note(NoteLastMissing, "The last measured point is "+w.c.XText(last)+"; the icons speak of it.")
	}
	if n, p := w.c.Len(), w.in.Phases; n > 0 && len(p) > 0 && int32(p[len(p)-1].Start) > w.c.X[n-1] {
		w.note(NotePhaseEmpty, "The last phase was to begin after the last point, so it has not begun.")
	}
	phase := 0
	for s := w.next(0); s.from < s.to; s = w.next(s.to) {
		phase++
		w.adviseOnPhase(s, "Phase "+strconv.Itoa(phase))
	}
}

// adviseOnScreening compares the ranges there were with those that were left.
func (w *work) adviseOnScreening(s span, all, left total) {
	name := "Phase " + strconv.Itoa(int(w.c.Phase[s.from]))
	switch {
	case left.n < all.n && left.mean() > 0:
		w.note(NoteScreened, name+": "+strconv.Itoa(all.n-left.n)+" moving ranges of 3.267 times their mean or more were left out of the limits.")
	case left.n < all.n && all.mean() > 0:
		w.note(NoteScreeningOff, name+": screening would have left no moving ranges but those of zero, so none was left out.")
	}
}

func (w *work) adviseOnPhase(s span, name string) {
	if s.from > 0 && w.startOf(s) != w.in.X[s.from] {
		w.note(NotePhaseMoved, name+" was to begin where there is no point; it begins at "+w.c.XText(s.from)+".")
	}
	if w.few(s) {
		w.note(NoteFewPoints, name+" has "+strconv.Itoa(w.measured(s))+" measured points; limits are drawn from "+
			strconv.Itoa(w.p.Minimum)+".")
		return
	}
	if w.flat(s) {
		w.note(NoteFlat, name+" does not vary over its baseline, so its limits lie on its centre.")
	}
}

// adviseNoLimits says why a p' or u' chart has a centre and no limits.
func (w *work) adviseNoLimits(s span) {
	w.note(NoteNoLimits, "Phase "+strconv.Itoa(int(w.c.Phase[s.from]))+": every point of its baseline is 0, or every one is 1, so there is no variation by chance to compare with, and it has no limits.")
}

// flat reports whether the limits of a phase lie on its centre throughout.
func (w *work) flat(s span) bool {
	switch w.p.Kind {
	case measures.Run, measures.MR, measures.CUSUM, measures.Funnel, measures.Bernoulli, measures.VLAD:
		return false // they have no limits, or limits of another sort
	}
	any := false
	for i := s.from; i < s.to; i++ {
		lower, upper := w.c.Lower[i], w.c.Upper[i]
		if lower < upper {
			return false
		}
		any = any || lower == upper
	}
	return any
}

// startOf is the start of the phase that a span belongs to. Where several begin
// at the same point, the last one counts.
func (w *work) startOf(s span) int32 {
	start := w.in.X[s.from]
	for _, phase := range w.in.Phases {
		if int32(phase.Start) <= w.in.X[s.from] {
			start = int32(phase.Start)
		}
	}
	return start
}
