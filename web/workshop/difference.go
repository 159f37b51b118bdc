package workshop

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// difference is what another version of what the reader's organisation runs would do
// to its charts.
type difference struct {
	page    layout.Page
	own     string
	listing registry.Listing // of the other version
	runs    string           // the version that runs
	// Offer is nil where the other version has not been fetched yet.
	offer  *sharing.Offer
	sides  []changedMeasure
	faults []layout.Fault
	take   bool
	adopt  bool
	barred []policy.Reason
}

// changedMeasure is one measure as it is drawn and as it would be.
type changedMeasure struct {
	*sharing.OfferSide
	before, after     *drawn
	noBefore, noAfter string // why there is no chart
}

// Difference shows what another version would change: ?version=.
func (p *Pages) Difference(w http.ResponseWriter, r *http.Request) error {
	ctx, id, which := r.Context(), r.PathValue("id"), r.FormValue("version")
	actor, page := p.frame(r, "Another version", toCatalogue)
	shelf, err := p.sharedShelf(ctx, actor)
	if err != nil {
		return err
	}
	live := shelf.live[id]
	if live == nil {
		http.Redirect(w, r, listingAddress(id), http.StatusSeeOther)
		return nil
	}
	v := difference{page: page, own: ownName(page), runs: shelf.kept[live.Digest]}
	every := &offered{}
	kept, err := p.versions(ctx, every, id, shelf)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(every.versions, func(x version) bool { return x.Version == which })
	if i < 0 {
		return fmt.Errorf("%s %q: %w", id, which, postgres.ErrNotFound)
	}
	v.listing = every.versions[i].Listing
	v.take = p.Shelf.MayTake(ctx, actor, v.listing)
	v.take = p.mayTake(ctx, actor, v.listing)
	v.page.Title = v.listing.Title + ", version " + which
	v.page.Crumbs = append(v.page.Crumbs, layout.Crumb{Name: v.listing.Title, URL: listingAddress(id)})
	if slices.ContainsFunc(kept, func(k postgres.KeptRelease) bool { return k.Digest == v.listing.Contents }) {
		if err := p.foresee(r, &v, actor); err != nil {
			return err
		}
	}
	return differencePage(v).Render(ctx, w)
}

// foresee draws the charts as they are and as they would be.
func (p *Pages) foresee(r *http.Request, v *difference, actor policy.Actor) error {
	var err error
	if v.offer, err = p.Adopting.Offer(r.Context(), actor, v.listing.Contents); err != nil {
		return adoptingTrouble(err)
	}
	facts, err := p.Adopting.Facts(r.Context(), v.listing.Contents)
	if err != nil {
		return err
	}
	v.adopt, v.barred = p.Adopting.May(r.Context(), actor, policy.ReleaseAdopt, facts)
	for i := range v.offer.Sides {
		side := &v.offer.Sides[i]
		c := changedMeasure{OfferSide: side, before: draw(&side.Before, v.own, 2*i), after: draw(&side.After, v.own, 2*i+1)}
		if c.before == nil {
			c.noBefore = whyNoChart(side.Before.Err)
		}
		if side.New || errors.Is(side.Before.Err, analysis.ErrNoMeasure) {
			c.noBefore = "Version " + v.runs + " does not have this measure."
		}
		if c.after == nil {
			c.noAfter = whyNoChart(side.After.Err)
		}
		v.sides = append(v.sides, c)
	}
	for _, m := range v.offer.Proposal.Misfits {
		v.faults = append(v.faults, layout.Fault{Field: "go", Message: m.Message})
	}
	return nil
}

// summary says in sentences what changes, the judgement first.
func (c changedMeasure) summary() []string {
	d := c.Difference
	if d == nil {
		return nil
	}
	if d.None() {
		return []string{"Nothing that a reader would see changes on this chart."}
	}
	var said []string
	if d.Variation[0] != d.Variation[1] {
		said = append(said, "What is said of now: “"+c.before.variation.Heading+"” becomes “"+c.after.variation.Heading+"”.")
	}
	if d.Assurance[0] != d.Assurance[1] {
		said = append(said, "Against the target: “"+c.before.assurance.Heading+"” becomes “"+c.after.assurance.Heading+"”.")
	}
	if d.Kind[0] != d.Kind[1] {
		said = append(said, "It is drawn as "+words.KindName(d.Kind[1])+" and not as "+words.KindName(d.Kind[0])+".")
	}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{d.Values, "point has another value", "points have another value"},
		{d.Signals, "point is judged in another way", "points are judged in another way"},
		{d.Limits, "point has other limits", "points have other limits"},
		{d.Added, "point is new", "points are new"},
		{d.Gone, "point is not there any more", "points are not there any more"},
	} {
		if part.n > 0 {
			said = append(said, counted(part.n, part.one, part.many)+".")
		}
	}
	return said
}

// changedRows is how many of the points that differ stand open.
const changedRows = 12

// rows are the points that differ, newest first.
func (c changedMeasure) rows() []analysis.Changed {
	if c.Difference == nil {
		return nil
	}
	rows := slices.Clone(c.Difference.Points)
	slices.Reverse(rows)
	return rows
}

// valueAt is a point's value in one of the charts.
func (c changedMeasure) valueAt(d *drawn, i int) string {
	if i < 0 || d == nil {
		return "Not there"
	}
	return d.value(i, c.Unit)
}

// limitsAt are those of a point in one of the charts.
func (c changedMeasure) limitsAt(d *drawn, i int) string {
	if i < 0 || d == nil {
		return "–"
	}
	return d.limits(i, c.Unit)
}

func (c changedMeasure) period(x int32) string { return words.Period(x, c.Grain) }

// changes are what the two versions define differently.
func (v difference) changes() []sharing.Change {
	return sharing.Changes(&v.offer.Running.Manifest, &v.offer.Proposal.Release.Manifest)
}

func orNothing(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// where is the line below the title.
func (v difference) where() string {
	return v.own + " · runs " + v.runs + " · looks at " + v.listing.Version
}

// carried says what is laid over the version that runs and stays.
func (v difference) carried() string {
	n := 0
	for _, layer := range v.offer.Proposal.Choice.Layers.Measures {
		if layer.Baseline != nil {
			n++
		}
	}
	if n == 0 {
		return "No baseline was locked."
	}
	return "The baseline that you locked (" + strconv.Itoa(n) + " of " + counted(len(v.sides), "measure", "measures") + "), your targets and notes stay as they are."
}

// judgedBy is a rule's finding at a point of one of the charts, in words.
func judgedBy(d *drawn, i int) string {
	if i < 0 || d == nil || i >= len(d.chart.Chart.Causes) || measures.IsMissing(d.chart.Chart.Y[i]) {
		return ""
	}
	return words.Cause(d.chart.Chart.Causes[i])
}
