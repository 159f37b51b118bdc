package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/signalbox-health/signalbox/web/assets"
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
