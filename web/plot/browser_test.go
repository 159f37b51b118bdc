package plot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/assets"
	"github.com/signalbox-health/signalbox/web/browsertest"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// strict is the content security policy of the site.
const strict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// galleryPage is every picture of the gallery, with icons, states and forms,
// inside the site's own shell.
func galleryPage(a *assets.Assets, body templ.Component) templ.Component {
	page := layout.Page{Title: "Gallery", Door: layout.Charts, Assets: a, Zoom: true, Demo: true,
		Who:         layout.Who{Name: "A. Reader", Role: "emergency medicine", Organisation: "Northmoor (XN01)", Purpose: "improvement"},
		Crumbs:      []layout.Crumb{{Name: "What changed", URL: "/"}},
		Attribution: []string{"Made up for this test."}}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return layout.Shell(page).Render(templ.WithChildren(ctx, body), w)
	})
}

func galleryBody() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var failed error
		show := func(c templ.Component) { failed = errors.Join(failed, c.Render(ctx, w)) }
		say := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
		say(`<h1>Gallery</h1><p class="where">Every picture that is easy to get wrong</p>`)
		showFigures(cases(), show, say)
		say(`<section><h2>Icons</h2><ul class="verdict">`)
		for v := measures.VariationEmpty; v <= measures.ShiftLow; v++ {
			show(withText(layout.Verdict(plot.VariationIcon(v, 56), v.String()), "The words beside it."))
		}
		for _, wanted := range []measures.Direction{measures.Increase, measures.Decrease} {
			for as := measures.AssuranceEmpty; as <= measures.HitOrMiss; as++ {
				show(withText(layout.Verdict(plot.AssuranceIcon(as, wanted, 56), as.String()+", "+wanted.String()), "The words beside it."))
			}
		}
		say(`</ul></section><section><h2>States</h2><ul class="rules">`)
		for _, s := range []plot.Status{plot.Done, plot.Waiting, plot.Attention} {
			show(withText(layout.Check(s, "Checked."), "What was found."))
		}
		say(`</ul><p class="pairs">`)
		for c := measures.Common; c <= measures.NeutralLow; c++ {
			show(layout.State(c, measures.Increase))
			show(layout.State(c, measures.Decrease))
		}
		say(`</p></section><section><h2>Forms</h2>`)
		show(layout.ErrorSummary([]layout.Fault{{Field: "why", Message: "Say why you need it"}}))
		say(`<form class="form" method="post" action="/">`)
		show(layout.TextArea(layout.Field{ID: "why", Name: "why", Label: "Why do you need it?", Hint: "Please name no patient.", Fault: "Say why you need it"}))
		show(layout.Input(layout.Field{ID: "when", Name: "when", Label: "From when?", Type: "date"}))
		options := []layout.Option{{Value: "a", Name: "All states", Chosen: true}, {Value: "b", Name: "Improvement", Hint: "Better than chance"}}
		show(layout.Select(layout.Field{ID: "state", Name: "state", Label: "State"}, options))
		show(layout.Radios(layout.Field{ID: "which", Name: "which", Label: "Which?"}, options))
		say(`<div class="do">`)
		show(layout.Button("Send the request", false))
		show(layout.Button("Leave it", true))
		say(`</div></form></section>`)
		show(withText(layout.Note("A new phase is due"), "Ten months sit around another mean."))
		show(withText(layout.Empty("Nobody has loaded this measure."), "It needs 13 months or more."))
		show(layout.Receipt("Receipt: enough to draw this again in ten years", []layout.Fact{
			{Term: "Plugin", Value: "spc 1.0.0", Code: "sha256:9c1e…b07a"}, {Term: "Data", Value: "Load 31 of 11 June 2026"},
			{Term: "Policy", Value: "National 7"}, {Term: "Parameters", Value: "XmR, rules mdc, constant 2.66"}}))
		return failed
	})
}

func showFigures(pictures []hung, show func(templ.Component), say func(string, ...any)) {
	for _, h := range pictures {
		say(`<section><h2>%s</h2><p>`, h.name)
		show(plot.Sparkline(h.Chart, 148, 40))
		say(`</p>`)
		show(plot.Figure(h.Picture))
		say(`</section>`)
	}
}

// kindsBody is the second page of the gallery: every kind of chart.
func kindsBody() templ.Component {
	return laterBody("Every kind of chart", func(show func(templ.Component), say func(string, ...any)) { showFigures(kinds(), show, say) })
}

