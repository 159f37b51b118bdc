package registry

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

const (
	listType = "application/vnd.signalbox.publishers.v1+json"
	// clockSkew is how far the clocks of two installations may be apart.
	clockSkew = 5 * time.Minute
	maxList   = 4 << 20 // bytes
)

// List says whom an installation believes: the publishers, their keys, and what
// each may name its plugins. It is signed by the keys of the hub that issues it,
// which an installation is given once, by hand.
type List struct {
	Serial     int64       `json:"serial"` // grows with each list that is issued
	Issued     time.Time   `json:"issued"`
	Expires    time.Time   `json:"expires"` // after which it is not believed any more
	Publishers []Publisher `json:"publishers"`
	// Nodes are the installations whose evidence, questions and faults are believed. A
	// node whose key is rotated is there twice, as a publisher's key is.
	Nodes []Node `json:"nodes,omitempty"`
	// Index are the keys that sign the index, so that the root keys can stay in a
	// drawer; nil: the root keys sign it too.
	Index *Root `json:"index,omitempty"`
}

// Publisher is a trust, a charity, a company or a person that publishes plugins.
type Publisher struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Class string `json:"class"` // trust, charity, company, person, national
	// Names are patterns of the plugins that it may publish: "falls-watch", "bellmere-*".
	Names []string `json:"names"`
	// Threshold is how many people must sign a release; with two or more, one of
	// them must be a checker.
	Threshold int            `json:"threshold"`
	Keys      []PublisherKey `json:"keys"`
}

// PublisherKey is a key and the person who holds it. Rotation gives an old key an
// Until and lists a new one beside it: what was issued before stays good. A key
// that may be in other hands is revoked, and nothing signed with it is believed.
type PublisherKey struct {
	Key     PublicKey `json:"key"`
	Holder  string    `json:"holder"` // two keys of one person count once
	Role    string    `json:"role"`   // author, checker
	From    time.Time `json:"from"`
	Until   time.Time `json:"until,omitzero"`
	Revoked string    `json:"revoked,omitempty"` // why; empty: it is not
}

const (
	RoleAuthor  = "author"
	RoleChecker = "checker"
)

// Root are the keys that a list is to be signed by, and how many of them.
type Root struct {
	Keys      []PublicKey `json:"keys"`
	Threshold int         `json:"threshold"`
}

// DecodeList reads the envelope of a list, and believes nothing of it.
func DecodeList(text []byte) (Envelope, error) {
	return decodeEnvelope(text, "list of publishers", MaxList)
}

// Seal signs a list.
func (l List) Seal(key Key) (Envelope, error) {
	if err := l.check(); err != nil {
		return Envelope{}, err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return Envelope{}, fmt.Errorf("list of publishers: %w", err)
	}
	return Seal(listType, text, key), nil
}

