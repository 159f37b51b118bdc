package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Paragraph tells a chart for the record, in full sentences and in this order:
// what was charted, over which points, which of them are missing or left out,
// how the lines were made, the phases, what the rules found with dates and
// values, what it comes to and where the target lies, and what to bear in mind.
func Paragraph(s Subject, c *measures.Chart) string {
	v := look(s, c)
	if v.last < 0 {
		return v.titled(v.nothing())
	}
	sentences := []string{v.titled(v.charted()), v.absences(), v.made(), v.phased(), v.found(), Sentence(s, c).String(), v.dispersed(), v.bear()}
	told := sentences[:0]
	for _, sentence := range sentences {
		if sentence != "" {
			told = append(told, sentence)
		}
	}
	return strings.Join(told, " ")
}

// titled puts what was charted before the first sentence.
func (v *view) titled(text string) string {
	if v.s.Title == "" {
		return text
	}
	return v.s.Title + ". " + text
}

// charted is "XmR chart of 36 months, June 2023 to May 2026."
func (v *view) charted() string {
	n := v.c.Len()
	text := KindName(v.c.Kind) + " of " + v.count(n)
	switch {
	case v.c.Kind == measures.Funnel:
		return text + "."
	case n == 1:
		return text + ", " + v.period(0) + "."
	}
	return text + ", " + v.period(0) + " to " + v.period(n-1) + "."
}

// absences lists the points that are not simply measured, in their states.
func (v *view) absences() string {
	var parts []string
	for _, state := range [...]struct {
		words string
		holds func(i int) bool
	}{
		{v.absent(), func(i int) bool { return measures.IsMissing(v.c.Y[i]) && v.state(i) != measures.Suppressed }},
		{"hidden because the numbers are small" + v.hiddenRange(), func(i int) bool { return v.state(i) == measures.Suppressed }},
		{"left out of the limits", func(i int) bool { return v.state(i) == measures.Excluded && !measures.IsMissing(v.c.Y[i]) }},
		{"provisional", func(i int) bool { return v.state(i) == measures.Provisional && !measures.IsMissing(v.c.Y[i]) }},
	} {
		if n, spans := v.spans(state.holds, nil); n > 0 {
			parts = append(parts, inWords(n)+" "+state.words+" ("+spans+")")
		}
	}
	if len(parts) == 0 && v.c.Kind == measures.Funnel {
		return "All have a figure."
	}
	if len(parts) == 0 {
		return "All were measured."
	}
	return capital(strings.Join(parts, "; ")) + "."
}

// absent is why a point has no value. The first of a phase has no range, though
// it was measured.
func (v *view) absent() string {
	if v.c.Kind == measures.MR {
		return "without a range"
	}
	return "not measured"
}

// spans lists stretches of points that hold, with what is said of each: "March
// 2024, June 2025 to May 2026". It also counts the points.
func (v *view) spans(holds func(i int) bool, say func(first, last, points int) string) (points int, text string) {
	var parts []string
	for i := 0; i < v.c.Len(); i++ {
		if !holds(i) {
			continue
		}
		first := i
		for i+1 < v.c.Len() && holds(i+1) && v.c.Phase[i+1] == v.c.Phase[first] && v.c.Kind != measures.Funnel {
			i++
		}
		part := v.placed(first)
		if i > first {
			part += " to " + v.period(i)
		}
		if say != nil {
			part += say(first, i, i-first+1)
		}
		parts = append(parts, part)
		points += i - first + 1
	}
	return points, strings.Join(parts, ", ")
}

// placed names a point: its period, or its group.
func (v *view) placed(i int) string {
	if v.c.Kind == measures.Funnel {
		return v.group(i)
	}
	return v.period(i)
}

// phased gives the lines of every phase, with the reason of one that was
// decided on.
func (v *view) phased() string {
	if v.c.Kind == measures.Funnel {
		return ""
	}
	var parts []string
	for first := 0; first < v.c.Len(); {
		last := first
		for last+1 < v.c.Len() && v.c.Phase[last+1] == v.c.Phase[first] {
			last++
		}
		parts = append(parts, v.phase(first, last))
		first = last + 1
	}
	if len(parts) == 1 {
		return capital(parts[0]) + "."
	}
	return capital(inWords(len(parts))) + " phases. " + strings.Join(parts, "; ") + "."
}

func (v *view) phase(first, last int) string {
	text := ""
	if number := v.c.Phase[first]; len(v.c.Phases) > 1 {
		text = "Phase " + Number(float64(number), 0) + ", from " + v.period(first) + v.reasoned(first) + ": "
	}
	return text + v.linesAt(v.lastIn(first, last)) + v.baselineOf(first, last)
}

// lastIn is the last measured point of a stretch, or its last point.
func (v *view) lastIn(first, last int) int {
	for i := last; i >= first; i-- {
		if !measures.IsMissing(v.c.Y[i]) {
			return i
		}
	}
	return last
}

// linesAt is "mean 59.1%, limits 52.2–65.9%" at a point.
func (v *view) linesAt(i int) string {
	c := v.c
	if v.added() {
		return v.decisionAt(i)
	}
	if measures.IsMissing(c.Centre[i]) {
		return "no lines could be made"
	}
	text := v.centreWord() + " " + Line(c.Centre[i], v.s.Unit)
	switch lower, upper := c.Lower[i], c.Upper[i]; {
	case c.Kind == measures.Run:
		return text
	case measures.IsMissing(lower) && measures.IsMissing(upper):
		return text + ", no limits"
	case measures.IsMissing(lower):
		text += ", upper limit " + Line(upper, v.s.Unit)
	case measures.IsMissing(upper):
		text += ", lower limit " + Line(lower, v.s.Unit)
	default:
		text += ", limits " + Limits(lower, upper, v.s.Unit)
	}
	if v.changes(c.Lower, i) || v.changes(c.Upper, i) {
		text += " at " + v.placed(i)
	}
	return text
}

// changes reports whether a line has other numbers elsewhere in the phase of a point.
func (v *view) changes(line []float64, i int) bool {
	from, to := i, i+1
	for from > 0 && v.c.Phase[from-1] == v.c.Phase[i] {
		from--
	}
	for to < v.c.Len() && v.c.Phase[to] == v.c.Phase[i] {
		to++
	}
	return v.moves(line, from, to)
}

// baselineOf says from how many points the lines were made, where not from all.
func (v *view) baselineOf(first, last int) string {
	rows := v.s.Baseline
	for _, phase := range v.s.Phases {
		if int32(phase.Start) <= v.c.X[first] {
			rows = phase.Baseline
		}
	}
	if rows <= 0 || first+rows > last || v.s.Method.Given || v.c.Kind == measures.VLAD {
		return ""
	}
	return ", made from the first " + v.count(rows)
}

// reasoned is why the phase at a point was begun, where somebody said.
func (v *view) reasoned(first int) string {
	reason := ""
	for _, phase := range v.s.Phases {
		if int32(phase.Start) <= v.c.X[first] {
			reason = phase.Reason
		}
	}
	if reason = strings.TrimRight(strings.TrimSpace(reason), "."); reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// bear ends the paragraph with the chart's notes.
func (v *view) bear() string {
	if len(v.c.Notes) == 0 {
		return ""
	}
	texts := make([]string, len(v.c.Notes))
	for i, note := range v.c.Notes {
		texts[i] = note.Text
	}
	return "To bear in mind: " + strings.Join(texts, " ")
}
