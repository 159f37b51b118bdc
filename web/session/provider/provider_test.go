package provider

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/session/provider/providertest"
)

func TestMain(m *testing.M) {
	providertest.Main()
	os.Exit(m.Run())
}

const redirect = "http://localhost:1/sign-in/return"

func roles(t testing.TB) map[policy.Role]policy.RoleFacts {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	return data.Roles
}

// configured gives a provider as an installation would configure it, through its file.
func configured(t testing.TB, issuer, mapping string, now func() time.Time) *Provider {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("secret", providertest.Secret+"\n")
	path := write("identity.json", `{"name": "Test", "issuer": "`+issuer+`", "client_id": "`+providertest.ClientID+`", "client_secret_file": "secret",
		"scopes": ["openid", "profile"], "user_info": `+map[bool]string{true: "true", false: "false"}[mapping == "cis2"]+`, "acr_values": "", "mapping": "`+mapping+`"}`)
	s, err := ReadSettings(path, roles(t))
	if err != nil {
		t.Fatal(err)
	}
	return New(s, redirect, now)
}

// walk goes from Begin to the address that the provider sends the browser back to.
func walk(t testing.TB, p *Provider) (Attempt, url.Values) {
	t.Helper()
	address, attempt, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return attempt, back(t, address)
}

func back(t testing.TB, address string) url.Values {
	t.Helper()
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	to, err := answer.Location()
	if err != nil || !strings.HasPrefix(to.String(), redirect+"?") {
		t.Fatalf("the provider answers %s and sends to %v", answer.Status, to)
	}
	return to.Query()
}

var entraClaims = map[string]any{"sub": "pairwise", "tid": "00000000-0000-4000-8000-000000000001", "oid": "person-1", "name": "Ada Example",
	"groups": []string{"x", "00000000-0000-4000-8000-00000000000a"}, "roles": []string{"Signalbox.Governance"}}

func TestSignInByRSAAndByEdwardsCurve(t *testing.T) {
	idp := providertest.Start(t, redirect)
	p := configured(t, idp.Issuer, "entra", time.Now)
	for _, algorithm := range []string{"RS256", "EdDSA"} {
		idp.Behave(t, providertest.Conduct{Claims: entraClaims, Algorithm: algorithm})
		attempt, answer := walk(t, p)
		id, err := p.Finish(t.Context(), attempt, answer)
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if id.Subject != "00000000-0000-4000-8000-000000000001|person-1" || id.Name != "Ada Example" || id.Assurance != "aal2" || len(id.Posts) != 2 ||
			id.Posts[0] != (Post{ODS: "ZZA", Role: "clinician"}) || id.Posts[1].Role != "governance_lead" {
			t.Errorf("%s: %+v", algorithm, id)
		}
	}
}

func TestRolesOfASmartcardProfile(t *testing.T) {
	idp := providertest.Start(t, redirect)
	p := configured(t, idp.Issuer, "cis2", time.Now)
	idp.Behave(t, providertest.Conduct{
		Claims: map[string]any{"sub": "910000000001", "nhsid_useruid": "910000000001"},
		UserInfo: map[string]any{"sub": "910000000001", "name": "EXAMPLE Ada", "idassurancelevel": 3, "selected_roleid": "555254242106",
			"nhsid_useruid": "somebody else's, unsigned",
			"nhsid_nrbac_roles": []map[string]any{
				{"org_code": "RAA", "person_orgid": "1", "person_roleid": "555254242105", "role_code": "S8000:G8000:R8000", "role_name": "\"Clinical\":\"Clinical Provision\":\"Clinical Practitioner Access Role\"", "activity_codes": []string{"B0037"}},
				{"org_code": "rbb", "person_roleid": "555254242106", "role_code": "S8000:G8001:R8001", "role_name": "Nurse"},
				{"org_code": "RBB", "person_roleid": "555254242107", "role_code": "S8002:G8003:R9999", "role_name": "Cook"},
				{"org_code": "ENG", "person_roleid": "1", "role_code": "S8000:G8000:R8000", "role_name": "Everywhere"},
				{"role_code": "S8000:G8000:R8000"},
			},
			"nhsid_user_orgs": []map[string]any{{"org_code": "RCC", "org_name": "Third"}}},
	})
	attempt, answer := walk(t, p)
	id, err := p.Finish(t.Context(), attempt, answer)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "910000000001" || id.Assurance != "aal3" || id.Selected != "555254242106" || len(id.Posts) != 2 {
		t.Errorf("%+v", id)
	}
	if id.Posts[0] != (Post{"RAA", "clinician", "555254242105"}) || id.Posts[1] != (Post{"RBB", "clinician", "555254242106"}) {
		t.Errorf("posts %+v", id.Posts)
	}
	if len(id.Received) != 4 || id.Received[2] != (Received{"RBB", "Cook", ""}) || id.Received[3].ODS != "RCC" {
		t.Errorf("received %+v: a role that gives nothing is to be told too, and where somebody belongs", id.Received)
	}
}

