package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// tokenMark begins every token, so that scanners of code find those left lying about.
const tokenMark = "sbx_"

// newToken makes a token: its mark, the part that may be shown, the secret.
func newToken() (token, id string, hash []byte) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: it would end the program
	id = strings.ToLower(rand.Text()[:10])
	token = tokenMark + id + "_" + base64.RawURLEncoding.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(token))
	return token, id, sum[:]
}

// ErrOutsideToken says that a token was used for what it was not made for.
var ErrOutsideToken = errors.New("the token was not made for this")

// refusal is the answer to a program whose token does not open the door.
type refusal struct {
	status int
	text   string
	wait   time.Duration
}

// byToken serves a request that has an Authorization header.
func (s *Sessions) byToken(w http.ResponseWriter, r *http.Request, v *visit, next http.Handler) {
	v.once.Do(func() {}) // there is no cookie to look at
	if refused := s.readToken(r, v); refused != nil {
		write := WriteRefusal
		if isRegistry(r.URL.Path) {
			write = RefuseClient
		}
		write(w, refused.status, refused.text, refused.wait)
		return
	}
	next.ServeHTTP(w, r)
}

// WriteRefusal answers a program in a form that it can read.
func WriteRefusal(w http.ResponseWriter, status int, text string, wait time.Duration) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Signalbox"`)
	}
	if wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "error": text})
}

// RefuseClient answers a client of the registry in the form that the protocol of OCI
// has for it. Such clients send a password only after they were asked for one.
func RefuseClient(w http.ResponseWriter, status int, text string, wait time.Duration) {
	code := map[int]string{http.StatusUnauthorized: "UNAUTHORIZED", http.StatusForbidden: "DENIED", http.StatusTooManyRequests: "TOOMANYREQUESTS"}[status]
	if code == "" {
		code = "UNAVAILABLE"
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Signalbox registry"`)
	}
	if wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": text}}})
}

// seconds is a wait as Retry-After has it: whole, and never too short.
func seconds(wait time.Duration) string { return strconv.Itoa(int(wait/time.Second) + 1) }

// ByToken reports whether a program asks, by a token.
func ByToken(ctx context.Context) bool {
	v, ok := ctx.Value(visitKey{}).(*visit)
	return ok && v.token != nil
}

// readToken makes the visit that of the token's person in the token's role, or says
// why not. Everything that is wrong with a token itself gets the same answer.
func (s *Sessions) readToken(r *http.Request, v *visit) *refusal {
	address := "token " + s.address(r)
	if wait, ok := s.misses.open(address); !ok {
		return &refusal{http.StatusTooManyRequests, "Too many tokens from this address were wrong. Try again later.", wait}
	}
	bad := &refusal{status: http.StatusUnauthorized, text: "This token is not good here: it is mistyped, has ended, or was revoked."}
	token, found, err := s.findToken(r)
	if err != nil {
		s.log.Error("look up a token", "error", err)
		return &refusal{status: http.StatusServiceUnavailable, text: "Signalbox cannot look tokens up just now. Try again in a minute."}
	}
	if !found {
		s.misses.take(address)
		return bad
	}
	tries := s.tries
	if isRegistry(r.URL.Path) {
		tries = s.parts // a release is made of many
	}
	if wait, ok := tries.take("token " + token.ID); !ok {
		return &refusal{http.StatusTooManyRequests, "This token asks too often.", wait}
	}
	if reads := r.Method == http.MethodGet || r.Method == http.MethodHead; !isRegistry(r.URL.Path) && !(reads && isFile(r.URL.Path)) {
		return &refusal{status: http.StatusForbidden, text: "Tokens are for figures as files, at addresses that end in .csv or .json, and for the registry of plugins."}
	}
	if err := s.actAs(r.Context(), v, token); err != nil {
		s.log.Error("look up the person of a token", "token", token.ID, "error", err)
		return &refusal{status: http.StatusServiceUnavailable, text: "Signalbox cannot look people up just now. Try again in a minute."}
	}
	if !v.ready {
		return &refusal{status: http.StatusForbidden, text: "The person of this token no longer has the role that it acts in, or its purpose is no longer known."}
	}
	return nil
}