// Open reads a list that the root keys have signed. The list that is known, nil
// if none is, may not be newer: whoever stands between could otherwise bring back
// a key that has been revoked since. A list that has expired is given with an error
// that matches ErrStale: whom it revokes stays revoked, but nothing is to be believed
// by it.
func (r Root) Open(e Envelope, known *List, now time.Time) (*List, error) {
	var l List
	if err := r.open(e, listType, maxList, &l); err != nil {
		return nil, fmt.Errorf("list of publishers: %w", err)
	}
	switch {
	case known != nil && l.Serial < known.Serial:
		return nil, fmt.Errorf("list of publishers number %d: %w: number %d", l.Serial, ErrStale, known.Serial)
	case l.Issued.After(now.Add(clockSkew)):
		return nil, fmt.Errorf("list of publishers issued %s: %w; look at the clock of this machine, which says %s",
			l.Issued.Format(time.RFC3339), ErrFuture, now.UTC().Format(time.RFC3339))
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	if l.Expired(now) {
		return &l, fmt.Errorf("list of publishers number %d: %w: it expired %s; fetch a newer one", l.Serial, ErrStale, l.Expires.Format(time.RFC3339))
	}
	return &l, nil
}

// Expired reports whether a list is too old to be believed.
func (l *List) Expired(now time.Time) bool { return now.After(l.Expires.Add(clockSkew)) }

// open reads a payload that enough of the root keys have signed.
func (r Root) open(e Envelope, kind string, limit int, into any) error {
	good := 0
	seen := map[KeyID]bool{}
	for _, key := range r.Keys {
		if !seen[key.ID()] && e.Fits(key) {
			good++
		}
		seen[key.ID()] = true
	}
	switch {
	case r.Threshold < 1 || len(r.Keys) < r.Threshold:
		return fmt.Errorf("%w: %d of %d root keys are wanted, which nobody can give", ErrStranger, r.Threshold, len(r.Keys))
	case len(e.Signatures) == 0:
		return fmt.Errorf("%w", ErrUnsigned)
	case good == 0:
		return fmt.Errorf("%w", ErrStranger)
	case good < r.Threshold:
		return fmt.Errorf("%w: %d of %d", ErrTooFew, good, r.Threshold)
	case e.PayloadType != kind:
		return fmt.Errorf("%w: it is a %q, and %q is wanted", ErrMalformed, e.PayloadType, kind)
	case len(e.Payload) > limit:
		return fmt.Errorf("%d bytes: %w; the most are %d", len(e.Payload), ErrOversize, limit)
	}
	return strictly(e.Payload, into)
}

// Publisher finds one by its id.
func (l *List) Publisher(id string) (*Publisher, bool) {
	i := slices.IndexFunc(l.Publishers, func(p Publisher) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &l.Publishers[i], true
}

// MayName reports whether a publisher may give a plugin a name.
func (p *Publisher) MayName(plugin string) bool {
	return slices.ContainsFunc(p.Names, func(pattern string) bool {
		ok, err := path.Match(pattern, plugin)
		return err == nil && ok
	})
}

// check finds what would make a list mean something else than its issuer thinks.
func (l List) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("list of publishers number %d: %w: "+format, append([]any{l.Serial, ErrMalformed}, args...)...)
	}
	if l.Serial < 1 || l.Issued.IsZero() || !l.Expires.After(l.Issued) {
		return bad("a number from 1, a day of issue and a later day of expiry are wanted")
	}
	owner := map[KeyID]string{}
	ids := map[string]bool{}
	for _, p := range l.Publishers {
		if p.ID == "" || p.Name == "" || ids[p.ID] {
			return bad("publisher %q has no id, no name, or is there twice", p.ID)
		}
		ids[p.ID] = true
		if p.Threshold < 1 {
			return bad("%s: nobody would have to sign", p.ID)
		}
		for _, pattern := range p.Names {
			if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
				return bad("%s: %q is no pattern of names", p.ID, pattern)
			}
		}
		for _, k := range p.Keys {
			id := k.Key.ID()
			switch {
			case k.Holder == "" || k.From.IsZero():
				return bad("%s: key %s has no holder or no first day", p.ID, id)
			case k.Role != RoleAuthor && k.Role != RoleChecker:
				return bad("%s: key %s is for a %q; author or checker is wanted", p.ID, id, k.Role)
			case owner[id] != "":
				return bad("key %s is listed for %s and for %s", id, owner[id], p.ID)
			}
			owner[id] = p.ID
		}
	}
	return l.checkNodes(bad, owner)
}

// checkNodes does the same for installations and for the keys of the index. No key
// has two uses: whoever may count faults may not sign a release.
func (l List) checkNodes(bad func(string, ...any) error, owner map[KeyID]string) error {
	names := map[string]string{}
	for _, n := range l.Nodes {
		id := n.Key.ID()
		switch {
		case n.ID == "" || n.Name == "" || n.From.IsZero():
			return bad("node %q has no id, no name or no first day", n.ID)
		case len(n.Organisations) == 0 || slices.ContainsFunc(n.Organisations, func(o measures.ODSCode) bool { return !o.Valid() }):
			return bad("node %s speaks for nobody, or for what is no organisation: %v", n.ID, n.Organisations)
		case names[n.ID] != "" && names[n.ID] != n.Name:
			return bad("node %s has two names, %q and %q", n.ID, names[n.ID], n.Name)
		case len(n.Key.key) == 0:
			return bad("node %s has no key", n.ID)
		case owner[id] != "":
			return bad("key %s is listed for %s and for %s", id, owner[id], n.ID)
		}
		owner[id], names[n.ID] = n.ID, n.Name
	}
	if l.Index == nil {
		return nil
	}
	if l.Index.Threshold < 1 || l.Index.Threshold > len(l.Index.Keys) {
		return bad("%d of %d keys sign the index, which nobody can", l.Index.Threshold, len(l.Index.Keys))
	}
	for _, key := range l.Index.Keys {
		if owner[key.ID()] != "" {
			return bad("key %s is listed for %s and for the index", key.ID(), owner[key.ID()])
		}
	}
	return nil
}
