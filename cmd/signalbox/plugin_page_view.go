package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

//go:embed plugin_page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pageView is what the page says besides the chart.
type pageView struct {
	Title, Sentence, From, Plugin, Problem string
	Notes                                  []string
	Columns                                []string
	Rows                                   [][]string
	Version                                int
	Watch                                  bool
}

func (p *preview) page(w http.ResponseWriter, r *http.Request) {
	t, problem, version, _ := p.now()
	view := pageView{Title: "Nothing to see yet", Problem: problem, Version: version, Watch: p.watch}
	parts := []templ.Component{nil, templ.NopComponent, nil}
	if t != nil && len(t.charts) > 0 {
		view.fill(t)
		parts[1] = plot.Figure(t.picture())
	}
	for i, name := range map[int]string{0: "head", 2: "foot"} {
		var text bytes.Buffer
		if err := pageTemplate.ExecuteTemplate(&text, name, view); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		parts[i] = templ.Raw(text.String())
	}
	var text bytes.Buffer
	page := layout.Page{Title: view.Title, Assets: p.assets, Zoom: true}
	err := layout.Shell(page).Render(templ.WithChildren(r.Context(), templ.Join(parts...)), &text)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text.Bytes()) // the reader has gone: nobody is left to tell
}

func (v *pageView) fill(t *trial) {
	item := t.items()[0]
	m, c := t.subject.measure, item.Chart
	v.Title, v.From = m.Title, t.figures.from
	v.Sentence = words.Sentence(item.Words, c).String()
	v.Plugin = fmt.Sprintf("%s %s, %s.%s", t.release.Manifest.ID, t.release.Manifest.Version, t.release.Digest.Short(), t.unverified())
	for _, note := range c.Notes {
		v.Notes = append(v.Notes, note.Text)
	}
	v.table(t, &item)
}

// table lays the figures out beside what was made of them.
func (v *pageView) table(t *trial, item *export.Item) {
	m, c := t.subject.measure, item.Chart
	v.Columns = []string{"Period"}
	for _, in := range m.Inputs {
		title := in.Title
		if title == "" {
			title = capital(in.Name)
		}
		v.Columns = append(v.Columns, title)
	}
	v.Columns = append(v.Columns, "Value", "Centre", "Lower", "Upper", "Signals")
	number := func(value float64, decimals int) string {
		if measures.IsMissing(value) {
			return "–"
		}
		return words.Number(value, decimals)
	}
	for i := c.Len() - 1; i >= 0; i-- { // the newest first, as on the site
		row := []string{c.XText(i)}
		if c.XIsDate {
			row[0] = words.Period(c.X[i], m.Grain)
		}
		for _, column := range t.figures.series.Columns {
			if len(column) == c.Len() {
				row = append(row, number(column[i], 0))
			} else {
				row = append(row, "–") // rows of one x are one point
			}
		}
		decimals := m.Unit.Decimals
		row = append(row, number(c.Y[i], decimals), number(c.Centre[i], decimals), number(c.Lower[i], decimals), number(c.Upper[i], decimals),
			strings.Join(c.Signals[i].Names(), ", "))
		v.Rows = append(v.Rows, row)
	}
}
