package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

const policyOfZZA = "/governance/policies/ZZA"

// fieldOf finds the value of a hidden field of a page.
func fieldOf(t testing.TB, page reply, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page.body)
	if found == nil {
		t.Fatalf("the page has no field %s: %s", name, page.body)
	}
	return found[1]
}

// narrower is a rule that an author adds to the template.
const narrower = `
# METADATA
# title: Falls are shown from 2025 only
# description: The system before counted otherwise.
condition contains {"period": {"gte": "2025-01-01"}} if {
	input.action in {"chart.read", "data.export"}
	input.resource.dataset == "demo_falls"
}
`

// pressOn presses a button of the page and waits for the page that it leads to.
func pressOn(t testing.TB, b *browsertest.Browser, button string) {
	t.Helper()
	if _, err := chromedp.RunResponse(b.Context(), chromedp.Click(chromedp.CSS(button))); err != nil {
		t.Fatalf("press %s: %v", button, err)
	}
}

// enter writes into a field of the page.
func enter(t testing.TB, b *browsertest.Browser, field, text string) {
	t.Helper()
	browsertest.Eval[any](t, b, fmt.Sprintf(`document.querySelector(%q).value = %q`, field, text))
}

func mainText(t testing.TB, b *browsertest.Browser) string {
	t.Helper()
	return browsertest.Eval[string](t, b, `document.querySelector("main").textContent.replace(/\s+/g, " ")`)
}

// mustShow holds the page that is open to words.
func mustShow(t testing.TB, b *browsertest.Browser, what string, words ...string) {
	t.Helper()
	text := mainText(t, b)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s: the page does not say %q: %.3000s", what, w, text)
		}
	}
}

// mustBeFit holds the page that is open to being fit to be looked at; scripts says
// whether the browser runs those of the page.
func mustBeFit(t testing.TB, b *browsertest.Browser, scripts bool, what string) {
	t.Helper()
	b.Scripts(t, true) // axe is one, and looking waits for the next frame
	defer b.Scripts(t, scripts)
	for i, v := range views {
		b.Look(t, v)
		if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
			t.Errorf("%s, %s: the page is too wide: %s", what, v, wide)
		}
		if i%2 != 0 {
			continue
		}
		for _, found := range b.Axe(t, "html") {
			t.Errorf("%s, %s: axe: %s", what, v, found)
		}
	}
	b.Look(t, views[0])
}

// TestAGovernanceTeamChangesItsOwnRulesWithoutScripts is the journey of product.md
// that a governance team makes: it writes, tests, foresees, approves with two people,
// sees the page of a clinician change, and goes back with one press.
func TestAGovernanceTeamChangesItsOwnRulesWithoutScripts(t *testing.T) {
	s, b := site(t), eyes(t)
	clinician := s.as(t, "demo-clinician")
	falls := "/trusts/ZZA/measures/demo-falls"
	mustSay(t, "a chart before", clinician.get(t, falls), 200, "2024")
	b.Scripts(t, false)
	defer b.Scripts(t, true)

	s.sit(t, b, "demo-governance-lead")
	b.Visit(t, s.address+policyOfZZA+"/drafts/new", 200)
	enter(t, b, "#title", "Falls from 2025")
	browsertest.Eval[any](t, b, fmt.Sprintf(`(() => {
		const name = [...document.querySelectorAll("input[name^=name-]")].find(e => e.value === "narrower.rego");
		document.getElementById(name.id.replace("name", "file")).value += %q;
	})()`, narrower))
	pressOn(t, b, `button[value=save]`)
	draft := browsertest.Eval[string](t, b, `location.pathname`)
	mustShow(t, b, "a draft that is sound", "Falls are shown from 2025 only", "The system before counted otherwise", "tests pass",
		"What it would change is still to be looked at", "0 of 2; the author cannot approve")
	pressOn(t, b, `#foresee button`)
	mustShow(t, b, "what it would change", "of the last 30 days would change", "would show less", "lost", "periods from 2025-01-01", "imagined questions")
	mustBeFit(t, b, false, "what it would change")
	pressOn(t, b, `#propose button`)
	mustShow(t, b, "a draft that waits", "Isla Verrow proposed it", "You have written this draft, so others have to approve it")

	// Its author has no button; whoever sends the form all the same is denied, and that is recorded.
	lead := s.as(t, "demo-governance-lead")
	digest := fieldOf(t, s.as(t, "demo-caldicott").get(t, draft), "digest")
	yes := url.Values{"verdict": {"approve"}, "reason": {"It is my own."}, "digest": {digest}}
	mustSay(t, "the author approves", lead.post(t, draft+"/verdict", s.address, yes), 403, "You wrote this or asked for it yourself")
	if elsewhere := lead.post(t, draft+"/verdict", "https://elsewhere.example", yes); elsewhere.StatusCode != 403 {
		t.Errorf("another site approves: %s", elsewhere.Status)
	}
	mustSay(t, "a clinician looks at drafts", clinician.get(t, draft), 403, "Only the governance team")

	for i, person := range []string{"demo-caldicott", "demo-governance-deputy"} {
		s.sit(t, b, person)
		b.Visit(t, s.address+draft, 200)
		if i == 0 { // a verdict without a reason of one's own is none
			pressOn(t, b, `button[value=approve]`)
			mustShow(t, b, "no reason", "There is something to put right", "Write a sentence of your own")
		}
		enter(t, b, "#reason", "The figures before are not comparable.")
		pressOn(t, b, `button[value=approve]`)
		mustShow(t, b, person, "approved it", "The figures before are not comparable.")
	}
	mustShow(t, b, "published", "Published as revision", "2 of 2")

	page := clinician.get(t, falls)
	mustSay(t, "the chart afterwards", page, 200, "2025")
	if table := page.body[strings.Index(page.body, `id="numbers"`):]; strings.Contains(table, "2024") {
		t.Error("the clinician is still shown figures from before 2025")
	}

	b.Visit(t, s.address+policyOfZZA, 200)
	mustShow(t, b, "the policy", "Falls from 2025", "Live now", "Approved by Professor Odile Fenn", "Approved by Tamsin Orrell", "Roll back")
	mustBeFit(t, b, false, "the policy")
	pressOn(t, b, `form[action$=rollback] button`)
	mustShow(t, b, "rolled back", "the national baseline alone decides", "Rolled back by Tamsin Orrell")
	mustSay(t, "the chart after rolling back", clinician.get(t, falls), 200, "2024")

	if faults, err := s.house.db.VerifyPolicies(t.Context()); err != nil || len(faults) > 0 {
		t.Errorf("the store of policies and the ledger disagree: %v, %v", faults, err)
	}
	b.Scripts(t, true)
	b.Visit(t, s.address+policyOfZZA, 200)
	b.Complaints(t) // the browser names the status of a form that was not accepted
}

