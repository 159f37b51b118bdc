package plot

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/signalbox-health/signalbox/measures"
)

// Live is a chart for ECharts in the browser: plain JSON, no functions. Colours
// are named by the page's own tokens ("var(--ink)") and functions by a name
// ("@axis"); the page's script puts both in, so that the chart follows light
// and dark and no code travels with the data.
//
// The types of go-echarts are used where they say what ECharts 6 reads. Where
// they do not (points without itemStyle, mark areas with a key in the wrong
// case, no showAllSymbol), the types below stand in; the JSON is what counts.
type Live struct {
	Title   string      `json:"title"`
	Options liveOptions `json:"options"`
	Points  []livePoint `json:"points"`
}

// livePoint is a measured point: where the script finds it, and what it says.
type livePoint struct {
	Series int    `json:"series"`
	Index  int    `json:"index"`
	Text   string `json:"text"`
}

type liveOptions struct {
	Animation bool         `json:"animation"`
	Aria      opts.Aria    `json:"aria"`
	TextStyle liveText     `json:"textStyle"`
	Grid      opts.Grid    `json:"grid"`
	XAxis     opts.XAxis   `json:"xAxis"`
	YAxis     opts.YAxis   `json:"yAxis"`
	Tooltip   liveTooltip  `json:"tooltip"`
	DataZoom  []liveZoom   `json:"dataZoom"`
	Series    []liveSeries `json:"series"`
}

type liveText struct {
	Color      string `json:"color"`
	FontFamily string `json:"fontFamily,omitempty"`
	FontSize   int    `json:"fontSize,omitempty"`
}

// liveTooltip draws its text inside the SVG. A tooltip of HTML would set styles
// in a way that the site's content security policy refuses.
type liveTooltip struct {
	opts.Tooltip
	RenderMode string   `json:"renderMode"`
	Confine    bool     `json:"confine"`
	TextStyle  liveText `json:"textStyle"`
}

// liveZoom leaves the wheel to the page unless Ctrl is held.
type liveZoom struct {
	opts.DataZoom
	ZoomOnMouseWheel string `json:"zoomOnMouseWheel,omitempty"`
	ShowDataShadow   bool   `json:"showDataShadow"`
	BorderColor      string `json:"borderColor,omitempty"`
	BackgroundColor  string `json:"backgroundColor,omitempty"`
	FillerColor      string `json:"fillerColor,omitempty"`
}

type liveSeries struct {
	Name          string          `json:"name"`
	Type          string          `json:"type"`
	Step          string          `json:"step,omitempty"`
	ShowSymbol    bool            `json:"showSymbol"`
	ShowAllSymbol bool            `json:"showAllSymbol"` // else ECharts drops points, special causes among them
	Symbol        string          `json:"symbol"`
	SymbolSize    int             `json:"symbolSize"`
	ConnectNulls  bool            `json:"connectNulls"`
	Silent        bool            `json:"silent"`
	Z             int             `json:"z"`
	LineStyle     *opts.LineStyle `json:"lineStyle"`
	ItemStyle     *opts.ItemStyle `json:"itemStyle,omitempty"`
	Data          []any           `json:"data"` // number or liveDatum; null where there is none
	MarkLine      *liveMarks      `json:"markLine,omitempty"`
	MarkArea      *liveAreas      `json:"markArea,omitempty"`
}

type liveDatum struct {
	Value        number          `json:"value"`
	Symbol       string          `json:"symbol"`
	SymbolSize   int             `json:"symbolSize"`
	SymbolRotate int             `json:"symbolRotate,omitempty"`
	ItemStyle    *opts.ItemStyle `json:"itemStyle"`
}

type liveMarks struct {
	Silent bool       `json:"silent"`
	Symbol string     `json:"symbol"`
	Data   []liveMark `json:"data"`
}

type liveMark struct {
	Name      string          `json:"name"`
	XAxis     *int            `json:"xAxis,omitempty"`
	YAxis     *number         `json:"yAxis,omitempty"`
	LineStyle *opts.LineStyle `json:"lineStyle"`
	Label     liveLabel       `json:"label"`
}

type liveLabel struct {
	Show      bool   `json:"show"`
	Formatter string `json:"formatter,omitempty"`
	Position  string `json:"position,omitempty"`
	Color     string `json:"color,omitempty"`
}

