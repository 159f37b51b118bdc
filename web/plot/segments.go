package plot

import "github.com/signalbox-health/signalbox/measures"

// segment is one phase as far as it is drawn.
type segment struct {
	phase    int32 // from 1
	from, to int   // points, to exclusive
	x0, x1   float64
	// heldFrom is the x from which limits are held from the baseline before
	// it, or x1; baseline is the number of points that made them, or 0 for all.
	heldFrom float64
	baseline int
	reason   string
	start    measures.Date
	last     bool // the last phase of the chart
}

// phaseGap is half the space between two phases, in pixels.
const phaseGap = 3

// findSegments cuts the drawn points into phases.
func (d *drawing) findSegments() {
	c := d.p.Chart
	for i := d.from; i < d.to; {
		end := i + 1
		for end < d.to && phaseOf(c, end) == phaseOf(c, i) {
			end++
		}
		seg := segment{phase: phaseOf(c, i), from: i, to: end, last: end == c.Len()}
		seg.x0, seg.x1 = d.left, d.right
		if i > d.from {
			seg.x0 = d.boundary(i) + phaseGap
		}
		if end < d.to {
			seg.x1 = d.boundary(end) - phaseGap
		}
		d.decide(&seg)
		d.segments = append(d.segments, seg)
		i = end
	}
}

// boundary is the x halfway between a point and the one before it.
func (d *drawing) boundary(i int) float64 { return (d.px[i-1-d.from] + d.px[i-d.from]) / 2 }

// decide finds the decision behind a phase and where its limits begin to be
// held. The baseline counts the points of the whole phase, drawn or not and
// measured or not, as the statistics do.
func (d *drawing) decide(seg *segment) {
	c := d.p.Chart
	begin := seg.from
	for begin > 0 && phaseOf(c, begin-1) == seg.phase {
		begin--
	}
	seg.baseline = d.p.Baseline
	for _, phase := range d.p.Phases {
		if int32(phase.Start) <= c.X[begin] {
			seg.baseline, seg.reason, seg.start = phase.Baseline, phase.Reason, phase.Start
		}
	}
	seg.heldFrom = seg.x1
	if seg.baseline <= 0 {
		seg.baseline = 0
		return
	}
	if held := begin + seg.baseline; held < seg.to {
		seg.heldFrom = seg.x0
		if held > seg.from {
			seg.heldFrom = d.boundary(held)
		}
		return
	}
	seg.baseline = 0 // every point of the phase belongs to the baseline
}

func phaseOf(c *measures.Chart, i int) int32 {
	if i < len(c.Phase) {
		return c.Phase[i]
	}
	return 1
}

// hasLimits reports whether any point of the segment has both limits.
func (d *drawing) hasLimits(seg *segment) bool {
	for i := seg.from; i < seg.to; i++ {
		if finite(at(d.p.Chart.Upper, i)) && finite(at(d.p.Chart.Lower, i)) {
			return true
		}
	}
	return false
}
