package main

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
	"github.com/signalbox-health/signalbox/web/session"
)

// device puts an authenticator into the browser, as a laptop has one, and gives
// the way to take it out.
func device(t *testing.T, b *browsertest.Browser, kind webauthn.AuthenticatorTransport) (id webauthn.AuthenticatorID, remove func()) {
	t.Helper()
	made, err := chromedp.Call(b.Context(), webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: "ctap2", Transport: kind, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	if err != nil {
		t.Fatal("add an authenticator: ", err)
	}
	return made.AuthenticatorID, func() {
		t.Helper()
		if _, err := chromedp.Call(b.Context(), webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams(made)); err != nil {
			t.Fatal("remove the authenticator: ", err)
		}
	}
}

// at waits until the browser is at an address of the site: ceremonies take a while.
func (s *openedSite) at(t *testing.T, b *browsertest.Browser, path string) {
	t.Helper()
	var now string
	for began := time.Now(); time.Since(began) < 15*time.Second; time.Sleep(50 * time.Millisecond) {
		if now = browsertest.Get(t, b, chromedp.Location()); now == s.address+path {
			return
		}
	}
	t.Fatalf("the browser is at %s and not at %s; the page says %q", now, s.address+path, browsertest.Eval[string](t, b, `document.querySelector("main").innerText.slice(0, 400)`))
}

// says waits until the page says something.
func says(t *testing.T, b *browsertest.Browser, words string) {
	t.Helper()
	var text string
	for began := time.Now(); time.Since(began) < 15*time.Second; time.Sleep(50 * time.Millisecond) {
		if text = browsertest.Eval[string](t, b, `document.querySelector("main")?.innerText ?? ""`); strings.Contains(text, words) {
			return
		}
	}
	t.Fatalf("the page does not say %q, but %.600q", words, text)
}

func fill(t *testing.T, b *browsertest.Browser, field, text string) {
	t.Helper()
	b.Do(t, chromedp.SetValue(chromedp.CSS(`[name="`+field+`"]`), text))
}

func press(t *testing.T, b *browsertest.Browser, button string) {
	t.Helper()
	b.Do(t, chromedp.Click(chromedp.CSS(button)))
}

// TestPasskeysFromTheFirstLinkOn walks the way of a new installation: the operator
// by the link of the log, a governance lead by an invitation, both back in by
// passkey, and what must not work in between.
func TestPasskeysFromTheFirstLinkOn(t *testing.T) {
	b := eyes(t)
	s, _ := door(t, false)
	if _, err := chromedp.Call(b.Context(), webauthn.Enable, webauthn.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	_, takeOut := device(t, b, "internal")
	b.Look(t, views[0])
	b.Cookie(t, s.address, "signalbox", "")

	link, err := session.SetUpLink(t.Context(), s.house.db, s.address, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.Visit(t, link, http.StatusOK)
	accessible(t, b, "set-up")
	fill(t, b, "name", "  ")
	press(t, b, `form[data-passkey] button`)
	says(t, b, "Enter your name first.")
	fill(t, b, "name", "Olive Operator")
	fill(t, b, "key", "Work laptop")
	press(t, b, `form[data-passkey] button`)
	s.at(t, b, "/account/choose")
	press(t, b, `input[value="governance"]`)
	press(t, b, `form[action="/account/choose"] button`)
	s.at(t, b, "/")
	b.Visit(t, link, http.StatusNotFound)
	says(t, b, "This link is no longer good")

	b.Visit(t, s.address+"/account", http.StatusOK)
	says(t, b, "Work laptop")
	says(t, b, "Operator of this Signalbox, this installation")
	accessible(t, b, "account")
	press(t, b, `button[name="passkey"]`)
	says(t, b, "This is your only passkey")

	// Signing in, with a deep link, by the passkey alone: nobody types a name.
	press(t, b, `form[action="/sign-out"] button`)
	s.at(t, b, "/sign-in")
	b.Visit(t, s.address+"/governance/people?at=ZZA", http.StatusOK)
	accessible(t, b, "sign-in")
	press(t, b, `form[data-passkey] button`)
	s.at(t, b, "/governance/people?at=ZZA")

	// The operator invites a governance lead, who comes with a device of their own.
	fill(t, b, "name", "Gwen Governor")
	fill(t, b, "role", "governance_lead")
	press(t, b, `form[action*="/invite"] button`)
	says(t, b, "An invitation")
	accessible(t, b, "invitation")
	invitation := regexp.MustCompile(`http://localhost:\d+/set-up\?token=\w+`).FindString(browsertest.Eval[string](t, b, `document.querySelector("main").innerText`))
	if invitation == "" {
		t.Fatal("there is no link on the page of the invitation")
	}
	press(t, b, `form[action="/sign-out"] button`)
	s.at(t, b, "/sign-in")
	takeOut()
	laptop, takeOut := device(t, b, "internal")
	defer takeOut()
	b.Visit(t, s.address+"/sign-in", http.StatusOK)
	press(t, b, `form[data-passkey] button`)
	says(t, b, "No passkey was given")
	b.Visit(t, invitation, http.StatusOK)
	says(t, b, "Gwen Governor, you are invited")
	press(t, b, `form[data-passkey] button`)
	s.at(t, b, "/account/choose")
	press(t, b, `input[value="governance"]`)
	press(t, b, `form[action="/account/choose"] button`)
	s.at(t, b, "/")
	b.Visit(t, s.address+"/governance/people", http.StatusOK)
	says(t, b, "Gwen Governor")
	if people := browsertest.Eval[string](t, b, `document.querySelector("main").innerText`); strings.Contains(people, "Olive Operator") {
		t.Error("somebody without a role at the trust is listed there")
	}
	gwen := browsertest.Eval[string](t, b, `[...document.querySelectorAll("th a")].find(a => a.textContent === "Gwen Governor").href`)
	b.Visit(t, gwen, http.StatusOK)
	says(t, b, "These are your own")
	if n := browsertest.Eval[int](t, b, `document.querySelectorAll("main form").length`); n != 0 {
		t.Errorf("%d forms on the page about oneself", n)
	}

	// A second passkey, and then the first may go.
	b.Visit(t, s.address+"/account", http.StatusOK)
	press(t, b, `form[data-passkey] button`)
	says(t, b, "This device has a passkey for you here already.")
	_, second := device(t, b, "usb")
	fill(t, b, "key", "Security key")
	press(t, b, `form[data-passkey] button`)
	says(t, b, "Security key")
	press(t, b, `button[name="passkey"]`)
	left := 0
	for began := time.Now(); left != 1 && time.Since(began) < 15*time.Second; time.Sleep(50 * time.Millisecond) {
		left = browsertest.Eval[int](t, b, `document.querySelectorAll('button[name="passkey"]').length`)
	}
	if left != 1 {
		t.Errorf("%d passkeys are left, want one", left)
	}

	// Without a finger or a PIN it is no sign-in, and nor is a passkey that was removed.
	press(t, b, `form[action="/sign-out"] button`)
	s.at(t, b, "/sign-in")
	second()
	press(t, b, `form[data-passkey] button`)
	says(t, b, "This passkey is not known here")
	if _, err := chromedp.Call(b.Context(), webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: laptop, IsUserVerified: false}); err != nil {
		t.Fatal(err)
	}
	b.Visit(t, s.address+"/sign-in", http.StatusOK)
	press(t, b, `form[data-passkey] button`)
	says(t, b, "No passkey was given")
}

func accessible(t *testing.T, b *browsertest.Browser, page string) {
	t.Helper()
	for _, v := range []browsertest.View{views[0], views[2]} {
		b.Look(t, v)
		if wide := browsertest.Eval[string](t, b, overflow); wide != "" {
			t.Errorf("%s, %s: the page is too wide: %s", page, v, wide)
		}
		for _, found := range b.Axe(t, "html") {
			t.Errorf("%s, %s: axe: %s", page, v, found)
		}
	}
	b.Look(t, views[0])
}

// TestSetUpLinksCannotBeGuessed tries links until the site has had enough.
func TestSetUpLinksCannotBeGuessed(t *testing.T) {
	s, _ := door(t, false)
	r := s.newReader(t)
	var last reply
	for n := range 12 {
		if last = r.get(t, "/set-up?token=guess"+strings.Repeat("x", n)); last.StatusCode == http.StatusTooManyRequests {
			break
		}
		if last.StatusCode != http.StatusNotFound {
			t.Fatalf("guess %d answers %s", n, last.Status)
		}
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" || !strings.Contains(last.body, "Too many tries") {
		t.Errorf("after many guesses: %s, Retry-After %q", last.Status, last.Header.Get("Retry-After"))
	}
	link, err := session.SetUpLink(context.WithoutCancel(t.Context()), s.house.db, s.address, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if answer := r.get(t, strings.TrimPrefix(link, s.address)); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("and a guess that is right answers %s: then the limit stops nobody", answer.Status)
	}
	if answer := r.get(t, "/glossary"); answer.StatusCode != http.StatusOK {
		t.Errorf("pages that need no sign-in answer %s", answer.Status)
	}
	// Without a script a press says so, and nothing else.
	other, _ := door(t, false)
	if answer := other.newReader(t).post(t, "/sign-in/passkey", other.address, url.Values{"to": {"/"}, "answer": {""}}); !strings.Contains(answer.body, "Passkeys need JavaScript") {
		t.Errorf("without scripts: %s", answer.Status)
	}
	if answer := other.newReader(t).post(t, "/sign-in/passkey", other.address, url.Values{"to": {"/"}, "answer": {`{"id":"x"}`}}); answer.StatusCode != http.StatusForbidden {
		t.Errorf("an answer to nothing: %s", answer.Status)
	}
}
