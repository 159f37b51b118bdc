package main

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// bearer asks for a file as a program does.
func (s *openedSite) bearer(t testing.TB, method, path, token string, cookies ...*http.Cookie) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", token)
	for _, c := range cookies {
		request.AddCookie(c)
	}
	return s.newReader(t).do(t, request)
}

var madeToken = regexp.MustCompile(`sbx_[a-z0-9]+_[\w-]+`)

// token makes a token on the page, as its person.
func (r *reader) token(t testing.TB, form url.Values) string {
	t.Helper()
	answer := r.post(t, "/account/tokens/new", r.site.address, form)
	token := madeToken.FindString(html.UnescapeString(answer.body))
	if answer.StatusCode != http.StatusOK || token == "" || !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("making a token answers %s, %.1500s", answer.Status, answer.body)
	}
	return token
}

func TestTokensLetProgramsReadWhatTheyWereMadeFor(t *testing.T) {
	s := site(t)
	r := s.as(t, "demo-clinician")
	const falls, waits = "/trusts/ZZA/measures/demo-falls", "/trusts/ZZA/measures/ae-4h"
	all := url.Values{"name": {"board paper"}, "action": {"data.export", "chart.read"}, "purpose": {"improvement"}, "days": {"7"}}
	with := func(field string, values ...string) url.Values {
		form := url.Values{}
		for k, v := range all {
			form[k] = v
		}
		form[field] = values
		return form
	}
	token := r.token(t, all)
	if page := r.get(t, "/account"); strings.Contains(page.body, token) || !strings.Contains(page.body, token[:12]) || !strings.Contains(page.body, "never used") {
		t.Error("the account page shows the token itself, or not enough to know it by")
	}
	for _, format := range []string{".csv", ".json"} {
		mine, theirs := r.get(t, waits+format), s.bearer(t, "GET", waits+format, "Bearer "+token)
		if mine.StatusCode != http.StatusOK || theirs.StatusCode != http.StatusOK || len(mine.body) != len(theirs.body) || len(theirs.Cookies()) != 0 {
			t.Errorf("%s: %s by cookie and %s by token; %d and %d bytes; cookies %v", format, mine.Status, theirs.Status, len(mine.body), len(theirs.body), theirs.Cookies())
		}
	}
	if page := r.get(t, "/account"); !strings.Contains(page.body, "last used on") {
		t.Error("the account page does not say that the token was used")
	}
	mine := s.as(t, "demo-governance-lead").client.Jar.Cookies(mustURL(s.address))
	refused := map[string]reply{
		"a page":                 s.bearer(t, "GET", waits, "Bearer "+token),
		"the account":            s.bearer(t, "GET", "/account", "Bearer "+token),
		"a manifest":             s.bearer(t, "GET", "/plugins/spc.json", "Bearer "+token),
		"a form":                 s.bearer(t, "POST", waits+".csv", "Bearer "+token),
		"somebody else's cookie": s.bearer(t, "GET", "/governance", "Bearer "+token, mine...),
		"another trust's own":    s.bearer(t, "GET", "/trusts/ZZB/measures/demo-falls.csv", "Bearer "+token),
		"other datasets":         s.bearer(t, "GET", falls+".csv", "Bearer "+r.token(t, with("dataset", "ae_4h"))),
		"other organisations":    s.bearer(t, "GET", waits+".csv", "Bearer "+r.token(t, with("orgs", "ZZC, ZZD"))),
		"export with read only":  s.bearer(t, "GET", waits+".csv", "Bearer "+r.token(t, with("action", "chart.read"))),
	}
	for what, answer := range refused {
		if answer.StatusCode != http.StatusForbidden || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %s, %s, %.200s", what, answer.Status, answer.Header.Get("Content-Type"), answer.body)
		}
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(token, "sbx_"), "_")
	for _, bad := range []string{"Bearer " + token + "x", "Bearer sbx_" + id + "_", "Bearer " + token[:len(token)-1], "Bearer sbx_nobody_xyz", "Basic " + token, token, "Bearer "} {
		answer := s.bearer(t, "GET", waits+".csv", bad)
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%.20s…: %s", bad, answer.Status)
		}
	}
	if answer := r.post(t, "/account/tokens/revoke", s.address, url.Values{"token": {id}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("revoking answers %s", answer.Status)
	}
	if answer := s.bearer(t, "GET", waits+".csv", "Bearer "+token); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("revoked, it answers %s", answer.Status)
	}
	if stored := s.sql(t, `SELECT count(*) FROM api_token WHERE encode(hash, 'escape') LIKE '%sbx%' OR name LIKE '%sbx%'`); stored[0][0] != "0" {
		t.Error("a token is kept in the clear")
	}
}

func mustURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

func TestTokenFormSaysWhatIsMissing(t *testing.T) {
	s := site(t)
	r := s.as(t, "demo-clinician")
	for _, test := range []struct {
		form url.Values
		says string
	}{
		{url.Values{"action": {"data.export"}, "purpose": {"improvement"}, "days": {"90"}}, "Enter what the token is for"},
		{url.Values{"name": {"x"}, "purpose": {"improvement"}, "days": {"90"}}, "at least one thing"},
		{url.Values{"name": {"x"}, "action": {"people.appoint"}, "purpose": {"improvement"}, "days": {"90"}}, "at least one thing"},
		{url.Values{"name": {"x"}, "action": {"data.export"}, "purpose": {"fun"}, "days": {"90"}}, "Choose a purpose"},
		{url.Values{"name": {"x"}, "action": {"data.export"}, "purpose": {"improvement"}, "days": {"3650"}}, "how long the token lasts"},
		{url.Values{"name": {"x"}, "action": {"data.export"}, "purpose": {"improvement"}, "days": {"90"}, "orgs": {"ZZA, not-a-code"}}, "is none"},
	} {
		if answer := r.post(t, "/account/tokens/new", s.address, test.form); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(answer.body, test.says) || madeToken.MatchString(answer.body) {
			t.Errorf("%v: %s, want it to say %q", test.form, answer.Status, test.says)
		}
	}
}

