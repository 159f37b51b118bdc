package main

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// pushed clicks a button of a page and waits for what it leads to; it gives what that
// page says.
func pushed(t testing.TB, b *browsertest.Browser, button string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(button))); err != nil {
		t.Fatalf("press %s: %v", button, err)
	}
	return browsertest.Eval[string](t, b, `document.querySelector("main").innerText`)
}

// stroll reads pages without scripts as somebody, at every width.
type stroll struct {
	s *openedSite
	b *browsertest.Browser
}

func (w stroll) says(t *testing.T, what, said string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(said, word) {
			t.Errorf("%s does not say %q: %s", what, word, said)
		}
	}
	for _, v := range views {
		w.b.Look(t, v)
		if wide := browsertest.Eval[string](t, w.b, overflow); wide != "" {
			t.Errorf("%s, %s: the page is too wide: %s", what, v, wide)
		}
	}
	w.b.Look(t, views[0])
}

func strollAs(t *testing.T, person string) stroll {
	w := stroll{site(t), eyes(t)}
	w.b.Scripts(t, false)
	t.Cleanup(func() { w.b.Scripts(t, true) })
	w.s.sit(t, w.b, person)
	return w
}

// TestALeadAdoptsFromTheCatalogueAndUndoesWithoutScripts fetches a release, looks at
// the trust's own chart, adopts, and goes back, by pressing buttons alone.
func TestALeadAdoptsFromTheCatalogueAndUndoesWithoutScripts(t *testing.T) {
	w := strollAs(t, "demo-improvement-lead-b")
	lead := w.s.as(t, "demo-improvement-lead-b")
	const chart = "/trusts/ZZB/measures/larkfield-bed-waits"
	mustSay(t, "its chart before", lead.get(t, chart), 404, "There is no such measure")
	w.b.Visit(t, w.s.address+"/plugins?q=corridors+count+busy", 200)
	w.says(t, "its listing", pushed(t, w.b, `main .offers a[href$="/larkfield-bed-waits"]`), "Waiting over four hours for a bed", "Publisher verified", "Adopt for Harrowmere University Hospitals Trust")
	w.says(t, "what it would show", pushed(t, w.b, "main .head .btn"), "What Harrowmere University Hospitals Trust would see", "You have it", "Send evidence back?")
	w.says(t, "with these", pushed(t, w.b, `button[value="show"]`), "measured points. The limits are made of them")
	w.says(t, "adopted", pushed(t, w.b, `button[value="adopt"]`), "Harrowmere University Hospitals Trust now runs version 1.0.0", "pinned by its digest")
	mustSay(t, "its chart", lead.get(t, chart), 200, "Waiting over four hours for a bed")
	if said := pushed(t, w.b, `form[action$="/undo"] button`); strings.Contains(said, "pinned by its digest") {
		t.Errorf("after the undo it still runs: %s", said)
	}
	mustSay(t, "its chart afterwards", lead.get(t, chart), 404, "There is no such measure")
}

// TestALeadGoesToAnotherVersionAndBackWithoutScripts looks at what it would do to the
// trust's chart before.
func TestALeadGoesToAnotherVersionAndBackWithoutScripts(t *testing.T) {
	w := strollAs(t, "demo-improvement-lead")
	w.b.Visit(t, w.s.address+"/plugins/harbour-still-there?version=1.3.2", 200)
	w.says(t, "another version", pushed(t, w.b, "main .head .btn"), "from version 1.3.2 to 1.4.0", "What its definition says differently", "As it would be", "The baseline that you locked")
	w.says(t, "gone to it", pushed(t, w.b, `button[value="adopt"]`), "now runs version 1.4.0")
	w.says(t, "undone", pushed(t, w.b, `form[action$="/undo"] button`), "Version 1.3.2, pinned by its digest")
}

func TestAdoptingIsRefusedWithItsReason(t *testing.T) {
	s := site(t)
	lead, clinician := s.as(t, "demo-improvement-lead"), s.as(t, "demo-clinician")
	adopt := func(version string, more ...string) url.Values {
		form := url.Values{"version": {version}, "do": {"adopt"}, "sends": {"no"}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return form
	}
	const id = "harbour-still-there"
	for what, test := range map[string]struct {
		who    *reader
		path   string
		form   url.Values
		status int
		says   string
	}{
		"a clinician adopts":            {clinician, "/adopt/" + id, adopt("1.4.0"), 403, "What was checked"},
		"a clinician undoes":            {s.as(t, "demo-clinician-b"), "/adopt/" + id + "/undo", nil, 403, "What was checked"},
		"what was withdrawn is fetched": {lead, "/adopt/" + id + "/take", url.Values{"version": {"1.2.0"}}, 502, "It was withdrawn"},
		"no such version":               {lead, "/adopt/" + id, adopt("9.9.9"), 404, "Nothing is known by that name"},
		"nothing runs that could end":   {lead, "/adopt/larkfield-bed-waits/undo", nil, 409, "Your organisation does not run it"},
		"a day that has been seen":      {lead, "/adopt/" + id, adopt("1.4.0", "sent", "yes", "first", "2025-01-01"), 422, "it would be known how they went"},
		"a target that is no number":    {lead, "/adopt/" + id, adopt("1.4.0", "sent", "yes", "from-"+id, "2025-06-01", "to-"+id, "2026-05-01", "target-"+id, "much"), 422, "Write the target as a number"},
		"a baseline that is too short":  {lead, "/adopt/" + id, adopt("1.4.0", "sent", "yes", "from-"+id, "2025-01-01", "to-"+id, "2025-05-01", "target-"+id, ""), 422, "choose a stretch with 12 or more"},
	} {
		mustSay(t, what, test.who.post(t, test.path, s.address, test.form), test.status, test.says)
	}
	mustSay(t, "its listing", lead.get(t, "/plugins/"+id), 200, "runs version 1.3.2")
}
