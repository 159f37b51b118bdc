package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/assets"
	"github.com/signalbox-health/signalbox/web/layout"
)

func TestWhatAPluginCannotGiveIsSaidToTheReader(t *testing.T) {
	files, err := assets.Load()
	if err != nil {
		t.Skip(err)
	}
	s := &Site{Log: slog.New(slog.DiscardHandler), Reader: func(*http.Request) (policy.Actor, layout.Page) {
		return policy.Actor{}, layout.Page{Assets: files}
	}}
	for _, test := range []struct {
		kind   error
		status int
		says   string
		again  string
	}{
		{plugins.ErrBusy, 503, "Please try again in a moment.", retryAfter},
		{plugins.ErrQuarantined, 503, "is not run until somebody has looked into it", ""},
		{plugins.ErrFault, 502, "was stopped", ""},
		{plugins.ErrUnsuited, 422, "looked at the figures and declined", ""},
	} {
		w := httptest.NewRecorder()
		page := s.page(func(http.ResponseWriter, *http.Request) error {
			return fmt.Errorf("compute: %w", &plugins.Fault{Kind: test.kind, Cause: "detail for the log"})
		})
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		body := w.Body.String()
		if w.Code != test.status || !strings.Contains(body, test.says) || w.Header().Get("Retry-After") != test.again {
			t.Errorf("%v: status %d, Retry-After %q, %s", test.kind, w.Code, w.Header().Get("Retry-After"), body)
		}
		if strings.Contains(body, "detail for the log") {
			t.Errorf("%v: the reader is told what is for the log", test.kind)
		}
	}
}
