package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// hand is somebody at the browser, whose scripts are switched off.
type hand struct {
	site *openedSite
	eyes *browsertest.Browser
}

// write fills a field in.
func (h hand) write(t testing.TB, field, text string) {
	t.Helper()
	browsertest.Eval[any](t, h.eyes, fmt.Sprintf(`document.querySelector(%q).value = %q`, field, text))
}

// press presses a button and gives what the next page says.
func (h hand) press(t testing.TB, button string) (status int64, said string) {
	t.Helper()
	answer, err := chromedp.RunResponse(h.eyes.Context(), chromedp.Click(chromedp.CSS(button)))
	if err != nil {
		t.Fatalf("press %s: %v", button, err)
	}
	return answer.Status, h.says(t)
}

func (h hand) open(t testing.TB, person, path string, status int64) string {
	t.Helper()
	h.site.sit(t, h.eyes, person)
	h.eyes.Visit(t, h.site.address+path, status)
	return h.says(t)
}

func (h hand) says(t testing.TB) string {
	t.Helper()
	return browsertest.Eval[string](t, h.eyes, `document.querySelector("main").textContent.replace(/\s+/g, " ")`)
}

// fit looks at the page in every way that a page must be fit for.
func (h hand) fit(t testing.TB, what string) {
	t.Helper()
	h.eyes.Scripts(t, true) // axe is one; the page's own have had their time
	defer h.eyes.Scripts(t, false)
	for i, v := range views {
		h.eyes.Look(t, v)
		if wide := browsertest.Eval[string](t, h.eyes, overflow); wide != "" {
			t.Errorf("%s, %s: the page is too wide: %s", what, v, wide)
		}
		if i%2 != 0 {
			continue // as for every page: each scheme and each width once
		}
		for _, found := range h.eyes.Axe(t, "html") {
			t.Errorf("%s, %s: axe: %s", what, v, found)
		}
	}
	h.eyes.Look(t, views[0])
}

func wantWords(t testing.TB, what, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%s does not say %q, but %.900q", what, w, said)
		}
	}
}

