package provider

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Mapping says what a provider's claims mean here. It is data, so that governance
// can review it: nothing about a provider is written in the program.
type Mapping struct {
	// About says what the mapping is for, to whoever reviews it.
	About string `json:"about"`
	// Subject names the claims that together stand for a person and never change.
	Subject []string `json:"subject"`
	// Name lists the claims that may hold the person's name; the first that is there counts.
	Name []string `json:"name"`
	// Assurance says how sure the provider is of the person.
	Assurance Assurance `json:"assurance"`
	// Listed reads claims that hold a list of roles with their organisations.
	Listed []Listed `json:"listed"`
	// Table gives a role to whoever has all the claims of a row.
	Table []Row `json:"table"`
	// Selected names the claim that holds the ref of the role chosen at the provider.
	Selected string `json:"selected"`
}

// Assurance turns the value of a claim into aal1, aal2 or aal3. Any other value,
// and no value, is the default, which is aal1 unless told.
type Assurance struct {
	Claim   string            `json:"claim"`
	Values  map[string]string `json:"values"`
	Default string            `json:"default"`
}

// Listed reads one claim that holds a list of objects, of which each is a role.
type Listed struct {
	Claim        string `json:"claim"`
	Organisation string `json:"organisation"` // the field with the ODS code
	Role         string `json:"role"`         // the field with the role's code; empty: the list says only where somebody belongs
	RoleName     string `json:"role_name"`    // the field with its name, for people to read
	Ref          string `json:"ref"`          // the field that Selected points to
	// After cuts a code off before its last such sign: with ":" the code
	// S8000:G8000:R8000 is R8000.
	After string                 `json:"after"`
	Roles map[string]policy.Role `json:"roles"` // codes that are not here give nothing
}

// Row gives a role to whoever has all its claims: a claim that is the value, or a
// list with the value in it.
type Row struct {
	When         map[string]string `json:"when"`
	Organisation measures.ODSCode  `json:"organisation"`
	Role         policy.Role       `json:"role"`
	RoleName     string            `json:"role_name"`
}

//go:embed mappings/*.json
var examples embed.FS

// Examples names the mappings that come with the program.
func Examples() []string { return []string{"cis2", "entra"} }

// Example gives the text of a mapping that comes with the program.
func Example(name string) ([]byte, error) {
	if !slices.Contains(Examples(), name) {
		return nil, fmt.Errorf("there is no example mapping %q; there are %v", name, Examples())
	}
	return examples.ReadFile("mappings/" + name + ".json")
}

// mostMapping is the largest mapping that is read, in bytes.
const mostMapping = 1 << 20

// ReadMapping decodes a mapping and checks it against the roles that this
// installation knows. The digest names the mapping.
func ReadMapping(text []byte, roles map[policy.Role]policy.RoleFacts) (m Mapping, digest string, err error) {
	if len(text) > mostMapping {
		return m, "", fmt.Errorf("claim mapping: larger than %d bytes", mostMapping)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return Mapping{}, "", fmt.Errorf("claim mapping: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Mapping{}, "", errors.New("claim mapping: there is something after its end")
	}
	if err := m.check(roles); err != nil {
		return Mapping{}, "", fmt.Errorf("claim mapping: %w", err)
	}
	sum := sha256.Sum256(text)
	return m, "sha256:" + hex.EncodeToString(sum[:]), nil
}

var levels = []string{"aal1", "aal2", "aal3"}

// check finds what would give nothing, or the wrong thing, without anybody noticing.
func (m Mapping) check(roles map[policy.Role]policy.RoleFacts) error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	known := func(where string, role policy.Role) {
		if _, ok := roles[role]; !ok {
			say("%s gives the role %q, which is not known here; there are %v", where, role, slices.Sorted(maps.Keys(roles)))
		}
	}
	if len(m.Subject) == 0 || slices.Contains(m.Subject, "") {
		say("subject is empty: name the claim that stands for a person and never changes")
	}
	if len(m.Name) == 0 || slices.Contains(m.Name, "") {
		say("name is empty: name the claim that holds the person's name")
	}
	for value, level := range m.Assurance.Values {
		if !slices.Contains(levels, level) {
			say("assurance: %q is made %q, which is none of %v", value, level, levels)
		}
	}
	if m.Assurance.Default != "" && !slices.Contains(levels, m.Assurance.Default) {
		say("assurance: the default is %q, which is none of %v", m.Assurance.Default, levels)
	}
	for i, l := range m.Listed {
		if l.Claim == "" || l.Organisation == "" {
			say("listed %d: claim and organisation have to be named", i+1)
		}
		if (l.Role == "") != (len(l.Roles) == 0) {
			say("listed %d: role names the field, and roles says what its codes mean; there is only one of them", i+1)
		}
		for code, role := range l.Roles {
			known(fmt.Sprintf("listed %d, code %s", i+1, code), role)
		}
	}
	for i, r := range m.Table {
		if len(r.When) == 0 {
			say("table, row %d: it has no condition, so everybody would be given the role", i+1)
		}
		for claim, value := range r.When {
			if claim == "" || value == "" {
				say("table, row %d: a condition without claim or value", i+1)
			}
		}
		if !r.Organisation.Valid() {
			say("table, row %d: %q is no ODS code", i+1, r.Organisation)
		}
		if r.Organisation == policy.Everyone {
			say("table, row %d: %s stands for all organisations; nobody is given a role at all of them", i+1, r.Organisation)
		}
		known(fmt.Sprintf("table, row %d", i+1), r.Role)
	}
	if len(m.Listed) == 0 && len(m.Table) == 0 {
		say("it gives no role to anybody: there is neither listed nor table")
	}
	return errors.Join(wrong...)
}
