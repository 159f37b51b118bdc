package charts

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// strataView is one measure of one organisation, stratum by stratum.
type strataView struct {
	divided
	divisions []analysis.Division
	division  analysis.Division
	whole     *analysis.Chart   // nil where the whole has no figures
	charts    []*analysis.Chart // of the strata, in the dataset's order
	none      []string          // strata without a single figure to show
	receipts  []analysis.Receipt
	asked     url.Values

	of, against *analysis.Chart // whose difference is drawn; against may be the whole
	gap         analysis.Gap
	apart       []apart
	rows        []strataRow // newest first
}

// apart is how a stratum lies from the whole, in words.
type apart struct {
	name    string
	reading words.Reading
	beyond  bool
}

// strataRow is one period in the table: the whole, the strata, the gap.
type strataRow struct {
	period string
	cells  []string
}

// Strata shows a measure stratum by stratum on one scale, with the gap between
// two of them: as a page, or as .csv or .json.
func (p *Pages) Strata(w http.ResponseWriter, r *http.Request) error {
	_, format := splitFormat(path.Base(r.URL.Path))
	subject, err := p.subject(r, "stratum by stratum", format)
	if err != nil {
		return err
	}
	v := strataView{divided: subject, divisions: analysis.Divisions(subject.measure), asked: r.URL.Query()}
	if len(v.divisions) == 0 && format == "" {
		return noStrataPage(v, "Nobody has said into which strata its figures can be divided.").Render(r.Context(), w)
	}
	if v.division, err = divisionAsked(v.divisions, v.asked.Get("by")); err != nil {
		return err
	}
	strata := v.question
	strata.Stratifier = v.division.By
	answers, err := p.Analysis.Ask(r.Context(), v.question, strata)
	if err != nil {
		return err
	}
	for i := range answers {
		if answers[i].Err != nil {
			return answers[i].Err
		}
		v.receipts = append(v.receipts, answers[i].Receipt)
	}
	credit(&v.page, answers, v.organisation.ODS)
	v.take(answers)
	switch {
	case len(v.charts) < 2 && format != "":
		return fmt.Errorf("strata of %s at %s: %w", v.measure.ID, v.organisation.ODS, ErrNoFigures)
	case len(v.charts) < 2:
		return noStrataPage(v, v.tooFew()).Render(r.Context(), w)
	}
	if err := v.fill(); err != nil {
		return err
	}
	if format != "" {
		return v.file(w, format)
	}
	return strataPage(v).Render(r.Context(), w)
}

// divisionAsked finds the division of an address; the first if it names none.
func divisionAsked(divisions []analysis.Division, by string) (analysis.Division, error) {
	var known []string
	for _, d := range divisions {
		if by == "" || d.By == by {
			return d, nil
		}
		known = append(known, d.By)
	}
	return analysis.Division{}, fmt.Errorf("%w: by is one of %q, not %q", ErrBadAddress, known, by)
}

// take sorts out which strata have anything to show. A stratum whose points are
// all hidden has: that they are.
func (v *strataView) take(answers []analysis.Answer) {
	if len(answers[0].Charts) > 0 {
		v.whole = &answers[0].Charts[0]
	}
	for i := range answers[1].Charts {
		c := &answers[1].Charts[i]
		if c.Chart.Last() < 0 && !slices.Contains(c.Chart.States, measures.Suppressed) {
			v.none = append(v.none, stratumName(c.Stratum))
			continue
		}
		v.charts = append(v.charts, c)
	}
}

func (v *strataView) tooFew() string {
	if len(v.charts) == 0 {
		return "There are no figures of its strata here for this time."
	}
	return "All its figures here are of one stratum: " + stratumName(v.charts[0].Stratum) + "."
}

// fill finds the gaps and writes the table.
func (v *strataView) fill() error {
	if err := v.choosePair(); err != nil {
		return err
	}
	var err error
	if v.gap, err = analysis.GapOf(v.measure, v.of, v.against, v.nameOf(v.against)); err != nil {
		return err
	}
	for _, c := range v.charts {
		if v.whole == nil {
			break
		}
		gap, err := analysis.GapOf(v.measure, c, v.whole, wholeName)
		if err != nil {
			return err
		}
		v.apart = append(v.apart, apart{stratumName(c.Stratum), gap.Distance.Said(), gap.Distance.Apart()})
	}
	v.table()
	return nil
}

