// Package passkey carries out the two ceremonies of WebAuthn: enrolling a passkey
// and signing in with one that names its owner. It keeps nothing: what has to be
// remembered between the halves of a ceremony is given back as text.
package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ErrRefused says that what the browser sent does not prove anything.
var ErrRefused = errors.New("the passkey was not accepted")

// ErrBareAddress says that the site has no name: browsers bind passkeys to names.
var ErrBareAddress = errors.New("passkeys need a host name, and not a bare IP address")

// within is how long a ceremony may take.
const within = 5 * time.Minute

// mostAnswer is the longest answer of a browser that is read, in bytes.
const mostAnswer = 64 << 10

// Keys are the ceremonies of one site.
type Keys struct{ w *webauthn.WebAuthn }

// New prepares the ceremonies of the site at an origin such as https://signalbox.example.
func New(origin string) (*Keys, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("passkeys for %q: no origin of a site", origin)
	}
	if net.ParseIP(u.Hostname()) != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", origin, ErrBareAddress)
	}
	if u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, fmt.Errorf("passkeys for %s: browsers give them to https only, and to http://localhost", origin)
	}
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: within, TimeoutUVD: within}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Signalbox", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			// A finger, a face or a PIN: the key and the person are two factors.
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", origin, err)
	}
	return &Keys{w}, nil
}

// Person is whose passkey it is. Credentials are those of before, as Credential has them.
type Person struct {
	ID, Name    string
	Credentials [][]byte
}

// user is a Person as the library wants to see it.
type user struct {
	Person
	credentials []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return []byte(u.ID) }
func (u user) WebAuthnName() string                       { return u.Name }
func (u user) WebAuthnDisplayName() string                { return u.Name }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func (p Person) user() (user, error) {
	u := user{Person: p}
	for _, text := range p.Credentials {
		var c webauthn.Credential
		if err := json.Unmarshal(text, &c); err != nil {
			return u, fmt.Errorf("passkey of %s: %w", p.ID, err)
		}
		u.credentials = append(u.credentials, c)
	}
	return u, nil
}

// Credential is a passkey as it is kept: a public key and counters, no secret.
type Credential struct {
	Person string
	ID     []byte
	JSON   []byte
}

func credentialOf(person string, c *webauthn.Credential) (Credential, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return Credential{}, fmt.Errorf("passkey of %s: %w", person, err)
	}
	return Credential{Person: person, ID: c.ID, JSON: text}, nil
}

// Enrol begins to enrol a passkey: options are for the browser, the ceremony for
// Enrolled.
func (k *Keys) Enrol(p Person) (options, ceremony []byte, err error) {
	u, err := p.user()
	if err != nil {
		return nil, nil, err
	}
	var there []protocol.CredentialDescriptor
	for _, c := range u.credentials {
		there = append(there, c.Descriptor())
	}
	creation, session, err := k.w.BeginRegistration(u, webauthn.WithExclusions(there))
	if err != nil {
		return nil, nil, fmt.Errorf("enrol a passkey of %s: %w", p.ID, err)
	}
	return both(creation.Response, session)
}

// Enrolled checks what the browser made of the options of Enrol.
func (k *Keys) Enrolled(p Person, ceremony []byte, answer string) (Credential, error) {
	u, err := p.user()
	if err != nil {
		return Credential{}, err
	}
	session, err := sessionOf(ceremony, answer)
	if err != nil {
		return Credential{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Credential{}, refused(err)
	}
	made, err := k.w.CreateCredential(u, session, parsed)
	if err != nil {
		return Credential{}, refused(err)
	}
	return credentialOf(p.ID, made)
}

// Ask begins to sign in: the browser asks the reader which of their passkeys.
func (k *Keys) Ask() (options, ceremony []byte, err error) {
	assertion, session, err := k.w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	return both(assertion.Response, session)
}

// Answered checks what the browser made of the options of Ask, and says whose
// passkey it was. find gives a person with their passkeys by id.
func (k *Keys) Answered(ceremony []byte, answer string, find func(id string) (Person, error)) (Credential, error) {
	session, err := sessionOf(ceremony, answer)
	if err != nil {
		return Credential{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Credential{}, refused(err)
	}
	var broken error // of our own, and no fault of the reader's
	owner, used, err := k.w.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		p, err := find(string(handle))
		if err != nil {
			return nil, err
		}
		u, err := p.user()
		broken = err
		return u, err
	}, session, parsed)
	switch {
	case broken != nil:
		return Credential{}, broken
	case err != nil:
		return Credential{}, refused(err)
	case used.Authenticator.CloneWarning:
		return Credential{}, fmt.Errorf("%w: its counter went backwards, so there may be a copy of it", ErrRefused)
	}
	return credentialOf(string(owner.WebAuthnID()), used)
}

func both(options any, session *webauthn.SessionData) ([]byte, []byte, error) {
	first, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("options for a passkey: %w", err)
	}
	second, err := json.Marshal(session)
	if err != nil {
		return nil, nil, fmt.Errorf("ceremony of a passkey: %w", err)
	}
	return first, second, nil
}

func sessionOf(ceremony []byte, answer string) (s webauthn.SessionData, err error) {
	switch {
	case len(ceremony) == 0:
		return s, fmt.Errorf("%w: nobody asked for one in this browser", ErrRefused)
	case len(answer) > mostAnswer:
		return s, fmt.Errorf("%w: the answer is longer than %d bytes", ErrRefused, mostAnswer)
	}
	if err := json.Unmarshal(ceremony, &s); err != nil {
		return s, fmt.Errorf("ceremony of a passkey: %w", err)
	}
	return s, nil
}

// refused says what the library found, which is for the log.
func refused(err error) error {
	if found := (*protocol.Error)(nil); errors.As(err, &found) {
		return fmt.Errorf("%w: %s %s", ErrRefused, found.Details, found.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}
