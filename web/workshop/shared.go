package workshop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Shared is what is known here of other people's releases, and who runs which.
type Shared interface {
	SearchListings(context.Context, postgres.ListingQuery) ([]postgres.FoundListing, int, error)
	CountListings(context.Context, postgres.ListingQuery) (postgres.ListingCount, error)
	ListingChoices(context.Context) (postgres.ListingChoices, error)
	Listings(ctx context.Context, plugin string) ([]registry.Listing, error)
	UnlistedReleases(context.Context) ([]postgres.KeptRelease, error)
	KeptReleases(context.Context) ([]postgres.KeptRelease, error)
	Adoptions(context.Context) ([]postgres.Adoption, error)
	HubState(context.Context) (postgres.HubState, error)
}

// shared is what somebody else has published, as the catalogue has it.
type shared struct {
	postgres.FoundListing
	by    publisher
	live  *postgres.Adoption // by which the reader's organisation runs it
	runs  string             // the version that it runs
	names func(measures.DatasetID) string
	today measures.Date
}

// publisher is who stands behind a release, as the list of publishers says.
type publisher struct {
	name, class string
	known       bool
}

// who is a publisher in a few words.
func (p publisher) who() string {
	if kind := p.kind(); kind != "" {
		return p.name + ", " + kind
	}
	return p.name
}

func (p publisher) kind() string {
	switch p.class {
	case "trust":
		return "a trust"
	case "charity":
		return "a charity"
	case "company":
		return "a company"
	case "person":
		return "people on their own account"
	case "national":
		return "a national body"
	default:
		return ""
	}
}

// sharedShelf is what the entries of one page have in common.
type sharedShelf struct {
	*index
	live  map[string]*postgres.Adoption
	kept  map[plugins.Digest]string // versions
	names func(measures.DatasetID) string
	today measures.Date
}

// sharedShelf gathers it.
func (p *Pages) sharedShelf(ctx context.Context, actor policy.Actor) (*sharedShelf, error) {
	s := &sharedShelf{live: map[string]*postgres.Adoption{}, kept: map[plugins.Digest]string{}, names: p.datasetName, today: p.today()}
	var err error
	if s.index, err = p.index(ctx); err != nil {
		return nil, err
	}
	adoptions, err := p.Shared.Adoptions(ctx)
	if err != nil {
		return nil, err
	}
	for i, a := range adoptions {
		if actor.ODS != "" && a.Organisation == actor.ODS {
			s.live[a.Plugin] = &adoptions[i]
		}
	}
	if len(s.live) == 0 {
		return s, nil
	}
	kept, err := p.Shared.KeptReleases(ctx)
	for _, k := range kept {
		s.kept[k.Digest] = k.Manifest.Version
	}
	return s, err
}

// index is what is known of the hub: how fresh it is, whom to believe, and what the
// catalogue can be narrowed to.
type index struct {
	state   postgres.HubState
	list    *registry.List // empty where there is none yet; the database holds none that was not signed
	choices postgres.ListingChoices
}

// index reads it. What only another index or list can change is kept until one comes.
func (p *Pages) index(ctx context.Context) (*index, error) {
	state, err := p.Shared.HubState(ctx)
	if err != nil {
		return nil, err
	}
	if known := p.known.Load(); known != nil && known.state.IndexSerial == state.IndexSerial && known.state.ListSerial == state.ListSerial &&
		known.state.Synced.Equal(state.Synced) {
		return &index{state, known.list, known.choices}, nil
	}
	x := &index{state: state, list: &registry.List{}}
	if state.List != nil {
		if err := json.Unmarshal(state.List.Payload, x.list); err != nil {
			return nil, fmt.Errorf("list of publishers in the database: %w", err)
		}
	}
	if x.choices, err = p.Shared.ListingChoices(ctx); err != nil {
		return nil, err
	}
	p.known.Store(x)
	return x, nil
}