const wholeName = "the whole"

// choosePair picks the two whose difference is drawn: those that the address
// names, else the first and the last of strata that are numbered, and so in an
// order, else the first and the whole.
func (v *strataView) choosePair() error {
	find := func(key string, otherwise *analysis.Chart) (*analysis.Chart, error) {
		name := v.asked.Get(key)
		switch {
		case name == "" && otherwise != nil:
			return otherwise, nil
		case name == "whole" && key == "against" && v.whole != nil:
			return v.whole, nil
		}
		for _, c := range v.charts {
			if c.Stratum == name {
				return c, nil
			}
		}
		return nil, fmt.Errorf("%w: %s has no stratum %q with figures", ErrBadAddress, v.measure.Title, name)
	}
	last := v.charts[len(v.charts)-1]
	usual := v.whole
	if numbered(v.charts) || usual == nil {
		usual = last
	}
	var err error
	if v.of, err = find("of", v.charts[0]); err != nil {
		return err
	}
	if v.against, err = find("against", usual); err != nil {
		return err
	}
	if v.of == v.against {
		return fmt.Errorf("%w: a stratum has no gap to itself", ErrBadAddress)
	}
	return nil
}

// numbered reports whether every stratum's name begins with its number, as
// fifths of deprivation and bands of age do.
func numbered(charts []*analysis.Chart) bool {
	return !slices.ContainsFunc(charts, func(c *analysis.Chart) bool { return c.Stratum == "" || c.Stratum[0] < '0' || c.Stratum[0] > '9' })
}

func (v *strataView) nameOf(c *analysis.Chart) string {
	if c == v.whole {
		return wholeName
	}
	return stratumName(c.Stratum)
}

// table has a row for each period of any stratum, newest first.
func (v *strataView) table() {
	columns := make([]*measures.Chart, 0, len(v.charts)+2)
	units := []measures.Unit{}
	add := func(c *measures.Chart, u measures.Unit) { columns, units = append(columns, c), append(units, u) }
	if v.whole != nil {
		add(&v.whole.Chart, v.measure.Unit)
	}
	for _, c := range v.charts {
		add(&c.Chart, v.measure.Unit)
	}
	add(&v.gap.Chart, v.measure.Unit)
	units[len(units)-1] = measures.Unit{Decimals: v.measure.Unit.Decimals}
	at := make([]map[int32]int, len(columns))
	var periods []int32
	for k, c := range columns {
		at[k] = map[int32]int{}
		for i, x := range c.X {
			at[k][x] = i
			periods = append(periods, x)
		}
	}
	slices.Sort(periods)
	periods = slices.Compact(periods)
	slices.Reverse(periods)
	hidden := v.hidden()
	for _, x := range periods {
		row := strataRow{period: words.Period(x, v.measure.Grain)}
		for k, c := range columns {
			i, there := at[k][x]
			switch {
			case !there:
				row.cells = append(row.cells, "–")
			case k == len(columns)-1 && c.States[i] == measures.Suppressed:
				row.cells = append(row.cells, "hidden") // one of the two is, or both
			case measures.IsMissing(c.Y[i]):
				row.cells = append(row.cells, absent(c, i, hidden))
			case k == len(columns)-1:
				row.cells = append(row.cells, signed(c.Y[i], units[k].Decimals))
			default:
				row.cells = append(row.cells, words.Value(c.Y[i], units[k]))
			}
		}
		v.rows = append(v.rows, row)
	}
}

func (v *strataView) hidden() string { return hiddenRange(v.receipts[1].Disclosure) }

