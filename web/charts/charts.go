// Package charts is the first door: what changed, a trust's board, one chart,
// one measure across all trusts. Every page asks through internal/analysis and
// shows what comes back.
package charts

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// Register knows organisations and what data they have.
type Register interface {
	Organisation(ctx context.Context, code measures.ODSCode, on measures.Date) (measures.Organisation, error)
	Organisations(ctx context.Context, kind measures.OrganisationKind) ([]measures.Organisation, error)
	SearchOrganisations(ctx context.Context, text string, limit int) ([]measures.Organisation, error)
	DatasetsWithData(ctx context.Context, code measures.ODSCode) ([]postgres.Coverage, error)
	Takeovers(ctx context.Context, period policy.Period) ([]postgres.Takeover, error)
}

// Pages are the pages behind the first door.
type Pages struct {
	Analysis *analysis.Analysis
	Register Register
	// Reader gives who reads the page, and the page's frame filled in for them.
	Reader func(*http.Request) (policy.Actor, layout.Page)
	Now    func() time.Time
}

// today is the civil date on which the page is read.
func (p *Pages) today() measures.Date {
	year, month, day := p.Now().UTC().Date()
	return measures.DateOf(year, int(month), day)
}

// frame starts a page behind this door.
func (p *Pages) frame(r *http.Request, title string, crumbs ...layout.Crumb) (policy.Actor, layout.Page) {
	actor, page := p.Reader(r)
	page.Title, page.Door, page.Crumbs = title, layout.Charts, crumbs
	return actor, page
}

// line is one chart in a table or a list: an organisation, or a measure.
type line struct {
	name, detail string
	href         string
	own          bool
	published    bool // may be compared with other trusts
	chart        *analysis.Chart
	measure      *measures.Measure
	subject      words.Subject
	latest       string // value of the last measured point
	month        string // when that was
	centre       string // "59.1%"
	limits       string // "52.2 to 65.9"; empty without limits
	variation    words.Icon
	assurance    words.Icon
	say          string
}

// newLine puts one chart into words and numbers.
func newLine(m *measures.Measure, c *analysis.Chart, terms policy.Disclosure) line {
	l := line{chart: c, measure: m, subject: subjectOf(m, c, terms)}
	l.variation = words.Variation(l.subject, &c.Chart)
	l.assurance = words.Assurance(l.subject, &c.Chart)
	l.say = words.Brief(l.subject, &c.Chart)
	last := c.Chart.Last()
	if last < 0 {
		return l
	}
	l.latest = words.Value(c.Chart.Y[last], m.Unit)
	l.month = words.Period(c.Chart.X[last], m.Grain)
	end := c.Chart.Len() - 1
	if centre := c.Chart.Centre[end]; !measures.IsMissing(centre) {
		l.centre = words.Line(centre, m.Unit)
	}
	if lower, upper := c.Chart.Lower[end], c.Chart.Upper[end]; !measures.IsMissing(lower) && !measures.IsMissing(upper) {
		l.limits = words.Number(lower, words.LineDecimals(lower, m.Unit)) + " to " + words.Number(upper, words.LineDecimals(upper, m.Unit))
	}
	return l
}

// subjectOf is what words need to know besides the chart.
func subjectOf(m *measures.Measure, c *analysis.Chart, terms policy.Disclosure) words.Subject {
	settings := spc.Defaults(c.Chart.Kind, c.Chart.Rules)
	return words.Subject{Unit: m.Unit, Grain: m.Grain, Phases: c.Decided, Baseline: m.Baseline, Trend: settings.Trend, Hidden: hiddenRange(terms),
		Method: methodOf(m, c.Chart.Kind, c.Chart.Rules)}
}

// PictureOf is the chart as package plot draws it.
func PictureOf(m *measures.Measure, c *analysis.Chart, organisation string, terms policy.Disclosure, source []string) plot.Picture {
	return plot.Picture{
		Chart: &c.Chart, Title: titleOf(m, c.Stratum), Organisation: organisation,
		Description: words.Sentence(subjectOf(m, c, terms), &c.Chart).String(),
		Source:      strings.Join(source, " "),
		Unit:        m.Unit, Grain: m.Grain,
		Phases: c.Decided, Baseline: m.Baseline, Targets: m.Targets, Events: shortEvents(c.Events),
		Constant: spc.Defaults(c.Chart.Kind, c.Chart.Rules).Constant, Hidden: hiddenRange(terms), ID: "chart",
	}
}

// ItemOf is the chart as package export writes it.
func ItemOf(m *measures.Measure, c *analysis.Chart, organisation string, terms policy.Disclosure) export.Item {
	return export.Item{Title: titleOf(m, c.Stratum), Organisation: organisation + " (" + string(c.Organisation) + ")",
		Chart: &c.Chart, Words: subjectOf(m, c, terms)}
}

