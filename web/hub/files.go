package hub

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// heldFor is for how long a file is served without a look at the database. It may
// have tens of megabytes, and every node asks for it.
const heldFor = 10 * time.Second

// file is one of the two signed files, as it was issued last.
type file struct {
	mu    sync.Mutex
	issue postgres.HubIssue
	at    time.Time
}

// Publishers serves the signed list of publishers, and Index that of releases. Both
// are for everybody: what they say is believed for its signatures, so that anybody
// may keep a copy and serve it.
func (d *Door) Publishers(w http.ResponseWriter, r *http.Request) {
	d.serve(w, r, "publishers", &d.publishers)
}

// Index serves the signed index of releases.
func (d *Door) Index(w http.ResponseWriter, r *http.Request) { d.serve(w, r, "index", &d.index) }

func (d *Door) serve(w http.ResponseWriter, r *http.Request, kind string, f *file) {
	issue, err := d.newest(r.Context(), kind, f)
	switch {
	case errors.Is(err, postgres.ErrNotFound):
		http.Error(w, "This installation is no hub: it has issued no "+kind+".json.", http.StatusNotFound)
		return
	case err != nil:
		d.Log.Error("file of the hub", "kind", kind, "error", err)
		http.Error(w, "The file cannot be read just now. Try again in a minute.", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // it is nobody's secret
	h.Set("ETag", `"`+kind+"-"+strconv.FormatInt(issue.Serial, 10)+`"`)
	http.ServeContent(w, r, "", issue.At, bytes.NewReader(issue.Envelope))
}

// newest gives what was issued last. If the database does not answer it is what was
// issued when it last did: nodes can tell how old that is.
func (d *Door) newest(ctx context.Context, kind string, f *file) (postgres.HubIssue, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.issue.Serial > 0 && d.Now().Sub(f.at) < heldFor {
		return f.issue, nil
	}
	issue, err := d.Issued(ctx, kind)
	if err != nil && f.issue.Serial == 0 {
		return issue, err
	}
	if err != nil {
		d.Log.Warn("file of the hub: serving the one that is known", "kind", kind, "error", err)
		return f.issue, nil
	}
	f.issue, f.at = issue, d.Now()
	return issue, nil
}