// liveAreas holds pairs of corners; a single corner makes ECharts throw.
type liveAreas struct {
	Silent bool            `json:"silent"`
	Data   [][2]liveCorner `json:"data"`
}

type liveCorner struct {
	Name      string          `json:"name,omitempty"`
	XAxis     int             `json:"xAxis"`
	YAxis     *number         `json:"yAxis,omitempty"`
	ItemStyle *opts.ItemStyle `json:"itemStyle,omitempty"`
	Label     *liveLabel      `json:"label,omitempty"`
}

// number is written as null where it is missing: JSON has no NaN.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', 8, 64), nil
}

// Script is the options within the page, for the site's script to find.
// Encoding escapes <, > and &, so no title can end the element.
func Script(p Picture) templ.Component {
	return component(func() []byte {
		text, err := json.Marshal(Options(p))
		if err != nil {
			// Every value above can be written; this would be a mistake of ours.
			panic(fmt.Sprintf("options of chart %s: %v", p.ID, err))
		}
		b := append(make([]byte, 0, len(text)+64), `<script type="application/json" data-chart>`...)
		return append(append(b, text...), "</script>"...)
	})
}

// Options gives the chart as ECharts wants it.
func Options(p Picture) Live {
	d := drawing{frame: &frames[Wide], p: &p, size: Wide}
	d.prepare()
	o := liveOptions{
		Aria:      opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Description: p.describe()}, Decal: &opts.AriaDecal{Show: opts.Bool(true)}},
		TextStyle: liveText{Color: "var(--ink-2)", FontFamily: "Arial, Helvetica, sans-serif", FontSize: 14},
		Grid:      opts.Grid{Left: "8", Right: "24", Top: "36", Bottom: "72", ContainLabel: opts.Bool(true)},
		XAxis:     d.liveX(),
		YAxis:     d.liveY(),
		Tooltip: liveTooltip{
			Tooltip: opts.Tooltip{Trigger: "axis", Formatter: "@axis", BackgroundColor: "var(--paper)", BorderColor: "var(--edge)",
				AxisPointer: &opts.AxisPointer{Type: "line", Snap: opts.Bool(true)}},
			RenderMode: "richText", Confine: true, TextStyle: liveText{Color: "var(--ink)", FontSize: 15},
		},
		DataZoom: []liveZoom{
			{DataZoom: opts.DataZoom{Type: "inside"}, ZoomOnMouseWheel: "ctrl"},
			{DataZoom: opts.DataZoom{Type: "slider"}, BorderColor: "var(--edge)", BackgroundColor: "var(--tint)", FillerColor: "var(--rule)"},
		},
	}
	live := Live{Title: p.heading(), Points: []livePoint{}}
	o.Series = d.liveSeries(&live)
	live.Options = o
	return live
}

func (d *drawing) liveX() opts.XAxis {
	names := make([]string, d.to)
	for i := range names {
		names[i] = d.lastWhen(d.p.Chart.X[i])
	}
	return opts.XAxis{Type: "category", Data: names,
		AxisLine:  &opts.AxisLine{LineStyle: &opts.LineStyle{Color: "var(--edge)"}, OnZero: opts.Bool(false)},
		AxisLabel: &opts.AxisLabel{Color: "var(--ink-2)", HideOverlap: opts.Bool(true)}}
}

func (d *drawing) liveY() opts.YAxis {
	return opts.YAxis{Type: "value", Min: d.scale.low, Max: d.scale.high,
		AxisLabel: &opts.AxisLabel{Color: "var(--ink-2)"},
		SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: "var(--rule)"}}}
}

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
	for k := range d.segments {
		for _, line := range []struct {
			name   string
			column []float64
			style  opts.LineStyle
		}{
			{"Upper limit", c.Upper, opts.LineStyle{Color: "var(--common)", Width: 1.25, Type: "dashed"}},
			{d.p.centreWord(), c.Centre, opts.LineStyle{Color: "var(--ink)", Width: 1.25}},
			{"Lower limit", c.Lower, opts.LineStyle{Color: "var(--common)", Width: 1.25, Type: "dashed"}},
		} {
			if s, drawn := d.liveLine(line.name, line.column, line.style, &d.segments[k]); drawn {
				series = append(series, s)
			}
		}
	}
	return series
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
		s.Data[i] = d.liveDatum(i)
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
