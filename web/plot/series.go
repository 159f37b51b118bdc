package plot

import (
	"strconv"

	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/signalbox-health/signalbox/measures"
)

// liveSeries makes a series of each phase's points, so that no line joins two
// phases, and three for its lines. The points come first: their series number
// is the number of their phase, from 0.
func (d *drawing) liveSeries(live *Live) []liveSeries {
	c := d.p.Chart
	series := []liveSeries{}
	for k := range d.segments {
		series = append(series, d.livePoints(k, live))
	}
	if len(series) > 0 {
		series[0].MarkLine, series[0].MarkArea = d.liveMarks(), d.liveAreas()
	}
	for k := range d.p.made.columns {
		series = append(series, d.liveColumn(&d.p.made.columns[k]))
	}
	upper, lower := "Upper limit", "Lower limit"
	if d.p.made.upper != "" {
		upper, lower = d.p.made.upper, d.p.made.lower
	}
	for k := range d.segments {
		for _, line := range []struct {
			name   string
			column []float64
			style  opts.LineStyle
		}{
			{upper, c.Upper, opts.LineStyle{Color: "var(--common)", Width: 1.25, Type: "dashed"}},
			{d.p.centreWord(), c.Centre, opts.LineStyle{Color: "var(--ink)", Width: 1.25}},
			{lower, c.Lower, opts.LineStyle{Color: "var(--common)", Width: 1.25, Type: "dashed"}},
		} {
			if s, drawn := d.liveLine(line.name, line.column, line.style, &d.segments[k]); drawn {
				series = append(series, s)
			}
		}
	}
	return series
}

// liveColumn is a line or a cloud of dots besides the main line.
func (d *drawing) liveColumn(c *column) liveSeries {
	s := liveSeries{Name: c.word, Type: "line", Symbol: "circle", Silent: true, Z: 2, Data: make([]any, d.to),
		LineStyle: &opts.LineStyle{Color: "var(--common)", Width: 1.75}}
	if c.key != "" {
		s.Name = c.key
	}
	switch {
	case c.dots:
		s.Type, s.SymbolSize, s.ItemStyle = "scatter", 4, &opts.ItemStyle{Color: "var(--common)"}
	case c.class == "traj":
		s.LineStyle = &opts.LineStyle{Color: "var(--ink)", Width: 1.5, Type: "dashed"}
	}
	for i := range s.Data {
		if v := at(c.values, i); finite(v) {
			s.Data[i] = number(v)
		}
		if d.onLower(i) {
			s.ShowSymbol, s.ShowAllSymbol = true, true // of size 0, but for these
			datum := d.liveDatum(i)
			datum.Value = number(c.values[i])
			s.Data[i] = datum
		}
	}
	return s
}

func (d *drawing) livePoints(k int, live *Live) liveSeries {
	seg := &d.segments[k]
	s := liveSeries{Name: "Phase " + strconv.Itoa(int(seg.phase)), Type: "line", ShowSymbol: true, ShowAllSymbol: true,
		Symbol: "circle", SymbolSize: 8, Z: 3, Data: make([]any, d.to),
		LineStyle: &opts.LineStyle{Color: "var(--common)", Width: 1.75}}
	for i := seg.from; i < seg.to; i++ {
		if measures.IsMissing(d.p.Chart.Y[i]) {
			continue
		}
		datum := d.liveDatum(i)
		if d.onLower(i) { // its shape stands on the other line
			datum.Symbol, datum.SymbolRotate, datum.ItemStyle = "circle", 0, &opts.ItemStyle{Color: "var(--common)"}
		}
		if d.p.made.bare && datum.Symbol == "circle" {
			datum.SymbolSize = 4
		}
		s.Data[i] = datum
		d.b = d.b[:0]
		d.pointText(i)
		live.Points = append(live.Points, livePoint{Series: k, Index: i, Text: string(d.b)})
	}
	return s
}

// liveLine is one line of one phase; drawn is false where it has no value.
func (d *drawing) liveLine(name string, column []float64, style opts.LineStyle, seg *segment) (s liveSeries, drawn bool) {
	s = liveSeries{Name: name, Type: "line", Step: "middle", Symbol: "none", Silent: true, Z: 2, Data: make([]any, d.to), LineStyle: &style}
	for k, v := range d.filled(column, seg) {
		if finite(v) && v >= d.scale.low && v <= d.scale.high {
			s.Data[seg.from+k] = number(v)
			drawn = true
		}
	}
	return s, drawn
}

