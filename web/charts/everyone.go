package charts

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// everyone is one measure across all trusts.
type everyone struct {
	page     layout.Page
	measure  *measures.Measure
	measures []*measures.Measure
	regions  []string
	lines    []line
	tally    tally
	filter   filter
	receipt  analysis.Receipt
	target   string
	funnel   bool                                              // the trusts can be compared by size too
	chartAt  func(measures.ODSCode, measures.MeasureID) string // empty: no such chart
}

// filter is what the reader chose: which trusts, which states, which order.
type filter struct {
	Region, State, Sort string
}

// states that the table can be narrowed to.
var states = []struct{ Value, Title string }{
	{"", "All states"}, {"concern", "Concern"}, {"improvement", "Improvement"},
	{"changed", "Changed, neither good nor bad"}, {"common", "Common cause"}, {"none", "No icon yet"},
}

var stateGroups = map[string]group{"concern": concern, "improvement": improvement, "changed": shift, "common": unchanged, "none": undecided}

// orders are the columns that the table can be sorted by; the first is usual.
// Sorting by value is a way to find a trust, and no rank is shown.
var orders = []string{"name", "latest", "variation", "assurance"}

func filterOf(form url.Values) filter {
	f := filter{Region: form.Get("region"), State: form.Get("state"), Sort: form.Get("sort")}
	if _, known := stateGroups[f.State]; !known {
		f.State = ""
	}
	if !slices.Contains(orders, f.Sort) {
		f.Sort = orders[0]
	}
	return f
}

// href is the address of the same table in another order.
func (e everyone) href(sort string) string {
	form := url.Values{}
	for key, value := range map[string]string{"region": e.filter.Region, "state": e.filter.State} {
		if value != "" {
			form.Set(key, value)
		}
	}
	if sort != orders[0] {
		form.Set("sort", sort)
	}
	if len(form) == 0 {
		return measureAddress(e.measure.ID)
	}
	return measureAddress(e.measure.ID) + "?" + form.Encode()
}

// Everyone shows a measure across all trusts, as an icon table.
func (p *Pages) Everyone(w http.ResponseWriter, r *http.Request) error {
	id := measures.MeasureID(r.PathValue("measure"))
	if first := measures.MeasureID(r.FormValue("measure")); first != "" && first != id {
		form := r.URL.Query()
		form.Del("measure")
		http.Redirect(w, r, measureAddress(first)+"?"+form.Encode(), http.StatusSeeOther)
		return nil
	}
	actor, page := p.frame(r, "", layout.Crumb{Name: "What changed", URL: "/"}, layout.Crumb{Name: "Measures", URL: "/measures"})
	measure, err := p.Analysis.Catalogue.MeasureOfAll(id, actor.ODS)
	if err != nil {
		return err
	}
	page.Title = measure.Title
	answers, err := p.Analysis.Ask(r.Context(), analysis.Question{Actor: actor, Action: policy.ChartRead, Measure: id, Organisation: policy.Everyone})
	if err != nil {
		return err
	}
	if answers[0].Err != nil {
		return answers[0].Err
	}
	trusts, err := p.Register.Organisations(r.Context(), measures.Trust)
	if err != nil {
		return fmt.Errorf("trusts: %w", err)
	}
	e := everyone{page: page, measure: measure.Measure, filter: filterOf(r.URL.Query()), receipt: answers[0].Receipt,
		funnel: p.Analysis.Comparable(measure, 1, 0) == nil, chartAt: p.chartAt}
	answers[0].Charts = oneWorld(answers[0].Charts, actor)
	e.page.Attribution, e.page.Demo = attributions(answers)
	e.measures = p.comparable(actor.ODS)
	e.fill(&answers[0], trusts, actor.ODS)
	return everyonePage(e).Render(r.Context(), w)
}

// fill makes a line for each trust that passes the filter, and sorts them.
func (e *everyone) fill(answer *analysis.Answer, trusts []measures.Organisation, own measures.ODSCode) {
	known := map[measures.ODSCode]*measures.Organisation{}
	for i := range trusts {
		known[trusts[i].ODS] = &trusts[i]
		if region := trusts[i].Region.Name; region != "" && !slices.Contains(e.regions, region) {
			e.regions = append(e.regions, region)
		}
	}
	slices.Sort(e.regions)
	for i := range answer.Charts {
		c := &answer.Charts[i]
		trust := known[c.Organisation]
		if trust == nil || e.filter.Region != "" && trust.Region.Name != e.filter.Region {
			continue // closed today, or not a trust: its board still shows it
		}
		if wanted, asked := stateGroups[e.filter.State]; asked && groupOf(&c.Chart) != wanted {
			continue
		}
		l := newLine(answer.Measure, c, answer.Receipt.Disclosure)
		l.name, l.href, l.own = shortName(trust.Name), e.chartAt(c.Organisation, answer.Measure.ID), c.Organisation == own
		l.detail = string(c.Organisation)
		if trust.ICB.Name != "" {
			l.detail += " · " + shortName(trust.ICB.Name)
		}
		e.lines = append(e.lines, l)
	}
	if targets := answer.Measure.Targets; len(targets) > 0 {
		e.target = targets[len(targets)-1].Label
	}
	e.tally = tallyOf(e.lines)
	slices.SortStableFunc(e.lines, e.compare)
}

// compare orders lines as the reader asked; trusts that are equal in it stand
// in order of name, and those without a value last.
func (e *everyone) compare(a, b line) int {
	byName := strings.Compare(a.name, b.name)
	switch e.filter.Sort {
	case "latest":
		va, vb := latestOf(a), latestOf(b)
		switch {
		case measures.IsMissing(va) && measures.IsMissing(vb):
			return byName
		case measures.IsMissing(va):
			return 1
		case measures.IsMissing(vb):
			return -1
		}
		return cmp.Or(cmp.Compare(vb, va), byName)
	case "variation":
		return cmp.Or(int(groupOf(&a.chart.Chart))-int(groupOf(&b.chart.Chart)), byName)
	case "assurance":
		return cmp.Or(assuranceOrder[a.chart.Chart.Assurance]-assuranceOrder[b.chart.Chart.Assurance], byName)
	}
	return byName
}

var assuranceOrder = map[measures.Assurance]int{measures.Fail: 0, measures.HitOrMiss: 1, measures.Pass: 2, measures.AssuranceEmpty: 3}

func latestOf(l line) float64 {
	if last := l.chart.Chart.Last(); last >= 0 {
		return l.chart.Chart.Y[last]
	}
	return measures.Missing
}

// oneWorld keeps the charts of one world.
func oneWorld(all []analysis.Chart, actor policy.Actor) []analysis.Chart {
	codes := make([]measures.ODSCode, len(all))
	for i := range all {
		codes[i] = all[i].Organisation
	}
	kept := sameWorld(codes, actor)
	return slices.DeleteFunc(all, func(c analysis.Chart) bool { return !slices.Contains(kept, c.Organisation) })
}

// sameWorld keeps made-up trusts and real ones apart: a table that mixed them
// would mislead about both. Readers see the world of their own organisation;
// those who have none see the real one, if there is one.
func sameWorld(all []measures.ODSCode, actor policy.Actor) []measures.ODSCode {
	var fictional, real []measures.ODSCode
	for _, code := range all {
		if demo.Fictional(code) {
			fictional = append(fictional, code)
		} else {
			real = append(real, code)
		}
	}
	if demo.Fictional(actor.ODS) || len(real) == 0 {
		return fictional
	}
	return real
}