// file sends the charts of all strata, after the whole.
func (v *strataView) file(w http.ResponseWriter, format string) error {
	var items []export.Item
	for i, c := range append([]*analysis.Chart{v.whole}, v.charts...) {
		if c != nil {
			items = append(items, ItemOf(v.measure, c, v.organisation.Name, v.receipts[min(i, 1)].Disclosure))
		}
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(v.organisation.ODS)+"-"+string(v.measure.ID)+"-by-"+v.division.By+"."+format+`"`)
	if format == "csv" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return export.CSV(w, items...)
	}
	w.Header().Set("Content-Type", "application/json")
	return export.JSON(w, items...)
}

// panels are the small multiples: the whole first, where there is one.
func (v *strataView) panels() plot.MultiplesPicture {
	m := plot.MultiplesPicture{Unit: v.measure.Unit, Grain: v.measure.Grain, Hidden: v.hidden(), ID: "strata",
		Label: v.measure.Title + " by " + v.division.Of}
	if v.whole != nil {
		m.Panels = append(m.Panels, plot.Panel{Chart: &v.whole.Chart, Name: "The whole", Href: chartAddress(v.organisation.ODS, v.measure.ID)})
	}
	for _, c := range v.charts {
		m.Panels = append(m.Panels, plot.Panel{Chart: &c.Chart, Name: stratumName(c.Stratum), Href: v.chartOf(c.Stratum)})
	}
	return m
}

// chartOf is the address of one stratum's own chart.
func (v *strataView) chartOf(stratum string) string {
	form := v.period()
	form.Set("by", v.division.By)
	form.Set("stratum", stratum)
	return chartAddress(v.organisation.ODS, v.measure.ID) + "?" + form.Encode()
}

// period is what the address asks about time and vintage.
func (v *strataView) period() url.Values {
	form := url.Values{}
	for _, key := range []string{"all", "from", "to", "load"} {
		if v.asked.Has(key) {
			form.Set(key, v.asked.Get(key))
		}
	}
	return form
}

// carried is what a form about some keys has to carry along.
func (v *strataView) carried(but ...string) []pair {
	form := v.period()
	form.Set("by", v.division.By)
	var list []pair
	for _, key := range []string{"all", "by", "from", "to", "load"} {
		if form.Has(key) && !slices.Contains(but, key) {
			list = append(list, pair{key, form.Get(key)})
		}
	}
	return list
}

// address is that of this page in a format.
func (v *strataView) address(format string) string {
	form := v.period()
	form.Set("by", v.division.By)
	return withQuery(chartAddress(v.organisation.ODS, v.measure.ID)+"/strata"+format, form.Encode())
}

// strataAddress is the address of a chart stratum by stratum.
func strataAddress(code measures.ODSCode, measure measures.MeasureID, by string) string {
	return chartAddress(code, measure) + "/strata?by=" + url.QueryEscape(by)
}

// gapPicture is the difference of two as a chart, with zero as a line.
func (v *strataView) gapPicture() plot.Picture {
	c := v.gap.Chart
	c.Target = 0
	return plot.Picture{Chart: &c, Title: v.gapTitle(), Organisation: v.organisation.Name, Description: v.gapSentence(),
		Source: strings.Join(v.page.Attribution, " "), Unit: words.Difference(v.measure.Unit), Grain: v.measure.Grain,
		Baseline: v.gap.Baseline, Targets: []measures.Target{{Value: 0, Label: "no gap"}}, Constant: 2.66, Hidden: v.hidden(), ID: "gap"}
}

func (v *strataView) gapTitle() string {
	return capital(v.nameOf(v.of)) + " against " + v.nameOf(v.against)
}

func (v *strataView) gapSubject() words.Subject {
	return words.Subject{Unit: words.Difference(v.measure.Unit), Grain: v.measure.Grain, Baseline: v.gap.Baseline, Hidden: v.hidden()}
}

// gapSentence reads the gap as any other chart, and says first whether the two
// lie apart at all.
func (v *strataView) gapSentence() string {
	return v.gap.Distance.Said().String() + " " + v.gapReading().String()
}