// liveLooks are the shapes and colours of points, as in the server's drawing.
var liveLooks = [looks]struct {
	symbol string
	size   int
	rotate int
	colour string
}{
	lookCommon:      {"circle", 8, 0, "var(--common)"},
	lookImprovement: {"diamond", 13, 0, "var(--improve)"},
	lookConcernUp:   {"triangle", 11, 0, "var(--concern)"},
	lookConcernDown: {"triangle", 11, 180, "var(--concern)"},
	lookNeutral:     {"rect", 9, 0, "var(--neutral)"},
	lookExcluded:    {"path://M0 1L1 0L5 4L9 0L10 1L6 5L10 9L9 10L5 6L1 10L0 9L4 5Z", 8, 0, "var(--ink-2)"},
}

func (d *drawing) liveDatum(i int) liveDatum {
	c := d.p.Chart
	l := liveLooks[lookOf(c, i)]
	style := &opts.ItemStyle{Color: l.colour}
	if isProvisional(c, i) {
		style = &opts.ItemStyle{Color: "var(--paper)", BorderColor: l.colour, BorderWidth: 2}
	}
	return liveDatum{Value: number(c.Y[i]), Symbol: l.symbol, SymbolSize: l.size, SymbolRotate: l.rotate, ItemStyle: style}
}

// liveMarks are the target and the events.
func (d *drawing) liveMarks() *liveMarks {
	marks := &liveMarks{Silent: true, Symbol: "none", Data: []liveMark{}}
	if targets := d.p.targetValues(); len(targets) > 0 && d.scale.targetOutside == 0 {
		v := targets[len(targets)-1]
		n := number(v)
		marks.Data = append(marks.Data, liveMark{Name: "Target", YAxis: &n,
			LineStyle: &opts.LineStyle{Color: "var(--ink)", Width: 2, Type: "dotted"},
			Label:     liveLabel{Show: true, Formatter: d.targetValue(v, true) + " target", Position: "insideEndTop", Color: "var(--ink)"}})
	}
	for _, l := range Letters(*d.p) {
		at := 0
		for i, x := range d.p.Chart.X {
			if x <= int32(l.Event.Start) || d.slots.at[i] <= d.slots.of(int32(l.Event.Start)) {
				at = i
			}
		}
		marks.Data = append(marks.Data, liveMark{Name: l.Event.Text, XAxis: &at,
			LineStyle: &opts.LineStyle{Color: "var(--edge)", Width: 1, Type: "dotted"},
			Label:     liveLabel{Show: true, Formatter: l.Letter, Position: "end", Color: "var(--accent)"}})
	}
	return marks
}

// liveAreas are the bands between limits that keep one value, and the gaps.
func (d *drawing) liveAreas() *liveAreas {
	areas := &liveAreas{Silent: true, Data: [][2]liveCorner{}}
	for k := range d.segments {
		seg := &d.segments[k]
		upper, a := same(d.p.Chart.Upper, seg)
		lower, b := same(d.p.Chart.Lower, seg)
		if !a || !b {
			continue
		}
		up, down := number(min(upper, d.scale.high)), number(max(lower, d.scale.low))
		areas.Data = append(areas.Data, [2]liveCorner{
			{XAxis: seg.from, YAxis: &up, ItemStyle: &opts.ItemStyle{Color: "var(--band)"}},
			{XAxis: seg.to - 1, YAxis: &down},
		})
	}
	for i := d.from; i < d.to; {
		end := i
		for end < d.to && notMeasured(d.p.Chart, end) {
			end++
		}
		if end > i {
			areas.Data = append(areas.Data, [2]liveCorner{
				{Name: "not measured", XAxis: max(i-1, d.from), ItemStyle: &opts.ItemStyle{Color: "var(--gap)"},
					Label: &liveLabel{Show: end-i > 3, Position: "inside", Color: "var(--ink-2)"}},
				{XAxis: min(end, d.to-1)},
			})
		}
		i = max(end, i+1)
	}
	return areas
}
