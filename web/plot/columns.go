package plot

import "github.com/signalbox-health/signalbox/measures"

// rawR is the radius of a value that stands behind its weighted mean.
const rawR = 2

// columns draws what stands besides the main line.
func (d *drawing) columns() {
	for _, c := range d.p.made.columns {
		start := len(d.b)
		d.open(c.class)
		empty := len(d.b)
		if c.dots {
			d.dots(c.values)
		} else {
			d.through(c.values)
		}
		if len(d.b) == empty {
			d.b = d.b[:start]
			continue
		}
		d.shut()
	}
}

func (d *drawing) dots(values []float64) {
	for i := d.from; i < d.to; i++ {
		if v := at(values, i); finite(v) {
			d.ring(d.px[i-d.from], d.y(v), rawR)
		}
	}
}

// through draws a line from value to value. It stops at what is missing and at
// a new phase.
func (d *drawing) through(values []float64) {
	c := d.p.Chart
	joined := false
	for i := d.from; i < d.to; i++ {
		v := at(values, i)
		if measures.IsMissing(v) {
			joined = false
			continue
		}
		command := byte('L')
		if !joined || i == d.from || phaseOf(c, i) != phaseOf(c, i-1) || d.skipped(i) {
			command = 'M'
		}
		d.xy(command, d.px[i-d.from], d.y(v))
		joined = true
	}
}

// columnLabels names the lines besides the main one at their right ends.
func (d *drawing) columnLabels(add func(class string, v float64, value, word string, rank int)) {
	for _, c := range d.p.made.columns {
		if c.word == "" {
			continue
		}
		for i := d.to - 1; i >= d.from; i-- {
			if v := at(c.values, i); finite(v) {
				add("lt", v, d.value(v, d.size != Narrow), d.short(c.word), 1)
				break
			}
		}
	}
}

// short is a name with as many letters as there is room for beside a chart.
func (d *drawing) short(word string) string { return cut(word, d.nameLetters) }