// TestSomebodyDeniedAsksIsGrantedAndClosedOut goes the whole way of a request, in
// the browser and without scripts: Dr Bram Oakes of ZZB wants the falls of ZZA.
func TestSomebodyDeniedAsksIsGrantedAndClosedOut(t *testing.T) {
	s, b := site(t), eyes(t)
	b.Scripts(t, false)
	defer b.Scripts(t, true)
	b.Look(t, views[0])
	h := hand{s, b}
	const bram, isla, chart = "demo-clinician-b", "demo-governance-lead", "/trusts/ZZA/measures/demo-falls"

	said := h.open(t, bram, chart, http.StatusForbidden)
	wantWords(t, "the denial", said, "You cannot see this chart yet", "has not shared", "Any one of these would be enough",
		"It goes to the information governance team of Larkfield Hospitals Trust", "To look at the charts", "Staff of Harrowmere University Hospitals Trust")
	h.fit(t, "the denial with its form")
	h.write(t, "#why", "My patient 943 476 5919 fell on our ward.")
	status, said := h.press(t, "#ask form button")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a reason with an NHS number answers %d", status)
	}
	wantWords(t, "the form", said, "Take out what looks like an NHS number", "To look at the charts")
	h.fit(t, "the form with a fault")
	h.write(t, "#why", "We copied their falls bundle. I want to see whether their gain lasted.")
	_, said = h.press(t, `form[action="/access/requests"] button`)
	wantWords(t, "the request", said, "It waits for the information governance team of Larkfield Hospitals Trust", "We copied their falls bundle", "Withdraw it")
	h.fit(t, "a request that waits")
	number := regexp.MustCompile(`Your request (\d+)`).FindStringSubmatch(said)[1]
	wantWords(t, "the denial, once more", h.open(t, bram, chart, http.StatusForbidden), "You have asked for this already")

	wantWords(t, "the inbox", h.open(t, isla, "/governance", http.StatusOK), "One request waits for Larkfield Hospitals Trust",
		"Staff of Harrowmere University Hospitals Trust could see “Falls in hospital (demonstration)” of Larkfield Hospitals Trust, month by month, "+
			"with counts under 8 hidden and others rounded to the nearest 5", "for improvement: 36 months, 36 rows", "take no figures away", "Today they see nothing of it")
	h.fit(t, "the inbox")
	decide := fmt.Sprintf(`a[href="/governance/requests/%s"]`, number)
	_, said = h.press(t, decide)
	wantWords(t, "the request, to those who decide", said, "Dr Bram Oakes (fictional), clinician at Harrowmere", "whether their gain lasted")
	h.fit(t, "a request to be decided")
	h.write(t, "#until", "2020-01-01")
	status, said = h.press(t, `form[action$="/grant"] .btn:not(.second)`)
	if wantWords(t, "a day that is over", said, "Enter a day that is still to come"); status != http.StatusUnprocessableEntity {
		t.Errorf("a day that is over answers %d", status)
	}
	h.write(t, "#until", monthsAhead(6))
	h.write(t, "#hidden", "30")
	_, said = h.press(t, `form[action$="/grant"] .btn.second`)
	wantWords(t, "the effect of other terms", said, "counts under 30 hidden")
	_, said = h.press(t, `form[action$="/grant"] .btn:not(.second)`)
	wantWords(t, "the request, granted", said, "Granted on", "May be looked at, and not taken away", "End this agreement")
	h.fit(t, "a request that was granted")

	said = h.open(t, bram, "/access/requests", http.StatusOK)
	wantWords(t, "the list of requests", said, "Falls in hospital (demonstration)", "Granted")
	h.fit(t, "the list of requests")
	wantWords(t, "the request", h.open(t, bram, "/access/requests/"+number, http.StatusOK), "you may look at the charts, and take no figures away", "DSA-", "Counts under 30 hidden")
	h.fit(t, "a request that was granted, to its asker")
	_, said = h.press(t, "a.btn")
	wantWords(t, "the chart", said, "counts from 1 to 29 are hidden", "rounded")
	wantWords(t, "the file", h.open(t, bram, chart+".csv", http.StatusForbidden), "You cannot take these figures away yet", "lets you look, not take figures away",
		"This chart, on its page", "To take the figures away")

	wantWords(t, "the agreements", h.open(t, isla, "/governance/agreements", http.StatusOK), "for Harrowmere University Hospitals Trust", "charts only, for improvement")
	h.fit(t, "agreements in force")
	_, said = h.press(t, `form[action$="/end"] button`)
	wantWords(t, "the agreements", said, "Ended on")
	h.fit(t, "agreements that are over")
	wantWords(t, "the chart, closed again", h.open(t, bram, chart, http.StatusForbidden), "has not shared", "Why do you need it?")
	wantWords(t, "the request", h.open(t, bram, "/access/requests/"+number, http.StatusOK), "Larkfield Hospitals Trust ended it on")
	h.fit(t, "a request whose agreement ended")
}

// monthsAhead is a day that many months from now.
func monthsAhead(n int) string { return time.Now().AddDate(0, n, 0).Format(time.DateOnly) }

// sent is a request of Bram's for a measure of ZZA, as a program would send it.
func (s *openedSite) sent(t testing.TB, bram *reader, path, why string) string {
	t.Helper()
	denial := bram.get(t, path)
	record := regexp.MustCompile(`name="record" value="(\d+)"`).FindStringSubmatch(denial.body)
	measure := regexp.MustCompile(`name="measure" value="([a-z0-9-]*)"`).FindStringSubmatch(denial.body)
	if denial.StatusCode != http.StatusForbidden || record == nil {
		t.Fatalf("%s answers %s, with the form %v", path, denial.Status, record)
	}
	answer := bram.post(t, "/access/requests", s.address, url.Values{"record": {record[1]}, "measure": {measure[1]}, "why": {why}})
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("sending the form answers %s: %.600s", answer.Status, answer.body)
	}
	return answer.Header.Get("Location")
}

func TestARefusalTellsItsReasonAndAWithdrawalClosesTheRequest(t *testing.T) {
	s := site(t)
	bram, isla := s.as(t, "demo-clinician-b"), s.as(t, "demo-governance-lead")
	request := s.sent(t, bram, "/trusts/ZZA/measures/demo-missed", "To compare our clinics.")
	number := strings.TrimPrefix(request, "/access/requests/")
	mustSay(t, "a refusal without a reason", isla.post(t, "/governance/requests/"+number+"/refuse", s.address, nil), 422, "Say why not")
	mustSay(t, "a refusal that names a patient", isla.post(t, "/governance/requests/"+number+"/refuse", s.address,
		url.Values{"reason": {"Because of the one born 12/03/1957."}}), 422, "Take out what looks like a date of birth")
	refused := isla.post(t, "/governance/requests/"+number+"/refuse", s.address, url.Values{"reason": {"Ask again once your clinic <opens>."}})
	if refused.StatusCode != http.StatusSeeOther {
		t.Fatalf("refusing answers %s", refused.Status)
	}
	mustSay(t, "the refused request", bram.get(t, request), 200, "refused it", "Ask again once your clinic &lt;opens&gt;.")
	mustSay(t, "the refused request, to those who decided", isla.get(t, "/governance/requests/"+number), 200, "Refused on")
	mustSay(t, "granting what was refused", isla.post(t, "/governance/requests/"+number+"/grant", s.address, url.Values{}), 200, "Refused on")

	again := s.sent(t, bram, "/trusts/ZZA/measures/demo-missed", "It has opened.")
	if answer := bram.post(t, again+"/withdraw", s.address, nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdrawing answers %s", answer.Status)
	}
	mustSay(t, "the withdrawn request", bram.get(t, again), 200, "You withdrew it on")
}

