package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/assets"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// preview is the one page that an author sees: the newest chart, or what is wrong.
// It is served on this machine only, and has nothing of anybody else's.
type preview struct {
	assets *assets.Assets
	watch  bool // the page loads itself again when there is something new

	mu      sync.Mutex
	trial   *trial
	problem string
	version int
	changed chan struct{} // closed at the next version
}

func newPreview(watch bool) (*preview, error) {
	files, err := assets.Load()
	if err != nil {
		return nil, err
	}
	return &preview{assets: files, watch: watch, changed: make(chan struct{})}, nil
}

// set shows a chart, or else a problem.
func (p *preview) set(t *trial, problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trial, p.problem = t, problem
	p.version++
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *preview) now() (*trial, string, int, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trial, p.problem, p.version, p.changed
}

// listen serves the page on an address of this machine that others cannot reach.
func (p *preview) listen(ctx context.Context) (address string, wait func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("serve the page: %w", err)
	}
	server := &http.Server{Handler: p.handler(listener.Addr().String()), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		_ = server.Serve(listener) // it ends when the command does
		close(done)
	}()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return "http://" + listener.Addr().String() + "/", func() { <-done }, nil
}

// contentPolicy lets the page use what it is served with, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

func (p *preview) handler(host string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.page)
	mux.HandleFunc("GET /version", p.events)
	mux.HandleFunc("GET /reload.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprint(w, reloadScript)
	})
	mux.Handle("GET /assets/", http.StripPrefix(assets.Prefix, p.assets.Handler()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if r.Host != host { // another name for this address is somebody's trick
			http.Error(w, "this page is at "+host, http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// reloadScript loads the page again when its version changes.
const reloadScript = `"use strict";
const shown = document.currentScript.dataset.version;
new EventSource("/version").onmessage = (event) => { if (event.data !== shown) location.reload(); };
`

// events tells the version, now and whenever it changes.
func (p *preview) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		_, _, version, changed := p.now()
		fmt.Fprintf(w, "data: %d\n\n", version)
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

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

// show serves the page until the author stops it.
func (r *running) show(cmd *cobra.Command, _ bench, t *trial) error {
	p, err := newPreview(false)
	if err != nil {
		return err
	}
	p.set(t, "")
	address, wait, err := p.listen(cmd.Context())
	if err != nil {
		return err
	}
	r.announce(cmd, address)
	wait()
	return nil
}

// announce tells the address, and opens it where there is a browser.
func (r *running) announce(cmd *cobra.Command, address string) {
	fmt.Fprintf(cmd.ErrOrStderr(), "The chart is at %s until you press Ctrl-C.\n", address)
	if err := r.browse(address); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "No browser was opened: %v.\n", err)
	}
}

// openBrowser opens an address the way that the system does.
func openBrowser(address string) error {
	name := "xdg-open"
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name = "explorer"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return errors.New("this machine has no " + name)
	}
	c := exec.Command(path, address)
	if err := c.Start(); err != nil {
		return err
	}
	go func() { _ = c.Wait() }() // what the browser does is its own affair
	return nil
}
