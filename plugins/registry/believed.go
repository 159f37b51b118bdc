package registry

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/measures"
)

// OpenEvidence reads evidence, and believes it if a node has signed it that may
// speak for the organisation.
func (l *List) OpenEvidence(e Envelope, now time.Time) (Evidence, error) {
	v, err := opened[Evidence](KindEvidence, e)
	if err == nil {
		err = l.spoken(e, KindEvidence, v.Subject, now)
	}
	if err != nil {
		return Evidence{}, err
	}
	return v, nil
}

// OpenQuestion reads a question, and believes it as OpenEvidence does.
func (l *List) OpenQuestion(e Envelope, now time.Time) (Question, error) {
	v, err := opened[Question](KindQuestion, e)
	if err == nil {
		err = l.spoken(e, KindQuestion, v.Subject, now)
	}
	if err != nil {
		return Question{}, err
	}
	return v, nil
}

// OpenFaults reads a count of faults, and believes it as OpenEvidence does.
func (l *List) OpenFaults(e Envelope, now time.Time) (Faults, error) {
	v, err := opened[Faults](KindFaults, e)
	if err == nil {
		err = l.spoken(e, KindFaults, v.Subject, now)
	}
	if err != nil {
		return Faults{}, err
	}
	return v, nil
}

// OpenReply reads a reply, and believes it if one of the publisher's people has
// signed it, whatever their role.
func (l *List) OpenReply(e Envelope, now time.Time) (Reply, error) {
	v, err := opened[Reply](KindReply, e)
	if err == nil {
		err = l.replied(e, v, now)
	}
	if err != nil {
		return Reply{}, err
	}
	return v, nil
}

// spoken says whether a node may say this of that organisation.
func (l *List) spoken(e Envelope, kind Kind, s Subject, now time.Time) error {
	refuse := func(why error, format string, args ...any) error {
		return fmt.Errorf("%s of %s about %s %s: %w: "+format, append([]any{kind, s.Node, s.Plugin, s.Version, why}, args...)...)
	}
	if err := l.current(e, s.Issued, now); err != nil {
		return refuse(err, "it was issued %s", s.Issued.Format(time.RFC3339))
	}
	var why error = ErrStranger
	for _, node := range l.Nodes {
		if node.ID != s.Node {
			continue
		}
		if reason := usable(e, node.Key, node.Revoked, node.From, node.Until, s.Issued); reason != nil {
			why = nearer(why, reason)
			continue
		}
		if !slices.Contains(node.Organisations, s.Organisation) {
			return refuse(ErrMisnamed, "this node speaks for %v, and not for %s", node.Organisations, s.Organisation)
		}
		return nil
	}
	return refuse(why, "no key of that node in list %d may be believed", l.Serial)
}

// replied says whether a publisher has answered this.
func (l *List) replied(e Envelope, v Reply, now time.Time) error {
	refuse := func(why error, format string, args ...any) error {
		return fmt.Errorf("reply of %s about %s %s: %w: "+format, append([]any{v.Publisher, v.Plugin, v.Version, why}, args...)...)
	}
	if err := l.current(e, v.Issued, now); err != nil {
		return refuse(err, "it was issued %s", v.Issued.Format(time.RFC3339))
	}
	publisher, known := l.Publisher(v.Publisher)
	switch {
	case !known:
		return refuse(ErrStranger, "nobody of that name is in list %d of publishers", l.Serial)
	case !publisher.MayName(v.Plugin):
		return refuse(ErrMisnamed, "the plugin is not this publisher's")
	}
	if _, err := publisher.signers(e, v.Issued); err != nil {
		return refuse(err, "no key of %s that may be believed has signed it", publisher.Name)
	}
	return nil
}

// current says what must hold whoever signed: this list is in force, somebody has
// signed, and the day has come.
func (l *List) current(e Envelope, issued, now time.Time) error {
	switch {
	case l.Expired(now):
		return fmt.Errorf("%w: the list of publishers expired %s; fetch a newer one", ErrStale, l.Expires.Format(time.RFC3339))
	case len(e.Signatures) == 0:
		return ErrUnsigned
	case issued.After(now.Add(clockSkew)):
		return fmt.Errorf("%w; look at the clock of this machine", ErrFuture)
	}
	return nil
}