func TestRequestsAreSeenAndDecidedByThoseConcernedOnly(t *testing.T) {
	s := site(t)
	bram, isla, wren, analyst := s.as(t, "demo-clinician-b"), s.as(t, "demo-governance-lead"), s.as(t, "demo-clinician"), s.as(t, "demo-analyst")
	request := s.sent(t, bram, "/trusts/ZZA/measures/demo-missed", "To compare our clinics.")
	number := strings.TrimPrefix(request, "/access/requests/")
	defer bram.post(t, request+"/withdraw", s.address, nil)
	for who, r := range map[string]*reader{"a colleague": wren, "an analyst": analyst, "its owner's governance": isla} {
		mustSay(t, "the asker's page, to "+who, r.get(t, request), 404, "Nothing is known by that name")
	}
	terms := url.Values{"until": {monthsAhead(2)}, "purpose": {"improvement"}, "export": {"yes"}, "hidden": {"8"}}
	for who, r := range map[string]*reader{"a clinician of the owner": wren, "its asker": bram, "an analyst": analyst} {
		for _, path := range []string{"/governance/requests/" + number, "/governance/agreements"} {
			mustSay(t, path+" to "+who, r.get(t, path), 403, "Only the governance team")
		}
		mustSay(t, "granting by "+who, r.post(t, "/governance/requests/"+number+"/grant", s.address, terms), 403, "You cannot decide on requests here")
	}
	for name, bad := range map[string]url.Values{"no purpose": {"until": {monthsAhead(6)}, "hidden": {"8"}}, "another purpose": {"until": {monthsAhead(6)}, "hidden": {"8"}, "purpose": {"curiosity"}},
		"a lower threshold": {"until": {monthsAhead(6)}, "hidden": {"7"}, "purpose": {"improvement"}}, "ten years": {"until": {monthsAhead(120)}, "hidden": {"8"}, "purpose": {"improvement"}}} {
		mustSay(t, "terms with "+name, isla.post(t, "/governance/requests/"+number+"/grant", s.address, bad), 422, "There is something to put right")
	}
}

func TestTheFormStandsOnlyWhereAnAgreementCouldHelp(t *testing.T) {
	s := site(t)
	for name, test := range map[string]struct{ person, path string }{
		"of all trusts at once":        {"demo-clinician", "/measures/demo-falls/funnel"},
		"to somebody without a trust":  {"demo-innovator", "/trusts/ZZA/measures/demo-falls"},
		"about plugins":                {"demo-clinician", "/plugins/new"},
		"about another's governance":   {"demo-clinician", "/governance/agreements"},
		"of one's own system, exports": {"demo-clinician", "/measures/demo-falls/funnel.csv"},
	} {
		if answer := s.as(t, test.person).get(t, test.path); answer.StatusCode != http.StatusForbidden || strings.Contains(answer.body, `name="why"`) {
			t.Errorf("a denial %s answers %s, with the form: %v", name, answer.Status, strings.Contains(answer.body, `name="why"`))
		}
	}
	bram, wren := s.as(t, "demo-clinician-b"), s.as(t, "demo-clinician")
	record := regexp.MustCompile(`name="record" value="(\d+)"`).FindStringSubmatch(bram.get(t, "/trusts/ZZA/measures/demo-falls").body)[1]
	mustSay(t, "asking on somebody else's denial", wren.post(t, "/access/requests", s.address, url.Values{"record": {record}, "why": {"Please."}}), 422, "Which denial this is about is not clear")
	mustSay(t, "asking on nothing", wren.post(t, "/access/requests", s.address, url.Values{"why": {"Please."}}), 422, "Which denial this is about is not clear")
}