func publisherOf(list *registry.List, id string) publisher {
	if p, known := list.Publisher(id); known {
		return publisher{name: p.Name, class: p.Class, known: true}
	}
	return publisher{name: id}
}

func (s *sharedShelf) shared(found *postgres.FoundListing) shared {
	entry := shared{FoundListing: *found, by: publisherOf(s.list, found.Publisher), live: s.live[found.ID], names: s.names, today: s.today}
	if entry.live != nil {
		entry.runs = s.kept[entry.live.Digest]
	}
	return entry
}

// datasetName is what people call a dataset, where anybody has described it.
func (p *Pages) datasetName(id measures.DatasetID) string {
	if d, _, known := p.dataset(id); known {
		return d.Title
	}
	return string(id)
}

// address is that of the listing.
func (s shared) address() string { return listingAddress(s.ID) }

func listingAddress(id string) string { return "/plugins/" + id }

// state says in a few words what it is to the reader.
func (s shared) state() string {
	switch {
	case s.live != nil && s.live.Stage == postgres.Pilot:
		return "You pilot version " + s.runs
	case s.live != nil:
		return "You run version " + s.runs
	case s.Runs:
		return "You have its figures"
	default:
		return "Needs figures that you do not have"
	}
}

// offered reports whether there is a later version than the one that the reader's
// organisation runs.
func (s shared) offered() bool {
	return s.live != nil && above(s.Version, s.runs)
}

// reads names the datasets that it computes from.
func (s shared) reads() string {
	var names []string
	for _, id := range s.Datasets {
		names = append(names, s.names(measures.DatasetID(id)))
	}
	return strings.Join(names, ", ")
}

// evidence says what became of it where it was adopted, the bad beside the good.
func (s shared) evidence() string {
	var parts []string
	for _, part := range []struct {
		n    int
		said string
	}{{s.Improved, "improved"}, {s.Unchanged, "unchanged"}, {s.Concern, "with concern"}} {
		if part.n > 0 {
			parts = append(parts, counted(part.n, "organisation", "organisations")+" "+part.said)
		}
	}
	if len(parts) == 0 {
		return "No evidence yet."
	}
	return strings.Join(parts, ", ") + "."
}

// ends says until when a release lasts that is replaced by a better one.
func (s shared) ends() string {
	if s.State == registry.Deprecated {
		return "Ends on " + dateOf(s.Until).DayName()
	}
	return ""
}

// answers reports whether a release that no hub lists is what was asked for.
func (s shared) answers(a asked) bool {
	if a.evidence != "" || a.area != "" || a.publisher != "" && a.publisher != s.Publisher ||
		a.dataset != "" && !slices.Contains(s.Datasets, a.dataset) {
		return false
	}
	return saysAll(strings.Join([]string{s.ID, s.Title, s.Problem, s.by.name, s.reads()}, " "), a.words)
}

