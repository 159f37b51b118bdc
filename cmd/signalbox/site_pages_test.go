package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

// sitePage is one page as one person of the demonstration sees it.
type sitePage struct {
	name   string
	person string // nobody is signed in if empty
	path   string
	status int64  // 200 unless told
	says   string // words that make the page what it is
	chart  bool   // has a sentence, a drawing, a table and two icons
	funnel bool   // has a sentence, a drawing and a table
}

// sitePages are the pages of the site map, each in the states that look unlike.
var sitePages = []sitePage{
	{name: "sign-in", path: "/sign-in", says: "none of these people exists"},
	{name: "glossary before signing in", path: "/glossary", says: "Seven points in a row on one side"},
	{name: "glossary", person: "demo-clinician", path: "/glossary", says: "About one in 370 points"},

	{name: "home of a clinician", person: "demo-clinician", path: "/", says: "Larkfield Hospitals Trust"},
	{name: "home of an analyst", person: "demo-analyst", path: "/", says: "North Wexbourne"},
	{name: "home of an innovator", person: "demo-innovator", path: "/", says: "Find a chart"},

	{name: "all trusts by name", person: "demo-clinician", path: "/trusts", says: "that exist today"},
	{name: "search with typing errors", person: "demo-clinician", path: "/trusts?q=Larkfeild+hosptal", says: "Larkfield"},
	{name: "search that finds nothing", person: "demo-clinician", path: "/trusts?q=xqzzkw", says: "Nothing is called anything like"},

	{name: "board", person: "demo-clinician", path: "/trusts/ZZA", says: "Falls in hospital"},
	{name: "board of another trust", person: "demo-clinician", path: "/trusts/ZZB", says: "Not open to you"},
	{name: "board of a closed trust", person: "demo-analyst", path: "/trusts/ZZM", says: "Became part of"},
	{name: "board of small numbers", person: "demo-analyst", path: "/trusts/ZZH", says: "Corrie Island"},

	{name: "chart of an improvement", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h", says: "in the good direction", chart: true},
	{name: "chart of one's own unpublished data", person: "demo-clinician", path: "/trusts/ZZA/measures/demo-falls", says: "per 1,000 bed days", chart: true},
	{name: "chart with a gap", person: "demo-clinician", path: "/trusts/ZZE/measures/ae-4h", says: "not measured", chart: true},
	{name: "chart across a merger", person: "demo-analyst", path: "/trusts/ZZD/measures/ae-4h?all", says: "took over Penwick General", chart: true},
	{name: "chart that hits and misses", person: "demo-clinician", path: "/trusts/ZZC/measures/ae-4h", says: "by chance", chart: true},
	{name: "chart of small numbers", person: "demo-analyst", path: "/trusts/ZZH/measures/ae-dta-12h", says: "1 person in May 2026", chart: true},
	{name: "chart under suppression", person: "demo-analyst", path: "/trusts/ZZB/measures/demo-falls", says: "counts from 1 to 7 are hidden", chart: true},
	{name: "run chart of 11 months", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?from=2025-07-01&to=2026-05-01", says: "run chart", chart: true},
	{name: "chart with what to bear in mind", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h", says: "First answer four questions", chart: true},
	{name: "shares drawn as a p chart", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=p", says: "most points outside them are no news", chart: true},
	{name: "shares drawn as a p′ chart", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=pp&rules=western-electric", says: "You asked for a p′ chart under the rules of Western Electric", chart: true},
	{name: "rates drawn as a u′ chart", person: "demo-clinician", path: "/trusts/ZZA/measures/demo-falls?kind=up", says: "Another drawing than the measure's own", chart: true},
	{name: "counts drawn as a c chart", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-dta-12h?kind=c", says: "c chart", chart: true},
	{name: "run chart that was asked for", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=run&rules=ihi", says: "IHI", chart: true},
	{name: "EWMA chart", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=ewma", says: "Weighted mean", chart: true},
	{name: "CUSUM chart", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=cusum", says: "Sum above", chart: true},
	{name: "p′ chart under suppression", person: "demo-analyst", path: "/trusts/ZZB/measures/demo-falls?kind=up", says: "are hidden", chart: true},
	{name: "too few points for the drawing", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?from=2025-07-01&to=2026-05-01&kind=pp", says: "There are too few points for it, so it is a run chart", chart: true},
	{name: "drawing that does not suit", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=c", status: 400, says: "asks for something that cannot be"},
	{name: "rules that do not suit", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?kind=run&rules=mdc", status: 400, says: "asks for something that cannot be"},
	{name: "chart of one test", person: "demo-clinician", path: "/trusts/ZZA/measures/diagnostics-6w?by=test&stratum=mri", says: "MRI", chart: true},
	{name: "chart whose change is one of who is counted", person: "demo-clinician", path: "/trusts/ZZG/measures/ae-4h", says: "It is a change of who is counted", chart: true},
	{name: "split of a change", person: "demo-clinician", path: "/trusts/ZZK/measures/ae-4h/mix", says: "is hidden by a change of who is counted"},
	{name: "split under suppression", person: "demo-analyst", path: "/trusts/ZZB/measures/demo-missed/mix", says: "Counts are rounded before they are split"},
	{name: "split that cannot be made", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h/mix?from=2025-12-01", says: "The change of this measure cannot be split here"},
	{name: "strata and their gap", person: "demo-clinician", path: "/trusts/ZZA/measures/demo-missed/strata", says: "It has narrowed by more than chance"},
	{name: "strata under suppression", person: "demo-analyst", path: "/trusts/ZZB/measures/demo-missed/strata", says: "Where either of two is hidden there is no gap to see"},
	{name: "fifteen strata", person: "demo-clinician", path: "/trusts/ZZA/measures/diagnostics-6w/strata?of=mri&against=ct", says: "MRI against CT"},
	{name: "strata made of columns", person: "demo-clinician", path: "/trusts/ZZG/measures/ae-4h/strata", says: "Type 1, major against the whole"},
	{name: "measure without strata", person: "demo-clinician", path: "/trusts/ZZA/measures/cancer-62d/strata", says: "There are no strata to show here"},
	{name: "chart of one column's stratum", person: "demo-clinician", path: "/trusts/ZZG/measures/ae-4h?by=type-of-department&stratum=Type+1%2C+major", says: "Type 1, major", chart: true},
	{name: "bad stratum", person: "demo-clinician", path: "/trusts/ZZA/measures/demo-missed/strata?of=9", status: 400, says: "asks for something that cannot be"},
	{name: "chart of an adopted measure", person: "demo-clinician-b", path: "/trusts/ZZB/measures/harbour-still-there", says: "What is counted is locked", chart: true},
	{name: "chart of a measure that another trust has adopted", person: "demo-analyst", path: "/trusts/ZZB/measures/harbour-still-there", says: "What is counted is locked", chart: true},
	{name: "chart without figures", person: "demo-clinician", path: "/trusts/ZZJ/measures/cancer-62d", says: "There are no figures for this chart"},

	{name: "one measure at all trusts", person: "demo-clinician", path: "/measures/ae-4h", says: "it is no ranking"},
	{name: "one adopted measure at all trusts", person: "demo-clinician-b", path: "/measures/harbour-still-there", says: "as your organisation runs it"},
	{name: "a measure at all trusts that one's own has not adopted", person: "demo-analyst", path: "/measures/harbour-still-there", status: 404, says: "There is no such measure"},
	{name: "sorted by latest value", person: "demo-clinician", path: "/measures/ae-4h?sort=latest", says: "it is no ranking"},
	{name: "sorted by variation", person: "demo-clinician", path: "/measures/ae-4h?sort=variation", says: "it is no ranking"},
	{name: "sorted by assurance", person: "demo-clinician", path: "/measures/ae-4h?sort=assurance", says: "it is no ranking"},
	{name: "one region, one state", person: "demo-clinician", path: "/measures/ae-4h?region=Demonstration+North&state=improvement", says: "Larkfield"},
	{name: "no trust matches", person: "demo-clinician", path: "/measures/ae-4h?region=Nowhere", says: "No trust matches"},
	{name: "funnel", person: "demo-clinician", path: "/measures/ae-4h/funnel", says: "a question, not a verdict", funnel: true},
	{name: "funnel of one month for chance alone", person: "demo-clinician", path: "/measures/ae-4h/funnel?over=1&od=none", says: "for chance in the counts alone, as was asked for", funnel: true},
	{name: "funnel with a takeover and trusts left out", person: "demo-analyst", path: "/measures/ae-4h/funnel?to=2024-12-01&at=ZZE", says: "figures for 5 of 12 months only", funnel: true},
	{name: "funnel of a waiting list", person: "demo-clinician", path: "/measures/rtt-18w/funnel", says: "Added up over", funnel: true},
	{name: "funnel of a stretch without figures", person: "demo-clinician", path: "/measures/ae-4h/funnel?to=2015-01-01", says: "No trust can be compared"},
	{name: "no funnel of a count", person: "demo-clinician", path: "/measures/ae-attendances/funnel", says: "a count without a denominator"},
	{name: "bad address of a funnel", person: "demo-clinician", path: "/measures/ae-4h/funnel?over=5", status: 400, says: "asks for something that cannot be"},
	{name: "denied funnel", person: "demo-clinician", path: "/measures/demo-falls/funnel", status: 403, says: "What was checked"},
	{name: "measures", person: "demo-clinician", path: "/measures", says: "Each answers a problem"},

	{name: "plugins", person: "demo-innovator", path: "/plugins", says: "in a sandbox"},
	{name: "plugin", person: "demo-innovator", path: "/plugins/spc", says: "Computes "},
	{name: "pack of measures", person: "demo-innovator", path: "/plugins/urgent-care", says: "Defines "},
	{name: "catalogue of a clinician", person: "demo-clinician", path: "/plugins", says: "You have its figures"},
	{name: "catalogue by words", person: "demo-clinician", path: "/plugins?q=wait+long", says: "found"},
	{name: "catalogue of one area", person: "demo-innovator", path: "/plugins?area=urgent-care", says: " measures found"},
	{name: "catalogue without an answer", person: "demo-innovator", path: "/plugins?q=xqzzkw", says: "No measure here answers to that"},
	{name: "catalogue narrowed by publisher and evidence", person: "demo-improvement-lead", path: "/plugins?publisher=harbour-health-lab&evidence=unchanged", says: "1 measure found"},
	{name: "catalogue's second page", person: "demo-improvement-lead", path: "/plugins?page=2", says: "Previous page"},
	{name: "listing", person: "demo-improvement-lead", path: "/plugins/harbour-still-there", says: "What happened where it was adopted"},
	{name: "listing to somebody of no organisation", person: "demo-innovator", path: "/plugins/harbour-still-there", says: "you belong to none here"},
	{name: "listing of a version that was withdrawn", person: "demo-improvement-lead", path: "/plugins/harbour-still-there?version=1.2.0", says: "Nobody should run version 1.2.0 any more"},
	{name: "listing of what there are no figures for", person: "demo-improvement-lead", path: "/plugins/guild-late-first-operation", says: "You have no figures of it"},
	{name: "no such version", person: "demo-improvement-lead", path: "/plugins/harbour-still-there?version=9.9.9", status: 404, says: "Nothing is known by that name"},
	{name: "adopting", person: "demo-improvement-lead", path: "/adopt/harbour-still-there?version=1.4.0", says: "Send evidence back?"},
	{name: "adopting, as somebody who may not", person: "demo-clinician", path: "/adopt/harbour-still-there?version=1.4.0", says: "You can look, and not adopt"},
	{name: "adopting, as somebody of no organisation", person: "demo-innovator", path: "/adopt/harbour-still-there?version=1.4.0", status: 403, says: "Organisations adopt releases for themselves"},
	{name: "what another version would change", person: "demo-improvement-lead-b", path: "/adopt/harbour-still-there/difference?version=1.3.2", says: "As it would be"},
	{name: "what became of what was adopted", person: "demo-improvement-lead", path: "/trusts/ZZA/adoptions", says: "A real change, in the good direction"},
	{name: "what became of it where two trusts merged", person: "demo-improvement-lead", path: "/trusts/ZZD/adoptions", says: "A merger, October 2024"},
	{name: "a trust that has adopted nothing", person: "demo-clinician", path: "/trusts/ZZE/adoptions", says: "runs no release of others"},
	{name: "what would leave", person: "demo-improvement-lead", path: "/trusts/ZZA/adoptions/{live}/harbour-still-there", says: "This page shows all of it"},
	{name: "what would leave without its points", person: "demo-improvement-lead", path: "/trusts/ZZA/adoptions/{live}/harbour-still-there?points=no", says: "Sign and send, without its points"},
	{name: "what would leave, as somebody who may not", person: "demo-clinician", path: "/trusts/ZZA/adoptions/{live}/harbour-still-there", status: 403, says: "What was checked"},
	{name: "no such adoption", person: "demo-improvement-lead", path: "/trusts/ZZA/adoptions/999/harbour-still-there", status: 404, says: "No such adoption runs here"},
	{name: "releases from a file", person: "demo-improvement-lead", path: "/adopt", says: "Who signed each release is checked here"},
	{name: "releases from a file, as somebody who may not", person: "demo-clinician", path: "/adopt", status: 403, says: "You do not take releases in here"},
	{name: "about a measure", person: "demo-clinician", path: "/measures/ae-4h/about", says: "Verified by recomputation"},
	{name: "about a measure that was adopted", person: "demo-clinician-b", path: "/measures/harbour-still-there/about", says: "which has laid over it"},
	{name: "about a measure that only others have adopted", person: "demo-analyst", path: "/measures/harbour-still-there/about", says: "Your organisation has not adopted it"},
	{name: "about an unpublished measure", person: "demo-innovator", path: "/measures/demo-falls/about", says: "each trust's own"},
	{name: "about no measure", person: "demo-innovator", path: "/measures/nothing/about", status: 404, says: "There is no such measure"},
	{name: "bring a plugin", person: "demo-innovator", path: "/plugins/new", says: "Every finding says how to mend it"},
	{name: "bring a plugin, as somebody who may not", person: "demo-clinician", path: "/plugins/new", status: 403, says: "Only innovators bring plugins here"},
	{name: "releases made here", person: "demo-checker", path: "/plugins/releases", says: "once a second person has checked it"},
	{name: "bring a release", person: "demo-innovator", path: "/plugins/releases/new", says: "Sign it on your own machine"},
	{name: "bring a release, as somebody who may not", person: "demo-clinician", path: "/plugins/releases/new", status: 403, says: "Releases are brought here by innovators and improvement teams"},
	{name: "no such release", person: "demo-innovator", path: "/plugins/releases/spc/99.0.0", status: 404, says: "Nothing is known by that name"},
	{name: "somebody's own releases", person: "demo-caldicott", path: "/plugins/mine", says: "You have brought no release yet"},
	{name: "questions to an author", person: "demo-improvement-lead", path: "/plugins/questions/harbour-still-there", says: "Everybody reads the question and the answer"},
	{name: "drafts of others", person: "demo-governance-lead", path: "/plugins/drafts", says: "that nobody has approved"},
	{name: "no such draft", person: "demo-innovator", path: "/plugins/drafts/999999", status: 404, says: "of that name"},
	{name: "no plugin in quarantine", person: "demo-clinician", path: "/plugins/quarantine", says: "may let a plugin run again"},
	{name: "governance", person: "demo-governance-lead", path: "/governance", says: "wait"},
	{name: "governance of a clinician", person: "demo-clinician", path: "/governance", says: "What opens data"},
	{name: "the national baseline", person: "demo-clinician", path: "/governance/baseline", says: "An organisation can narrow them, and never widen them"},
	{name: "agreements", person: "demo-governance-lead", path: "/governance/agreements", says: "In force"},
	{name: "agreements, as somebody who may not", person: "demo-clinician", path: "/governance/agreements", status: 403, says: "Only the governance team"},
	{name: "no such request", person: "demo-governance-lead", path: "/governance/requests/999999", status: 404, says: "Nothing is known by that name"},
	{name: "what nobody asked for", person: "demo-analyst", path: "/access/requests", says: "Nothing yet"},

	{name: "the log", person: "demo-governance-lead", path: "/governance/log", says: "Nothing was read before it stood here"},
	{name: "the log, searched", person: "demo-governance-lead", path: "/governance/log?action=log.read&answer=yes&from=2020-01-01", says: "asked to read the log of"},
	{name: "the log, with nothing found", person: "demo-governance-lead", path: "/governance/log?person=nobody", says: "No decision is like that"},
	{name: "the log, badly asked", person: "demo-governance-lead", path: "/governance/log?from=May&asker=%21", status: 422, says: "Enter a day such as"},
	{name: "the log, as somebody who may not", person: "demo-clinician", path: "/governance/log", status: 403, says: "What was checked"},
	{name: "no such record", person: "demo-governance-lead", path: "/governance/log/999999", status: 404, says: "There is no such record in your log"},
	{name: "the head of the record", person: "demo-governance-lead", path: "/governance/log/head", says: "Print this page and keep it somewhere else"},
	{name: "register of uses", path: "/governance/uses", says: "It names no member of staff"},
	{name: "register of uses of somebody who works here", person: "demo-clinician", path: "/governance/uses", says: "Who may use them"},

	{name: "account", person: "demo-improvement-lead", path: "/account", says: "all that Signalbox knows of you"},
	{name: "choice of role and purpose", person: "demo-improvement-lead", path: "/account/choose", says: "In which role are you here?"},
	{name: "choice of purpose", person: "demo-clinician", path: "/account/choose", says: "What are you here for?"},
	{name: "make a token", person: "demo-clinician", path: "/account/tokens/new", says: "The token acts as you"},
	{name: "set-up link in a demonstration", path: "/set-up?token=x", status: 404, says: "only for a short time"},
	{name: "people of one's trust", person: "demo-governance-lead", path: "/governance/people", says: "Dr Wren Hollis"},
	{name: "one person", person: "demo-governance-lead", path: "/governance/people/demo-clinician?at=ZZA", says: "Give a role"},
	{name: "oneself among the people", person: "demo-governance-lead", path: "/governance/people/demo-governance-lead?at=ZZA", says: "Nobody changes their own roles"},
	{name: "people, as somebody who may not", person: "demo-clinician", path: "/governance/people", status: 403, says: "may do this"},
	{name: "people, as the operator", person: "demo-operator", path: "/governance/people", says: "Each organisation answers for its own people"},
	{name: "people of a trust, as the operator", person: "demo-operator", path: "/governance/people?at=ZZB", says: "Dr Bram Oakes"},
	{name: "work in the background", person: "demo-operator", path: "/jobs", says: "What went wrong in the last 14 days"},
	{name: "work in the background, as somebody who may not", person: "demo-clinician", path: "/jobs", status: 403, says: "is looked after by those who operate this Signalbox"},

	{name: "policies", person: "demo-governance-lead", path: "/governance/policies", says: "can only let less through"},
	{name: "policies of somebody without an organisation", person: "demo-innovator", path: "/governance/policies", says: "You belong to no organisation here"},
	{name: "the national baseline, rule by rule", person: "demo-clinician", path: "/governance/policies/national", says: "No organisation can loosen them"},
	{name: "policy of one's own organisation", person: "demo-clinician", path: "/governance/policies/ZZA", says: "Policy of Larkfield Hospitals Trust"},
	{name: "policy to govern", person: "demo-governance-lead", path: "/governance/policies/ZZA", says: "Write a new draft"},
	{name: "policy of another organisation", person: "demo-clinician", path: "/governance/policies/ZZB", status: 404, says: "This policy is not yours to read"},
	{name: "a new draft", person: "demo-governance-lead", path: "/governance/policies/ZZA/drafts/new", says: "What this draft is for"},
	{name: "a new draft, as somebody who may not", person: "demo-clinician", path: "/governance/policies/ZZA/drafts/new", status: 403, says: "Only the governance team"},
	{name: "no such draft of a policy", person: "demo-governance-lead", path: "/governance/policies/ZZA/drafts/999", status: 404, says: "There is no such draft"},

	{name: "denied", person: "demo-clinician", path: "/trusts/ZZB/measures/demo-falls", status: 403, says: "What was checked"},
	{name: "no such page", person: "demo-clinician", path: "/nowhere", status: 404, says: "There is no such page"},
	{name: "no such trust", person: "demo-clinician", path: "/trusts/ZZ9", status: 404, says: "no organisation with that code"},
	{name: "no such measure", person: "demo-clinician", path: "/trusts/ZZA/measures/nothing", status: 404, says: "There is no such measure"},
	{name: "bad address", person: "demo-clinician", path: "/trusts/ZZA/measures/ae-4h?from=May", status: 400, says: "asks for something that cannot be"},
}

// views are how every page must be fit to be looked at. 320 pixels is also what
// a window of 1280 has when it is magnified four times.
var views = []browsertest.View{{Width: 1280, Scheme: "light"}, {Width: 1280, Scheme: "dark"}, {Width: 320, Scheme: "dark"}, {Width: 320, Scheme: "light"}}

// pageFacts is what a page has, whatever it looks like.
type pageFacts struct {
	Lang, Title, Text, Sentence string
	H1, Drawings, Rows, Icons   int
	Demo                        bool
}

const readFacts = `({
	lang: document.documentElement.lang, title: document.title,
	text: document.querySelector("main").textContent.replace(/\s+/g, " "),
	sentence: (document.querySelector(".sentence")?.textContent ?? "").replace(/\s+/g, " ").trim(),
	h1: document.querySelectorAll("h1").length,
	drawings: document.querySelectorAll("figure:not(details figure, #mix figure) svg.chart").length,
	rows: document.querySelectorAll("#numbers tbody tr").length,
	icons: document.querySelectorAll(".verdict svg").length,
	demo: !!document.querySelector(".demo"),
})`

func (p sitePage) check(t *testing.T, f pageFacts) {
	t.Helper()
	if f.Lang != "en-GB" || f.H1 != 1 || !strings.HasSuffix(f.Title, "– Signalbox") {
		t.Errorf("language %q, %d h1, title %q", f.Lang, f.H1, f.Title)
	}
	if !strings.Contains(f.Text, p.says) {
		t.Errorf("the page does not say %q, but %.600q", p.says, f.Text)
	}
	if p.chart && (len(f.Sentence) < 40 || f.Drawings != 3 || f.Rows < 2 || f.Icons != 2) {
		t.Errorf("the chart has the sentence %q, %d drawings, %d rows, %d icons", f.Sentence, f.Drawings, f.Rows, f.Icons)
	}
	if p.funnel && (len(f.Sentence) < 40 || f.Rows < 10 || f.Drawings != 3 || f.Icons != 0) {
		t.Errorf("the funnel has the sentence %q, %d drawings, %d rows, %d icons", f.Sentence, f.Drawings, f.Rows, f.Icons)
	}
}

func (p sitePage) open(t testing.TB, s *openedSite, b *browsertest.Browser) {
	t.Helper()
	s.sit(t, b, p.person)
	status := p.status
	if status == 0 {
		status = 200
	}
	b.Visit(t, s.address+s.live(t, p.path), status)
}

// overflow names what makes a page wider than its window: nothing, if all is
// well. Boxes that scroll by themselves may hold something wide.
const overflow = `(() => {
	const wide = document.documentElement.scrollWidth, room = document.documentElement.clientWidth;
	if (wide <= room) return "";
	const over = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > room + 1 && !e.closest(".box, .vh"));
	return wide + " px, because of " + over.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(" and ");
})()`

// spilled names words of drawings that stick out of them and are cut off there.
const spilled = `[...document.querySelectorAll("svg text")].filter(text => {
	const svg = text.ownerSVGElement.getBoundingClientRect(), box = text.getBoundingClientRect();
	return box.width > 0 && (box.left < svg.left - 1 || box.right > svg.right + 1 || box.top < svg.top - 1 || box.bottom > svg.bottom + 1);
}).map(text => text.textContent)`

func TestEveryPageIsAccessibleAtEveryWidthInLightAndDark(t *testing.T) {
	s, b := site(t), eyes(t)
	t.Parallel() // with the walk along the links, which needs no browser
	for _, p := range sitePages {
		t.Run(p.name, func(t *testing.T) {
			b.Look(t, views[0])
			p.open(t, s, b)
			p.check(t, browsertest.Eval[pageFacts](t, b, readFacts))
			for i, v := range views {
				b.Look(t, v)
				if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
					t.Errorf("%s: the page is too wide: %s", v, wide)
				}
				for _, words := range browsertest.Eval[[]string](t, b, spilled) {
					t.Errorf("%s: %q sticks out of its drawing", v, words)
				}
				// Colours hang on the scheme and boxes on the width: wide in light and
				// narrow in dark shows axe each of both, in half the time.
				if i%2 != 0 {
					continue
				}
				for _, found := range b.Axe(t, "html") {
					t.Errorf("%s: axe: %s", v, found)
				}
			}
			for _, complaint := range b.Complaints(t) {
				t.Errorf("the browser complains: %s", complaint)
			}
		})
	}
}

// TestEveryPageIsCompleteWithoutScripts reads what the server sends, and then
// what a browser with its scripts switched off makes of it.
func TestEveryPageIsCompleteWithoutScripts(t *testing.T) {
	s, b := site(t), eyes(t)
	b.Scripts(t, false)
	defer b.Scripts(t, true)
	b.Look(t, views[0])
	for _, p := range sitePages {
		t.Run(p.name, func(t *testing.T) {
			p.open(t, s, b)
			p.check(t, browsertest.Eval[pageFacts](t, b, readFacts))
			if dead := browsertest.Eval[[]string](t, b, `[...document.querySelectorAll("button")].filter(e => !e.form).map(e => e.outerHTML)`); len(dead) > 0 {
				t.Errorf("buttons that do nothing without scripts: %q", dead)
			}
		})
	}
}

// live puts the number of the adoption that runs into the address of a page about it:
// every change to another version and back begins a new one.
func (s *openedSite) live(t testing.TB, path string) string {
	t.Helper()
	if !strings.Contains(path, "{live}") {
		return path
	}
	all, err := s.house.db.Adoptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if strings.HasPrefix(path, "/trusts/"+string(a.Organisation)+"/") && strings.Contains(path, "/"+a.Plugin) {
			return strings.Replace(path, "{live}", strconv.FormatInt(a.ID, 10), 1)
		}
	}
	t.Fatalf("%s: nothing of that name runs there", path)
	return ""
}
