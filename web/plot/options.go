package plot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-echarts/go-echarts/v2/opts"
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
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		text, err := json.Marshal(Options(p))
		if err != nil {
			return fmt.Errorf("write the options of chart %s: %w", p.ID, err)
		}
		b := append(make([]byte, 0, len(text)+64), `<script type="application/json" data-chart>`...)
		_, err = w.Write(append(append(b, text...), "</script>"...))
		return err
	})
}

// Options gives the chart as ECharts wants it.
func Options(p Picture) Live {
	d := newDrawing(p, Wide)
	d.place()
	o := liveOptions{
		Aria:      opts.Aria{Enabled: opts.Bool(true), Label: &opts.AriaLabel{Description: d.p.describe()}, Decal: &opts.AriaDecal{Show: opts.Bool(true)}},
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
