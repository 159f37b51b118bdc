package registry

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// Sign puts a name to a release. The first who signs says who publishes it, and
// how it was built; whoever signs after that signs the very same statement.
func (r Release) Sign(key Key, publisher string, build Build, now time.Time) (Release, error) {
	for i, e := range r.Signed {
		s, err := StatementOf(e)
		if err != nil || s.Contents != r.Digest() || publisher != "" && s.Release.Publisher != publisher {
			continue
		}
		r.Signed = slices.Clone(r.Signed)
		r.Signed[i] = e.SignedBy(key)
		return r, nil
	}
	if len(r.Signed) > 0 {
		return Release{}, fmt.Errorf("sign %s %s: %w: it was signed before, and not for %q", r.Manifest.ID, r.Manifest.Version, ErrMisnamed, publisher)
	}
	if publisher == "" {
		return Release{}, fmt.Errorf("sign %s %s: it is not signed yet: say who publishes it", r.Manifest.ID, r.Manifest.Version)
	}
	issued := now.UTC().Truncate(time.Second)
	manifest, err := ManifestDigest(r.Manifest)
	if err != nil {
		return Release{}, err
	}
	if r.SBOM, err = PartsOf(r, issued); err != nil {
		return Release{}, err
	}
	s := Statement{Contents: r.Digest(), Release: Facts{Publisher: publisher, ID: r.Manifest.ID, Version: r.Manifest.Version,
		Manifest: manifest, Issued: issued, Build: build}}
	if r.SBOM != nil {
		s.Release.SBOM = plugins.DigestOf(r.SBOM)
	}
	e, err := s.Sign(key)
	r.Signed = []Envelope{e}
	return r, err
}
