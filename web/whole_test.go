package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAPageThatFailsHalfWayIsReplaced(t *testing.T) {
	site := whole(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "<h1>The first half")
		if _, can := w.(http.Flusher); can {
			t.Error("half a page could be sent on its way")
		}
		if r.URL.Path == "/fails" {
			w.Header().Set("X-Trouble", "yes")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "Something broke")
			return
		}
		_, _ = io.WriteString(w, " and the second</h1>")
	}))
	for _, test := range []struct {
		path, body, trouble string
		status              int
	}{
		{"/works", "<h1>The first half and the second</h1>", "", 200},
		{"/fails", "Something broke", "yes", 500},
		{"/works", "<h1>The first half and the second</h1>", "", 200}, // nothing is left of the one before
	} {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, test.path, nil))
		if w.Code != test.status || w.Body.String() != test.body || w.Header().Get("X-Trouble") != test.trouble {
			t.Errorf("%s: %d %q %v", test.path, w.Code, w.Body, w.Header())
		}
		if int64(len(test.body)) != w.Result().ContentLength {
			t.Errorf("%s: content length %d", test.path, w.Result().ContentLength)
		}
	}
}
