package plot

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// runsOf is what the runs test found in a phase, where it is a signal: it speaks
// of the phase as a whole, so it is the centre line that shows it and no point.
func (p *Picture) runsOf(phase int32) (measures.PhaseStatistics, bool) {
	if phase < 1 || int(phase) > len(p.Chart.Phases) {
		return measures.PhaseStatistics{}, false
	}
	s := p.Chart.Phases[phase-1]
	return s, s.Signal
}

// runsTexts say what was found, the longest first.
func (p *Picture) runsTexts(s measures.PhaseStatistics) []string {
	number := func(n int32) string { return strconv.Itoa(int(n)) }
	switch {
	case p.Chart.Rules == measures.IHI:
		of := ", by chance " + number(s.RunsLow) + " to " + number(s.RunsHigh)
		return []string{number(s.Runs) + " runs" + of, number(s.Runs) + " runs"}
	case s.LongestRun > s.LongestRunMax:
		return []string{"Longest run " + number(s.LongestRun) + ", by chance at most " + number(s.LongestRunMax), "Run of " + number(s.LongestRun)}
	}
	of := ", by chance at least " + number(s.CrossingsMin)
	if s.Crossings == 1 {
		return []string{"1 crossing" + of, "1 crossing"}
	}
	return []string{number(s.Crossings) + " crossings" + of, number(s.Crossings) + " crossings"}
}

// runsLabels says at the dashed centre line of a phase what the runs test found.
func (d *drawing) runsLabels() {
	for k := range d.segments {
		seg := &d.segments[k]
		s, signal := d.p.runsOf(seg.phase)
		centre := d.middle(seg)
		if !signal || !finite(centre) {
			continue
		}
		for _, text := range d.p.runsTexts(s) {
			wide := textWidth(text, d.em) * bold
			if wide > seg.x1-seg.x0-10 {
				continue
			}
			x, y := d.clearestOf(seg, wide, d.y(centre), -.33*d.em, 1.07*d.em)
			if x == 0 {
				continue
			}
			d.text("lm halo v", x, y, "end")
			d.s(text)
			d.s("</text>")
			break
		}
	}
}

// middle is the last value of the centre line of a segment.
func (d *drawing) middle(seg *segment) float64 {
	for i := seg.to - 1; i >= seg.from; i-- {
		if v := at(d.p.Chart.Centre, i); finite(v) {
			return v
		}
	}
	return measures.Missing
}
