package registry

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// Verified is a release that may be believed, and who stands behind it.
type Verified struct {
	Statement Statement
	Publisher Publisher
	Signers   []Signer // in order of their names
	Serial    int64    // of the list of publishers that it was checked against
}

// Signer is a person who has put their name to a release.
type Signer struct {
	Holder string
	Role   string
	Key    KeyID
}

// Check says whether a release may be believed: its contents and manifest are
// those that were signed, it has the name it should have, and enough people who
// sign for its publisher have signed. All of it needs no connection. Of several
// statements one is enough, and the error is about the first.
func (l *List) Check(release Release, now time.Time) (Verified, error) {
	if len(release.Signed) == 0 {
		return Verified{}, fmt.Errorf("release %s %s: %w", release.Manifest.ID, release.Manifest.Version, ErrUnsigned)
	}
	var first error
	for _, e := range Joined(release.Signed) {
		verified, err := l.believe(release, e, now)
		if err == nil {
			return verified, nil
		}
		if first == nil {
			first = err
		}
	}
	return Verified{}, first
}

// Begun says whether at least one of the publisher's people has signed a release,
// and everything else about it holds. A registry takes it then, so that the others
// can sign what is there; nobody believes it before they have.
func (l *List) Begun(release Release, now time.Time) error {
	first := fmt.Errorf("release %s %s: %w", release.Manifest.ID, release.Manifest.Version, ErrUnsigned)
	for i, e := range Joined(release.Signed) {
		_, err := l.believe(release, e, now)
		if err == nil || errors.Is(err, ErrTooFew) {
			return nil
		}
		if i == 0 {
			first = err
		}
	}
	return first
}

// Joined puts the signatures of one statement together, each once.
func Joined(envelopes []Envelope) []Envelope {
	var out []Envelope
	for _, e := range envelopes {
		i := slices.IndexFunc(out, func(o Envelope) bool {
			return o.PayloadType == e.PayloadType && bytes.Equal(o.Payload, e.Payload)
		})
		if i < 0 {
			i, out = len(out), append(out, Envelope{PayloadType: e.PayloadType, Payload: e.Payload})
		}
		for _, s := range e.Signatures {
			if !slices.ContainsFunc(out[i].Signatures, func(o Signature) bool { return o.KeyID == s.KeyID && bytes.Equal(o.Sig, s.Sig) }) {
				out[i].Signatures = append(out[i].Signatures, s)
			}
		}
	}
	return out
}

// believe checks one statement about a release.
func (l *List) believe(release Release, e Envelope, now time.Time) (Verified, error) {
	manifest := release.Manifest
	s, err := StatementOf(e)
	if err != nil {
		return Verified{}, err
	}
	r := s.Release
	refuse := func(kind error, format string, args ...any) (Verified, error) {
		return Verified{}, fmt.Errorf("release %s %s of %s: %w: "+format, append([]any{r.ID, r.Version, r.Publisher, kind}, args...)...)
	}
	if l.Expired(now) {
		return refuse(ErrStale, "the list of publishers expired %s; fetch a newer one", l.Expires.Format(time.RFC3339))
	}
	if got := release.Digest(); got != s.Contents {
		return refuse(ErrReplaced, "signed was %s, and this is %s", s.Contents.Short(), got.Short())
	}
	if r.SBOM != "" && plugins.DigestOf(release.SBOM) != r.SBOM {
		return refuse(ErrReplaced, "the list of what went into it is not the one that was signed")
	}
	digest, err := ManifestDigest(manifest)
	if err != nil {
		return Verified{}, err
	}
	switch {
	case digest != r.Manifest:
		return refuse(ErrReplaced, "its manifest is not the one that was signed")
	case manifest.ID != r.ID || manifest.Version != r.Version:
		return refuse(ErrMisnamed, "its manifest says %s %s", manifest.ID, manifest.Version)
	case r.Issued.After(now.Add(clockSkew)):
		return refuse(ErrFuture, "it says that it was issued %s; look at the clock of this machine", r.Issued.Format(time.RFC3339))
	}
	publisher, known := l.Publisher(r.Publisher)
	switch {
	case !known:
		return refuse(ErrStranger, "nobody of that name is in list %d of publishers", l.Serial)
	case !publisher.MayName(r.ID):
		return refuse(ErrMisnamed, "this publisher may name its plugins %s", strings.Join(publisher.Names, ", "))
	case len(e.Signatures) == 0:
		return refuse(ErrUnsigned, "%d people of %s must sign", publisher.Threshold, publisher.Name)
	}
	signers, err := publisher.signers(e, r.Issued)
	if err != nil {
		return refuse(err, "no key of %s that may be believed has signed it", publisher.Name)
	}
	if len(signers) < publisher.Threshold {
		return refuse(ErrTooFew, "%d of %d: %s", len(signers), publisher.Threshold, names(signers))
	}
	if publisher.Threshold > 1 && !slices.ContainsFunc(signers, func(s Signer) bool { return s.Role == RoleChecker }) {
		return refuse(ErrTooFew, "only authors have signed it (%s), and a checker must", names(signers))
	}
	return Verified{Statement: s, Publisher: *publisher, Signers: signers, Serial: l.Serial}, nil
}

// signers are the people of a publisher whose signatures fit, each once. If there
// are none, the error says why: the nearest reason.
func (p *Publisher) signers(e Envelope, issued time.Time) ([]Signer, error) {
	var signers []Signer
	var why error = ErrStranger
	for _, k := range p.Keys {
		if reason := usable(e, k.Key, k.Revoked, k.From, k.Until, issued); reason != nil {
			why = nearer(why, reason)
			continue
		}
		same := slices.IndexFunc(signers, func(s Signer) bool { return s.Holder == k.Holder })
		switch {
		case same < 0:
			signers = append(signers, Signer{Holder: k.Holder, Role: k.Role, Key: k.Key.ID()})
		case k.Role == RoleAuthor:
			signers[same].Role = RoleAuthor // nobody checks what they have written
		}
	}
	if len(signers) == 0 {
		return nil, why
	}
	slices.SortFunc(signers, func(a, b Signer) int { return strings.Compare(a.Holder, b.Holder) })
	return signers, nil
}

// nearer keeps the reason that tells most: a key that was revoked says more than
// one that does not fit, and that more than a stranger's.
func nearer(a, b error) error {
	for _, reason := range []error{ErrRevoked, ErrStale, ErrBadSignature} {
		if a == reason || b == reason {
			return reason
		}
	}
	return a
}

func names(signers []Signer) string {
	var list []string
	for _, s := range signers {
		list = append(list, s.Holder)
	}
	return strings.Join(list, ", ")
}
