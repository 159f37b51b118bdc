package workshop

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/web/layout"
)

// about is everything that is known of one measure.
type about struct {
	page       layout.Page
	entry      entry
	definition *analysis.Definition
	own        measures.ODSCode // the reader's organisation, where it has figures
	dataset    measures.Dataset
	described  bool // anybody has described the dataset
	pack       plugins.Release
	defined    bool            // by a pack
	computes   plugins.Release // the plugin that computes it
	quarantine *plugins.Quarantine
	cost       *cost
	today      measures.Date
}

// aboutAddress is the address of the page about a measure.
func aboutAddress(id measures.MeasureID) string {
	return "/measures/" + url.PathEscape(string(id)) + "/about"
}

// About shows what a measure answers, who stands behind it, and what computes it.
func (p *Pages) About(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "", toCatalogue)
	id := measures.MeasureID(r.PathValue("measure"))
	// As the reader's own organisation has it, or else as its release does.
	m, err := p.Catalogue.MeasureAt(id, actor.ODS)
	here := err == nil
	if errors.Is(err, analysis.ErrNoMeasure) {
		m, err = p.Catalogue.Named(id)
	}
	if err != nil {
		return err
	}
	page.Title = m.Title
	owned, err := p.owned(r, actor)
	if err != nil {
		return err
	}
	v := about{page: page, entry: p.entry(m.Measure, owned), definition: m, today: p.today()}
	v.dataset, _, v.described = p.dataset(m.Dataset)
	if !here {
		v.entry.own, v.entry.open = false, false
	}
	if v.entry.own {
		v.own = actor.ODS
	}
	if v.pack, v.defined = p.pack(m.ID); !m.Shipped() {
		v.pack, v.defined = m.Release, true
	}
	if v.defined {
		v.page.Crumbs = append(v.page.Crumbs, layout.Crumb{Name: v.pack.Manifest.Title, URL: "/plugins/" + v.pack.Manifest.ID})
	}
	v.computes = m.Computes
	v.quarantine = p.quarantine(v.computes.Digest)
	if u := p.usage(v.computes.Digest); u != nil {
		c := costOf(u)
		v.cost = &c
	}
	return aboutPage(v).Render(r.Context(), w)
}

// measure is the definition, for the template.
func (v about) measure() *measures.Measure { return v.entry.Measure }

// where is the line below the title.
func (v about) where() string {
	if !v.defined {
		return v.measure().Scope
	}
	text := "version " + v.pack.Manifest.Version + " of " + v.pack.Manifest.Title + " · " + v.pack.Manifest.Licence
	if v.measure().Scope != "" {
		text = v.measure().Scope + " · " + text
	}
	return text
}

// chart says how it is drawn.
func (v about) chart() string {
	m := v.measure()
	if !v.entry.verified {
		return "A chart of the plugin's own, by its entry " + m.Uses.Entry
	}
	return capital(words.KindName(kindOf(m)))
}

// kindAddress is where the glossary explains the kind of chart.
func (v about) kindAddress() string {
	return "/glossary#" + words.KindExplained(kindOf(v.measure())).Code()
}

// rules says what makes a point special, where a rule set does.
func (v about) rules() string {
	m := v.measure()
	if !v.entry.verified || m.Rules == measures.NoRules {
		return ""
	}
	return words.RuleSetExplained(spc.Defaults(kindOf(m), m.Rules).Rules).Name
}

// baseline says what the limits are made of.
func (v about) baseline() string {
	if b := v.definition.Layer.Baseline; b != nil {
		return b.From.MonthName() + " to " + b.To.MonthName() + ", locked when it was adopted"
	}
	if n := v.measure().Baseline; n > 0 {
		return "The first " + counted(n, "point", "points") + " of a phase, unless people decided otherwise"
	}
	return "All points of a phase, unless people decided otherwise"
}

// overdue reports whether the review should have been by now.
func (v about) overdue() bool { return v.entry.overdue }

// checkedByItself reports whether those who checked it are those who made it, whatever
// is said after their name.
func (v about) checkedByItself() bool {
	return strings.HasPrefix(v.measure().CheckedBy, v.measure().AuthoredBy)
}

// adopted says since when the reader's organisation has it, and how far it has gone;
// empty where it comes with the program or is not there.
func (v about) adopted() string {
	a := v.definition.Adoption
	switch {
	case a == nil:
		return ""
	case a.Stage == postgres.Pilot:
		return "On trial since " + dateOf(a.At).DayName()
	default:
		return "Adopted " + dateOf(a.At).DayName()
	}
}

// originOf is the address of the measure whose logic was changed to make this one,
// and what it is called.
func originOf(m *measures.Measure) (address, name string) {
	_, id, _ := strings.Cut(m.DerivedFrom, "/")
	return aboutAddress(measures.MeasureID(id)), m.DerivedFrom
}

// family names the measure that this one is a variant of.
func (v about) family() measures.MeasureID {
	if m := v.measure(); m.Family != m.ID {
		return m.Family
	}
	return ""
}
