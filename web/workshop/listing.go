package workshop

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/mod/semver"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// offered is a plugin that somebody else has published, in all its versions, and what
// it is to the reader's organisation.
type offered struct {
	page     layout.Page
	shared             // the version that is shown
	versions []version // the highest first
	// Kept is the version that is shown, as it came here; nil if it has not.
	kept    *postgres.KeptRelease
	entries []*measures.Measure // of it
	needs   []need
	facts   policy.Release // zero where it is not here
	own     string         // the reader's organisation, by name; empty for none
	// What this reader may do with it at their organisation.
	take, adopt, leave bool
	barred             []policy.Reason // why it cannot be adopted by them
	became             templ.Component // what became of it where it was adopted; nil where nothing is known
	quarantine         *plugins.Quarantine
	now                time.Time
}

// version is one release of a plugin.
type version struct {
	registry.Listing
	kept     bool                      // here
	live     bool                      // what the reader's organisation runs
	adopters map[measures.ODSCode]bool // organisations that have sent evidence, or run it here
}

// need is a dataset that a plugin computes from, and whether the reader's
// organisation has figures of it.
type need struct {
	name  string
	has   bool
	since string // from when to when
}

// Plugin shows one plugin: what comes with the program, or what somebody else has
// published: ?version=. With .json behind its name it gives the manifest.
func (p *Pages) Plugin(w http.ResponseWriter, r *http.Request) error {
	id, asFile := strings.CutSuffix(r.PathValue("id"), ".json")
	if release, shipped := p.shipped(id); shipped {
		return p.shippedPlugin(w, r, release, asFile)
	}
	v, err := p.offered(r, id, r.FormValue("version"))
	switch {
	case err != nil:
		return err
	case asFile && v.kept == nil:
		return fmt.Errorf("manifest of %s %s, which is not here: %w", v.ID, v.Version, postgres.ErrNotFound)
	case asFile:
		return manifestFile(w, plugins.Release{Manifest: v.kept.Manifest, Digest: v.kept.Digest})
	}
	return offeredPage(*v).Render(r.Context(), w)
}

// offered gathers what is known of a plugin of somebody else's; the version to show
// is the newest that may be adopted unless told.
func (p *Pages) offered(r *http.Request, id, which string) (*offered, error) {
	ctx := r.Context()
	actor, page := p.frame(r, id, toCatalogue)
	v := &offered{page: page, now: p.Now()}
	shelf, err := p.sharedShelf(ctx, actor)
	if err != nil {
		return nil, err
	}
	kept, err := p.versions(ctx, v, id, shelf)
	if err != nil {
		return nil, err
	}
	i := chooseVersion(v.versions, which)
	if i < 0 {
		return nil, fmt.Errorf("plugin %q %s: %w", id, which, postgres.ErrNotFound)
	}
	v.shared = shelf.shared(&postgres.FoundListing{Listing: v.versions[i].Listing})
	v.page.Title = v.Title
	if len(v.Areas) > 0 {
		area := asked{area: v.Areas[0], page: 1}
		v.page.Crumbs = append(v.page.Crumbs, layout.Crumb{Name: capital(v.Areas[0]), URL: area.address(1)})
	}
	if k := slices.IndexFunc(kept, func(k postgres.KeptRelease) bool { return k.Digest == v.Contents }); k >= 0 {
		v.kept = &kept[k]
		for m := range v.kept.Manifest.Measures {
			v.entries = append(v.entries, &v.kept.Manifest.Measures[m])
		}
		v.quarantine = p.quarantine(v.kept.Digest)
	}
	if v.became, err = p.became(r, v); err != nil {
		return nil, err
	}
	return v, p.reaches(ctx, v, actor)
}

