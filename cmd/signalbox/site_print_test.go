package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// TestPagesPrintWithTheirWordsAndWithoutTheirDoors reads the paper that comes
// out: what the page says is on it, what can only be pressed is not.
func TestPagesPrintWithTheirWordsAndWithoutTheirDoors(t *testing.T) {
	s, b := site(t), eyes(t)
	for _, test := range []struct {
		path  string
		pages int // at most; home and board have a row for each of 39 measures
	}{{"/plugins", 8}, {"/plugins/spc", 4}, {"/trusts/ZZA/adoptions", 3}, {"/measures/ae-4h/about", 4}, {"/plugins/new", 2}, {"/plugins/releases/new", 2}, {"/plugins/questions/harbour-still-there", 2}, {"/", 6}, {"/trusts/ZZA", 5}, {"/trusts/ZZA/measures/ae-4h", 4}, {"/measures/ae-4h", 4}, {"/measures/ae-4h/funnel", 4}, {"/governance", 3}} {
		t.Run(test.path, func(t *testing.T) {
			s.sit(t, b, whoSees(test.path))
			b.Visit(t, s.address+test.path, 200)
			// A4 less its margins is 680 CSS pixels wide; what is wider would be shrunk.
			b.Look(t, browsertest.View{Width: 680, Scheme: "light", Media: "print"})
			if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
				t.Errorf("wider than the paper: %s", wide)
			}
			b.Look(t, views[1]) // paper is white whatever the screen is
			wanted := browsertest.Eval[[]string](t, b, `["h1", ".sentence", ".demo p", "main h2", "main p"].flatMap(s => document.querySelector(s)?.textContent ?? [])`)
			if len(wanted) < 3 {
				t.Errorf("the page says no more than %q", wanted)
			}
			paper, err := browsertest.ReadPDF(browsertest.Get(t, b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPreferCSSPageSize())))
			if err != nil {
				t.Fatal(err)
			}
			if len(paper) > test.pages {
				t.Errorf("%d sheets, want %d at most", len(paper), test.pages)
			}
			text := squeeze(strings.Join(paper, " "))
			for _, words := range wanted {
				if !strings.Contains(text, squeeze(words)) {
					t.Errorf("the paper does not say %q, but %.300q", words, text)
				}
			}
			for _, words := range []string{"Sign out", "Skip to the content", "Workshop", "Zoom and hover", "Find a trust", "JSON"} {
				heading := wanted[0] // the workshop is called what the door to it is
				if strings.Contains(text, squeeze(words)) && !strings.Contains(heading, words) {
					t.Errorf("the paper has %q, which nobody can press", words)
				}
			}
			for _, complaint := range b.Complaints(t) {
				t.Errorf("the browser complains: %s", complaint)
			}
		})
	}
}

// squeeze takes all space away: where lines break on paper does not matter.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }
