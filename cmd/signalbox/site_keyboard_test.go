package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// focused is what the keyboard is on, and whether a reader can see that.
type focused struct {
	Name    string // how the element is known; empty when it is the page itself
	Seen    bool   // in the window, and not beneath something else
	Outline bool   // has a ring of 2 pixels or more
}

const readFocus = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body || e === document.documentElement) return {name: ""};
	// The middle of what of it is in the window, if that is large enough to be seen.
	const box = e.getClientRects()[0] ?? e.getBoundingClientRect(), style = getComputedStyle(e);
	const left = Math.max(0, box.left), right = Math.min(innerWidth, box.right), above = Math.max(0, box.top), below = Math.min(innerHeight, box.bottom);
	const top = right - left >= 8 && below - above >= 8 && document.elementFromPoint((left + right) / 2, (above + below) / 2);
	return {
		name: e.dataset.tabStop ?? e.outerHTML.slice(0, 80),
		// Points of one drawing may lie on each other; the ring shows which it is.
		seen: !!top && (e.contains(top) || top.contains(e) || !!e.ownerSVGElement && top.ownerSVGElement === e.ownerSVGElement),
		outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
	};
})()`

// markStops gives everything that the keyboard should reach a name. Of the
// choices of one question the keyboard stops at one, and the arrows lead on.
const markStops = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
	.filter(e => !e.disabled && e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length)
	.filter((e, i, all) => e.type !== "radio" || e === (all.find(o => o.type === "radio" && o.name === e.name && o.checked) ?? all.find(o => o.type === "radio" && o.name === e.name)))
	.map((e, i) => e.dataset.tabStop = i + " " + e.tagName + " " + (e.getAttribute("href") ?? e.textContent).replace(/\s+/g, " ").trim().slice(0, 60))`

// scrolled names boxes whose content is wider than they are and that the
// keyboard cannot reach to scroll them.
const scrolled = `[...document.querySelectorAll("main *")].filter(e => e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX)
	&& e.tabIndex < 0).map(e => e.outerHTML.slice(0, 100))`

// whoSees is somebody to whom a page opens: only innovators bring plugins.
func whoSees(path string) string {
	if path == "/plugins/new" || path == "/plugins/releases/new" {
		return "demo-innovator"
	}
	return "demo-clinician"
}

func TestKeyboardReachesAllThereIsAndSaysWhereItIs(t *testing.T) {
	s, b := site(t), eyes(t)
	for _, test := range []struct {
		path string
		view browsertest.View
	}{
		{"/plugins", views[0]}, {"/plugins", views[2]}, {"/plugins/spc", views[0]}, {"/trusts/ZZA/adoptions", views[2]}, {"/measures/ae-4h/about", views[2]}, {"/plugins/new", views[0]}, {"/plugins/releases/new", views[0]}, {"/plugins/questions/harbour-still-there", views[2]},
		{"/", views[0]}, {"/trusts/ZZA", views[2]}, {"/trusts/ZZA/measures/ae-4h", views[0]}, {"/trusts/ZZA/measures/ae-4h", views[2]},
		{"/measures/ae-4h", views[2]}, {"/measures/ae-4h/funnel", views[0]}, {"/measures/ae-4h/funnel", views[2]}, {"/governance", views[0]},
		{"/account", views[2]}, {"/account/choose", views[0]}, {"/account/tokens/new", views[2]},
	} {
		t.Run(test.path+" "+test.view.String(), func(t *testing.T) {
			b.Look(t, test.view)
			s.sit(t, b, whoSees(test.path))
			b.Visit(t, s.address+test.path, 200)
			stops := browsertest.Eval[[]string](t, b, markStops)
			reached := map[string]bool{}
			for range len(stops) + 5 {
				b.Do(t, chromedp.KeyEvent(kb.Tab))
				at := browsertest.Eval[focused](t, b, readFocus)
				if at.Name == "" || reached[at.Name] {
					break
				}
				reached[at.Name] = true
				if !at.Seen || !at.Outline {
					t.Errorf("the keyboard is on %s: in sight %v, with a ring %v", at.Name, at.Seen, at.Outline)
				}
			}
			for _, stop := range stops {
				if !reached[stop] {
					t.Errorf("the keyboard does not reach %s", stop)
				}
			}
			for _, box := range browsertest.Eval[[]string](t, b, scrolled) {
				t.Errorf("the keyboard cannot scroll %s", box)
			}
		})
	}
}

func TestSkipLinkLeadsToTheContent(t *testing.T) {
	s, b := site(t), eyes(t)
	b.Look(t, views[0])
	s.sit(t, b, "demo-clinician")
	b.Visit(t, s.address+"/trusts/ZZA", 200)
	b.Do(t, chromedp.KeyEvent(kb.Tab))
	if at := browsertest.Eval[focused](t, b, readFocus); !strings.Contains(at.Name, "skip") || !at.Seen {
		t.Fatalf("the first stop is %+v, want the skip link in sight", at)
	}
	b.Do(t, chromedp.KeyEvent(kb.Enter))
	if at := browsertest.Eval[string](t, b, "document.activeElement.id"); at != "main" {
		t.Fatalf("the skip link leads to %q", at)
	}
	b.Do(t, chromedp.KeyEvent(kb.Tab))
	if inside := browsertest.Eval[bool](t, b, `document.querySelector("main").contains(document.activeElement)`); !inside {
		t.Error("after the skip link the next stop is not in the content")
	}
}

// TestTargetsAreLargeEnough holds what can be pressed to 24 pixels, but for
// links within a line of text (WCAG 2.5.8).
func TestTargetsAreLargeEnough(t *testing.T) {
	s, b := site(t), eyes(t)
	for _, path := range []string{"/", "/trusts/ZZA", "/trusts/ZZA/measures/ae-4h", "/measures/ae-4h", "/account", "/account/choose", "/account/tokens/new"} {
		b.Look(t, browsertest.View{Width: 320, Scheme: "light"})
		s.sit(t, b, "demo-clinician")
		b.Visit(t, s.address+path, 200)
		for _, small := range browsertest.Eval[[]string](t, b, `[...document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a, .tools a")]
			.filter(e => e.getClientRects().length && !e.closest(".crumb") && (e.getBoundingClientRect().height < 24 || e.getBoundingClientRect().width < 24))
			.map(e => e.outerHTML.slice(0, 90) + " " + Math.round(e.getBoundingClientRect().width) + "x" + Math.round(e.getBoundingClientRect().height))`) {
			t.Errorf("%s: too small to press: %s", path, small)
		}
	}
}