// versions gathers all releases of a plugin: those of the hub, and those that are
// here and that the hub does not list.
func (p *Pages) versions(ctx context.Context, v *offered, id string, shelf *sharedShelf) ([]postgres.KeptRelease, error) {
	listed, err := p.Shared.Listings(ctx, id)
	if err != nil {
		return nil, err
	}
	kept, err := p.Shared.KeptReleases(ctx)
	if err != nil {
		return nil, err
	}
	kept = slices.DeleteFunc(kept, func(k postgres.KeptRelease) bool { return k.Manifest.ID != id })
	for i := range kept {
		if !slices.ContainsFunc(listed, func(l registry.Listing) bool { return l.Contents == kept[i].Digest }) {
			listed = append(listed, listingOf(&kept[i]))
		}
	}
	slices.SortStableFunc(listed, func(a, b registry.Listing) int { return semver.Compare("v"+b.Version, "v"+a.Version) })
	adoptions, err := p.Shared.Adoptions(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range listed {
		at := map[measures.ODSCode]bool{}
		for _, e := range shelf.list.Said(l, p.Now()).Evidence {
			at[e.Organisation] = true
		}
		for _, a := range adoptions {
			if a.Digest == l.Contents {
				at[a.Organisation] = true
			}
		}
		live := shelf.live[id]
		v.versions = append(v.versions, version{Listing: l, adopters: at, live: live != nil && live.Digest == l.Contents,
			kept: slices.ContainsFunc(kept, func(k postgres.KeptRelease) bool { return k.Digest == l.Contents })})
	}
	return kept, nil
}

// chooseVersion is the place of the version that was asked for, or else of the newest
// that is published, or else of the newest that is not withdrawn, or else of any.
func chooseVersion(all []version, which string) int {
	for _, fits := range []func(version) bool{
		func(v version) bool { return v.State == registry.Published },
		func(v version) bool { return v.State == registry.Deprecated },
		func(version) bool { return true },
	} {
		if i := slices.IndexFunc(all, func(v version) bool { return v.Version == which || which == "" && fits(v) }); i >= 0 {
			return i
		}
	}
	return -1
}

// reaches says what the plugin needs and what the reader may do with it.
func (p *Pages) reaches(ctx context.Context, v *offered, actor policy.Actor) error {
	v.take = p.Shelf.MayTake(ctx, actor, v.Listing)
	has := map[measures.DatasetID]postgres.Coverage{}
	if actor.ODS != "" {
		v.own = ownName(v.page)
		coverage, err := p.Register.DatasetsWithData(ctx, actor.ODS)
		if err != nil {
			return err
		}
		for _, c := range coverage {
			has[c.Dataset] = c
		}
	}
	v.Runs = len(v.Datasets) > 0
	for _, id := range v.Datasets {
		c, there := has[measures.DatasetID(id)]
		n := need{name: p.datasetName(measures.DatasetID(id)), has: there}
		if there {
			n.since = c.First.MonthName() + " to " + c.Last.MonthName()
		}
		v.needs, v.Runs = append(v.needs, n), v.Runs && there
	}
	if v.kept == nil || v.own == "" {
		return nil
	}
	var err error
	if v.facts, err = p.Adopting.Facts(ctx, v.kept.Digest); err != nil {
		return err
	}
	v.adopt, v.barred = p.Adopting.May(ctx, actor, policy.ReleaseAdopt, v.facts)
	v.leave, _ = p.Adopting.May(ctx, actor, policy.ReleaseLeave, v.facts)
	return nil
}

// mayTake says whether a page should offer to take a release in. Whether it is what
// the hub says of it is found out when it comes, and decided about then.
func (p *Pages) mayTake(ctx context.Context, actor policy.Actor, l registry.Listing) bool {
	request := p.request(actor, policy.ReleaseTake, policy.Plugin{})
	request.Release = policy.Release{ID: l.ID, Version: l.Version, Digest: string(l.Contents), Publisher: l.Publisher, Verified: true, State: policy.ReleaseState(l.State)}
	request.Change = policy.Change{Kind: policy.ReleaseChange, Ref: request.Release.Digest}
	decision, err := p.Policy.Decide(ctx, request)
	return err == nil && decision.Allow
}

// anyRelease stands for one that nobody has named yet.
func anyRelease() registry.Listing {
	return registry.Listing{ID: "new", Contents: plugins.DigestOf(nil), State: registry.Published}
}

// ownName is the reader's organisation without its code.
func ownName(page layout.Page) string {
	name, _, _ := strings.Cut(page.Who.Organisation, " (")
	return name
}

// became is what happened where the plugin was adopted, if this installation shows it.
func (p *Pages) became(r *http.Request, v *offered) (templ.Component, error) {
	if p.Happened == nil {
		return nil, nil
	}
	all := make([]registry.Listing, len(v.versions))
	for i := range v.versions {
		all[i] = v.versions[i].Listing
	}
	return p.Happened(r, all)
}

// where is the line below the title.
func (v *offered) where() string {
	text := "measure plugin"
	if v.kept != nil && v.kept.Manifest.ABI == 0 {
		text = "pack of measures"
	}
	text += " · version " + v.Version
	if v.kept != nil {
		text += " · " + v.kept.Manifest.Licence
	}
	return text
}

// withdrawn reports whether nobody should run the version that is shown.
func (v *offered) withdrawn() bool { return v.State == registry.Withdrawn }

// mustAct reports whether what the reader's organisation runs was withdrawn.
func (v *offered) mustAct() (version, bool) {
	i := slices.IndexFunc(v.versions, func(x version) bool { return x.live && x.State == registry.Withdrawn })
	if i < 0 {
		return version{}, false
	}
	return v.versions[i], true
}

// better is the version to go to from one that was withdrawn or ends.
func (v *offered) better() (version, bool) {
	i := chooseVersion(v.versions, "")
	if i < 0 || v.versions[i].live || v.versions[i].State != registry.Published {
		return version{}, false
	}
	return v.versions[i], true
}

// running reports whether the version that is shown is the one that the reader's
// organisation runs.
func (v *offered) running() bool { return v.live != nil && v.live.Digest == v.Contents }

// trust says who stands behind it, for the verdict.
func (v *offered) signed() string {
	if v.kept == nil {
		return "The index of the hub says so. Who signed it is checked when it is fetched."
	}
	var made, checked []string
	for _, s := range v.kept.Signers {
		if s.Role == registry.RoleChecker {
			checked = append(checked, s.Holder)
		} else {
			made = append(made, s.Holder)
		}
	}
	text := "Signed by " + strings.Join(made, " and ")
	if len(checked) > 0 {
		text += ", checked by " + strings.Join(checked, " and ")
	}
	return text + "."
}

// vouched reports whether its signatures hold today.
func (v *offered) vouched() bool { return v.kept == nil || v.own == "" || v.facts.Verified }

// tallied says how many organisations have taken it up, in whatever version.
func (v *offered) tallied() int {
	all := map[measures.ODSCode]bool{}
	for _, x := range v.versions {
		maps.Copy(all, x.adopters)
	}
	return len(all)
}

// stateText says where a version is in its life.
func (x version) stateText() string {
	switch x.State {
	case registry.Withdrawn:
		return "Withdrawn: " + x.Reason
	case registry.Deprecated:
		return "Ends on " + dateOf(x.Until).DayName() + ": " + x.Reason
	default:
		return ""
	}
}

// address is that of the listing at this version.
func (x version) address() string { return listingAddress(x.ID) + "?version=" + x.Version }

// justNow is for how long a page says first what was done, with the way back.
const justNow = 15 * time.Minute

// fresh reports whether the version that is shown was taken up a moment ago.
func (v *offered) fresh() bool { return v.running() && v.leave && v.now.Sub(v.live.At) < justNow }

// later is a version above the one that runs.
func (v *offered) later() (version, bool) {
	i := chooseVersion(v.versions, "")
	if i < 0 || v.versions[i].State != registry.Published || !above(v.versions[i].Version, v.runs) {
		return version{}, false
	}
	return v.versions[i], true
}

// shownLater reports whether the version that is shown is above the one that runs, and
// may be gone to.
func (v *offered) shownLater() bool { return !v.withdrawn() && above(v.Version, v.runs) }

func above(a, b string) bool { return semver.Compare("v"+a, "v"+b) > 0 }

// canAdopt reports whether the reader could adopt the version that is shown, as far as
// can be told before it is fetched.
func (v *offered) canAdopt() bool {
	if v.withdrawn() || v.own == "" {
		return false
	}
	return v.adopt || v.kept == nil && v.take
}

// runsText is how far an organisation has gone with a release.
func runsText(a *postgres.Adoption) string {
	since := " since " + dateOf(a.At).DayName()
	if a.Stage == postgres.Pilot {
		return "has piloted it" + since
	}
	return "has run it" + since
}

func runsNow(a *postgres.Adoption) string {
	if a.Stage == postgres.Pilot {
		return "now pilots"
	}
	return "now runs"
}

func originText(o postgres.Origin) string {
	switch o {
	case postgres.FromHub:
		return "from the hub"
	case postgres.FromBundle:
		return "in a file"
	default:
		return "made here"
	}
}

// chartText says how a measure is drawn.
func chartText(m *measures.Measure) string {
	if !verified(m) {
		return "A chart of the plugin's own, by its entry " + m.Uses.Entry
	}
	return capital(words.KindName(kindOf(m))) + " from 13 points, a run chart from 10, a plain line below that"
}

// What is done with a release of somebody else's has addresses beside the catalogue,
// because a plugin may be called anything.
func adoptAddress(id, which string) string { return "/adopt/" + id + "?version=" + which }

func versionAddress(x version) string { return "/adopt/" + x.ID + "/difference?version=" + x.Version }
