// Package adoptions shows what became of what organisations have adopted: to their
// own people with the evidence as it would leave, and on a listing what all adopters
// have sent, the good beside the bad.
package adoptions

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/internal/sharing/evidence"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// Names finds what organisations are called.
type Names interface {
	OrganisationName(ctx context.Context, code measures.ODSCode) (string, error)
}

// Pages are the pages about adoptions.
type Pages struct {
	Witness *sharing.Witness
	Names   Names
	// List is whom this installation believes about releases.
	List   func(context.Context) (*registry.List, error)
	Reader func(*http.Request) (policy.Actor, layout.Page)
	Now    func() time.Time
}

// trust is all that one organisation has adopted.
type trust struct {
	page    layout.Page
	ods     measures.ODSCode
	name    string
	own     bool // the reader works there
	running []adoption
	ended   []sharing.Adopter
	sent    []sharing.Sent
}

// adoption is one that runs, and what became of each of its measures.
type adoption struct {
	sharing.Adopter
	measures []became
}

// became is one measure since its adoption.
type became struct {
	sharing.Became
	id      string // of its chart in the page
	href    string // where its evidence is looked at
	denied  string // why this reader may not see it; empty: they may
	mute    string // why this reader may not send it; empty: they may
	picture plot.Picture
}

// Trust shows what an organisation has adopted and what became of it.
func (p *Pages) Trust(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	actor, v, err := p.open(r)
	if err != nil {
		return err
	}
	v.page.Title = "Adopted at " + v.name
	all, err := p.Witness.Adopters(ctx, v.ods)
	if err != nil {
		return err
	}
	end := slices.IndexFunc(all, func(a sharing.Adopter) bool { return !a.Ended.IsZero() })
	if end < 0 {
		end = len(all)
	}
	v.ended = all[end:]
	found, err := p.Witness.Look(ctx, actor, all[:end]...)
	if err != nil {
		return err
	}
	for i := range found {
		a := adoption{Adopter: all[i]}
		for k := range found[i] {
			b := v.became(&a.Adopter, found[i][k], k)
			if may, why := p.Witness.May(ctx, &b.Became); !may {
				b.mute = muteText(why)
			}
			a.measures = append(a.measures, b)
		}
		v.running = append(v.running, a)
	}
	if v.sent, err = p.Witness.History(ctx, v.ods); err != nil {
		return err
	}
	return trustPage(v).Render(ctx, w)
}

// open finds the organisation of a page.
func (p *Pages) open(r *http.Request) (policy.Actor, trust, error) {
	actor, page := p.Reader(r)
	v := trust{page: page, ods: measures.ODSCode(r.PathValue("ods"))}
	name, err := p.Names.OrganisationName(r.Context(), v.ods)
	if err != nil {
		return actor, v, err
	}
	name = strings.TrimPrefix(name, demo.Label)
	v.name, v.own = name, actor.ODS == v.ods
	v.page.Door, v.page.Demo, v.page.Zoom = layout.Workshop, page.Demo || demo.Fictional(v.ods), true
	v.page.Crumbs = []layout.Crumb{{Name: "Catalogue", URL: "/plugins"}, {Name: name, URL: "/trusts/" + string(v.ods)}}
	return actor, v, nil
}

// became puts one measure into words and a picture.
func (v *trust) became(a *sharing.Adopter, b sharing.Became, at int) became {
	out := became{Became: b, id: "chart-" + strconv.FormatInt(a.ID, 10) + "-" + strconv.Itoa(at), href: evidenceAddress(a, b.Measure.ID)}
	if denial := (*policy.Denial)(nil); errors.As(b.Err, &denial) {
		out.denied = denial.Record.Decision().Reasons[0].Message
	}
	if b.Err == nil {
		out.picture = v.picture(&b, out.id)
	}
	return out
}

// picture is the chart of a before and after, with the limits of the baseline held.
// The day of the adoption is among its events.
func (v *trust) picture(b *sharing.Became, id string) plot.Picture {
	m, e := b.Answer.Measure, &b.Judged.Evidence
	phase := measures.Phase{Start: e.Before.From, Baseline: rowsUntil(&b.Judged.Drawn, e.Before.To), Reason: "The baseline, locked at adoption."}
	return plot.Picture{Chart: &b.Judged.Drawn, Title: m.Title, Organisation: v.name, Unit: m.Unit, Grain: m.Grain, Targets: m.Targets,
		Phases: []measures.Phase{phase}, Events: b.Answer.Charts[0].Events, ID: id}
}

// rowsUntil counts the points up to a period.
func rowsUntil(c *measures.Chart, last measures.Date) int {
	n, _ := slices.BinarySearch(c.X, int32(last)+1)
	return n
}

func evidenceAddress(a *sharing.Adopter, m measures.MeasureID) string {
	return adoptionsAddress(a.Organisation) + "/" + strconv.FormatInt(a.ID, 10) + "/" + string(m)
}

func adoptionsAddress(ods measures.ODSCode) string { return "/trusts/" + string(ods) + "/adoptions" }

// tally counts what became of the measures that this reader may see.
func (v *trust) tally() map[registry.Result]int {
	count := map[registry.Result]int{}
	for _, a := range v.running {
		for _, b := range a.measures {
			if b.Err == nil {
				count[b.Judged.Result]++
			}
		}
	}
	return count
}

// shown is how many measures this reader may see something of.
func (v *trust) shown() int {
	n := 0
	for _, count := range v.tally() {
		n += count
	}
	return n
}

// why says for the reader why nothing is known of a measure.
func (b became) why() string {
	switch {
	case b.denied != "":
		return b.denied
	case errors.Is(b.Err, sharing.ErrNoBaseline):
		return "No baseline was locked when it was adopted, so there is nothing to compare with. Adopt it again once there are " + strconv.Itoa(evidence.FewestBefore) + " points."
	case errors.Is(b.Err, sharing.ErrNoAdoption):
		return "Another release that runs here defines this measure now."
	case errors.Is(b.Err, evidence.ErrCase):
		return "There are no figures from which a before and after could be seen."
	}
	return "Its chart could not be made just now. The figures are safe."
}