// TestRolesAreGivenAndTakenAtOnceAndRecorded is about the pages of a governance team.
func TestRolesAreGivenAndTakenAtOnceAndRecorded(t *testing.T) {
	s := site(t)
	lead, analyst := s.as(t, "demo-governance-lead"), s.as(t, "demo-data-manager")
	const person = "/governance/people/demo-data-manager"
	size := func() string { return s.sql(t, `SELECT count(*) FROM ledger WHERE action = 'people.appoint'`)[0][0] }
	before := size()
	if answer := lead.post(t, person+"/role?at=ZZA", s.address, url.Values{"role": {"analyst"}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("giving a role answers %s: %.600s", answer.Status, answer.body)
	}
	if size() == before {
		t.Error("a role was given, and nothing is in the ledger")
	}
	given := s.sql(t, `SELECT given_by, given_record > 0 FROM appointment WHERE person_id = 'demo-data-manager' AND role = 'analyst'`)
	if len(given) != 1 || given[0][0] != "demo-governance-lead" || given[0][1] != "t" {
		t.Errorf("the appointment is kept as %v", given)
	}
	if answer := lead.post(t, person+"/role?at=ZZA", s.address, url.Values{"role": {"analyst"}}); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(answer.body, "has that role here already") {
		t.Errorf("the same role twice: %s", answer.Status)
	}
	page := analyst.get(t, "/account/choose")
	post := regexp.MustCompile(`name="post" value="(\d+)">`).FindStringSubmatch(page.body)
	if post == nil {
		t.Fatal("the new role is not there to choose")
	}
	token := s.cookie(analyst)
	analyst.post(t, "/account/choose", s.address, url.Values{"post": {post[1]}, "purpose": {"improvement"}})
	if page := analyst.get(t, "/account"); !strings.Contains(page.body, "analyst") || s.cookie(analyst) == token {
		t.Error("the role was not taken up, or the token stayed")
	}
	token = s.cookie(analyst)
	if answer := lead.post(t, person+"/end?at=ZZA", s.address, url.Values{"appointment": {post[1]}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("taking it answers %s", answer.Status)
	}
	if page := analyst.get(t, "/account"); strings.Contains(page.body, ">Analyst,") {
		t.Error("the role that was taken is still theirs")
	}
	if answer := analyst.get(t, "/"); answer.StatusCode != http.StatusOK || s.cookie(analyst) == token {
		t.Errorf("back in the only role left: %s; a new token: %v", answer.Status, s.cookie(analyst) != token)
	}
	for what, try := range map[string]struct {
		who, path string
		form      url.Values
		status    int
	}{
		"a role for oneself":               {"demo-governance-lead", "/governance/people/demo-governance-lead/role?at=ZZA", url.Values{"role": {"analyst"}}, 403},
		"training of one's own":            {"demo-governance-lead", "/governance/people/demo-governance-lead/training?at=ZZA", url.Values{"trained": {"2026-01-01"}}, 403},
		"an operator made by a lead":       {"demo-governance-lead", person + "/role?at=ZZA", url.Values{"role": {"operator"}}, 422},
		"a role at another trust":          {"demo-governance-lead", "/governance/people/demo-clinician-b/role?at=ZZB", url.Values{"role": {"analyst"}}, 403},
		"somebody of another trust":        {"demo-governance-lead", "/governance/people/demo-clinician-b/role?at=ZZA", url.Values{"role": {"analyst"}}, 404},
		"no role of that name":             {"demo-governance-lead", person + "/role?at=ZZA", url.Values{"role": {"king"}}, 422},
		"training in the future":           {"demo-governance-lead", person + "/training?at=ZZA", url.Values{"trained": {"2999-01-01"}}, 422},
		"a clinician gives roles":          {"demo-clinician", person + "/role?at=ZZA", url.Values{"role": {"analyst"}}, 403},
		"the operator for all at once":     {"demo-operator", person + "/role?at=ENG", url.Values{"role": {"analyst"}}, 403},
		"an invitation in a demonstration": {"demo-governance-lead", "/governance/people/invite?at=ZZA", url.Values{"name": {"x"}, "role": {"analyst"}}, 404},
	} {
		if answer := s.as(t, try.who).post(t, try.path, s.address, try.form); answer.StatusCode != try.status {
			t.Errorf("%s: %s, want %d", what, answer.Status, try.status)
		}
	}
	if answer := lead.post(t, person+"/training?at=ZZA", s.address, url.Values{"trained": {"2026-06-01"}}); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("entering training answers %s", answer.Status)
	}
	if page := analyst.get(t, "/account"); !strings.Contains(page.body, "1 June 2026") {
		t.Error("the training that was entered does not count")
	}
	lead.post(t, person+"/training?at=ZZA", s.address, url.Values{"trained": {time.Now().UTC().Format(time.DateOnly)}})
	if answer := lead.post(t, person+"/sessions?at=ZZA", s.address, nil); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("ending their sessions answers %s", answer.Status)
	}
	if answer := analyst.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with the session ended a board answers %s", answer.Status)
	}
	s.mu.Lock()
	delete(s.cookies, "demo-data-manager") // other tests sign in anew
	s.mu.Unlock()
	if n := s.sql(t, `SELECT count(*) FROM appointment WHERE person_id = 'demo-data-manager' AND ended_by = 'demo-governance-lead' AND ended_record > 0`); n[0][0] != "1" {
		t.Error("who took the role is not kept")
	}
}

func TestAnswersKeepBrowsersFromMisusingThem(t *testing.T) {
	s := site(t)
	for _, path := range []string{"/sign-in", "/account", "/governance/people", "/set-up?token=x", "/account/tokens/new"} {
		answer := s.as(t, "demo-governance-lead").get(t, path)
		for header, want := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := strings.Join(answer.Header.Values(header), ", "); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q, want %q in it", path, header, got, want)
			}
		}
		if answer.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: over http it speaks of https", path)
		}
	}
}
