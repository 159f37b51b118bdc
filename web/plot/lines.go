package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

func (d *drawing) limits() {
	c := d.p.Chart
	for _, line := range [...]struct {
		class         string
		first, second []float64
		runs          bool
	}{{limitClass(c, d.from, d.to), c.Upper, c.Lower, false}, {"mean", c.Centre, nil, false}, {"mean runs", c.Centre, nil, true}} {
		if d.plain && line.second != nil {
			continue
		}
		start := len(d.b)
		d.open(line.class)
		empty := len(d.b)
		for k := range d.segments {
			if _, signal := d.p.runsOf(d.segments[k].phase); line.second == nil && signal != line.runs {
				continue
			}
			d.steps(line.first, &d.segments[k])
			if line.second != nil {
				d.steps(line.second, &d.segments[k])
			}
		}
		if len(d.b) == empty {
			d.b = d.b[:start]
			continue
		}
		d.shut()
	}
}

// limitClass is how limits are drawn. Dashes would break a staircase into
// crumbs, so limits that change from point to point are thin and whole.
func limitClass(c *measures.Chart, from, to int) string {
	for i := from + 1; i < to; i++ {
		if phaseOf(c, i) == phaseOf(c, i-1) && (steps(c.Upper, i) || steps(c.Lower, i)) {
			return "lim stepped"
		}
	}
	return "lim"
}

// steps reports whether a line has another value at a point than at the one before.
func steps(column []float64, i int) bool {
	a, b := at(column, i-1), at(column, i)
	return finite(a) && finite(b) && a != b
}

// targets draws the target, stepped where it has changed.
func (d *drawing) targets() {
	values := d.p.targetValues()
	if len(values) == 0 {
		return
	}
	start := len(d.b)
	d.open("target")
	empty := len(d.b)
	for k, v := range values {
		x0, x1 := d.left, d.right
		if len(values) > 1 {
			if from := d.p.Targets[k].From; from != 0 {
				x0 = d.edgeX(int32(from))
			}
			if k+1 < len(values) {
				x1 = d.edgeX(int32(d.p.Targets[k+1].From))
			}
		}
		if x0 < x1 && v >= d.scale.low-1e-9 && v <= d.scale.high+1e-9 {
			d.xy('M', x0, d.y(v))
			d.x('H', x1)
		}
	}
	if len(d.b) == empty {
		d.b = d.b[:start]
		return
	}
	d.shut()
}

// edgeX is the left edge of the slot of any x, within the plot.
func (d *drawing) edgeX(x int32) float64 {
	return math.Max(d.left, math.Min(d.right, d.slotX(d.slots.of(x))-d.slotWide/2))
}

// series draws the data line. It stops at what is missing and at a new phase.
func (d *drawing) series() {
	class := "ser"
	if d.p.Chart.Kind == measures.EWMA {
		class = "ser main"
	}
	if len(d.p.made.gap) > 1 {
		class = gapClass(0)
	}
	d.open(class)
	d.through(d.p.Chart.Y)
	d.shut()
}

// skipped reports whether periods are absent between a point and the one before.
func (d *drawing) skipped(i int) bool {
	return d.slots.even && i > 0 && d.slots.at[i]-d.slots.at[i-1] > 1.5
}