// comparedBody is the third: what compares groups and strata.
func comparedBody() templ.Component {
	return laterBody("What compares groups and strata", showCompared)
}

func laterBody(title string, fill func(show func(templ.Component), say func(string, ...any))) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var failed error
		show := func(c templ.Component) { failed = errors.Join(failed, c.Render(ctx, w)) }
		say := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
		say(`<h1>Gallery</h1><p class="where">%s</p>`, title)
		fill(show, say)
		return failed
	})
}

// showCompared shows the pictures that compare groups and strata.
func showCompared(show func(templ.Component), say func(string, ...any)) {
	for _, h := range funnels() {
		say(`<section><h2>%s</h2><figure>`, h.name)
		show(plot.Funnel(h.FunnelPicture))
		show(plot.FunnelKey(h.FunnelPicture))
		say(`<figcaption>%s</figcaption></figure></section>`, plot.FunnelCaption(h.FunnelPicture))
	}
	say(`<section id="strata"><h2>Strata on one scale</h2>`)
	show(plot.Multiples(strata()))
	show(plot.MultiplesKey(strata()))
	say(`</section>`)
	for _, p := range gapsBetween() {
		say(`<section><h2>%s: gap</h2><figure>`, p.ID)
		show(plot.Gap(p))
		show(plot.GapKey(p))
		say(`<figcaption>%s</figcaption></figure></section>`, plot.GapCaption(p))
	}
	for _, p := range mixes() {
		say(`<section><h2>%s: mix</h2><figure>`, p.ID)
		show(plot.Mix(p))
		show(plot.MixKey(p))
		say(`<figcaption>%s</figcaption></figure></section>`, plot.MixCaption(p))
	}
}

func withText(c templ.Component, text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Raw(templ.EscapeString(text))), w)
	})
}

// look is Chromium looking at the gallery.
type look struct {
	*browsertest.Browser
	url, page string
}