// isFile reports whether an address is one of figures as a file.
func isFile(path string) bool {
	return (strings.HasPrefix(path, "/trusts/") || strings.HasPrefix(path, "/measures/")) && (strings.HasSuffix(path, ".csv") || strings.HasSuffix(path, ".json"))
}

// isRegistry reports whether an address is one of the registry of plugins.
func isRegistry(path string) bool { return strings.HasPrefix(path, "/v2/") }

// findToken compares the digest in constant time. A token nobody knows is compared
// too, with nothing, so that the time tells no more than the answer.
func (s *Sessions) findToken(r *http.Request) (t postgres.Token, found bool, err error) {
	given, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if _, password, ok := r.BasicAuth(); ok && isRegistry(r.URL.Path) {
		given, isBearer = password, true // clients of a registry send it so, under any name
	}
	rest, isOurs := strings.CutPrefix(given, tokenMark)
	id, _, _ := strings.Cut(rest, "_")
	if !isBearer || !isOurs || len(given) > 200 {
		return t, false, nil
	}
	t, err = s.db.Token(r.Context(), id)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return t, false, err
	}
	sum := sha256.Sum256([]byte(given))
	same := subtle.ConstantTimeCompare(sum[:], t.Hash) == 1
	return t, same && t.Revoked.IsZero() && s.now().Before(t.Expires), nil
}

// actAs makes the visit that of a token: its person as they are now, and no more
// of what they may do than the token has.
func (s *Sessions) actAs(ctx context.Context, v *visit, token postgres.Token) error {
	person, err := s.db.Person(ctx, token.Person)
	if err != nil {
		return err
	}
	posts, err := s.db.Posts(ctx, token.Person, s.mapping())
	if err != nil {
		return err
	}
	v.token, v.person, v.signIn.Assurance = &token, person, token.Assurance
	if !s.trusts(person.Issuer) {
		return nil
	}
	v.posts = slices.DeleteFunc(s.knownRoles(posts), func(p postgres.Post) bool { return p.ODS != token.ODS || p.Role != token.Role })
	if len(v.posts) == 0 {
		return nil
	}
	v.posts = v.posts[:1]
	s.settle(v, v.posts[0].ID, token.Purpose, "")
	if token.Used != dateOf(s.now()) {
		return s.db.UsedToken(ctx, token.ID)
	}
	return nil
}

func dateOf(t time.Time) measures.Date {
	year, month, day := t.UTC().Date()
	return measures.DateOf(year, int(month), day)
}

// Policy decides.
type Policy interface {
	Decide(context.Context, policy.Request) (policy.Decision, error)
}

// Gate stands before a policy and asks it nothing that the token in use was not
// made for. It opens nothing: what passes is still the policy's to decide.
type Gate struct{ Policy }

// Decide gives ErrOutsideToken for what a token leaves out, and else what the policy says.
func (g Gate) Decide(ctx context.Context, r policy.Request) (policy.Decision, error) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok && v.token != nil {
		if err := admits(*v.token, r); err != nil {
			return policy.Decision{}, err
		}
	}
	return g.Policy.Decide(ctx, r)
}

// admits says what, if anything, a request asks that a token leaves out.
func admits(t postgres.Token, r policy.Request) error {
	switch {
	case r.Actor.ID != t.Person:
		return fmt.Errorf("%w: it is another person's", ErrOutsideToken)
	case !slices.Contains(t.Actions, r.Action):
		return fmt.Errorf("%w: it may not %s", ErrOutsideToken, r.Action)
	case !r.Action.OpensData(): // what follows narrows data
		return nil
	case len(t.Datasets) > 0 && !slices.Contains(t.Datasets, r.Resource.Dataset):
		return fmt.Errorf("%w: it is not for the dataset %s", ErrOutsideToken, r.Resource.Dataset)
	case len(t.Organisations) > 0 && !slices.Contains(t.Organisations, r.Resource.ODS):
		return fmt.Errorf("%w: it is not for the organisation %s", ErrOutsideToken, r.Resource.ODS)
	}
	return nil
}
