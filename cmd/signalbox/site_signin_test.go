package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/web/browsertest"
	"github.com/signalbox-health/signalbox/web/session/provider/providertest"
)

// door opens another house over the data of the demonstration's, into which people
// come as they would in earnest: by the provider, if there is one, or by passkey.
func door(t *testing.T, withProvider bool) (*openedSite, *providertest.Provider) {
	t.Helper()
	first := site(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config{dataDir: first.dir, path: os.Getenv("PATH"), tempDir: os.TempDir(), publicURL: localURL(listener.Addr())}
	var idp *providertest.Provider
	if withProvider {
		idp = providertest.Start(t, cfg.publicURL+"/sign-in/return")
		cfg.identityFile = identityFile(t, idp.Issuer)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h, err := build(t.Context(), cfg, false, log)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h.site.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		h.close()
	})
	return &openedSite{house: h, address: cfg.publicURL, dir: first.dir, cookies: map[string]string{}}, idp
}

// identityFile writes identity.json with a mapping of both kinds.
func identityFile(t *testing.T, issuer string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"secret": providertest.Secret,
		"mapping.json": `{"about": "", "subject": ["sub"], "name": ["name"], "assurance": {"claim": "level", "values": {"3": "aal3"}}, "selected": "selected_roleid",
			"listed": [{"claim": "nhsid_nrbac_roles", "organisation": "org_code", "role": "role_code", "role_name": "role_name", "ref": "person_roleid", "after": ":",
				"roles": {"R8000": "clinician", "R0001": "governance_lead"}}],
			"table": [{"when": {"groups": "operators"}, "organisation": "ZZA", "role": "operator", "role_name": "Operators"}]}`,
		"identity.json": `{"name": "Test Identity", "issuer": "` + issuer + `", "client_id": "` + providertest.ClientID + `", "client_secret_file": "secret",
			"scopes": ["openid"], "user_info": false, "acr_values": "", "mapping": "mapping.json"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "identity.json")
}

// smartcard is what the provider says of a person with roles such as ZZA:R8000.
func smartcard(subject string, roles ...string) map[string]any {
	var list []map[string]any
	for _, role := range roles {
		at, code, _ := strings.Cut(role, ":")
		list = append(list, map[string]any{"org_code": at, "person_roleid": role, "role_code": "S8000:G8000:" + code, "role_name": "Role " + code})
	}
	return map[string]any{"sub": subject, "name": "Person " + subject, "nhsid_nrbac_roles": list, "level": 3}
}

// follow goes where an answer leads, as long as it leads on.
func (r *reader) follow(t testing.TB, answer reply) (reply, string) {
	t.Helper()
	at := ""
	for answer.StatusCode == http.StatusSeeOther {
		to, err := answer.Location()
		if err != nil {
			t.Fatal(err)
		}
		at = to.String()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer = r.do(t, request)
	}
	return answer, strings.TrimPrefix(at, r.site.address)
}

// come signs somebody in by the provider, with the purpose if it is asked for.
func (r *reader) come(t testing.TB, to, purpose string) (reply, string) {
	t.Helper()
	answer, at := r.follow(t, r.post(t, "/sign-in/provider", r.site.address, url.Values{"to": {to}}))
	if strings.HasPrefix(at, "/account/choose") && purpose != "" {
		answer, at = r.follow(t, r.post(t, "/account/choose", r.site.address, url.Values{"to": {to}, "purpose": {purpose}}))
	}
	return answer, at
}

func (s *openedSite) cookie(r *reader) string {
	here, _ := url.Parse(s.address)
	for _, c := range r.client.Jar.Cookies(here) {
		if c.Name == "signalbox" {
			return c.Value
		}
	}
	return ""
}

// sql asks the database of the site as its owner.
func (s *openedSite) sql(t testing.TB, text string) [][]string {
	t.Helper()
	cfg := &config{dataDir: s.dir, path: os.Getenv("PATH"), tempDir: os.TempDir()}
	address, stop, err := cfg.startDatabase(context.WithoutCancel(t.Context()), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	return pgtest.SQL(t, address, text)
}

func TestSigningInByAProvider(t *testing.T) {
	s, idp := door(t, true)
	const wanted = "/trusts/ZZA/measures/demo-falls?all"

	t.Run("deep link survives the round trip and the choice of a purpose", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("deep", "ZZA:R8000")})
		r := s.newReader(t)
		page := r.get(t, wanted)
		if to := page.Header.Get("Location"); to != "/sign-in?to="+url.QueryEscape(wanted) {
			t.Fatalf("not signed in, a chart leads to %s", to)
		}
		page = r.get(t, page.Header.Get("Location"))
		if !strings.Contains(page.body, "Sign in with Test Identity") || strings.Contains(page.body, "none of these people exists") {
			t.Error("the sign-in page offers something else")
		}
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' "+idp.Issuer+";") {
			t.Errorf("the form may not lead to the provider: %s", policy)
		}
		if policy := r.get(t, "/glossary").Header.Get("Content-Security-Policy"); strings.Contains(policy, idp.Issuer) {
			t.Errorf("the forms of other pages may lead there too: %s", policy)
		}
		answer, at := r.follow(t, r.post(t, "/sign-in/provider", s.address, url.Values{"to": {wanted}}))
		if at != "/account/choose?to="+url.QueryEscape(wanted) || !strings.Contains(answer.body, "What are you here for?") || strings.Contains(answer.body, "In which role") {
			t.Fatalf("after the provider the reader is at %s", at)
		}
		if missed := r.post(t, "/account/choose", s.address, url.Values{"to": {wanted}, "purpose": {"curiosity"}}); missed.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(missed.body, "Choose what you are here for") {
			t.Errorf("a purpose that is none answers %s", missed.Status)
		}
		answer, at = r.follow(t, r.post(t, "/account/choose", s.address, url.Values{"to": {wanted}, "purpose": {"improvement"}}))
		if at != wanted || answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusOK {
			t.Errorf("after the choice the reader is at %s, %s", at, answer.Status)
		}
		// The next session begins with what was chosen.
		again := s.newReader(t)
		if _, at := again.come(t, wanted, ""); at != wanted {
			t.Errorf("the second time the reader is at %s", at)
		}
	})

	t.Run("answers are good once and in one browser", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("replay", "ZZA:R8000")})
		r, other := s.newReader(t), s.newReader(t)
		out := r.post(t, "/sign-in/provider", s.address, url.Values{"to": {"/"}})
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, out.Header.Get("Location"), nil)
		back := r.do(t, request).Header.Get("Location")
		path := strings.TrimPrefix(back, s.address)
		// Somebody sends their own answer to another, to have them work in a session that is not theirs.
		if answer := other.get(t, path); answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.body, "This sign-in cannot be used") {
			t.Errorf("in another browser it answers %s", answer.Status)
		}
		if answer := other.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("and afterwards a board answers %s there", answer.Status)
		}
		before := s.cookie(r)
		if answer := r.get(t, path); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("in its own browser it answers %s: %.300s", answer.Status, answer.body)
		}
		if after := s.cookie(r); after == before || after == "" {
			t.Error("the token from before signing in is good afterwards")
		}
		if answer := r.get(t, path); answer.StatusCode != http.StatusForbidden {
			t.Errorf("the second time it answers %s", answer.Status)
		}
	})

	t.Run("no role, no way in", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("porter", "ZZA:R7777")})
		r := s.newReader(t)
		answer, _ := r.come(t, wanted, "improvement")
		for _, words := range []string{"You have no role here yet", "Role R7777", "Larkfield Hospitals Trust (ZZA)", "Gives nothing here"} {
			if answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.body, words) {
				t.Errorf("%s, and the page does not say %q", answer.Status, words)
			}
		}
		for _, path := range []string{"/", "/trusts/ZZA", "/governance", "/plugins", "/trusts/ZZA/measures/ae-4h.csv", "/governance/people"} {
			if answer := r.get(t, path); answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.body, "no role here yet") {
				t.Errorf("%s answers %s", path, answer.Status)
			}
		}
		if answer := r.get(t, "/account"); answer.StatusCode != http.StatusOK || !strings.Contains(answer.body, "Person porter") {
			t.Errorf("their own account answers %s", answer.Status)
		}
	})

	t.Run("a role that the provider takes back is gone, in every session", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("leaver", "ZZA:R8000")})
		r := s.newReader(t)
		if answer, _ := r.come(t, "/trusts/ZZA", "improvement"); answer.StatusCode != http.StatusOK {
			t.Fatal(answer.Status)
		}
		idp.Behave(t, providertest.Conduct{Claims: smartcard("leaver")})
		s.newReader(t).come(t, "/", "improvement")
		if answer := r.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusForbidden {
			t.Errorf("with no role any more, the older session answers %s", answer.Status)
		}
	})

	t.Run("several roles, one at a time, with a new token", func(t *testing.T) {
		claims := smartcard("two", "ZZA:R8000", "ZZB:R0001")
		claims["selected_roleid"] = "ZZB:R0001"
		idp.Behave(t, providertest.Conduct{Claims: claims})
		r := s.newReader(t)
		answer, _ := r.follow(t, r.post(t, "/sign-in/provider", s.address, url.Values{"to": {"/account"}}))
		if !strings.Contains(answer.body, "Role now") || !strings.Contains(answer.body, "(ZZB)") {
			t.Errorf("the role chosen at the provider is not the one here: %.2000s", answer.body)
		}
		posts := regexp.MustCompile(`name="post" value="(\d+)"( checked)?`).FindAllStringSubmatch(r.get(t, "/account/choose").body, -1)
		if len(posts) != 2 || posts[1][2] == "" {
			t.Fatalf("roles to choose from: %q", posts)
		}
		before := s.cookie(r)
		r.post(t, "/account/choose", s.address, url.Values{"post": {posts[0][1]}, "purpose": {"improvement"}, "to": {"/"}})
		if s.cookie(r) == before {
			t.Error("another role, and the same token")
		}
		if answer := r.get(t, "/account"); !strings.Contains(answer.body, "clinician") || !strings.Contains(answer.body, "(ZZA)") {
			t.Error("the role was not changed")
		}
		if answer := r.post(t, "/account/choose", s.address, url.Values{"post": {"1"}, "purpose": {"improvement"}}); answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("somebody else's role answers %s", answer.Status)
		}
	})

	t.Run("signing out everywhere ends every session of one person", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("many", "ZZA:R8000")})
		one, two := s.newReader(t), s.newReader(t)
		one.come(t, "/", "improvement")
		two.come(t, "/", "improvement")
		idp.Behave(t, providertest.Conduct{Claims: smartcard("bystander", "ZZA:R8000")})
		bystander := s.newReader(t)
		bystander.come(t, "/", "improvement")
		if answer := one.post(t, "/account/sign-out-everywhere", s.address, nil); answer.Header.Get("Location") != "/sign-in" {
			t.Fatal(answer.Status)
		}
		for name, r := range map[string]*reader{"this": one, "the other": two} {
			if answer := r.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
				t.Errorf("%s session answers %s", name, answer.Status)
			}
		}
		if answer := bystander.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusOK {
			t.Errorf("somebody else's session answers %s", answer.Status)
		}
	})

	t.Run("reading writes no session", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("quiet", "ZZA:R8000")})
		r := s.newReader(t)
		r.come(t, "/", "improvement")
		const look = `SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM sessions UNION ALL SELECT count(*), max(xmin::text::bigint) FROM signed_in UNION ALL SELECT count(*), max(xmin::text::bigint) FROM person`
		before := s.sql(t, look)
		for _, path := range []string{"/", "/trusts/ZZA", "/trusts/ZZA/measures/ae-4h", "/account", "/account/choose", "/governance"} {
			if answer := r.get(t, path); answer.StatusCode != http.StatusOK || len(answer.Cookies()) > 0 {
				t.Errorf("%s answers %s and sets %v", path, answer.Status, answer.Cookies())
			}
		}
		for i, after := range s.sql(t, look) {
			if after[0] != before[i][0] || after[1] != before[i][1] {
				t.Errorf("table %d of sessions, sign-ins and people: %v became %v", i, before[i], after)
			}
		}
	})

	t.Run("twelve hours, whatever is done", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Claims: smartcard("night", "ZZA:R8000")})
		r := s.newReader(t)
		r.come(t, "/", "improvement")
		s.sql(t, `UPDATE signed_in SET begun = begun - interval '12 hours', expires = expires - interval '12 hours' WHERE person_id = (SELECT person_id FROM person WHERE subject = 'night')`)
		if answer := r.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("after twelve hours a board answers %s", answer.Status)
		}
	})

	t.Run("people of the demonstration are nobody here", func(t *testing.T) {
		first := site(t)
		r := first.as(t, "demo-governance-lead")
		here, _ := url.Parse(s.address)
		thief := s.newReader(t)
		thief.client.Jar.SetCookies(here, []*http.Cookie{{Name: "signalbox", Value: first.cookie(r), Path: "/"}})
		if answer := thief.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("with a cookie of the demonstration a board answers %s", answer.Status)
		}
		if answer := thief.post(t, "/sign-in", s.address, url.Values{"person": {"demo-clinician"}}); answer.Header.Get("Location") != "/sign-in" {
			t.Errorf("signing in as an invented person answers %s to %s", answer.Status, answer.Header.Get("Location"))
		}
		if answer := thief.get(t, "/trusts/ZZA"); answer.StatusCode != http.StatusSeeOther {
			t.Errorf("and then a board answers %s", answer.Status)
		}
	})

	t.Run("declined", func(t *testing.T) {
		idp.Behave(t, providertest.Conduct{Fault: "declined"})
		if answer, _ := s.newReader(t).come(t, "/", ""); answer.StatusCode != http.StatusForbidden || !strings.Contains(answer.body, "You are not signed in") {
			t.Errorf("%s", answer.Status)
		}
	})

	t.Run("in the browser, with a page of the provider between", func(t *testing.T) {
		b := eyes(t)
		idp.Behave(t, providertest.Conduct{Claims: smartcard("browser", "ZZA:R8000"), Ask: true})
		b.Look(t, views[0])
		b.Cookie(t, s.address, "signalbox", "")
		b.Visit(t, s.address+wanted, http.StatusOK)
		for _, found := range b.Axe(t, "html") {
			t.Errorf("sign-in: axe: %s", found)
		}
		press := func(button string) {
			t.Helper()
			if _, err := chromedp.RunResponse(b.Context(), chromedp.Click(chromedp.CSS(button))); err != nil {
				t.Fatalf("press %s: %v", button, err)
			}
		}
		press(`form[action="/sign-in/provider"] button`)
		press("#go")
		for _, found := range b.Axe(t, "html") {
			t.Errorf("choice: axe: %s", found)
		}
		b.Do(t, chromedp.Click(chromedp.CSS(`input[value="improvement"]`)))
		press(`form[action="/account/choose"] button`)
		if at := browsertest.Get(t, b, chromedp.Location()); at != s.address+wanted {
			t.Errorf("the reader is at %s", at)
		}
	})

	t.Run("provider down", func(t *testing.T) {
		idp.Kill()
		fresh, gone := door(t, true)
		gone.Kill()
		answer := fresh.newReader(t).get(t, "/sign-in?to="+url.QueryEscape(wanted))
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.Contains(answer.body, "Test Identity does not answer") || !strings.Contains(answer.body, "Nobody has refused you") {
			t.Errorf("%s, Retry-After %q: %.500s", answer.Status, answer.Header.Get("Retry-After"), answer.body)
		}
	})
}

// An installation with a provider is no demonstration.
func TestDemonstrationIsRefusedWhereThereIsAProvider(t *testing.T) {
	first := site(t)
	cfg := &config{dataDir: first.dir, path: os.Getenv("PATH"), tempDir: os.TempDir(), identityFile: identityFile(t, "https://id.example")}
	if h, err := build(t.Context(), cfg, true, quiet()); err == nil {
		h.close()
		t.Error("anybody may be anybody, beside a provider")
	} else if !strings.Contains(err.Error(), "--demo") {
		t.Error(err)
	}
}

func TestAddressesThatWouldLetPeopleInUnsafelyAreRefused(t *testing.T) {
	for _, test := range []struct {
		public, addr string
		demo, ok     bool
	}{
		{"", "127.0.0.1:8080", false, true},
		{"", "0.0.0.0:8080", false, false},
		{"https://signalbox.example", "0.0.0.0:8080", false, true},
		{"http://signalbox.example", "127.0.0.1:8080", false, false},
		{"http://localhost:8080", "127.0.0.1:8080", true, true},
		{"https://signalbox.example", "127.0.0.1:8080", true, false},
		{"https://signalbox.example/path", "127.0.0.1:8080", false, false},
		{"https://name@signalbox.example", "127.0.0.1:8080", false, false},
		{"signalbox.example", "127.0.0.1:8080", false, false},
	} {
		if err := (&config{publicURL: test.public}).checkAddress(test.addr, test.demo); (err == nil) != test.ok {
			t.Errorf("--public-url %q --addr %s, demonstration %v: %v", test.public, test.addr, test.demo, err)
		}
	}
}