func TestAnswersThatAreNotToBeBelieved(t *testing.T) {
	idp := providertest.Start(t, redirect)
	for _, fault := range []string{"nonce", "audience", "issuer", "expired", "unsigned", "none", "secret", "foreign-key", "no-token", "wrong-iss"} {
		t.Run(fault, func(t *testing.T) {
			p := configured(t, idp.Issuer, "entra", time.Now)
			idp.Behave(t, providertest.Conduct{Claims: entraClaims, Fault: fault})
			attempt, answer := walk(t, p)
			if id, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrRefused) || id.Subject != "" {
				t.Errorf("%+v %v", id, err)
			}
			idp.Behave(t, providertest.Conduct{Claims: entraClaims})
			attempt, answer = walk(t, p)
			if _, err := p.Finish(t.Context(), attempt, answer); err != nil {
				t.Errorf("the next, honest, sign-in: %v", err)
			}
		})
	}
	t.Run("other subject in UserInfo", func(t *testing.T) {
		p := configured(t, idp.Issuer, "cis2", time.Now)
		idp.Behave(t, providertest.Conduct{Claims: map[string]any{"nhsid_useruid": "1", "name": "Ada"}, Fault: "other-subject"})
		attempt, answer := walk(t, p)
		if _, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	})
	t.Run("no person in the claims", func(t *testing.T) {
		p := configured(t, idp.Issuer, "entra", time.Now)
		idp.Behave(t, providertest.Conduct{Claims: map[string]any{"name": "Nobody", "tid": "t"}})
		attempt, answer := walk(t, p)
		if _, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	})
}

func TestTokenThatHasExpiredByOurClock(t *testing.T) {
	idp := providertest.Start(t, redirect)
	now := time.Now()
	p := configured(t, idp.Issuer, "entra", func() time.Time { return now })
	idp.Behave(t, providertest.Conduct{Claims: entraClaims})
	attempt, answer := walk(t, p)
	now = now.Add(time.Hour)
	if _, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

// TestStateAndCodeAreForOneBrowserAndOneUse is about answers that were made for
// somebody else, or before.
func TestStateAndCodeAreForOneBrowserAndOneUse(t *testing.T) {
	idp := providertest.Start(t, redirect)
	p := configured(t, idp.Issuer, "entra", time.Now)
	idp.Behave(t, providertest.Conduct{Claims: entraClaims})
	mine, answer := walk(t, p)
	theirs, other := walk(t, p)
	for name, try := range map[string]struct {
		attempt Attempt
		answer  url.Values
	}{
		"state of another browser": {theirs, answer},
		"no state":                 {mine, url.Values{"code": answer["code"]}},
		"no sign-in under way":     {Attempt{}, url.Values{"code": answer["code"], "state": {""}}},
		"code of another browser":  {mine, url.Values{"code": other["code"], "state": {mine.State}}},
		"no code":                  {mine, url.Values{"state": {mine.State}}},
	} {
		if _, err := p.Finish(t.Context(), try.attempt, try.answer); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Finish(t.Context(), mine, answer); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(t.Context(), mine, answer); !errors.Is(err, ErrRefused) {
		t.Errorf("the same answer a second time: %v", err)
	}
}

// TestCodeIsWorthNothingWithoutItsVerifier holds the provider of the tests to
// PKCE, and ourselves to sending it.
func TestCodeIsWorthNothingWithoutItsVerifier(t *testing.T) {
	idp := providertest.Start(t, redirect)
	p := configured(t, idp.Issuer, "entra", time.Now)
	idp.Behave(t, providertest.Conduct{Claims: entraClaims})
	for name, verifier := range map[string]string{"none": "", "another": oauth2.GenerateVerifier()} {
		attempt, answer := walk(t, p)
		attempt.Verifier = verifier
		if _, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	address, _, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("redirect_uri") != redirect {
		t.Errorf("asked with %v", q)
	}
	q.Del("code_challenge")
	u.RawQuery = q.Encode()
	answer, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("without a challenge the provider answers %s: the test proves nothing", answer.Status)
	}
}

func TestKeysMayBeChangedWhileWeRun(t *testing.T) {
	idp := providertest.Start(t, redirect)
	p := configured(t, idp.Issuer, "entra", time.Now)
	idp.Behave(t, providertest.Conduct{Claims: entraClaims})
	for range 3 {
		attempt, answer := walk(t, p)
		if _, err := p.Finish(t.Context(), attempt, answer); err != nil {
			t.Fatal(err)
		}
		idp.RotateKeys(t)
	}
}

func TestProviderThatIsDownIsNotARefusal(t *testing.T) {
	idp := providertest.Start(t, redirect)
	now := time.Now()
	p := configured(t, idp.Issuer, "entra", func() time.Time { return now })
	idp.Behave(t, providertest.Conduct{Claims: entraClaims})
	attempt, answer := walk(t, p)
	idp.Kill()
	if _, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrRefused) {
		t.Errorf("down between: %v", err)
	}
	fresh := configured(t, idp.Issuer, "entra", func() time.Time { return now })
	if _, _, err := fresh.Begin(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("down from the start: %v", err)
	}
	again := providertest.StartAt(t, strings.TrimPrefix(idp.Issuer, "http://"), redirect)
	again.Behave(t, providertest.Conduct{Claims: entraClaims})
	if _, _, err := fresh.Begin(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("asked again at once, though it was down a moment ago: %v", err)
	}
	now = now.Add(holdOff + time.Millisecond)
	attempt, answer = walk(t, fresh)
	if _, err := fresh.Finish(t.Context(), attempt, answer); err != nil {
		t.Errorf("up again: %v", err)
	}
}

func TestProviderThatDeclines(t *testing.T) {
	idp := providertest.Start(t, redirect)
	p := configured(t, idp.Issuer, "entra", time.Now)
	idp.Behave(t, providertest.Conduct{Fault: "declined"})
	attempt, answer := walk(t, p)
	if _, err := p.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrDeclined) {
		t.Error(err)
	}
}
