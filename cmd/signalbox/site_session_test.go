package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/web/browsertest"
)

func TestSignOutEndsTheSessionAndNotOnlyTheCookie(t *testing.T) {
	s := site(t)
	r := s.as(t, "demo-clinician")
	here, _ := url.Parse(s.address)
	kept := r.client.Jar.Cookies(here) // as a thief, or another window, would
	if answer := r.get(t, "/"); answer.StatusCode != http.StatusOK {
		t.Fatalf("signed in, the first page answers %s", answer.Status)
	}
	if answer := r.post(t, "/sign-out", s.address, nil); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/sign-in" {
		t.Fatalf("signing out answers %s, to %q", answer.Status, answer.Header.Get("Location"))
	}
	r.client.Jar.SetCookies(here, kept)
	if answer := r.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with the old cookie, after signing out, a board answers %s", answer.Status)
	}
}

func TestSignInGivesANewToken(t *testing.T) {
	s := site(t)
	r := s.as(t, "demo-clinician")
	here, _ := url.Parse(s.address)
	before := r.client.Jar.Cookies(here)[0].Value
	r.signIn(t, "demo-analyst")
	if after := r.client.Jar.Cookies(here)[0].Value; after == before {
		t.Error("the token from before signing in is good afterwards: one that was planted would be too")
	}
}

func TestSessionCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	s := site(t)
	for _, cookie := range s.newReader(t).signIn(t, "demo-clinician").Cookies() {
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %s: HttpOnly %v, SameSite %v", cookie.Name, cookie.HttpOnly, cookie.SameSite)
		}
	}
}

// TestDeepLinkSurvivesSignIn goes the way of somebody who opens a link from an
// e-mail, in the browser, and who signs out at the end.
func TestDeepLinkSurvivesSignIn(t *testing.T) {
	s, b := site(t), eyes(t)
	b.Look(t, views[0])
	s.sit(t, b, "")
	const wanted = "/trusts/ZZA/measures/ae-4h?all"
	b.Visit(t, s.address+wanted, http.StatusOK)
	if at := browsertest.Get(t, b, chromedp.Location()); !strings.HasPrefix(at, s.address+"/sign-in?to=") {
		t.Fatalf("not signed in, a chart leads to %s", at)
	}
	press := func(button string) {
		t.Helper()
		if _, err := chromedp.RunResponse(b.Context(), chromedp.Click(chromedp.CSS(button))); err != nil {
			t.Fatalf("press %s: %v", button, err)
		}
	}
	press(`button[value="demo-clinician"]`)
	if at := browsertest.Get(t, b, chromedp.Location()); at != s.address+wanted {
		t.Fatalf("after signing in the reader is at %s", at)
	}
	press(`form[action="/sign-out"] button`)
	if at := browsertest.Get(t, b, chromedp.Location()); at != s.address+"/sign-in" {
		t.Errorf("after signing out the reader is at %s", at)
	}
	for _, complaint := range b.Complaints(t) {
		t.Errorf("the browser complains: %s", complaint)
	}
}

// TestSignInLeadsNowhereElse tries addresses that browsers read as another
// site's. Browsers drop tabs and line ends from addresses, and take a backslash
// for a slash.
func TestSignInLeadsNowhereElse(t *testing.T) {
	s := site(t)
	here, _ := url.Parse(s.address)
	for _, to := range []string{"https://elsewhere.example/", "//elsewhere.example", "///elsewhere.example", `/\elsewhere.example`, `\\elsewhere.example`,
		"/\t/elsewhere.example", "/\n/elsewhere.example", "/\r\n//elsewhere.example", "\t//elsewhere.example", "/\t\\elsewhere.example", "/\x00/elsewhere.example",
		"/.//elsewhere.example", "/trusts/..//elsewhere.example", "javascript:alert(1)", "elsewhere.example", "/%2F/elsewhere.example", "http:elsewhere.example", "/\u2028/elsewhere.example"} {
		got := s.redirect(t, url.Values{"person": {"demo-clinician"}, "to": {to}})
		// What a browser makes of it.
		dropped := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimFunc(got, func(c rune) bool { return c <= ' ' }))
		read, err := here.Parse(dropped)
		if err != nil || read.Host != here.Host || read.Scheme != here.Scheme {
			t.Errorf("to %q leads to %q", to, got)
		}
		page := s.newReader(t).get(t, "/sign-in?to="+url.QueryEscape(to))
		if strings.Contains(page.body, `name="to" value="`) && !strings.Contains(page.body, `name="to" value="/`) {
			t.Errorf("to %q is in the form as it came", to)
		}
	}
}

// redirect signs in and gives the Location header as it stands: Go's client
// would refuse some of those that browsers mend.
func (s *openedSite) redirect(t *testing.T, form url.Values) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", s.address)
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in answers %s", answer.Status)
	}
	return answer.Header.Get("Location")
}

// TestFormsOfOtherOriginsAreRefused has another site, open in the same browser,
// send the forms of this one.
func TestFormsOfOtherOriginsAreRefused(t *testing.T) {
	s, b := site(t), eyes(t)
	r := s.as(t, "demo-clinician")
	for _, path := range []string{"/sign-out", "/sign-in"} {
		for _, origin := range []string{"https://elsewhere.example", "null", s.address + "0"} {
			if answer := r.post(t, path, origin, url.Values{"person": {"demo-analyst"}}); answer.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s from %s answers %s", path, origin, answer.Status)
			}
		}
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>Elsewhere</title><form method="post" action="` + s.address + `/sign-out"><button>Win a prize</button></form>`))
	}))
	defer elsewhere.Close()
	s.sit(t, b, "demo-clinician")
	b.Visit(t, elsewhere.URL, http.StatusOK)
	answer, err := chromedp.RunResponse(b.Context(), chromedp.Click(chromedp.CSS("button")))
	if err != nil || answer.Status != http.StatusForbidden {
		t.Errorf("the form of another site answers %+v, %v", answer, err)
	}
	b.Visit(t, s.address+"/", http.StatusOK)
	if at := browsertest.Get(t, b, chromedp.Location()); at != s.address+"/" {
		t.Errorf("another site's form signed the reader out: they are at %s", at)
	}
}
