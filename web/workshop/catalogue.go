package workshop

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// offersShown is how many entries one page of the catalogue has.
const offersShown = 25

// catalogue is what answers to a search: the measures that come with the program,
// and what others have published.
type catalogue struct {
	page    layout.Page
	asked   asked
	own     string // the reader's organisation, by name; empty for none
	areas   []layout.Option
	narrow  []narrowing
	offers  []offer // of this page
	running int     // how many of all run on figures of the reader's; they come first
	found   int
	at      int               // the page's first is entry number at+1
	code    []plugins.Release // what computes the measures that come with the program
	hub     hubNews
	due     templ.Component // what the reader's organisation has to act on
	must    []sharing.Must  // what the reader's organisation has to act on
	// What this reader may do besides reading.
	upload, drafts, take bool
	quarantined          int
}

// asked is a search.
type asked struct {
	words, area, publisher, dataset, evidence string
	page                                      int // from 1
}

func askedOf(r *http.Request) asked {
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || page < 1 {
		page = 1
	}
	return asked{words: strings.TrimSpace(r.FormValue("q")), area: r.FormValue("area"), publisher: r.FormValue("publisher"),
		dataset: r.FormValue("dataset"), evidence: r.FormValue("evidence"), page: page}
}

// address is that of another page of the same search.
func (a asked) address(page int) string {
	form := url.Values{}
	for name, value := range map[string]string{"q": a.words, "area": a.area, "publisher": a.publisher, "dataset": a.dataset, "evidence": a.evidence} {
		if value != "" {
			form.Set(name, value)
		}
	}
	if page > 1 {
		form.Set("page", strconv.Itoa(page))
	}
	if len(form) == 0 {
		return "/plugins"
	}
	return "/plugins?" + form.Encode()
}

// narrowed reports whether more was asked than words and an area.
func (a asked) narrowed() bool { return a.publisher != "" || a.dataset != "" || a.evidence != "" }

// everything reports whether nothing was asked for.
func (a asked) everything() bool { return a.words == "" && a.area == "" && !a.narrowed() }

// narrowing is one more list to choose from.
type narrowing struct {
	id, name, label string
	options         []layout.Option
}

// offer is one entry of the catalogue: a measure that comes with the program, or
// what somebody else has published.
type offer struct {
	shipped *entry
	shared  *shared
}

// Plugins is the catalogue: ?q= words, ?area=, ?publisher=, ?dataset=, ?evidence=, ?page=.
func (p *Pages) Plugins(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Workshop")
	c := catalogue{page: page, asked: askedOf(r), quarantined: len(p.Host.Quarantined())}
	c.upload, c.drafts = p.may(r.Context(), actor, policy.PluginUpload), p.may(r.Context(), actor, policy.PluginTry)
	c.take = p.mayTake(r.Context(), actor, anyRelease())
	var err error
	if c.due, err = p.MustAct(r); err != nil {
		return err
	}
	owned, err := p.owned(r, actor)
	if err != nil {
		return err
	}
	if actor.ODS != "" {
		c.own = ownName(page)
	}
	if c.must, err = p.Shelf.MustAct(r.Context(), actor.ODS); err != nil {
		return err
	}
	all := p.entries(owned)
	shelf, err := p.sharedShelf(r.Context(), actor)
	if err != nil {
		return err
	}
	c.hub = newsOf(shelf.state, p.Now())
	p.narrow(&c, shelf.index, all)
	if err := p.search(r.Context(), &c, all, owned, shelf); err != nil {
		return err
	}
	for _, release := range p.Library.Releases() {
		if len(release.Manifest.Entries) > 0 {
			c.code = append(c.code, release)
		}
	}
	return cataloguePage(c).Render(r.Context(), w)
}

