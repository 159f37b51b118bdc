package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Hub is who the demonstration believes about releases: publishers with keys of
// their own, which are made on this machine when it first starts and are good for
// nothing else.
type Hub struct {
	Root registry.Root
	// Index signs the index of releases, Node what this installation says of them.
	Index, Node registry.Key

	root    registry.Key
	signers map[string]signers // by the publisher's id
	now     time.Time
}

type signers struct{ author, checker registry.Key }

// OpenHub reads the keys in a folder, and makes those that are not there.
func OpenHub(dir string, node registry.Key, now time.Time) (*Hub, error) {
	h := &Hub{Node: node, signers: map[string]signers{}, now: now.UTC().Truncate(time.Second)}
	var err error
	open := func(name string) (key registry.Key) {
		if err == nil {
			key, _, err = registry.OpenOrMakeKey(filepath.Join(dir, name+".pem"))
		}
		return key
	}
	h.root, h.Index = open("root"), open("index")
	for _, p := range Publishers() {
		h.signers[p.ID] = signers{author: open(p.ID + "-author"), checker: open(p.ID + "-checker")}
	}
	if err != nil {
		return nil, fmt.Errorf("keys of the demonstration: %w", err)
	}
	h.Root = registry.Root{Keys: []registry.PublicKey{h.root.Public()}, Threshold: 1}
	return h, nil
}

// firstKey is the day from which the invented people have signed.
var firstKey = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)

// Serial is the number of what is issued today: a day after 1970.
func (h *Hub) Serial() int64 { return h.now.Unix() / 86400 }

// List is the signed list of publishers, good for a year. The node speaks for all
// organisations of the demonstration.
func (h *Hub) List() (registry.List, registry.Envelope, error) {
	index := registry.Root{Keys: []registry.PublicKey{h.Index.Public()}, Threshold: 1}
	l := registry.List{Serial: h.Serial(), Issued: h.now, Expires: h.now.AddDate(1, 0, 0), Index: &index,
		Nodes: []registry.Node{{ID: "demonstration", Name: "This demonstration (fictional)", Organisations: Codes(), Key: h.Node.Public(), From: firstKey}}}
	for _, p := range Publishers() {
		keys := h.signers[p.ID]
		l.Publishers = append(l.Publishers, registry.Publisher{ID: p.ID, Name: p.Name, Class: p.Class, Names: p.Names, Threshold: 2,
			Keys: []registry.PublisherKey{
				{Key: keys.author.Public(), Holder: p.Author, Role: registry.RoleAuthor, From: firstKey},
				{Key: keys.checker.Public(), Holder: p.Checker, Role: registry.RoleChecker, From: firstKey}}})
	}
	e, err := l.Seal(h.root)
	return l, e, err
}

// Codes are those of the trusts of the demonstration.
func Codes() []measures.ODSCode {
	codes := make([]measures.ODSCode, len(trusts))
	for i := range trusts {
		codes[i] = trusts[i].code
	}
	slices.Sort(codes)
	return codes
}

// Published is a release as the hub has it.
type Published struct {
	registry.Release
	registry.Listing
}

// Releases are those that the publishers have signed, author and checker, with
// what the index says of each.
func (h *Hub) Releases(ctx context.Context) ([]Published, error) {
	var list []Published
	for _, s := range SharedReleases() {
		p, err := h.release(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("release %s %s of the demonstration: %w", s.Manifest.ID, s.Manifest.Version, err)
		}
		list = append(list, p)
	}
	return list, nil
}

func (h *Hub) release(ctx context.Context, s Shared) (p Published, err error) {
	text, err := json.Marshal(s.Manifest)
	if err != nil {
		return p, err
	}
	if p.Release, err = registry.ReleaseOf(text); err != nil {
		return p, err
	}
	for _, key := range []registry.Key{h.signers[s.Publisher].author, h.signers[s.Publisher].checker} {
		if p.Release, err = p.Release.Sign(key, s.Publisher, registry.Build{}, s.Issued); err != nil {
			return p, err
		}
	}
	artifact, err := p.Release.Artifact(ctx)
	if err != nil {
		return p, err
	}
	m := s.Manifest.Measures[0]
	p.Listing = registry.Listing{ID: s.Manifest.ID, Version: s.Manifest.Version, Publisher: s.Publisher, Title: s.Manifest.Title, Problem: m.Problem,
		Areas: []string{s.Area}, Datasets: datasetsOf(s.Manifest), Contents: p.Release.Digest(), Artifact: artifact, Change: s.Change,
		State: registry.Published}
	switch {
	case s.Withdrawn != "":
		p.State, p.Reason = registry.Withdrawn, s.Withdrawn
	case s.Outdated != "":
		p.State, p.Reason, p.Until = registry.Deprecated, s.Outdated, s.Ends
	}
	return p, nil
}

func datasetsOf(m plugins.Manifest) []string {
	var names []string
	for i := range m.Measures {
		names = append(names, string(m.Measures[i].Dataset))
		if mix := m.Measures[i].Mix; mix != nil && mix.Dataset != "" {
			names = append(names, string(mix.Dataset))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Seal signs an index of releases as the hub, with what has been said of each.
func (h *Hub) Seal(serial int64, releases []Published, said map[plugins.Digest][]registry.Envelope) (registry.Envelope, error) {
	x := registry.Index{Serial: serial, Issued: h.now, Expires: h.now.AddDate(1, 0, 0), Publishers: h.Serial()}
	for _, p := range releases {
		p.Said = said[p.Listing.Contents]
		x.Releases = append(x.Releases, p.Listing)
	}
	x.Sort()
	return x.Seal(h.Index)
}