// TestTheEditorChecksWhileItsAuthorTypes is what scripts add.
func TestTheEditorChecksWhileItsAuthorTypes(t *testing.T) {
	s, b := site(t), eyes(t)
	s.sit(t, b, "demo-governance-lead")
	b.Visit(t, s.address+policyOfZZA+"/drafts/new", 200)
	if lines := browsertest.Eval[string](t, b, `document.querySelector(".numbers").textContent.slice(0, 5)`); lines != "1\n2\n3" {
		t.Errorf("the lines are numbered %q", lines)
	}
	browsertest.Eval[any](t, b, `(() => {
		const area = document.querySelector("#file-1");
		area.value += "\nallow := http.send({})\n";
		area.dispatchEvent(new Event("input", {bubbles: true}));
	})()`)
	ctx := b.Context()
	if _, err := chromedp.Run(ctx, chromedp.WaitVisible(chromedp.CSS(`#findings a[data-line]`))); err != nil {
		t.Fatalf("no finding came: %v", err)
	}
	mustShow(t, b, "as it is typed", "It is not ready", "http.send")
	mustBeFit(t, b, true, "the editor")
	line := browsertest.Eval[string](t, b, `(() => {
		document.querySelector("#findings a[data-line]").click();
		const area = document.activeElement;
		return area.id + " " + area.value.slice(area.selectionStart, area.selectionEnd);
	})()`)
	if !strings.HasPrefix(line, "file-1 ") || !strings.Contains(line, "http.send") {
		t.Errorf("a finding leads to %q", line)
	}
	for _, complaint := range b.Complaints(t) {
		t.Errorf("the browser complains: %s", complaint)
	}
	mustSay(t, "nothing is kept", s.as(t, "demo-governance-lead").get(t, policyOfZZA), 200, "Policy of Larkfield")
}

// TestTheFormOfTheEditorAddsTakesAwayAndFormats keeps nothing until it is saved.
func TestTheFormOfTheEditorAddsTakesAwayAndFormats(t *testing.T) {
	s := site(t)
	lead := s.as(t, "demo-governance-lead")
	form := url.Values{"title": {"A try"}, "version": {"0"}, "name-1": {"own.rego"},
		"file-1": {"package signalbox.trusts.ZZA\r\nimport data.signalbox.national\r\ndecision   := national.decision\r\n"}}
	send := func(do string) reply {
		form.Set("do", do)
		return lead.post(t, policyOfZZA+"/drafts", s.address, form)
	}
	mustSay(t, "add", send("add"), 200, `value="own.rego"`, `value="rules_1.rego"`)
	page := send("remove own.rego")
	mustSay(t, "take away", page, 200)
	if strings.Contains(page.body, `value="own.rego"`) {
		t.Error("the file is still there")
	}
	mustSay(t, "format", send("format"), 200, "decision := national.decision", "Nothing is saved yet")
	form.Set("title", " ")
	mustSay(t, "no title", send("save"), 422, "There is something to put right", "Enter a title", "decision   :=")
}
