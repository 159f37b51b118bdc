package plot

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// filled gives a column's values over a segment with the missing ones inside
// it carried forward where the value before and after is the same. Limits of
// one phase do not stop at a month that nobody measured; limits that change
// from point to point do.
func (d *drawing) filled(column []float64, seg *segment) []float64 {
	d.scratch = d.scratch[:0]
	last := measures.Missing
	hole := 0
	for i := seg.from; i < seg.to; i++ {
		v := at(column, i)
		if !finite(v) {
			hole++
			d.scratch = append(d.scratch, measures.Missing)
			continue
		}
		if hole > 0 && v == last {
			for k := len(d.scratch) - hole; k < len(d.scratch); k++ {
				d.scratch[k] = v
			}
		}
		last, hole = v, 0
		d.scratch = append(d.scratch, v)
	}
	return d.scratch
}

// cell is the left and right edge of a point's part of its segment.
func (d *drawing) cell(seg *segment, i int) (x0, x1 float64) {
	x0, x1 = seg.x0, seg.x1
	if i > seg.from {
		x0 = d.boundary(i)
	}
	if i < seg.to-1 {
		x1 = d.boundary(i + 1)
	}
	return x0, x1
}

// steps writes a column as one path of horizontal runs: a straight line where
// the value never changes, a staircase where it does.
func (d *drawing) steps(column []float64, seg *segment) {
	values := d.filled(column, seg)
	previous := measures.Missing
	end := 0.0
	for k, v := range values {
		x0, x1 := d.cell(seg, seg.from+k)
		if !finite(v) || v < d.scale.low-1e-9 || v > d.scale.high+1e-9 {
			if finite(previous) {
				d.x('H', end)
			}
			previous = measures.Missing
			continue
		}
		switch {
		case !finite(previous):
			d.xy('M', x0, d.y(v))
		case v != previous:
			d.x('H', x0)
			d.x('V', d.y(v))
		}
		previous, end = v, x1
	}
	if finite(previous) {
		d.x('H', end)
	}
}

// bands fills between the limits, darker where they were made and paler where
// they are held.
func (d *drawing) bands() {
	for k := range d.segments {
		seg := &d.segments[k]
		if !d.hasLimits(seg) {
			continue
		}
		if seg.heldFrom > seg.x0 {
			d.band("band", seg, seg.x0, seg.heldFrom)
		}
		if seg.heldFrom < seg.x1 {
			d.band("band held", seg, seg.heldFrom, seg.x1)
		}
	}
}

// band draws the part of a segment's band between two x.
func (d *drawing) band(class string, seg *segment, x0, x1 float64) {
	c := d.p.Chart
	upper := append(d.upper[:0], d.filled(c.Upper, seg)...)
	lower := append(d.lower[:0], d.filled(c.Lower, seg)...)
	d.upper, d.lower = upper, lower
	d.open(class)
	for k := 0; k < len(upper); {
		a, b := d.cell(seg, seg.from+k)
		if !finite(upper[k]) || !finite(lower[k]) || b <= x0 || a >= x1 {
			k++
			continue
		}
		// One outline for the whole stretch without a hole: along the upper
		// limit to the right and back along the lower one.
		end := k
		for end+1 < len(upper) && finite(upper[end+1]) && finite(lower[end+1]) {
			if next, _ := d.cell(seg, seg.from+end+1); next >= x1 {
				break
			}
			end++
		}
		_, b = d.cell(seg, seg.from+end)
		d.outline(seg, k, end, math.Max(a, x0), math.Min(b, x1))
		k = end + 1
	}
	d.shut()
}

func (d *drawing) outline(seg *segment, first, last int, x0, x1 float64) {
	d.xy('M', x0, d.y(d.upper[first]))
	for k := first + 1; k <= last; k++ {
		if d.upper[k] != d.upper[k-1] {
			x, _ := d.cell(seg, seg.from+k)
			d.x('H', x)
			d.x('V', d.y(d.upper[k]))
		}
	}
	d.x('H', x1)
	d.x('V', d.y(d.lower[last]))
	for k := last; k > first; k-- {
		if d.lower[k] != d.lower[k-1] {
			x, _ := d.cell(seg, seg.from+k)
			d.x('H', x)
			d.x('V', d.y(d.lower[k-1]))
		}
	}
	d.x('H', x0)
	d.s("Z")
}
