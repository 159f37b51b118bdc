package registry

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// The kinds of an in-toto statement, version 1, and of what it says of a release.
const (
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://github.com/signalbox-health/signalbox/release/v1"
)

// Statement is what people sign: that these contents are that release.
type Statement struct {
	Contents plugins.Digest // of the module, or of a manifest without code
	Release  Facts
}

// Facts are what is said of a release besides its contents.
type Facts struct {
	Publisher string         `json:"publisher"` // as the list of publishers names it
	ID        string         `json:"id"`
	Version   string         `json:"version"`
	Manifest  plugins.Digest `json:"manifest"` // of the manifest's canonical JSON
	Issued    time.Time      `json:"issued"`   // to the second, in UTC
	Build     Build          `json:"build"`
	// SBOM is the digest of the list of what went into the module, in SPDX 2.3 as
	// JSON; empty for a manifest without code.
	SBOM plugins.Digest `json:"sbom"`
}

// Build says how a module was made, for whoever wants to make it again.
type Build struct {
	Language  string         `json:"language"`  // go, rust, c, assemblyscript; empty where it is not known or there is no code
	Toolchain string         `json:"toolchain"` // "go1.26.0"
	Source    plugins.Digest `json:"source"`    // of the folder it was built from; empty where it is not known
}

// statement is the same as in-toto writes it.
type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Facts     `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

const sha256Name = "sha256"

// Sign puts a name to a release.
func (s Statement) Sign(key Key) (Envelope, error) {
	if err := s.check(); err != nil {
		return Envelope{}, err
	}
	text, err := json.Marshal(statement{Type: statementType, PredicateType: predicateType, Predicate: s.Release,
		Subject: []subject{{Name: s.Release.ID, Digest: map[string]string{sha256Name: hexOf(s.Contents)}}}})
	if err != nil {
		return Envelope{}, fmt.Errorf("sign %s %s: %w", s.Release.ID, s.Release.Version, err)
	}
	return Seal(payloadType, text, key), nil
}

// StatementOf reads what an envelope says. It believes nothing: see List.Check.
func StatementOf(e Envelope) (Statement, error) {
	if e.PayloadType != payloadType {
		return Statement{}, fmt.Errorf("signature of a %q: %w; %q is wanted", e.PayloadType, ErrMalformed, payloadType)
	}
	var in statement
	if err := strictly(e.Payload, &in); err != nil {
		return Statement{}, fmt.Errorf("statement about a release: %w", err)
	}
	if in.Type != statementType || in.PredicateType != predicateType {
		return Statement{}, fmt.Errorf("statement %q about %q: %w; this program knows %q about %q", in.Type, in.PredicateType,
			ErrMalformed, statementType, predicateType)
	}
	if len(in.Subject) != 1 || len(in.Subject[0].Digest) != 1 {
		return Statement{}, fmt.Errorf("statement about %d things: %w; one release with one digest is wanted", len(in.Subject), ErrMalformed)
	}
	s := Statement{Contents: plugins.Digest(sha256Name + ":" + in.Subject[0].Digest[sha256Name]), Release: in.Predicate}
	if in.Subject[0].Name != s.Release.ID {
		return Statement{}, fmt.Errorf("statement about %q says that it is %q: %w", in.Subject[0].Name, s.Release.ID, ErrMalformed)
	}
	return s, s.check()
}

func (s Statement) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("statement about %q %q: %w: "+format, append([]any{s.Release.ID, s.Release.Version, ErrMalformed}, args...)...)
	}
	empty := func(d plugins.Digest) bool { return d == "" }
	switch r := s.Release; {
	case r.ID == "" || r.Version == "" || r.Publisher == "":
		return bad("a publisher, an id and a version are wanted")
	case !s.Contents.Valid() || !r.Manifest.Valid():
		return bad("contents %q and manifest %q are to be digests", s.Contents, r.Manifest)
	case !empty(r.SBOM) && !r.SBOM.Valid() || !empty(r.Build.Source) && !r.Build.Source.Valid():
		return bad("the list of parts and the source are to be digests, or empty")
	case r.Issued.IsZero() || r.Issued.Location() != time.UTC || r.Issued.Nanosecond() != 0:
		return bad("it is to say when it was issued, to the second and in UTC")
	case !slices.Contains([]string{"", "go", "rust", "c", "assemblyscript"}, r.Build.Language):
		return bad("nothing is built from %q", r.Build.Language)
	}
	return nil
}

// ManifestDigest names a manifest by its JSON, keys in the order of the types.
func ManifestDigest(m plugins.Manifest) (plugins.Digest, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("manifest of %q: %w", m.ID, err)
	}
	return plugins.DigestOf(text), nil
}

func hexOf(d plugins.Digest) string { return string(d[len(sha256Name)+1:]) }
