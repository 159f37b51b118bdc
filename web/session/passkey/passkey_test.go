package passkey

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func keys(t testing.TB) *Keys {
	t.Helper()
	k, err := New("https://signalbox.example")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestPasskeysAreForSitesWithANameOverASafeWay(t *testing.T) {
	for _, origin := range []string{"http://localhost:8080", "https://signalbox.example", "https://signalbox.example:8443"} {
		if _, err := New(origin); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for _, origin := range []string{"http://127.0.0.1:8080", "https://192.0.2.1", "https://[2001:db8::1]"} {
		if _, err := New(origin); !errors.Is(err, ErrBareAddress) {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for _, origin := range []string{"http://signalbox.example", "signalbox.example", ""} {
		if _, err := New(origin); err == nil {
			t.Errorf("%q was accepted", origin)
		}
	}
}

func TestOptionsAskForAPersonAndNotOnlyADevice(t *testing.T) {
	k := keys(t)
	options, ceremony, err := k.Enrol(Person{ID: "ada", Name: "Ada"})
	if err != nil || len(ceremony) == 0 {
		t.Fatal(err)
	}
	var made struct {
		RP                     struct{ ID string }
		Attestation            string
		AuthenticatorSelection struct{ ResidentKey, UserVerification string }
	}
	if err := json.Unmarshal(options, &made); err != nil {
		t.Fatal(err)
	}
	if made.RP.ID != "signalbox.example" || made.AuthenticatorSelection.UserVerification != "required" || made.AuthenticatorSelection.ResidentKey != "required" {
		t.Errorf("%s", options)
	}
	first, _, err := k.Ask()
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := k.Ask()
	if err != nil || string(first) == string(second) {
		t.Errorf("the same challenge twice: %v", err)
	}
	if !strings.Contains(string(first), `"userVerification":"required"`) || strings.Contains(string(first), "allowCredentials") {
		t.Errorf("%s", first)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"YWRh"}}`)
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`)
	f.Add(``)
	k := keys(f)
	_, ask, err := k.Ask()
	if err != nil {
		f.Fatal(err)
	}
	_, enrol, err := k.Enrol(Person{ID: "ada", Name: "Ada"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		find := func(id string) (Person, error) { return Person{ID: id, Name: "Somebody"}, nil }
		if c, err := k.Answered(ask, answer, find); !errors.Is(err, ErrRefused) {
			t.Errorf("signed in as %+v: %v", c, err)
		}
		if c, err := k.Enrolled(Person{ID: "ada", Name: "Ada"}, enrol, answer); err == nil {
			t.Errorf("enrolled %+v", c)
		}
	})
}
