package browsertest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// faulty is a page with one of everything that the tests of the site look for.
const faulty = `<!DOCTYPE html><html lang="en"><head><title>Faulty</title></head><body><main><h1>Faulty</h1>
<img src="nothing.png"><p id="pale">Pale words</p><script>document.title = "ran"</script>
<p>Words on paper: 59.1–65.9%</p></main><link rel="stylesheet" href="pale.css"><script src="throws.js"></script></body></html>`

func faultySite(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	send := func(path, kind, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'")
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(text))
		})
	}
	send("/{$}", "text/html; charset=utf-8", faulty)
	send("/pale.css", "text/css", "#pale { color: #ccc; background: #fff } @media print { h1 { display: none } }")
	send("/throws.js", "text/javascript", `console.error("said in red"); throw new Error("thrown")`)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestBrowserFindsWhatIsWrong is a test of the tests: what finds nothing on a
// bad page would find nothing anywhere.
func TestBrowserFindsWhatIsWrong(t *testing.T) {
	b := browsertest.Open(t)
	b.Look(t, browsertest.View{Width: 1280, Scheme: "light"})
	b.Visit(t, faultySite(t), 200)
	found := strings.Join(b.Axe(t, "html"), "\n")
	for _, rule := range []string{"image-alt", "color-contrast"} {
		if !strings.Contains(found, rule+":") {
			t.Errorf("axe does not find %s, but only:\n%s", rule, found)
		}
	}
	said := strings.Join(b.Complaints(t), "\n")
	for _, wanted := range []string{"script-src-elem stopped inline", "said in red", "thrown", "nothing.png"} {
		if !strings.Contains(said, wanted) {
			t.Errorf("the browser's complaints lack %q:\n%s", wanted, said)
		}
	}
	if again := b.Complaints(t); len(again) > 1 { // what the policy stopped stays with the page
		t.Errorf("complaints are kept: %q", again)
	}
	if title := browsertest.Eval[string](t, b, "document.title"); title != "Faulty" {
		t.Errorf("the inline script ran: the title is %q", title)
	}
}

func TestReadPDFGivesTheWordsOnThePaper(t *testing.T) {
	b := browsertest.Open(t)
	b.Visit(t, faultySite(t), 200)
	pages, err := browsertest.ReadPDF(browsertest.Get(t, b, chromedp.PrintToPDF()))
	if err != nil || len(pages) != 1 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	text := strings.Join(strings.Fields(pages[0]), "")
	if !strings.Contains(text, "Wordsonpaper:59.1–65.9%") || strings.Contains(text, "Faulty") {
		t.Errorf("the paper says %q", text)
	}
	if _, err := browsertest.ReadPDF([]byte("%PDF-1.4 and nothing more")); err == nil {
		t.Error("a PDF without pages was read")
	}
}
