package charts

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

var (
	// ErrBadAddress says that an address asks for something that cannot be.
	ErrBadAddress = errors.New("bad address")
	// ErrNoFigures says that there is nothing to make a file of.
	ErrNoFigures = errors.New("no figures for this chart")
)

// chartView is one chart and all that is said about it.
type chartView struct {
	page         layout.Page
	organisation measures.Organisation
	measure      *measures.Measure
	definition   *analysis.Definition // of the measure; nil on pages about no single organisation
	chart        *analysis.Chart
	receipt      analysis.Receipt
	dataset      measures.Dataset
	subject      words.Subject
	picture      plot.Picture
	reading      words.Reading
	variation    words.Icon
	assurance    words.Icon
	rules        []words.Rule
	rows         []row // newest first
	events       []plot.Lettered
	strata       []string        // that the reader may choose
	whole        bool            // all there is, not from the measure's start
	asked        url.Values      // of the address, for other forms of the same chart
	kinds        []measures.Kind // that suit the measure, its own first
	paragraph    string          // the chart in full sentences, for the record
	split        mixView         // of its change by strata, where there is one
	funnel       bool            // trusts can be set side by side in a funnel
}

// rowsShown is how many rows of the table stand open.
const rowsShown = 12

// row is one point in the table.
type row struct {
	index       int
	period      string
	numerator   string
	denominator string
	value       string
	limits      string
	rules       string
	more        []string // of the columns of the chart's kind
}

// Chart shows one measure of one organisation: as a page, or as .csv, .json or
// .svg. A file leaves the building, so it is asked for as an export.
func (p *Pages) Chart(w http.ResponseWriter, r *http.Request) error {
	name, format := splitFormat(r.PathValue("measure"))
	code, id := measures.ODSCode(r.PathValue("ods")), measures.MeasureID(name)
	defined, err := p.Analysis.Catalogue.MeasureAt(id, code)
	if err != nil {
		return err
	}
	measure := defined.Measure
	organisation, err := p.Register.Organisation(r.Context(), code, p.today())
	if err != nil {
		return fmt.Errorf("chart of %s at %s: %w", id, code, err)
	}
	actor, page := p.frame(r, measure.Title+", "+organisation.Name,
		layout.Crumb{Name: "What changed", URL: "/"}, layout.Crumb{Name: organisation.Name + " (" + string(code) + ")", URL: trustAddress(code)})
	question := analysis.Question{Actor: actor, Action: policy.ChartRead, Measure: id, Organisation: code}
	if format != "" {
		question.Action = policy.DataExport
	}
	if err := readAsk(r, measure, &question); err != nil {
		return err
	}
	// Where there is one chart of each stratum, only one of them is shown.
	question.Ranges = format == "" && question.Stratifier == ""
	question.Split = format == "" && question.Stratifier == "" && measure.Mix != nil
	answers, err := p.Analysis.Ask(r.Context(), question)
	if err != nil {
		return err
	}
	answer := &answers[0]
	if errors.Is(answer.Err, analysis.ErrNoDrawing) {
		return fmt.Errorf("%w: %w", ErrBadAddress, answer.Err)
	}
	if answer.Err != nil {
		return answer.Err
	}
	view := chartView{kinds: p.Analysis.Catalogue.Drawings(defined), page: page, organisation: organisation, measure: measure, definition: defined,
		receipt: answer.Receipt, dataset: answer.Dataset, whole: question.Everything, asked: r.URL.Query(),
		funnel: p.Analysis.Comparable(defined, 1, 0) == nil}
	credit(&view.page, answers, code)
	view.page.Zoom = true
	if !view.choose(answer, r.FormValue("stratum"), question.Stratifier != "") {
		if format != "" {
			return fmt.Errorf("%s at %s as %s: %w", id, code, format, ErrNoFigures)
		}
		return nothingPage(view).Render(r.Context(), w)
	}
	view.fill(p.today())
	view.split = newMixView(answer, page, organisation)
	if !question.Drawing.Own() {
		view.page.Canonical = view.with("", "kind", "", "rules", "")
	}
	if format == "" {
		return chartPage(view).Render(r.Context(), w)
	}
	return view.file(w, format)
}

// splitFormat parts "ae-4h.csv" into name and format.
func splitFormat(path string) (name, format string) {
	for _, known := range []string{".csv", ".json", ".svg"} {
		if name, found := strings.CutSuffix(path, known); found {
			return name, known[1:]
		}
	}
	return path, ""
}

