package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Identity is a person as a provider's claims and a mapping make them.
type Identity struct {
	Subject   string // names the person at the provider, for ever
	Name      string
	Assurance string // aal1, aal2, aal3
	Posts     []Post
	// Received is everything that the provider said about roles, also what gives
	// nothing here.
	Received []Received
	Selected string // the ref of the role chosen at the provider; empty if none was
	// CutShort says that the provider left groups out because there were too many.
	CutShort bool
}

// Post is a role at an organisation that the claims give.
type Post struct {
	ODS  measures.ODSCode
	Role policy.Role
	Ref  string
}

// Received is one role as the provider names it.
type Received struct {
	ODS  measures.ODSCode
	Name string
	Role policy.Role // empty: it gives nothing here
}

// errNoSubject says that the claims do not name a person.
var errNoSubject = errors.New("the claims do not name a person")

// Bounds of what is kept of claims: a provider that says more is told from a
// person by no policy.
const (
	mostListed = 500
	mostText   = 200
)

// Identity reads claims. Those that do not name a person are an error; those
// that give no role are not.
func (m Mapping) Identity(claims map[string]any) (Identity, error) {
	id := Identity{Assurance: m.Assurance.level(claims)}
	var subject []string
	for _, claim := range m.Subject {
		value, ok := claims[claim].(string)
		if !ok || value == "" || len(value) > mostText {
			return Identity{}, fmt.Errorf("%w: %q is not there, or no short text", errNoSubject, claim)
		}
		subject = append(subject, url.QueryEscape(value))
	}
	id.Subject = strings.Join(subject, "|")
	id.Name = firstText(claims, m.Name)
	if id.Name == "" {
		return Identity{}, fmt.Errorf("%w: none of the claims %v has a name", errNoSubject, m.Name)
	}
	for _, l := range m.Listed {
		l.read(claims, &id)
	}
	for _, row := range m.Table {
		if row.holds(claims) {
			id.add(Post{ODS: row.Organisation, Role: row.Role}, row.RoleName)
		}
	}
	if m.Selected != "" {
		id.Selected, _ = claims[m.Selected].(string)
	}
	if names, ok := claims["_claim_names"].(map[string]any); ok {
		_, id.CutShort = names["groups"]
	}
	return id, nil
}

func (a Assurance) level(claims map[string]any) string {
	if value, ok := scalar(claims[a.Claim]); ok && a.Values[value] != "" {
		return a.Values[value]
	}
	if a.Default != "" {
		return a.Default
	}
	return "aal1"
}

// read takes the roles of one list. What is no object with a code of an
// organisation is passed over.
func (l Listed) read(claims map[string]any, id *Identity) {
	list, _ := claims[l.Claim].([]any)
	for _, item := range list[:min(len(list), mostListed)] {
		fields, _ := item.(map[string]any)
		at, _ := fields[l.Organisation].(string)
		ods := measures.ODSCode(strings.ToUpper(strings.TrimSpace(at)))
		if !ods.Valid() || ods == policy.Everyone {
			continue
		}
		code, _ := fields[l.Role].(string)
		name, _ := fields[l.RoleName].(string)
		ref, _ := fields[l.Ref].(string)
		if l.After != "" {
			code = code[strings.LastIndex(code, l.After)+1:]
		}
		id.add(Post{ODS: ods, Role: l.Roles[code], Ref: clip(ref)}, name)
	}
}

// add keeps what was received, and the post if there is a role for it.
func (id *Identity) add(p Post, name string) {
	got := Received{ODS: p.ODS, Name: clip(name), Role: p.Role}
	if len(id.Received) < mostListed && !slices.Contains(id.Received, got) {
		id.Received = append(id.Received, got)
	}
	if p.Role != "" && !slices.Contains(id.Posts, p) {
		id.Posts = append(id.Posts, p)
	}
}

func (r Row) holds(claims map[string]any) bool {
	for claim, want := range r.When {
		if list, ok := claims[claim].([]any); ok {
			if !slices.ContainsFunc(list, func(v any) bool { s, ok := scalar(v); return ok && s == want }) {
				return false
			}
		} else if value, ok := scalar(claims[claim]); !ok || value != want {
			return false
		}
	}
	return true
}

// scalar gives text, a number or a truth value as text.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

func firstText(claims map[string]any, names []string) string {
	for _, name := range names {
		if text, ok := claims[name].(string); ok && strings.TrimSpace(text) != "" {
			return clip(strings.TrimSpace(text))
		}
	}
	return ""
}

// clip cuts text to what is kept, at the edge of a character, and takes out what
// does not print.
func clip(text string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, text))
	return string(clean[:min(len(clean), mostText)])
}
