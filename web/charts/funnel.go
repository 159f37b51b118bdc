package charts

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// funnelView is one measure at all trusts over a stretch, by their size.
type funnelView struct {
	page      layout.Page
	measure   *analysis.Definition
	funnel    analysis.Funnel
	own       measures.ODSCode // the trust that is marked; may be none of those compared
	trusts    map[measures.ODSCode]*measures.Organisation
	takeovers []postgres.Takeover
	subject   words.Subject
	reading   words.Reading
	picture   plot.FunnelPicture
	rows      []funnelRow // in order of name
	asked     url.Values
	lengths   []int                                             // how many periods may be added up
	chartAt   func(measures.ODSCode, measures.MeasureID) string // empty: no such chart
}

// Funnel compares trusts in one measure: as a page, or as .csv, .json or .svg. A
// file leaves the building, so it is asked for as an export.
func (p *Pages) Funnel(w http.ResponseWriter, r *http.Request) error {
	_, format := splitFormat(path.Base(r.URL.Path))
	actor, page := p.frame(r, "", layout.Crumb{Name: "What changed", URL: "/"}, layout.Crumb{Name: "Measures", URL: "/measures"})
	measure, err := p.Analysis.Catalogue.MeasureOfAll(measures.MeasureID(r.PathValue("measure")), actor.ODS)
	if err != nil {
		return err
	}
	page.Title = measure.Title + ", by size of trust"
	page.Crumbs = append(page.Crumbs, layout.Crumb{Name: measure.Title, URL: measureAddress(measure.ID)})
	v := funnelView{page: page, measure: measure, own: actor.ODS, asked: r.URL.Query(), chartAt: p.chartAt}
	if err := p.Analysis.Comparable(measure, 1, 0); err != nil {
		if format != "" {
			return fmt.Errorf("funnel of %s: %w", measure.ID, err)
		}
		return noFunnelPage(v, ReasonOfNoFunnel(err)).Render(r.Context(), w)
	}
	question, err := p.readComparison(&v, actor)
	if err != nil {
		return err
	}
	if format != "" {
		question.Action = policy.DataExport
	}
	if v.trusts, err = p.everyTrust(r.Context()); err != nil {
		return err
	}
	question.Among = func(codes []measures.ODSCode) []measures.ODSCode { return sameWorld(trustsOf(codes, v.trusts), actor) }
	if v.funnel, err = p.Analysis.Compare(r.Context(), question); err != nil {
		return err
	}
	// A trust that is left out may have become part of another before the stretch.
	around := policy.Period{From: v.funnel.First.AddMonths(-12), To: measure.Grain.Next(v.funnel.Last) - 1}
	if v.takeovers, err = p.Register.Takeovers(r.Context(), around); err != nil {
		return err
	}
	v.fill()
	switch {
	case format == "":
		return funnelPage(v).Render(r.Context(), w)
	case len(v.funnel.Groups) == 0:
		return fmt.Errorf("funnel of %s as %s: %w", measure.ID, format, ErrNoFigures)
	}
	return v.file(w, format)
}

// stretches are how many periods of a grain may be added up: the last is usual.
var stretches = map[measures.Grain][]int{
	measures.Day: {7, 28, 91}, measures.Week: {4, 13, 26, 52}, measures.Month: {1, 3, 6, 12},
	measures.Quarter: {1, 2, 4}, measures.FinancialYear: {1},
}

// stretchesOf are those of one measure. People on a waiting list are counted
// again each month, so their counts cannot be added up.
func (p *Pages) stretchesOf(m *measures.Measure) []int {
	if dataset, _ := p.Analysis.Catalogue.Dataset(m.Dataset); dataset.Census {
		return []int{1}
	}
	return stretches[m.Grain]
}

// readComparison reads what an address may ask of a funnel: ?over, ?to, ?od, ?at, ?load.
func (p *Pages) readComparison(v *funnelView, actor policy.Actor) (analysis.Comparison, error) {
	v.lengths = p.stretchesOf(v.measure.Measure)
	lengths := v.lengths
	c := analysis.Comparison{Actor: actor, Action: policy.ChartRead, Measure: v.measure.ID, Periods: lengths[len(lengths)-1]}
	if text := v.asked.Get("over"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || !slices.Contains(lengths, n) {
			return c, fmt.Errorf("%w: figures of %s can be added up over %s periods, not %q", ErrBadAddress, v.measure.Title, listed(lengths), text)
		}
		c.Periods = n
	}
	if text := v.asked.Get("to"); text != "" {
		last, err := measures.ParseDate(text)
		if err == nil {
			err = p.Analysis.Comparable(v.measure, c.Periods, last)
		}
		if err != nil {
			return c, fmt.Errorf("%w: to: %w", ErrBadAddress, err)
		}
		c.Last = last
	}
	switch text := v.asked.Get("od"); text {
	case "":
	case "none":
		c.Dispersion = analysis.Ignored
	case "additive":
		c.Dispersion = analysis.Allowed
	default:
		return c, fmt.Errorf("%w: od is none or additive, not %q", ErrBadAddress, text)
	}
	if at := measures.ODSCode(strings.ToUpper(v.asked.Get("at"))); at != "" {
		if !at.Valid() {
			return c, fmt.Errorf("%w: at is the code of an organisation, such as RQW, not %q", ErrBadAddress, at)
		}
		v.own = at
	}
	return c, readLoad(v.asked, &c.AsOf)
}

