package workshop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// trial is a draft's chart of invented figures.
type trial struct {
	page    layout.Page
	draft   postgres.Draft
	measure *measures.Measure
	options []layout.Option
	figures figures
	wrong   string // why there is no chart
	help    string
	charts  []drawn
	took    time.Duration
}

// drawn is one chart and what it says.
type drawn struct {
	chart     *analysis.Chart
	picture   plot.Picture
	subject   words.Subject
	reading   words.Reading
	variation words.Icon
	assurance words.Icon
}

// figures are invented numbers, and what they are about.
type figures struct {
	series  measures.Series
	about   string // the organisation, in words
	dataset string
	// Nobody's says that the dataset is not among those of the demonstration, so
	// the numbers are any numbers.
	nobodys bool
}

// trialTime bounds starting a bench, compiling and answering.
const trialTime = 25 * time.Second

// Trial runs a draft on demonstration data: ?measure=. It is given a bench and
// invented figures, which are made in memory, and nothing that could read others.
func (p *Pages) Trial(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Trial of a draft", toCatalogue, toDrafts)
	found, grant, err := p.openDraft(r, actor)
	if err != nil {
		return err
	}
	measure, ok := chosen(&found.Manifest, r.FormValue("measure"))
	if !ok {
		return &layout.Trouble{Status: http.StatusNotFound, Title: "The draft has no such measure",
			Text: "It brings none that is called " + r.FormValue("measure") + ".", Help: "The draft's own page lists what can be tried."}
	}
	page.Crumbs = append(page.Crumbs, layout.Crumb{Name: draftTitle(&found), URL: draftAddress(found.ID)})
	v := trial{page: page, draft: found, measure: measure, options: choices(&found.Manifest)}
	v.page.Title, v.page.Demo = "Trial of "+measure.Title, true
	ctx, cancel := context.WithTimeout(r.Context(), trialTime)
	defer cancel()
	bench, err := p.Bench(ctx)
	if err != nil {
		return err
	}
	defer bench.Close()
	if err := p.done(r.Context(), grant, found.Digest, tryOut(ctx, bench, p.Library, p.Datasets, &v)); err != nil {
		return err
	}
	return trialPage(v).Render(r.Context(), w)
}

// tryOut draws the chart of a trial, or says in it what the draft did wrong. It
// has no database: all that it can give to a draft is what demonstration makes.
func tryOut(ctx context.Context, bench Bench, library Shipped, datasets []measures.Dataset, v *trial) error {
	if err := v.draft.Manifest.Check(); err != nil {
		v.wrong, v.help = "Its manifest is not complete, so nobody knows what to ask it.", "The draft's own page says what to mend in it."
		return nil
	}
	module, known, err := moduleFor(library, v)
	if err != nil {
		return err
	}
	if !known {
		v.wrong = fmt.Sprintf("It asks for %q of the plugin %q, which is not here.", v.measure.Uses.Entry, v.measure.Uses.Plugin)
		v.help = "Let the measure use an entry of its own plugin, or one of the library's."
		return nil
	}
	if v.figures, err = demonstration(v.measure, datasets); err != nil {
		return err
	}
	began := time.Now()
	release, err := bench.Install(ctx, module)
	if err == nil {
		var made []analysis.Chart
		made, err = analysis.Sketch(ctx, bench, release, v.measure, []measures.Series{v.figures.series}, false)
		for i := range made {
			v.charts = append(v.charts, v.draw(&made[i]))
		}
	}
	v.took = time.Since(began)
	return v.explain(err)
}

// explain puts into words what a draft did wrong. What is no draft's doing stays
// an error.
func (v *trial) explain(err error) error {
	var fault *plugins.Fault
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		v.wrong, v.help = "It was stopped after "+lasted(trialTime)+".", "Look for a loop that does not end. Compiling takes long where single functions are very large."
	case errors.As(err, &fault) && errors.Is(err, plugins.ErrUnsuited):
		v.wrong, v.help = "It declined: “"+fault.Cause+"”", "If these figures should suit it, look what it expects of a question. That it declines with a reason is no fault."
	case errors.As(err, &fault):
		v.wrong, v.help = "It went wrong: "+fault.Cause+".", "The draft's own page has the findings of the check, and how to mend each."
	default:
		return err
	}
	return nil
}