// saysAll reports whether all words occur in a text.
func saysAll(text, words string) bool {
	text = strings.ToLower(text)
	for _, word := range strings.Fields(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// newestOnly leaves the highest version of each plugin.
func newestOnly(kept []postgres.KeptRelease) []postgres.KeptRelease {
	newest := map[string]postgres.KeptRelease{}
	for _, k := range kept {
		if before, there := newest[k.Manifest.ID]; !there || semver.Compare("v"+k.Manifest.Version, "v"+before.Manifest.Version) > 0 {
			newest[k.Manifest.ID] = k
		}
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b postgres.KeptRelease) int { return cmp.Compare(a.Manifest.ID, b.Manifest.ID) })
}

// listingOf is a release that is kept here as a hub would list it.
func listingOf(k *postgres.KeptRelease) registry.Listing {
	l := registry.Listing{ID: k.Manifest.ID, Version: k.Manifest.Version, Publisher: k.Publisher, Title: k.Manifest.Title,
		Contents: k.Digest, Artifact: k.Artifact, State: registry.Published}
	for _, id := range datasetsOf(&k.Manifest) {
		l.Datasets = append(l.Datasets, string(id))
	}
	if len(k.Manifest.Measures) > 0 {
		l.Problem = k.Manifest.Measures[0].Problem
	}
	return l
}

// datasetsOf are all that the measures of a manifest are computed from, whoever
// computes them.
func datasetsOf(m *plugins.Manifest) []measures.DatasetID {
	var all []measures.DatasetID
	for i := range m.Measures {
		all = append(all, m.Measures[i].Dataset)
		if mix := m.Measures[i].Mix; mix != nil && mix.Dataset != "" {
			all = append(all, mix.Dataset)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func runsOn(m *plugins.Manifest, owned map[measures.DatasetID]bool) bool {
	all := datasetsOf(m)
	return len(all) > 0 && !slices.ContainsFunc(all, func(id measures.DatasetID) bool { return !owned[id] })
}

// hubNews is how fresh what is known of others is.
type hubNews struct {
	none    bool // no index was ever believed
	synced  string
	stale   bool
	problem string
}

func newsOf(state postgres.HubState, now time.Time) hubNews {
	if state.Synced.IsZero() {
		return hubNews{none: true, problem: state.Problem}
	}
	return hubNews{synced: moment(state.Synced), stale: !state.Expires.IsZero() && now.After(state.Expires), problem: state.Problem}
}

// narrow fills in what the catalogue can be narrowed to.
func (p *Pages) narrow(c *catalogue, x *index, all []entry) {
	listed := x.choices
	areas, publishers, datasets := newChoice("All areas"), newChoice("Everybody"), newChoice("Any")
	for _, e := range all {
		if e.pack.Digest != "" {
			areas.add(e.pack.Manifest.ID, e.area())
			publishers.add(e.pack.Manifest.Publisher, e.pack.Manifest.Publisher)
		}
		datasets.add(string(e.Dataset), p.datasetName(e.Dataset))
	}
	for _, area := range listed.Areas {
		areas.add(area, capital(area))
	}
	for _, id := range listed.Publishers {
		publishers.add(id, publisherOf(x.list, id).name)
	}
	for _, id := range listed.Datasets {
		datasets.add(id, p.datasetName(measures.DatasetID(id)))
	}
	c.areas = areas.options(c.asked.area)
	c.narrow = []narrowing{
		{"f-publisher", "publisher", "Published by", publishers.options(c.asked.publisher)},
		{"f-dataset", "dataset", "Computed from", datasets.options(c.asked.dataset)},
		{"f-evidence", "evidence", "Where it was adopted", evidenceOptions(c.asked.evidence)},
	}
}

// choice gathers the entries of a list to choose from. Two with the same name are
// one: a pack of the program and an area of the hub may be called alike.
type choice struct {
	all  layout.Option
	list []layout.Option
}

func newChoice(all string) *choice { return &choice{all: layout.Option{Name: all}} }

func (c *choice) add(value, name string) {
	if !slices.ContainsFunc(c.list, func(o layout.Option) bool { return o.Value == value || strings.EqualFold(o.Name, name) }) {
		c.list = append(c.list, layout.Option{Value: value, Name: name})
	}
}

func (c *choice) options(chosen string) []layout.Option {
	slices.SortStableFunc(c.list, func(a, b layout.Option) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	for i := range c.list {
		c.list[i].Chosen = chosen != "" && c.list[i].Value == chosen
	}
	return append([]layout.Option{c.all}, c.list...)
}

func evidenceOptions(chosen string) []layout.Option {
	var list []layout.Option
	for _, o := range []layout.Option{{Value: "", Name: "Anything, or nothing known"}, {Value: string(registry.Improved), Name: "Improved somewhere"},
		{Value: string(registry.Unchanged), Name: "Unchanged somewhere"}, {Value: string(registry.Concern), Name: "Concern somewhere"},
		{Value: string(registry.MostlyMix), Name: "Mostly case mix somewhere"}} {
		o.Chosen = o.Value == chosen
		list = append(list, o)
	}
	return list
}
