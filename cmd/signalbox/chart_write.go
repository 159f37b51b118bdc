package main

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/advice"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/plot"
)

// drawn is a file's charts, verified, with what they were made of.
type drawn struct {
	settings *chartSettings
	file     string
	data     *chartfile.Data
	series   *measures.Series
	charts   []measures.Chart
}

func (d *drawn) write(w io.Writer, terminal terminalOf) error {
	items := make([]export.Item, len(d.charts))
	for i := range d.charts {
		items[i] = d.item(&d.charts[i])
	}
	switch d.settings.format {
	case "json":
		return export.JSON(w, items...)
	case "csv":
		return export.CSV(w, items...)
	case "svg":
		_, err := w.Write(d.svg(items))
		return err
	}
	for i := range items {
		items[i].Title = d.title()
	}
	return export.Text(w, terminal(w), items...)
}

// title is the name of the file, which is all that is known about it.
func (d *drawn) title() string {
	if d.file == "-" {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(d.file), filepath.Ext(d.file))
}

// item puts what can be advised beside a chart, and what its words need.
func (d *drawn) item(c *measures.Chart) export.Item {
	p := &d.settings.parameters
	unit := measures.Unit{Multiply: p.Multiply, Decimals: words.Decimals(c)}
	c.Notes = append(c.Notes, advice.Of(c, advice.About{
		Unit: unit, Share: p.Kind == measures.P || p.Kind == measures.PPrime, Decided: d.series.Phases,
		Value: words.Value, Period: words.Period,
	})...)
	return export.Item{Chart: c, Targets: d.series.Targets, Trajectory: d.data.Trajectory, Words: words.Subject{
		Unit: unit, Phases: d.series.Phases, Trend: p.Trend, Minimum: p.Minimum, Centre: d.settings.centreWord(),
		Title: d.title(), Method: d.method(), Groups: d.data.Groups,
	}}
}

func (d *drawn) method() words.Method {
	p := &d.settings.parameters
	m := words.Method{Constant: p.Constant, Screened: p.Screen, Given: !measures.IsMissing(p.Centre), Median: p.Median}
	switch p.Kind {
	case measures.EWMA:
		m.Lambda = p.Lambda
	case measures.CUSUM:
		m.Shift, m.Decision, m.HeadStart = p.Shift, p.Decision, p.HeadStart
	case measures.Bernoulli, measures.VLAD:
		m.Decision, m.OddsRatio = p.Decision, p.OddsRatio
	case measures.Funnel:
		m.Ratio, m.Additive, m.Exact = p.Ratio.String(), p.Additive, p.Exact
	}
	return m
}

func (d *drawn) svg(items []export.Item) []byte {
	if d.settings.parameters.Kind == measures.Funnel && items[0].Chart.Kind == measures.Funnel {
		return plot.StandaloneFunnel(d.funnel(&items[0]))
	}
	return plot.Standalone(d.picture(items))
}

// funnel is the groups by their size.
func (d *drawn) funnel(item *export.Item) plot.FunnelPicture {
	p := plot.FunnelPicture{Chart: item.Chart, Parameters: d.settings.parameters, Title: d.title(),
		Description: words.Sentence(item.Words, item.Chart).String(), Unit: item.Words.Unit, Centre: capital(item.Words.Centre)}
	if d.settings.parameters.Ratio == spc.Standardised {
		p.Size = "Expected number"
	}
	for _, name := range d.data.Groups {
		p.Groups = append(p.Groups, plot.Group{Name: name})
	}
	return p
}

// picture is the first chart, with its moving ranges below where they were asked
// for.
func (d *drawn) picture(items []export.Item) plot.Picture {
	first := &items[0]
	p := plot.Picture{Chart: first.Chart, Title: d.title(), Description: words.Sentence(first.Words, first.Chart).String(),
		Unit: first.Words.Unit, Phases: d.series.Phases, Targets: d.series.Targets, Trajectory: d.data.Trajectory,
		Centre: capital(first.Words.Centre), Constant: d.settings.parameters.Constant}
	if len(items) > 1 {
		p.Ranges = items[1].Chart
	}
	return p
}

func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