// readAsk reads what an address may ask of a chart: ?all, ?by, ?from, ?to, ?load,
// ?kind, ?rules.
func readAsk(r *http.Request, m *measures.Measure, q *analysis.Question) error {
	form := r.URL.Query()
	q.Everything = form.Has("all")
	q.Drawing = analysis.Drawing{Kind: form.Get("kind"), Rules: form.Get("rules")}
	if q.Stratifier = form.Get("by"); q.Stratifier != "" {
		if !slices.ContainsFunc(analysis.Divisions(m), func(d analysis.Division) bool { return d.By == q.Stratifier }) {
			return fmt.Errorf("%w: %s is not divided by %q", ErrBadAddress, m.Title, q.Stratifier)
		}
	}
	for key, date := range map[string]*measures.Date{"from": &q.Period.From, "to": &q.Period.To} {
		text := form.Get(key)
		if text == "" {
			continue
		}
		parsed, err := measures.ParseDate(text)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrBadAddress, key, err)
		}
		*date = parsed
	}
	return readLoad(form, &q.AsOf)
}

// readLoad reads the vintage that an address asks for, if it does.
func readLoad(form url.Values, asOf *int32) error {
	text := form.Get("load")
	if text == "" {
		return nil
	}
	load, err := strconv.ParseInt(text, 10, 32)
	if err != nil || load < 1 {
		return fmt.Errorf("%w: load is the number of a load, from 1, not %q", ErrBadAddress, text)
	}
	*asOf = int32(load)
	return nil
}

// choose picks the chart to show; false means that there is none.
func (v *chartView) choose(answer *analysis.Answer, stratum string, divided bool) bool {
	for i := range answer.Charts {
		c := &answer.Charts[i]
		if divided {
			v.strata = append(v.strata, c.Stratum)
		}
		if v.chart == nil && (!divided || stratum == "" || c.Stratum == stratum) {
			v.chart = c
		}
	}
	return v.chart != nil && v.chart.Chart.Len() > 0
}

// fill puts the chart into words and rows.
func (v *chartView) fill(measures.Date) {
	terms := v.receipt.Disclosure
	v.subject = subjectOf(v.measure, v.chart, terms)
	v.picture = PictureOf(v.measure, v.chart, v.organisation.Name, terms, v.page.Attribution)
	c := &v.chart.Chart
	v.reading = words.Sentence(v.subject, c)
	v.variation = words.Variation(v.subject, c)
	v.assurance = words.Assurance(v.subject, c)
	v.rules = words.Explain(v.subject, c)
	v.paragraph = words.Paragraph(v.subject, c)
	v.events = plot.Letters(v.picture)
	for i := c.Len() - 1; i >= 0; i-- {
		v.rows = append(v.rows, v.row(i))
	}
}

func (v *chartView) row(i int) row {
	c, unit := &v.chart.Chart, v.measure.Unit
	r := row{index: i, period: words.Period(c.X[i], v.measure.Grain), rules: words.Rules(c.Signals[i])}
	r.numerator = figure(v.chart.Numerator, i)
	r.denominator = figure(v.chart.Denominator, i)
	r.value = absent(c, i, v.subject.Hidden)
	if !measures.IsMissing(c.Y[i]) {
		r.value = words.Value(c.Y[i], unit)
	}
	r.limits = "–"
	if !measures.IsMissing(c.Lower[i]) && !measures.IsMissing(c.Upper[i]) {
		r.limits = words.Limits(c.Lower[i], c.Upper[i], v.limitUnit())
	}
	for _, column := range v.columns() {
		r.more = append(r.more, column.cell(i))
	}
	return r
}

// figure writes a count, which may be a half or a decimal.
func figure(column []float64, i int) string {
	if i >= len(column) || measures.IsMissing(column[i]) {
		return "–"
	}
	if v := column[i]; v == float64(int64(v)) {
		return words.Number(v, 0)
	}
	return words.Number(column[i], 1)
}

func absent(c *measures.Chart, i int, hidden string) string {
	if i < len(c.States) && c.States[i] == measures.Suppressed {
		return words.State(measures.Suppressed, hidden)
	}
	return words.State(measures.NotMeasured, hidden)
}

// hasDenominator reports whether the table has a column for it.
func (v chartView) hasDenominator() bool { return len(v.chart.Denominator) > 0 }

// hasLimits reports whether any point has limits: a run chart has none.
func (v chartView) hasLimits() bool {
	return slices.ContainsFunc(v.chart.Chart.Upper, func(upper float64) bool { return !measures.IsMissing(upper) })
}

// inputTitle heads the column of an input in the table.
func (v chartView) inputTitle(i int) string {
	if i < len(v.measure.Inputs) && v.measure.Inputs[i].Title != "" {
		return v.measure.Inputs[i].Title
	}
	return [...]string{"Numerator", "Denominator"}[i]
}

// valueTitle heads the column of what is plotted.
func (v chartView) valueTitle() string {
	switch {
	case v.measure.Unit.Symbol == "%":
		return "Share"
	case v.hasDenominator():
		return "Rate"
	default:
		return "Value"
	}
}

