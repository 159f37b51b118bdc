package provider

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrUnavailable says that the provider did not answer: nobody was refused.
var ErrUnavailable = errors.New("the identity provider does not answer")

// ErrDeclined says that the provider, or the person at it, said no.
var ErrDeclined = errors.New("the identity provider did not sign anybody in")

// ErrRefused says that what came back is not to be believed, or is about another
// attempt: too old, used before, for somebody else's program.
var ErrRefused = errors.New("the answer of the identity provider is not to be believed")

// algorithms are those that an ID token may be signed with. "none" and those with
// a shared secret are not among them, whatever the provider's papers offer.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

const (
	// patience is how long the provider may take over one answer.
	patience = 5 * time.Second
	// holdOff is how long it is not asked again after it did not answer: many people
	// waiting for it one after the other would wait for minutes.
	holdOff = 2 * time.Second
	// mostAnswer is the longest answer that is read, in bytes.
	mostAnswer = 1 << 20
	// discoverAgain is how long the provider's papers are believed. Its keys are
	// fetched anew whenever a token names one that is not known.
	discoverAgain = 12 * time.Hour
)

// Provider is one OpenID Connect provider, safe for concurrent use. It is found
// when somebody first signs in, and not at the start: a site whose provider is
// down still starts, and says so.
type Provider struct {
	*Settings
	redirect string
	client   *http.Client
	now      func() time.Time

	mu     sync.Mutex
	found  *papers
	missed error // why it was not found, for holdOff
	retry  time.Time
}

// papers are what the provider says of itself.
type papers struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	config   oauth2.Config
	at       time.Time
}

// New makes a provider that sends people back to redirect.
func New(s *Settings, redirect string, now func() time.Time) *Provider {
	return &Provider{Settings: s, redirect: redirect, now: now, client: &http.Client{
		Timeout:   patience,
		Transport: bounded{http.DefaultTransport},
		// A provider that sends its clients elsewhere is not the one that was configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// bounded reads no more of an answer than mostAnswer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, mostAnswer), answer.Body}
	}
	return answer, err
}

// discover reads the provider's papers, or gives those that it has. If they
// cannot be read again the old ones are good a while longer.
func (p *Provider) discover(ctx context.Context) (*papers, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil && p.now().Sub(p.found.at) < discoverAgain {
		return p.found, nil
	}
	if p.missed != nil && p.now().Before(p.retry) {
		return nil, p.missed
	}
	papers, err := p.read(ctx)
	if err != nil && p.found == nil {
		p.missed, p.retry = err, p.now().Add(holdOff)
		return nil, err
	}
	if err == nil {
		p.found, p.missed = papers, nil
	}
	return p.found, nil
}

func (p *Provider) read(ctx context.Context) (*papers, error) {
	// The key set outlives the request.
	outlives := oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	provider, err := oidc.NewProvider(outlives, p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: find %s: %w", ErrUnavailable, p.Issuer, err)
	}
	endpoint := provider.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL} {
		if err := safeAddress(address); err != nil {
			return nil, fmt.Errorf("%w: endpoint of %s: %w", ErrUnavailable, p.Issuer, err)
		}
	}
	return &papers{
		provider: provider,
		verifier: provider.VerifierContext(outlives, &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: p.now}),
		config:   oauth2.Config{ClientID: p.ClientID, ClientSecret: p.secret, Endpoint: endpoint, RedirectURL: p.redirect, Scopes: p.Scopes},
		at:       p.now(),
	}, nil
}

// Attempt is one sign-in under way. It stays in the session of whoever began it.
type Attempt struct {
	State, Nonce, Verifier string
}

// Begin gives the address at the provider to which the browser is sent.
func (p *Provider) Begin(ctx context.Context) (string, Attempt, error) {
	papers, err := p.discover(ctx)
	if err != nil {
		return "", Attempt{}, err
	}
	a := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if p.ACRValues != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", p.ACRValues))
	}
	return papers.config.AuthCodeURL(a.State, options...), a, nil
}

// Origin is the scheme and host to which Begin sends people, for the content
// policy of the page with the button.
func (p *Provider) Origin(ctx context.Context) (string, error) {
	papers, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(papers.config.Endpoint.AuthURL)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Finish makes an identity of what the provider sent back.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer url.Values) (Identity, error) {
	if a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(answer.Get("state"))) != 1 {
		return Identity{}, fmt.Errorf("%w: it answers no sign-in of this browser", ErrRefused)
	}
	if issuer := answer.Get("iss"); issuer != "" && issuer != p.Issuer { // RFC 9207
		return Identity{}, fmt.Errorf("%w: it comes from %s", ErrRefused, clip(issuer))
	}
	if said := answer.Get("error"); said != "" {
		return Identity{}, fmt.Errorf("%w: %s %s", ErrDeclined, clip(said), clip(answer.Get("error_description")))
	}
	papers, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := papers.config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, exchangeError(err)
	}
	claims, err := p.claims(ctx, papers, token, a.Nonce)
	if err != nil {
		return Identity{}, err
	}
	id, err := p.mapping.Identity(claims)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return id, nil
}

// exchangeError tells a code that was refused from a provider that is not there.
func exchangeError(err error) error {
	refused := (*oauth2.RetrieveError)(nil)
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
		return fmt.Errorf("%w: the code was not accepted: %s", ErrRefused, clip(refused.ErrorCode))
	}
	return fmt.Errorf("%w: exchange the code: %w", ErrUnavailable, err)
}

// claims checks the ID token, and adds what UserInfo says of the same subject.
func (p *Provider) claims(ctx context.Context, papers *papers, token *oauth2.Token, nonce string) (map[string]any, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, fmt.Errorf("%w: there is no ID token in it", ErrRefused)
	}
	checked, err := papers.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: ID token: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(nonce), []byte(checked.Nonce)) != 1 {
		return nil, fmt.Errorf("%w: the ID token was made for another sign-in", ErrRefused)
	}
	claims := map[string]any{}
	if err := decodeClaims(checked.Claims, claims); err != nil {
		return nil, err
	}
	if !p.UserInfo {
		return claims, nil
	}
	info, err := papers.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, fmt.Errorf("%w: UserInfo: %w", ErrUnavailable, err)
	}
	if info.Subject != checked.Subject {
		return nil, fmt.Errorf("%w: UserInfo is about somebody else", ErrRefused)
	}
	more := map[string]any{}
	if err := decodeClaims(info.Claims, more); err != nil {
		return nil, err
	}
	for name, value := range more {
		if _, signed := claims[name]; !signed { // what was signed is worth more
			claims[name] = value
		}
	}
	return claims, nil
}

// decodeClaims keeps numbers as they are written: a level of 3 is not 3.0.
func decodeClaims(read func(any) error, into map[string]any) error {
	var raw map[string]json.RawMessage
	if err := read(&raw); err != nil {
		return fmt.Errorf("%w: claims: %w", ErrRefused, err)
	}
	for name, text := range raw {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("%w: claim %s: %w", ErrRefused, clip(name), err)
		}
		into[name] = value
	}
	return nil
}
