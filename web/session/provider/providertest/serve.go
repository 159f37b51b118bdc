package providertest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// server is the provider itself, in the child process.
type server struct {
	issuer   string
	redirect string

	mu      sync.Mutex
	conduct Conduct
	keys    *keys
	codes   map[string]code   // not yet exchanged
	access  map[string]string // access token: subject
}

// code is one authorisation, good for one exchange.
type code struct {
	nonce, challenge string
	ends             time.Time
}

func serve(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("%s ADDRESS REDIRECT", Word)
	}
	listener, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	s := &server{issuer: "http://" + listener.Addr().String(), redirect: args[1], codes: map[string]code{}, access: map[string]string{}}
	if s.keys, err = newKeys(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /keys", s.jwks)
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /userinfo", s.userinfo)
	mux.HandleFunc("POST /test/conduct", s.behave)
	mux.HandleFunc("POST /test/rotate", s.rotate)
	fmt.Println(s.issuer)
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}).Serve(listener)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *server) behave(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conduct = Conduct{}
	if err := json.NewDecoder(r.Body).Decode(&s.conduct); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) rotate(w http.ResponseWriter, _ *http.Request) {
	fresh, err := newKeys()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	s.keys = fresh
	s.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": s.issuer, "authorization_endpoint": s.issuer + "/authorize", "token_endpoint": s.issuer + "/token",
		"jwks_uri": s.issuer + "/keys", "userinfo_endpoint": s.issuer + "/userinfo",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		// It offers what a relying party must not take.
		"id_token_signing_alg_values_supported": []string{"RS256", "EdDSA", "HS256", "none"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

func (s *server) jwks(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, s.keys.public())
}

// authorize refuses what is not an exact registered request with PKCE.
func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("redirect_uri") != s.redirect {
		http.Error(w, "no such client, or another address to go back to", http.StatusBadRequest)
		return
	}
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Get("state") == "" {
		http.Error(w, "the request has no code challenge, or no state", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conduct.Ask && r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Provider</title><h1>Who are you?</h1><form method="post" action="/authorize?%s"><button id="go">It is me</button></form>`,
			html.EscapeString(r.URL.RawQuery))
		return
	}
	back := url.Values{"state": {q.Get("state")}, "iss": {s.issuer}}
	switch s.conduct.Fault {
	case "declined":
		back.Set("error", "access_denied")
		back.Set("error_description", "the person pressed cancel")
	case "wrong-iss":
		back.Set("iss", "https://elsewhere.example")
		fallthrough
	default:
		number := rand.Text()
		s.codes[number] = code{nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), ends: time.Now().Add(time.Minute)}
		back.Set("code", number)
	}
	http.Redirect(w, r, s.redirect+"?"+back.Encode(), http.StatusSeeOther)
}

// token exchanges a code, once, for whoever knows the client's secret and the
// verifier of the code's challenge.
func (s *server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != Secret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	given, known := s.codes[r.PostFormValue("code")]
	delete(s.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || time.Now().After(given.ends) || r.PostFormValue("redirect_uri") != s.redirect ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != given.challenge {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{"iss": s.issuer, "sub": "subject-1", "aud": ClientID, "nonce": given.nonce,
		"iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix()}
	maps.Copy(claims, s.conduct.Claims)
	idToken, err := s.sign(claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	access := rand.Text()
	s.access[access] = claims["sub"].(string)
	out := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": idToken}
	if s.conduct.Fault == "no-token" {
		delete(out, "id_token")
	}
	answer(w, http.StatusOK, out)
}

func (s *server) userinfo(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var access string
	if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer %s", &access); err != nil || s.access[access] == "" {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	claims := map[string]any{"sub": s.access[access]}
	if s.conduct.Fault == "other-subject" {
		claims["sub"] = "somebody-else"
	}
	maps.Copy(claims, s.conduct.UserInfo)
	answer(w, http.StatusOK, claims)
}
