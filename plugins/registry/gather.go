package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// Named is a release by its id and version.
type Named struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// Note is what a hub knows of a release that does not stand in the release itself.
type Note struct {
	Named
	Areas  []string  `json:"areas,omitempty"`
	Change string    `json:"change,omitempty"`
	State  State     `json:"state,omitempty"` // empty: as it is
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// Gathering makes an index: of the releases in a registry, those that may be
// believed, with what may be believed of all that was said of them.
type Gathering struct {
	From Remote
	List *List
	// Before is the index that was issued last; nil if none was. What it has withdrawn
	// stays withdrawn, and what it lists does not vanish.
	Before *Index
	Notes  []Note // those of a release are laid over what the index before has, in order
	Now    time.Time
	// Lasts is how long nodes believe the index.
	Lasts time.Duration
	// Tell is told which releases are left out, and why.
	Tell func(of Named, why error)
}

// Index gathers the releases that are named, and those of the index before. What
// was listed and cannot be read or believed now is an error, and all of it is named:
// to leave it out would tell nothing to those who run it, and to withdraw it is for
// people to decide and not for a registry that does not answer or a clock that is
// wrong. A note that withdraws it settles it.
func (g Gathering) Index(ctx context.Context, releases []Named) (*Index, error) {
	if g.List.Expired(g.Now) {
		return nil, fmt.Errorf("make an index: %w: the list of publishers expired %s; issue a newer one", ErrStale, g.List.Expires.Format(time.RFC3339))
	}
	x := &Index{Serial: 1, Issued: g.Now.UTC().Truncate(time.Second), Publishers: g.List.Serial, Releases: []Listing{}}
	x.Expires = x.Issued.Add(g.Lasts)
	if g.Before != nil {
		x.Serial = g.Before.Serial + 1
	}
	var faults []error
	for _, of := range g.all(releases) {
		listing, listed, err := g.listing(ctx, of)
		if err != nil {
			faults = append(faults, err)
		}
		if ctx.Err() != nil {
			break
		}
		if listed {
			x.Releases = append(x.Releases, listing)
		}
	}
	if err := errors.Join(append(faults, ctx.Err())...); err != nil {
		return nil, fmt.Errorf("make an index: %w", err)
	}
	return x, x.check()
}

// all are the releases that are named and those of the index before, each once.
func (g Gathering) all(releases []Named) []Named {
	all := slices.Clone(releases)
	if g.Before != nil {
		for _, l := range g.Before.Releases {
			all = append(all, Named{l.ID, l.Version})
		}
	}
	slices.SortFunc(all, func(a, b Named) int {
		return compareListings(Listing{ID: a.ID, Version: a.Version}, Listing{ID: b.ID, Version: b.Version})
	})
	return slices.Compact(all)
}

// listing looks at one release; false means that it is left out.
func (g Gathering) listing(ctx context.Context, of Named) (Listing, bool, error) {
	before, known := Listing{}, false
	if g.Before != nil {
		before, known = g.Before.Find(of.ID, of.Version)
	}
	if known {
		if before = g.noted(before); before.State == Withdrawn {
			return before, true, nil // nobody is to fetch it, so it need not be there
		}
	}
	l, err := g.fetched(ctx, of)
	switch {
	case err == nil && known && l.Contents != before.Contents:
		return Listing{}, false, fmt.Errorf("%s %s: %w: the index before has %s, and the registry now %s", of.ID, of.Version, ErrReplaced, before.Contents.Short(), l.Contents.Short())
	case err == nil && known:
		l.Areas, l.Change, l.State, l.Until, l.Reason = before.Areas, before.Change, before.State, before.Until, before.Reason
	case err == nil:
		l = g.noted(l)
	case known:
		return Listing{}, false, fmt.Errorf("%s %s was listed before: %w; mend that, or withdraw it with a note", of.ID, of.Version, err)
	case refused(err):
		g.Tell(of, err)
		return Listing{}, false, nil
	default:
		return Listing{}, false, err
	}
	said, err := g.From.Heard(ctx, of.ID, l.Artifact, before.Said...)
	l.Said = g.List.believed(l, said, g.Now)
	return l, err == nil, err
}

// fetched reads a release from the registry and believes it, or says why not.
func (g Gathering) fetched(ctx context.Context, of Named) (Listing, error) {
	release, err := g.From.Pull(ctx, of.ID, of.Version)
	if err != nil {
		return Listing{}, err
	}
	verified, err := g.List.Check(release, g.Now)
	if err != nil {
		return Listing{}, err
	}
	if release.Manifest.Version != of.Version {
		return Listing{}, fmt.Errorf("%s %s: %w: its manifest says %s", of.ID, of.Version, ErrMisnamed, release.Manifest.Version)
	}
	artifact, err := release.Artifact(ctx)
	if err != nil {
		return Listing{}, err
	}
	return ListingOf(release, verified.Publisher.ID, artifact), nil
}

// ListingOf is a release as an index has it, as far as the release itself says it.
func ListingOf(r Release, publisher string, artifact plugins.Digest) Listing {
	l := Listing{ID: r.Manifest.ID, Version: r.Manifest.Version, Publisher: publisher, Title: r.Manifest.Title, Areas: []string{}, Datasets: []string{},
		Contents: r.Digest(), Artifact: artifact, State: Published}
	for i := range r.Manifest.Measures {
		m := &r.Manifest.Measures[i]
		if l.Problem == "" {
			l.Problem = m.Problem
		}
		if l.DerivedFrom == "" {
			l.DerivedFrom = m.DerivedFrom
		}
		l.Datasets = append(l.Datasets, string(m.Dataset))
		if m.Mix != nil && m.Mix.Dataset != "" {
			l.Datasets = append(l.Datasets, string(m.Mix.Dataset))
		}
	}
	slices.Sort(l.Datasets)
	l.Datasets = slices.Compact(l.Datasets)
	return l
}

// noted lays over a listing what the hub knows of it. What was withdrawn stays so: a
// mended version is another.
func (g Gathering) noted(l Listing) Listing {
	for _, n := range g.Notes {
		if n.ID != l.ID || n.Version != l.Version {
			continue
		}
		if len(n.Areas) > 0 {
			l.Areas = n.Areas
		}
		if n.Change != "" {
			l.Change = n.Change
		}
		if n.State != "" && l.State != Withdrawn {
			l.State, l.Until, l.Reason = n.State, n.Until, n.Reason
		}
	}
	return l
}

// refused reports whether a release is at fault, and not the way to it.
func refused(err error) bool {
	for _, reason := range []error{ErrUnsigned, ErrTooFew, ErrStranger, ErrRevoked, ErrBadSignature, ErrMisnamed, ErrReplaced, ErrStale,
		ErrFuture, ErrMalformed, ErrOversize, ErrNoRelease} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