func listed(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// everyTrust knows all trusts by code, closed ones too: a stretch may lie before
// their end.
func (p *Pages) everyTrust(ctx context.Context) (map[measures.ODSCode]*measures.Organisation, error) {
	all, err := p.Register.Organisations(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("trusts: %w", err)
	}
	trusts := map[measures.ODSCode]*measures.Organisation{}
	for i := range all {
		if all[i].Kind == measures.Trust {
			trusts[all[i].ODS] = &all[i]
		}
	}
	return trusts, nil
}

func trustsOf(codes []measures.ODSCode, trusts map[measures.ODSCode]*measures.Organisation) []measures.ODSCode {
	return slices.DeleteFunc(slices.Clone(codes), func(code measures.ODSCode) bool { return trusts[code] == nil })
}

// name is how a trust is written among others.
func (v *funnelView) name(code measures.ODSCode) string {
	if trust := v.trusts[code]; trust != nil {
		return shortName(trust.Name)
	}
	return string(code)
}

// fill puts the funnel into words and rows.
func (v *funnelView) fill() {
	f := &v.funnel
	for _, code := range f.Groups {
		v.subject.Groups = append(v.subject.Groups, v.name(code))
		if demo.Fictional(code) {
			v.page.Demo = true
		} else if text := f.Dataset.Attribution; text != "" {
			v.page.Attribution = []string{text}
		}
	}
	v.subject.Unit, v.subject.Group, v.subject.Hidden = v.measure.Unit, "trust", hiddenRange(f.Receipt.Disclosure)
	v.subject.Method = words.Method{Ratio: f.Parameters.Ratio.String(), Additive: f.Parameters.Additive}
	v.subject.Title = v.measure.Title + ", " + v.stretch()
	if len(f.Groups) == 0 {
		return
	}
	v.reading = words.Sentence(v.subject, &f.Chart)
	v.picture = v.drawing()
	for i := range f.Groups {
		v.rows = append(v.rows, v.row(i))
	}
	slices.SortStableFunc(v.rows, func(a, b funnelRow) int {
		return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
}

// drawing is the funnel as package plot draws it.
func (v *funnelView) drawing() plot.FunnelPicture {
	f := &v.funnel
	p := plot.FunnelPicture{Chart: &f.Chart, Parameters: f.Parameters, Title: v.measure.Title,
		Organisation: countText(len(f.Groups), "trust", "trusts") + ", " + v.stretch(), Description: v.reading.String(),
		Source: strings.Join(v.page.Attribution, " "), Unit: v.measure.Unit, Noun: "trust", Hidden: v.subject.Hidden, ID: "funnel",
		Size: v.inputTitle(sdk.InputDenominator) + ", " + v.stretch()}
	for i, code := range f.Groups {
		name := v.subject.Groups[i]
		p.Groups = append(p.Groups, plot.Group{Name: name, Short: withoutForm(name), Href: v.chartAt(code, v.measure.ID), Own: code == v.own})
	}
	return p
}

// withoutForm leaves the legal form off a name, where there is little room.
func withoutForm(name string) string {
	for _, form := range []string{" NHS Foundation Trust", " NHS Trust"} {
		name = strings.TrimSuffix(name, form)
	}
	return name
}

// item is the funnel as package export writes it: programs want codes.
func (v *funnelView) item() export.Item {
	subject := v.subject
	subject.Groups = make([]string, len(v.funnel.Groups))
	for i, code := range v.funnel.Groups {
		subject.Groups[i] = v.subject.Groups[i] + " (" + string(code) + ")"
	}
	return export.Item{Title: v.measure.Title, Organisation: countText(len(v.funnel.Groups), "trust", "trusts") + ", " + v.stretch(),
		Chart: &v.funnel.Chart, Words: subject}
}

// file sends the funnel as a file.
func (v *funnelView) file(w http.ResponseWriter, format string) error {
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(v.measure.ID)+`-funnel.`+format+`"`)
	switch format {
	case "csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return export.CSV(w, v.item())
	case "json":
		w.Header().Set("Content-Type", "application/json")
		return export.JSON(w, v.item())
	default:
		w.Header().Set("Content-Type", "image/svg+xml")
		_, err := w.Write(plot.StandaloneFunnel(v.picture))
		return err
	}
}

// funnelAddress is the address of a measure's funnel.
func funnelAddress(measure measures.MeasureID) string { return measureAddress(measure) + "/funnel" }

// address is this funnel's own, with a format, and with the same questions but
// for one that is asked otherwise; key may be empty.
func (v *funnelView) address(format, key, value string) string {
	address := funnelAddress(v.measure.ID)
	if format != "" {
		address += "." + format
	}
	form := url.Values{}
	for _, known := range []string{"over", "to", "od", "at", "load"} {
		if text := v.asked.Get(known); text != "" {
			form.Set(known, text)
		}
	}
	if key != "" {
		form.Set(key, value)
	}
	if value == "" {
		form.Del(key)
	}
	if len(form) > 0 {
		address += "?" + form.Encode()
	}
	return address
}