// usable says why a signature by a key does not count; nil means that it does.
func usable(e Envelope, key PublicKey, revoked string, from, until, issued time.Time) error {
	switch {
	case !e.Fits(key):
		if slices.ContainsFunc(e.Signatures, func(s Signature) bool { return s.KeyID == key.ID() }) {
			return ErrBadSignature
		}
		return ErrStranger
	case revoked != "":
		return ErrRevoked
	case issued.Before(from.Add(-clockSkew)), !until.IsZero() && issued.After(until.Add(clockSkew)):
		return ErrStale
	}
	return nil
}

// hears believes whatever is said of a release, and tells of which plugin.
func (l *List) hears(e Envelope, now time.Time) (plugin string, err error) {
	switch kind, _ := e.Kind(); kind {
	case KindEvidence:
		v, err := l.OpenEvidence(e, now)
		return v.Plugin, err
	case KindQuestion:
		v, err := l.OpenQuestion(e, now)
		return v.Plugin, err
	case KindReply:
		v, err := l.OpenReply(e, now)
		return v.Plugin, err
	case KindFaults:
		v, err := l.OpenFaults(e, now)
		return v.Plugin, err
	}
	return "", fmt.Errorf("%w: a %q is nothing that is said of a release", ErrMalformed, e.PayloadType)
}

// Said is what is believed of all that was said of a release.
type Said struct {
	Evidence  []Evidence // the newest of each organisation and measure
	Questions []Question // in order of time
	Replies   []Reply    // in order of time
	Faults    []Faults   // the newest of each organisation
}

// Said gives what may be believed of what an index says of a release. What cannot
// be believed, or is about another release, is passed over: the hub's word is not
// enough.
func (l *List) Said(of Listing, now time.Time) Said {
	var all Said
	for _, e := range of.Said {
		switch kind, _ := e.Kind(); kind {
		case KindEvidence:
			if v, err := l.OpenEvidence(e, now); err == nil && v.Subject.about(of) {
				all.Evidence = newest(all.Evidence, v, func(v Evidence) (who, time.Time) { return who{v.Organisation, v.Measure}, v.Issued })
			}
		case KindQuestion:
			if v, err := l.OpenQuestion(e, now); err == nil && v.Subject.about(of) {
				all.Questions = append(all.Questions, v)
			}
		case KindReply:
			if v, err := l.OpenReply(e, now); err == nil && v.Contents == of.Contents && v.Plugin == of.ID && v.Version == of.Version {
				all.Replies = append(all.Replies, v)
			}
		case KindFaults:
			if v, err := l.OpenFaults(e, now); err == nil && v.Subject.about(of) {
				all.Faults = newest(all.Faults, v, func(v Faults) (who, time.Time) { return who{Organisation: v.Organisation}, v.Issued })
			}
		}
	}
	slices.SortStableFunc(all.Questions, func(a, b Question) int { return a.Issued.Compare(b.Issued) })
	slices.SortStableFunc(all.Replies, func(a, b Reply) int { return a.Issued.Compare(b.Issued) })
	return all
}

// who says something that takes the place of what they said before.
type who struct {
	Organisation measures.ODSCode
	Measure      measures.MeasureID
}

func newest[T any](all []T, v T, of func(T) (who, time.Time)) []T {
	by, at := of(v)
	i := slices.IndexFunc(all, func(o T) bool { other, _ := of(o); return other == by })
	if i < 0 {
		return append(all, v)
	}
	if _, before := of(all[i]); at.After(before) {
		all[i] = v
	}
	return all
}

// about reports whether something was said of the release that an index names.
func (s Subject) about(l Listing) bool {
	return s.Contents == l.Contents && s.Plugin == l.ID && s.Version == l.Version
}