// earlier counts the rows behind the fold.
func (v chartView) earlier() int { return max(0, len(v.rows)-rowsShown) }

// where is the line below the title.
func (v chartView) where() string {
	parts := []string{v.organisation.Name + " (" + string(v.organisation.ODS) + ")"}
	if v.chart != nil && v.chart.Stratum != "" {
		parts = append(parts, stratumName(v.chart.Stratum))
	}
	if v.measure.Scope != "" {
		parts = append(parts, v.measure.Scope)
	}
	if v.chart != nil && !v.drawn().Own() {
		parts = append(parts, "drawn as "+article(words.KindName(v.chart.Chart.Kind)))
	}
	if v.chart != nil && v.chart.Chart.Len() > 0 {
		parts = append(parts, "to "+words.Period(v.chart.Chart.X[v.chart.Chart.Len()-1], v.measure.Grain))
	}
	return strings.Join(parts, " · ")
}

// file sends the chart as a file.
func (v *chartView) file(w http.ResponseWriter, format string) error {
	name := string(v.organisation.ODS) + "-" + string(v.measure.ID)
	if !v.drawn().Own() {
		name += "-" + v.chart.Chart.Kind.String() + "-" + v.chart.Chart.Rules.String()
	}
	name += "." + format
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	item := ItemOf(v.measure, v.chart, v.organisation.Name, v.receipt.Disclosure)
	switch format {
	case "csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return export.CSV(w, item)
	case "json":
		w.Header().Set("Content-Type", "application/json")
		return export.JSON(w, item)
	default:
		w.Header().Set("Content-Type", "image/svg+xml")
		_, err := w.Write(plot.Standalone(v.picture))
		return err
	}
}

// complete says whether the figures are whole and final.
func (v chartView) complete() (heading, text string, good bool) {
	c := &v.chart.Chart
	measured, hidden, provisional := 0, 0, 0
	for i := range c.Y {
		switch {
		case c.States[i] == measures.Suppressed:
			hidden++
		case !measures.IsMissing(c.Y[i]):
			measured++
			if c.States[i] == measures.Provisional {
				provisional++
			}
		}
	}
	n := c.Len()
	text = fmt.Sprintf("%d of %s measured", measured, countText(n, periodNoun(v.measure.Grain, 1), periodNoun(v.measure.Grain, 2)))
	if hidden > 0 {
		text += fmt.Sprintf("; %d hidden", hidden)
	}
	if provisional > 0 {
		text += fmt.Sprintf("; %d provisional", provisional)
	} else {
		text += "; none provisional"
	}
	text += ". " + capital(v.receipt.DataVersion) + "."
	switch {
	case measured+hidden < n:
		return "Not complete.", text, false
	case provisional > 0:
		return "Complete, not yet final.", text, false
	default:
		return "Complete and final.", text, true
	}
}

// phases describes the phases of the chart, with who decided on them.
func (v chartView) phases() []phaseLine {
	c, unit := &v.chart.Chart, v.measure.Unit
	var lines []phaseLine
	for number := range v.chart.Decided {
		first, last := -1, -1
		for i, phase := range c.Phase {
			if int(phase) == number+1 {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		if first < 0 {
			continue
		}
		d := &v.chart.Decided[number]
		l := phaseLine{number: number + 1, span: words.Period(c.X[first], v.measure.Grain) + " to " + words.Period(c.X[last], v.measure.Grain), centre: "–", limits: "–"}
		if !measures.IsMissing(c.Centre[last]) {
			l.centre = words.Line(c.Centre[last], unit)
		}
		if !measures.IsMissing(c.Lower[last]) {
			l.limits = words.Limits(c.Lower[last], c.Upper[last], v.limitUnit())
			if stepped(c, first, last+1) {
				l.where = "at the last point"
			}
		}
		l.reason = reasonOf(d, l.limits != "–")
		lines = append(lines, l)
	}
	return lines
}

// phaseLine is one phase in the table of phases.
type phaseLine struct {
	number               int
	span, centre, limits string
	where                string // the point whose limits these are, where they differ
	reason               string
}

func reasonOf(d *measures.Phase, limited bool) string {
	text := d.Reason
	if text == "" {
		text = "The first figures there are."
	}
	if d.Baseline > 0 && limited {
		text += fmt.Sprintf(" Baseline: the first %d points.", d.Baseline)
	}
	if d.Author != "" {
		text += " " + capital(d.Author)
		if d.Approver != "" {
			text += "; agreed by " + d.Approver
		}
		if d.Decided != 0 {
			text += ", " + d.Decided.DayName()
		}
		text += "."
	}
	return text
}