// moduleFor is what computes the measure of a trial: the draft, or a plugin of the
// library that it uses.
func moduleFor(library Shipped, v *trial) (module []byte, known bool, err error) {
	if v.measure.Uses.Plugin == v.draft.Manifest.ID {
		return v.draft.Module, true, nil
	}
	for _, release := range library.Releases() {
		if release.Manifest.ID == v.measure.Uses.Plugin && len(release.Manifest.Entries) > 0 {
			module, err := library.Module(release.Digest)
			return module, true, err
		}
	}
	return nil, false, nil
}

func (v *trial) draw(c *analysis.Chart) drawn {
	d := drawn{chart: c, picture: charts.PictureOf(v.measure, c, v.figures.about, policy.Disclosure{}, nil),
		subject: charts.ItemOf(v.measure, c, v.figures.about, policy.Disclosure{}).Words}
	d.reading = words.Sentence(d.subject, &c.Chart)
	d.variation = words.Variation(d.subject, &c.Chart)
	d.assurance = words.Assurance(d.subject, &c.Chart)
	return d
}

// custom reports whether the chart's limits are the plugin's own.
func (d drawn) custom() bool { return d.chart.Chart.Kind == measures.Custom }

// pretenders are organisations of the demonstration, in the order in which a
// trial looks for one that has figures.
var pretenders = []struct {
	code measures.ODSCode
	name string
}{{"ZZA", "Larkfield Hospitals Trust"}, {"ZZQNW", "North Wexbourne ICB"}}

// months is how long the series is where the demonstration has no figures of the
// dataset: long enough for limits.
const months = 36

// demonstration makes figures for a measure: those that the demonstration has of
// its dataset, or else any.
func demonstration(m *measures.Measure, datasets []measures.Dataset) (figures, error) {
	for _, d := range datasets {
		if d.ID != m.Dataset {
			continue
		}
		for _, file := range demo.Files(demo.DefaultSeed) {
			if file.Dataset != d.ID {
				continue
			}
			if f, found, err := fromFile(m, d, file); found || err != nil {
				return f, err
			}
		}
	}
	return anything(m), nil
}

// fromFile looks for figures of one organisation: as a whole, or of the stratum that
// the measure is about.
func fromFile(m *measures.Measure, d measures.Dataset, file demo.File) (figures, bool, error) {
	stratum := ""
	if m.Part != nil {
		stratum = m.Part.Stratum
	}
	for _, who := range pretenders {
		list, err := intake.Look(file.Name, bytes.NewReader(file.Content), d, who.code)
		if err != nil {
			return figures{}, false, fmt.Errorf("demonstration data for %s: %w", m.ID, err)
		}
		for _, s := range list {
			if s.Stratum != stratum || len(s.Periods) == 0 {
				continue
			}
			s.Stratum = ""
			s, err := analysis.Inputs(m, d, s)
			if err != nil {
				return figures{}, false, nil // a column that the dataset does not have: any numbers will do
			}
			return figures{series: s, about: who.name, dataset: demo.Labelled(d).Title}, true, nil
		}
	}
	return figures{}, false, nil
}

// anything makes numbers that are about nothing, from the conformance kit.
func anything(m *measures.Measure) figures {
	var inputs []string
	for _, in := range m.Inputs {
		inputs = append(inputs, in.Name)
	}
	s := conformance.Long(m.Uses.Entry, inputs, nil, months).Request.Series[0]
	s.Targets = m.Targets
	s.Phases = []measures.Phase{{Start: s.Periods[0], Baseline: min(m.Baseline, len(s.Periods))}}
	return figures{series: s, about: "No organisation", dataset: string(m.Dataset), nobodys: true}
}

// rowsShown is how many rows of the table stand open.
const rowsShown = 12

// where is the line below the title.
func (v *trial) where() string {
	text := "Draft " + v.draft.Manifest.ID + " " + v.draft.Manifest.Version
	if len(v.charts) > 0 && !v.figures.nobodys {
		text += " · " + v.figures.about
	}
	return text + " · demonstration data"
}

// value is a point in the table.
func (d drawn) value(i int, u measures.Unit) string {
	if y := d.chart.Chart.Y[i]; !measures.IsMissing(y) {
		return words.Value(y, u)
	}
	return words.State(measures.NotMeasured, "")
}

// limits are those of a point in the table.
func (d drawn) limits(i int, u measures.Unit) string {
	lower, upper := d.chart.Chart.Lower[i], d.chart.Chart.Upper[i]
	if measures.IsMissing(lower) || measures.IsMissing(upper) {
		return "–"
	}
	return words.Limits(lower, upper, u)
}
