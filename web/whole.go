package web

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
)

// whole holds an answer back until all of it is there. A page that fails
// half-way is then an error page and not half a page with a good status; and
// templ, which flushes what can be flushed after every component, does not cut
// the compressed page into pieces, which took a fifth of the time of a chart.
func whole(next http.Handler) http.Handler {
	spare := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := spare.Get().(*bytes.Buffer)
		defer spare.Put(body)
		body.Reset()
		held := &heldAnswer{header: w.Header(), status: http.StatusOK, body: body}
		next.ServeHTTP(held, r)
		w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
		w.WriteHeader(held.status)
		_, _ = w.Write(body.Bytes())
	})
}

// heldAnswer can only be written to: it hides what else the real one can do.
type heldAnswer struct {
	header http.Header
	status int
	body   *bytes.Buffer
}

func (h *heldAnswer) Header() http.Header { return h.header }

// WriteHeader sets the status. After part of a page it means that the page
// failed: what is written from here on takes its place.
func (h *heldAnswer) WriteHeader(status int) {
	h.status = status
	h.body.Reset()
}

func (h *heldAnswer) Write(p []byte) (int, error) { return h.body.Write(p) }