// open starts Chromium on the gallery. Without Chromium or built assets the
// test is skipped, unless SIGNALBOX_BROWSER=required.
func open(t *testing.T) look {
	t.Helper()
	if testing.Short() {
		t.Skip("browser tests are not short")
	}
	a, err := assets.Load()
	if err != nil {
		browsertest.Missing(t, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/assets/", http.StripPrefix("/assets/", a.Handler()))
	for path, body := range map[string]templ.Component{"/{$}": galleryBody(), "/kinds": kindsBody(), "/compared": comparedBody()} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", strict)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := galleryPage(a, body).Render(r.Context(), w); err != nil {
				t.Errorf("render the gallery: %v", err)
			}
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return look{browsertest.Open(t), server.URL, "/"}
}

// visit opens the gallery at a width, in light, dark or print.
func (l look) visit(t *testing.T, width int64, scheme, media string) {
	t.Helper()
	l.Look(t, browsertest.View{Width: width, Scheme: scheme, Media: media})
	l.Visit(t, l.url+l.page, http.StatusOK)
}

// kinds and compared look at the later pages of the gallery.
func (l look) kinds() look    { return look{l.Browser, l.url, "/kinds"} }
func (l look) compared() look { return look{l.Browser, l.url, "/compared"} }

// eval runs a script in the page and decodes its result.
func eval[T any](t *testing.T, l look, script string) T {
	t.Helper()
	return browsertest.Eval[T](t, l.Browser, script)
}

// quiet fails the test if the page broke its policy, threw, or warned.
func (l look) quiet(t *testing.T) {
	t.Helper()
	for _, complaint := range l.Complaints(t) {
		t.Errorf("the page complains: %s", complaint)
	}
}

func TestGalleryIsAccessibleInLightAndDarkWideAndNarrow(t *testing.T) {
	first := open(t)
	for _, test := range []struct {
		width  int64
		scheme string
		b      look
	}{{1280, "light", first}, {320, "light", first}, {1280, "dark", first}, {640, "dark", first},
		{1280, "light", first.kinds()}, {320, "light", first.kinds()}, {640, "dark", first.kinds()},
		{1280, "light", first.compared()}, {320, "light", first.compared()}, {640, "dark", first.compared()}} {
		b := test.b
		t.Run(fmt.Sprintf("%s at %d %s", b.page, test.width, test.scheme), func(t *testing.T) {
			b.visit(t, test.width, test.scheme, "")
			if wide := eval[int64](t, b, "document.documentElement.scrollWidth"); wide > test.width {
				t.Errorf("the page is %d pixels wide in a window of %d", wide, test.width)
			}
			for _, v := range b.Axe(t, "html") {
				t.Errorf("axe: %s", v)
			}
			b.quiet(t)
		})
	}
}

func TestWhatStandsBelowAChartHasItsScaleOnScreenAndOnPaper(t *testing.T) {
	b := open(t).kinds()
	const widths = `["#kind-xmr-mr", "#kind-vlad"].map(id => [...document.querySelectorAll(id + " .chart")].filter(e => getComputedStyle(e).display !== "none")
		.map(e => e.getScreenCTM().a.toFixed(2)).join())`
	for _, test := range []struct {
		width int64
		media string
	}{{1280, ""}, {700, ""}, {320, ""}, {720, "print"}} {
		b.visit(t, test.width, "light", test.media)
		for _, scales := range eval[[]string](t, b, widths) {
			upper, lower, two := strings.Cut(scales, ",")
			if !two || upper != lower {
				t.Errorf("at %d %s the drawings are scaled by %s, want two alike", test.width, test.media, scales)
			}
		}
	}
}

// unreadable lists the words of the drawings in sight that leave their drawing or
// lie on one another, as the browser's own letters measure.
const unreadable = `[...document.querySelectorAll("svg.chart")].filter(s => getComputedStyle(s).display !== "none").flatMap(s => {
	const frame = s.getBoundingClientRect(), scale = frame.width / s.viewBox.baseVal.width;
	const texts = [...s.querySelectorAll("text")].map(e => ({e, r: e.getBoundingClientRect()}));
	const of = s.querySelector("title").id, wrong = [];
	for (const {e, r} of texts)
		if (r.left < frame.left - 1.5 || r.right > frame.right + 1.5 || r.top < frame.top - 1.5 || r.bottom > frame.bottom + 1.5) wrong.push(of + " is left by " + e.textContent);
	for (let i = 0; i < texts.length; i++) for (let k = i + 1; k < texts.length; k++) {
		const a = texts[i].r, b = texts[k].r;
		const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
		if (wide > 1.5 * scale && high > 4.5 * scale) wrong.push(of + ": " + texts[i].e.textContent + " lies on " + texts[k].e.textContent);
	}
	return wrong;
})`

func TestNoWordLeavesItsDrawingOrLiesOnAnother(t *testing.T) {
	first := open(t)
	for _, test := range []struct {
		width int64
		media string
	}{{1280, ""}, {700, ""}, {320, ""}, {720, "print"}} {
		for b, least := range map[look]int{first: len(cases()), first.kinds(): len(kinds()), first.compared(): len(funnels())} {
			b.visit(t, test.width, "light", test.media)
			if eval[int](t, b, `[...document.querySelectorAll("svg.chart")].filter(s => getComputedStyle(s).display !== "none").length`) < least {
				t.Fatalf("at %d %s some drawings of %s are not in sight", test.width, test.media, b.page)
			}
			for _, wrong := range eval[[]string](t, b, unreadable) {
				t.Errorf("at %d %s: %s", test.width, test.media, wrong)
			}
		}
	}
}

func TestEachWindowShowsOneDrawingAndPaperTheMiddleOne(t *testing.T) {
	b := open(t)
	const shown = `[...document.querySelectorAll("#ordinary .chart")].filter(e => getComputedStyle(e).display !== "none").map(e => e.getAttribute("class")).join()`
	for _, test := range []struct {
		width       int64
		media, want string
	}{{320, "", "chart chart-narrow"}, {700, "", "chart chart-mid"}, {1280, "", "chart chart-wide"}, {1280, "print", "chart chart-mid"}} {
		b.visit(t, test.width, "light", test.media)
		if got := eval[string](t, b, shown); got != test.want {
			t.Errorf("at %d %s the page shows %q, want %q", test.width, test.media, got, test.want)
		}
	}
}

func TestZoomButtonDrawsEveryChartWithinTheStrictPolicy(t *testing.T) {
	b := open(t)
	b.visit(t, 1280, "dark", "")
	if n := eval[int](t, b, `performance.getEntriesByType("resource").filter(r => r.name.includes("echarts")).length`); n != 0 {
		t.Error("ECharts was fetched before anybody asked for it")
	}
	zoomEach(t, b, cases())
	if found := b.Axe(t, "#ordinary"); len(found) > 0 {
		t.Errorf("axe on a live chart: %v", found)
	}
	// Every special cause is drawn: ECharts thins points unless it is told not to.
	want := strings.Count(rendered(t, plot.SVG(ordinary(), plot.Wide)), "improvement</title>")
	if got := eval[int](t, b, `[...document.querySelectorAll("#ordinary .live svg path")].filter(p => p.getAttribute("fill") === "#64b8f7").length`); got < want {
		t.Errorf("the live chart shows %d improvements, the page's own %d", got, want)
	}
	b = b.kinds()
	b.visit(t, 1280, "dark", "")
	zoomEach(t, b, kinds())
}

// zoomEach presses the button of every figure on the page.
func zoomEach(t *testing.T, b look, pictures []hung) {
	t.Helper()
	for _, h := range pictures {
		measured := 0
		for _, y := range h.Chart.Y {
			if !measures.IsMissing(y) {
				measured++
			}
		}
		if buttons := eval[int](t, b, fmt.Sprintf(`document.getElementById(%q).querySelectorAll("button").length`, h.ID)); (buttons == 1) != (measured > 2) {
			t.Errorf("%s: %d buttons to zoom into %d points", h.name, buttons, measured)
		}
		if measured <= 2 {
			continue
		}
		// Nothing is returned from the promise but what the page then holds.
		got := eval[string](t, b, fmt.Sprintf(`(async () => {
			const figure = document.getElementById(%q), button = figure.querySelector("button");
			button.click();
			for (let i = 0; i < 100 && button.textContent !== "Back to the plain chart"; i++) await new Promise(r => setTimeout(r, 30));
			const drawn = figure.querySelectorAll(".live svg path").length;
			return figure.className + " " + (drawn > 3) + " " + figure.querySelector("[role=status]").textContent.slice(0, 4);
		})()`, h.ID))
		if got != "plot is-live true Drag" {
			t.Errorf("%s: after the button the figure says %q", h.name, got)
		}
		b.quiet(t)
	}
}

func TestLiveChartIsReachableByKeyAndPrintsAsTheServerDrewIt(t *testing.T) {
	b := open(t)
	b.visit(t, 1280, "light", "")
	got := eval[string](t, b, `(async () => {
		const figure = document.getElementById("ordinary"), button = figure.querySelector("button");
		button.click();
		for (let i = 0; i < 100 && button.textContent !== "Back to the plain chart"; i++) await new Promise(r => setTimeout(r, 30));
		const room = figure.querySelector(".live");
		room.focus();
		for (const key of ["End", "ArrowLeft"]) room.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
		await new Promise(r => setTimeout(r, 100));
		return (document.activeElement === room) + " " + figure.querySelector("[role=status]").textContent;
	})()`)
	if want := "true April 2026: 79.5%, improvement"; got != want {
		t.Errorf("the keys say %q, want %q", got, want)
	}
	b.Look(t, browsertest.View{Width: 1280, Scheme: "light", Media: "print"})
	const shown = `[...document.querySelectorAll("#ordinary .chart, #ordinary .live")].filter(e => getComputedStyle(e).display !== "none").map(e => e.getAttribute("class")).join()`
	if got := eval[string](t, b, shown); got != "chart chart-mid" {
		t.Errorf("on paper stands %q, want the server's drawing", got)
	}
	back := eval[string](t, b, `(() => { const f = document.getElementById("ordinary"); f.querySelector("button").click(); return f.className + f.querySelectorAll(".live").length; })()`)
	if back != "plot0" {
		t.Errorf("pressed again the figure is %q, want the plain one", back)
	}
	b.quiet(t)
}

// TestScreenshots writes pictures of the gallery for people to look at.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SIGNALBOX_SCREENSHOTS")
	if dir == "" {
		t.Skip("set SIGNALBOX_SCREENSHOTS to a folder to have pictures of the gallery")
	}
	b := open(t)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, shot := range []struct {
		name          string
		width         int64
		scheme, media string
	}{{"gallery-1280", 1280, "light", ""}, {"gallery-320", 320, "light", ""}, {"gallery-640", 640, "light", ""},
		{"gallery-dark", 1280, "dark", ""}, {"gallery-print", 720, "light", "print"}} {
		for name, b := range map[string]look{shot.name: b, shot.name + "-kinds": b.kinds(), shot.name + "-compared": b.compared()} {
			b.visit(t, shot.width, shot.scheme, shot.media)
			picture := browsertest.Get(t, b.Browser, chromedp.FullScreenshot(100))
			if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, h := range gallery() {
		if err := os.WriteFile(filepath.Join(dir, "standalone-"+h.ID+".svg"), plot.Standalone(h.Picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func rendered(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
