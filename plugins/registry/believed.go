package registry

import (
	"fmt"
	"slices"
	"time"
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
	for _, w := range l.words(of, of.Said, now) {
		switch v := w.what.(type) {
		case Evidence:
			all.Evidence = append(all.Evidence, v)
		case Question:
			all.Questions = append(all.Questions, v)
		case Reply:
			all.Replies = append(all.Replies, v)
		case Faults:
			all.Faults = append(all.Faults, v)
		}
	}
	return all
}
