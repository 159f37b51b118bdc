package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestBrowsersAreHeldToHTTPSWhereThatIsTheOnlyWay(t *testing.T) {
	for _, https := range []bool{true, false} {
		w := httptest.NewRecorder()
		(&Site{HTTPS: https}).guard(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); (got != "") != https {
			t.Errorf("https %v: Strict-Transport-Security is %q", https, got)
		}
	}
}
