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
	State  State     `json:"state,omitempty"` // empty: published
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// Gathering makes an index: of the releases in a registry, those that may be
// believed, with what may be believed of all that was said of them.
type Gathering struct {
	From Remote
	List *List
	// Before is the index that was issued last; nil if none was. What it has withdrawn
	// stays withdrawn.
	Before *Index
	Notes  []Note // those of a release take the place of what the index before has
	Now    time.Time
	// Lasts is how long nodes believe the index.
	Lasts time.Duration
	// Tell is told what is left out, or withdrawn because it cannot be believed any more.
	Tell func(of Named, why error)
}

// Index gathers the releases that are named, and those of the index before. A
// registry that does not answer is an error: an index that lacks what could not be
// read would say that it is not there.
func (g Gathering) Index(ctx context.Context, releases []Named) (*Index, error) {
	x := &Index{Serial: 1, Issued: g.Now.UTC().Truncate(time.Second), Publishers: g.List.Serial, Releases: []Listing{}}
	x.Expires = x.Issued.Add(g.Lasts)
	all := slices.Clone(releases)
	if g.Before != nil {
		x.Serial = g.Before.Serial + 1
		for _, l := range g.Before.Releases {
			all = append(all, Named{l.ID, l.Version})
		}
	}
	slices.SortFunc(all, func(a, b Named) int {
		return compareListings(Listing{ID: a.ID, Version: a.Version}, Listing{ID: b.ID, Version: b.Version})
	})
	for _, of := range slices.Compact(all) {
		listing, listed, err := g.listing(ctx, of)
		if err != nil {
			return nil, err
		}
		if listed {
			x.Releases = append(x.Releases, listing)
		}
	}
	return x, x.check()
}

// listing looks at one release; false means that it is left out.
func (g Gathering) listing(ctx context.Context, of Named) (Listing, bool, error) {
	before, known := Listing{}, false
	if g.Before != nil {
		before, known = g.Before.Find(of.ID, of.Version)
	}
	l, err := g.fetched(ctx, of)
	switch {
	case err == nil && known && l.Contents != before.Contents:
		err = fmt.Errorf("%s %s: %w: the index before has %s, and the registry now %s", of.ID, of.Version, ErrReplaced, before.Contents.Short(), l.Contents.Short())
	case err == nil:
		l.note(before)
		if l, err = g.noted(l); err != nil {
			return Listing{}, false, err
		}
		said, err := g.From.Heard(ctx, of.ID, l.Artifact, before.Said...)
		l.Said = g.List.believed(l, said, g.Now)
		return l, true, err
	}
	if !refused(err) {
		return Listing{}, false, err
	}
	g.Tell(of, err)
	if !known || before.State == Withdrawn {
		return before, known, nil
	}
	// Those who run it must be told; to leave it out would tell them nothing.
	before.State, before.Until, before.Reason = Withdrawn, time.Time{}, "It cannot be believed any more: "+err.Error()
	return before, true, nil
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
		l.Datasets = append(l.Datasets, string(m.Dataset))
		if m.Mix != nil && m.Mix.Dataset != "" {
			l.Datasets = append(l.Datasets, string(m.Mix.Dataset))
		}
	}
	slices.Sort(l.Datasets)
	l.Datasets = slices.Compact(l.Datasets)
	return l
}

// note keeps what an index before knew of a release.
func (l *Listing) note(before Listing) {
	if before.ID == "" {
		return
	}
	l.Areas, l.Change, l.State, l.Until, l.Reason = before.Areas, before.Change, before.State, before.Until, before.Reason
}

// noted lays over a listing what the hub knows of it.
func (g Gathering) noted(l Listing) (Listing, error) {
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
		if n.State == "" || n.State == l.State && n.Reason == "" {
			continue
		}
		if l.State == Withdrawn {
			return l, fmt.Errorf("%s %s: %w: it was withdrawn, and stays so: a mended version is another", l.ID, l.Version, ErrMisnamed)
		}
		l.State, l.Until, l.Reason = n.State, n.Until, n.Reason
	}
	return l, nil
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