// search finds the entries of one page. Those that run on figures of the reader's
// come first, wherever they are from.
func (p *Pages) search(ctx context.Context, c *catalogue, all []entry, owned map[measures.DatasetID]bool, shelf *sharedShelf) error {
	running, rest, err := p.here(ctx, c.asked, all, owned, shelf)
	if err != nil {
		return err
	}
	query := postgres.ListingQuery{Words: c.asked.words, Area: c.asked.area, Publisher: c.asked.publisher, Dataset: measures.DatasetID(c.asked.dataset),
		Evidence: registry.Result(c.asked.evidence), Own: slices.Sorted(maps.Keys(owned))}
	counts, err := p.Shared.CountListings(ctx, query)
	if err != nil {
		return err
	}
	c.running, c.found = len(running)+counts.Running, len(running)+len(rest)+counts.All
	pages := max(1, (c.found+offersShown-1)/offersShown)
	c.asked.page = min(c.asked.page, pages)
	c.at = (c.asked.page - 1) * offersShown
	// Four stretches stand behind each other; a page is a window over them. Whoever
	// only looks around has what comes with the program on their board already, so
	// what others have published leads; whoever searches finds the few of the program
	// before any number of others.
	stretches := []stretch{
		{n: counts.Running, give: p.listed(ctx, query, 0, shelf)},
		{n: len(running), give: part(running)},
		{n: counts.All - counts.Running, give: p.listed(ctx, query, counts.Running, shelf)},
		{n: len(rest), give: part(rest)},
	}
	if !c.asked.everything() {
		stretches[0], stretches[1] = stretches[1], stretches[0]
		stretches[2], stretches[3] = stretches[3], stretches[2]
	}
	c.offers, err = window(stretches, c.at, offersShown)
	return err
}

// here finds what answers to a search of what is here without a hub: what comes with
// the program, and releases that came in a file or were published from here.
func (p *Pages) here(ctx context.Context, a asked, all []entry, owned map[measures.DatasetID]bool, shelf *sharedShelf) (running, rest []offer, err error) {
	shipped := slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return !p.answers(e, a) })
	slices.SortStableFunc(shipped, func(a, b entry) int { return a.rank() - b.rank() })
	for i := range shipped {
		if o := (offer{shipped: &shipped[i]}); shipped[i].own {
			running = append(running, o)
		} else {
			rest = append(rest, o)
		}
	}
	kept, err := p.Shared.UnlistedReleases(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range newestOnly(kept) {
		s := shelf.shared(&postgres.FoundListing{Listing: listingOf(&k), Runs: runsOn(&k.Manifest, owned)})
		switch {
		case !s.answers(a):
		case s.Runs:
			running = append(running, offer{shared: &s})
		default:
			rest = append(rest, offer{shared: &s})
		}
	}
	return running, rest, nil
}

// stretch is a part of a list that is too long to be had as a whole: n entries, of
// which give gives some.
type stretch struct {
	n    int
	give func(from, to int) ([]offer, error)
}

// window gives the entries from one on, out of all stretches.
func window(stretches []stretch, from, n int) ([]offer, error) {
	var offers []offer
	for _, s := range stretches {
		if begin, end := max(from, 0), min(from+n, s.n); begin < end {
			some, err := s.give(begin, end)
			if err != nil {
				return nil, err
			}
			offers = append(offers, some...)
		}
		from -= s.n
	}
	return offers, nil
}

// part gives some of a list that is here.
func part(list []offer) func(from, to int) ([]offer, error) {
	return func(from, to int) ([]offer, error) { return list[from:to], nil }
}

// listed gives some of what the hub lists.
func (p *Pages) listed(ctx context.Context, query postgres.ListingQuery, skip int, shelf *sharedShelf) func(from, to int) ([]offer, error) {
	return func(from, to int) ([]offer, error) {
		query.Offset, query.Limit = skip+from, to-from
		list, _, err := p.Shared.SearchListings(ctx, query)
		var offers []offer
		for i := range list {
			s := shelf.shared(&list[i])
			offers = append(offers, offer{shared: &s})
		}
		return offers, err
	}
}

// before and after count the entries that are on earlier and later pages.
func (c catalogue) before() bool { return c.asked.page > 1 }
func (c catalogue) after() bool  { return c.at+len(c.offers) < c.found }

// split is where, on this page, those end that run on figures of the reader's.
func (c catalogue) split() int { return min(max(c.running-c.at, 0), len(c.offers)) }

// heading is how many entries were found, and which of them stand here.
func (c catalogue) heading() string {
	text := counted(c.found, "measure", "measures")
	if !c.asked.everything() {
		text += " found"
	}
	if c.before() || c.after() {
		text += ", here " + strconv.Itoa(c.at+1) + " to " + strconv.Itoa(c.at+len(c.offers))
	}
	return text
}