// gapReading reads the gap as any other chart. Where it changed by more than
// chance, its judgement is whether it is nearer to zero: a gap has no direction of
// its own, because zero may lie on either side.
func (v *strataView) gapReading() words.Reading {
	c := &v.gap.Chart
	r := words.Sentence(v.gapSubject(), c)
	r.Fact, r.Target = "The gap: "+r.Fact, ""
	if c.Variation != measures.ShiftHigh && c.Variation != measures.ShiftLow {
		return r
	}
	switch centre := c.Centre[c.Len()-1]; {
	case measures.IsMissing(centre) || centre == 0:
	case (centre > 0) == (c.Variation == measures.ShiftLow):
		r.Judgement = "It has narrowed by more than chance."
	default:
		r.Judgement = "It has widened by more than chance."
	}
	return r
}

func (v *strataView) gapCaption() string {
	text := plot.Caption(v.gapPicture()) + " At zero, where the dotted line is, there is no gap."
	if measures.IsMissing(v.gap.Chart.Y[max(0, v.gap.Chart.Last())]) {
		return "No difference can be shown."
	}
	return text
}

// summary says which strata lie apart from the whole, in their order.
func (v *strataView) summary() words.Reading {
	var beyond []string
	for _, a := range v.apart {
		if a.beyond {
			beyond = append(beyond, a.name)
		}
	}
	switch {
	case len(v.apart) == 0:
		return words.Reading{Fact: "The whole has no figures to hold its strata against."}
	case len(beyond) == 0:
		return words.Reading{Fact: "None of " + countText(len(v.apart), "stratum", "strata") + " lies apart from the whole by more than chance."}
	}
	verb := " lie"
	if len(beyond) == 1 {
		verb = " lies"
	}
	return words.Reading{Fact: capital(andList(beyond)) + verb, Judgement: "apart from the whole by more than chance."}
}

// andList joins names as in a sentence.
func andList(names []string) string {
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], "; ") + " and " + names[n-1]
	}
}

// where is the line below the title.
func (v *strataView) where() string {
	parts := []string{v.organisation.Name + " (" + string(v.organisation.ODS) + ")", "by " + v.division.Of}
	if v.measure.Scope != "" {
		parts = append(parts, v.measure.Scope)
	}
	return strings.Join(parts, " · ")
}

// hiddenText says how many points are hidden, if any.
func (v *strataView) hiddenText() string {
	hidden, all := 0, 0
	for _, c := range v.charts {
		all += c.Chart.Len()
		for _, state := range c.Chart.States {
			if state == measures.Suppressed {
				hidden++
			}
		}
	}
	if hidden == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %d points of the strata are hidden because their numbers are small", hidden, all)
	if v.hidden() != "" {
		text += " (" + v.hidden() + ")"
	}
	return text + ", or would give a small number away. Where either of two is hidden there is no gap to see. A longer period for each point, such as a quarter, would show more."
}

// pairOptions fill the form of the gap.
func (v *strataView) pairOptions(chosen *analysis.Chart, withWhole bool) []layout.Option {
	var list []layout.Option
	if withWhole && v.whole != nil {
		list = append(list, layout.Option{Value: "whole", Name: "The whole", Chosen: chosen == v.whole})
	}
	for _, c := range v.charts {
		list = append(list, layout.Option{Value: c.Stratum, Name: stratumName(c.Stratum), Chosen: c == chosen})
	}
	return list
}

func (v *strataView) divisionOptions() []layout.Option {
	var list []layout.Option
	for _, d := range v.divisions {
		list = append(list, layout.Option{Value: d.By, Name: capital(d.Of), Chosen: d.By == v.division.By})
	}
	return list
}

// canSplit reports whether the measure's change can be split by these strata.
func (v *strataView) canSplit() bool {
	return v.measure.Mix != nil && v.measure.Mix.By() == v.division.By
}

// divisions are the ways to part the chart's figures.
func (v chartView) divisions() []analysis.Division { return analysis.Divisions(v.measure) }

// divisionName is what differs between the strata of a divided chart.
func (v chartView) divisionName() string {
	for _, d := range v.divisions() {
		if d.By == v.asked.Get("by") {
			return capital(d.Of)
		}
	}
	return capital(v.asked.Get("by"))
}
