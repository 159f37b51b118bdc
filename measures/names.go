package measures

import "fmt"

// The names below are the ones that files, plugins and addresses use.

func (k Kind) String() string      { return nameOf(kindNames, int(k)) }
func (r RuleSet) String() string   { return nameOf(ruleSetNames, int(r)) }
func (d Direction) String() string { return nameOf(directionNames, int(d)) }
func (s State) String() string     { return nameOf(stateNames, int(s)) }
func (c Cause) String() string     { return nameOf(causeNames, int(c)) }
func (v Variation) String() string { return nameOf(variationNames, int(v)) }
func (a Assurance) String() string { return nameOf(assuranceNames, int(a)) }
func (k EventKind) String() string { return nameOf(eventKindNames, int(k)) }

func (k Kind) MarshalText() ([]byte, error)      { return []byte(k.String()), nil }
func (r RuleSet) MarshalText() ([]byte, error)   { return []byte(r.String()), nil }
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
func (s State) MarshalText() ([]byte, error)     { return []byte(s.String()), nil }
func (c Cause) MarshalText() ([]byte, error)     { return []byte(c.String()), nil }
func (v Variation) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
func (a Assurance) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func (k *Kind) UnmarshalText(t []byte) error      { return indexOf(k, "kind of chart", kindNames, t) }
func (r *RuleSet) UnmarshalText(t []byte) error   { return indexOf(r, "rule set", ruleSetNames, t) }
func (d *Direction) UnmarshalText(t []byte) error { return indexOf(d, "direction", directionNames, t) }
func (s *State) UnmarshalText(t []byte) error     { return indexOf(s, "state", stateNames, t) }
func (k *EventKind) UnmarshalText(t []byte) error {
	return indexOf(k, "kind of event", eventKindNames, t)
}

// Known reports whether the value is one that this version knows.
func (k Kind) Known() bool      { return int(k) < len(kindNames) }
func (r RuleSet) Known() bool   { return int(r) < len(ruleSetNames) }
func (s State) Known() bool     { return int(s) < len(stateNames) }
func (c Cause) Known() bool     { return int(c) < len(causeNames) }
func (v Variation) Known() bool { return int(v) < len(variationNames) }
func (a Assurance) Known() bool { return int(a) < len(assuranceNames) }
func (d Direction) Known() bool { return int(d) < len(directionNames) }

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

func indexOf[T ~uint8](to *T, what string, names []string, text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*to = T(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no %s; known are %q", text, what, names)
}