// shortName is a name for tables and lists. A page that shows made-up trusts
// says so at its top, so their names need not say it again.
func shortName(name string) string { return strings.TrimPrefix(name, demo.Label) }

// shortEvents are events with texts fit for a label on the chart.
func shortEvents(events []measures.Event) []measures.Event {
	short := slices.Clone(events)
	for i := range short {
		short[i].Text = capital(shortName(short[i].Text))
	}
	return short
}

// titleOf names a measure and, where there is one, the stratum.
func titleOf(m *measures.Measure, stratum string) string {
	if stratum == "" {
		return m.Title
	}
	return m.Title + ": " + stratumName(stratum)
}

// initials are strata that are written in capital letters.
var initials = map[string]bool{"ct": true, "mri": true, "dexa": true, "bme": true}

// stratumName writes a stratum as people do: its code is made for columns.
func stratumName(code string) string {
	if initials[code] {
		return strings.ToUpper(code)
	}
	return strings.ReplaceAll(code, "_", " ")
}

// hiddenRange says which counts are hidden: "1 to 7".
func hiddenRange(terms policy.Disclosure) string {
	if terms.MinCellCount <= 1 {
		return ""
	}
	return fmt.Sprintf("1 to %d", terms.MinCellCount-1)
}

// group is what a reader does about a chart.
type group int

const (
	concern group = iota
	improvement
	shift
	unchanged
	undecided // no icon: too few points, or nothing measured
)

func groupOf(c *measures.Chart) group {
	switch c.Variation {
	case measures.ConcernHigh, measures.ConcernLow:
		return concern
	case measures.ImprovementHigh, measures.ImprovementLow:
		return improvement
	case measures.ShiftHigh, measures.ShiftLow:
		return shift
	case measures.VariationEmpty:
		return undecided
	}
	// A run chart has no special point; its runs speak for the whole phase.
	if n := len(c.Phases); c.Kind == measures.Run && n > 0 && c.Phases[n-1].Signal {
		return shift
	}
	return unchanged
}

// iconOf is the variation whose icon is shown. A run chart whose runs are not
// by chance has no special point and so no direction: the zigzag of common cause
// beside a sentence about change would contradict it, so the ring stays empty.
func iconOf(c *measures.Chart) measures.Variation {
	if c.Variation == measures.CommonCause && groupOf(c) != unchanged {
		return measures.VariationEmpty
	}
	return c.Variation
}

// trustAddress is the address of an organisation's board.
func trustAddress(code measures.ODSCode) string { return "/trusts/" + url.PathEscape(string(code)) }

// chartAddress is the address of one chart.
// chartAt is the address of the chart of a measure at an organisation; empty where
// the organisation has not adopted what brings the measure, and so has no chart.
func (p *Pages) chartAt(code measures.ODSCode, id measures.MeasureID) string {
	if _, err := p.Analysis.Catalogue.MeasureAt(id, code); err != nil {
		return ""
	}
	return chartAddress(code, id)
}

func chartAddress(code measures.ODSCode, measure measures.MeasureID) string {
	return trustAddress(code) + "/measures/" + url.PathEscape(string(measure))
}

// measureAddress is the address of one measure across all trusts.
func measureAddress(measure measures.MeasureID) string {
	return "/measures/" + url.PathEscape(string(measure))
}

// comparable are the measures that a reader of an organisation may see at all trusts.
func (p *Pages) comparable(reader measures.ODSCode) []*measures.Measure {
	var list []*measures.Measure
	for _, m := range p.Analysis.Catalogue.MeasuresOfAll(reader) {
		if d, ok := p.Analysis.Catalogue.Dataset(m.Dataset); ok && d.Published {
			list = append(list, m.Measure)
		}
	}
	return list
}

// credit says on the page who its figures are from, and whether they are made
// up. A page without figures goes by the organisation it is about.
func credit(page *layout.Page, answers []analysis.Answer, about measures.ODSCode) {
	page.Attribution, page.Demo = attributions(answers)
	page.Demo = page.Demo || demo.Fictional(about)
}

// attributions are the lines to show beside the data, each once, and whether
// made-up trusts are among it. Made-up figures have no source to thank, even
// where they lie in the dataset that real ones are loaded into.
func attributions(answers []analysis.Answer) (lines []string, fictional bool) {
	for i := range answers {
		real := false
		for j := range answers[i].Charts {
			if demo.Fictional(answers[i].Charts[j].Organisation) {
				fictional = true
			} else {
				real = true
			}
		}
		if text := answers[i].Dataset.Attribution; real && text != "" && !slices.Contains(lines, text) {
			lines = append(lines, text)
		}
	}
	return lines, fictional
}
