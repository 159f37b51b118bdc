package workshop

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/layout"
)

// firstsShown is how many periods can be chosen to count as the first after.
const firstsShown = 13

// fill makes the fields of the form from what was proposed or chosen.
func (v *adopting) fill(r *http.Request) {
	for i := range v.proposal.Needs {
		n := &v.proposal.Needs[i]
		if len(n.Fits) == 0 {
			continue
		}
		v.needs = append(v.needs, layout.Field{ID: "dataset-" + string(n.Dataset), Name: "dataset-" + string(n.Dataset), Label: "Read instead of " + string(n.Dataset),
			Hint: "Of your datasets, these have the columns that it needs. Whether they count the same, you have to know."})
		v.choices = append(v.choices, fitOptions(n))
	}
	grain := measures.Month
	if len(v.proposal.Measures) > 0 {
		grain = v.proposal.Measures[0].Grain
	}
	v.firsts = firstOptions(v.proposal, grain)
	for _, m := range v.proposal.Misfits {
		v.faults = append(v.faults, layout.Fault{Field: fieldOf(&m), Message: m.Message})
	}
	for i := range v.proposal.Measures {
		v.shown = append(v.shown, v.measure(i, r))
	}
}

// fieldOf is the field that something is to be put right in.
func fieldOf(m *sharing.Misfit) string {
	switch m.Field {
	case "baseline":
		return "f-to-" + string(m.Measure)
	case "target":
		return "f-target-" + string(m.Measure)
	case "strata":
		return "f-strata-" + string(m.Measure)
	case "dataset":
		return "needs"
	default:
		return "f-" + m.Field
	}
}

func fitOptions(n *sharing.Need) []layout.Option {
	list := []layout.Option{{Value: "", Name: "Choose a dataset"}}
	if n.Uses == n.Dataset {
		list[0] = layout.Option{Value: string(n.Dataset), Name: n.Title}
	}
	for _, f := range n.Fits {
		list = append(list, layout.Option{Value: string(f.ID), Name: f.Title + ", " + spanOf(f.Coverage.First, f.Coverage.Last), Chosen: f.ID == n.Uses})
	}
	return list
}

// spanOf is from when to when.
func spanOf(first, last measures.Date) string { return first.MonthName() + " to " + last.MonthName() }

func firstOptions(p *sharing.Proposal, grain measures.Grain) []layout.Option {
	var list []layout.Option
	if p.Live != nil && p.Live.First < p.Earliest {
		list = append(list, layout.Option{Value: p.Live.First.String(), Name: words.Period(int32(p.Live.First), grain) + ", as it was locked", Chosen: p.Choice.First == p.Live.First})
	}
	for d, n := p.Earliest, 0; n < firstsShown && d != 0; d, n = grain.Next(d), n+1 {
		list = append(list, layout.Option{Value: d.String(), Name: words.Period(int32(d), grain), Chosen: d == p.Choice.First})
	}
	return list
}

// measure makes the chart and the fields of one measure.
func (v *adopting) measure(i int, r *http.Request) adoptedMeasure {
	m := adoptedMeasure{Proposed: &v.proposal.Measures[i]}
	id := string(m.ID)
	if m.drawn = draw(&m.Answer, v.own, i); m.drawn == nil {
		m.problem = whyNoChart(m.Answer.Err)
		return m
	}
	chart := &m.drawn.chart.Chart
	for j := range chart.X {
		if measures.IsMissing(chart.Y[j]) || measures.Date(chart.X[j]) >= v.proposal.Choice.First {
			continue
		}
		option := layout.Option{Value: measures.Date(chart.X[j]).String(), Name: words.Period(chart.X[j], m.Grain)}
		from, to := option, option
		if b := m.Layer.Baseline; b != nil {
			from.Chosen, to.Chosen = measures.Date(chart.X[j]) == b.From, measures.Date(chart.X[j]) == b.To
		}
		m.from, m.to = append(m.from, from), append(m.to, to)
	}
	m.target = layout.Field{ID: "f-target-" + id, Name: "target-" + id, Label: "Target", Hint: targetHint(m.Proposed), Value: targetValue(m.Proposed)}
	if sent := r.PostForm["target-"+id]; len(sent) > 0 {
		m.target.Value = sent[0]
	}
	m.note = layout.Field{ID: "f-note-" + id, Name: "note-" + id, Label: "A note for readers here", Hint: "Shown beside the chart. You may leave it empty.", Value: m.Layer.Note}
	shown := m.Stratifiers
	if m.Layer.Stratifiers != nil {
		shown = m.Layer.Stratifiers
	}
	for _, name := range m.Splits {
		o := layout.Option{Value: name, Name: capital(name), Chosen: slices.Contains(shown, name)}
		if m.Mix != nil && m.Mix.Stratifier == name {
			o.Hint = "The check of the mix needs it, so it stays."
		}
		m.strata = append(m.strata, o)
	}
	return m
}

// targetHint says where a target comes from.
func targetHint(m *sharing.Proposed) string {
	switch {
	case len(m.Layer.Targets) > 0 && m.Layer.Targets[0].Label != ownTarget:
		return "From your own figures: " + m.Layer.Targets[0].Label + ". Leave it empty for none."
	case len(m.Targets) > 0:
		return "The release has one. Leave it as it is, or set your own."
	case m.Direction == measures.Neutral:
		return "Neither direction is better, so none is proposed."
	default:
		return "The release has none. Leave it empty for none."
	}
}

// targetValue is the latest target that holds, as a number to edit.
func targetValue(m *sharing.Proposed) string {
	list := m.Targets
	if m.Layer.Targets != nil {
		list = m.Layer.Targets
	}
	if len(list) == 0 {
		return ""
	}
	return strconv.FormatFloat(list[len(list)-1].Value, 'f', -1, 64)
}

// ownTarget labels a target that somebody typed.
const ownTarget = "set here"

// targetOf reads a target. One that is the release's own is not laid over it, and one
// that was proposed keeps its words.
func targetOf(m *measures.Measure, text, proposed string) ([]measures.Target, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "%")
	if text = strings.TrimSpace(text); text == "" {
		return nil, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return nil, errors.New("write the target as a number, for example 78")
	}
	if n := len(m.Targets); n > 0 && m.Targets[n-1].Value == value {
		return nil, nil
	}
	label := ownTarget
	if before, words, found := strings.Cut(proposed, " "); found && before == text {
		label = words
	}
	return []measures.Target{{Value: value, Label: label}}, nil
}

// proposedText keeps the words of a proposed target through the form.
func (m adoptedMeasure) proposedText() string {
	if len(m.Layer.Targets) == 0 || m.Layer.Targets[0].Label == "" {
		return ""
	}
	return targetValue(m.Proposed) + " " + m.Layer.Targets[0].Label
}

// draw makes a picture of the first chart of an answer; nil where it has none. Each
// on a page has a name of its own.
func draw(answer *analysis.Answer, organisation string, n int) *drawn {
	if answer.Err != nil || len(answer.Charts) == 0 || answer.Charts[0].Chart.Len() == 0 {
		return nil
	}
	c, terms := &answer.Charts[0], answer.Receipt.Disclosure
	d := &drawn{chart: c, picture: charts.PictureOf(answer.Measure, c, organisation, terms, nil),
		subject: charts.ItemOf(answer.Measure, c, organisation, terms).Words}
	d.picture.ID += "-" + strconv.Itoa(n+1)
	d.reading = words.Sentence(d.subject, &c.Chart)
	d.variation = words.Variation(d.subject, &c.Chart)
	d.assurance = words.Assurance(d.subject, &c.Chart)
	return d
}

// whyNoChart is what the reader is told where there is no chart.
func whyNoChart(err error) string {
	denial := (*policy.Denial)(nil)
	switch {
	case err == nil, errors.Is(err, sharing.ErrNotMet):
		return "Your organisation has no figures of what it reads, so there is no chart yet."
	case errors.As(err, &denial):
		reasons := denial.Record.Decision().Reasons
		if len(reasons) == 0 {
			return "The policy does not let you see it."
		}
		return reasons[0].Message + " " + reasons[0].Help
	case errors.Is(err, plugins.ErrUnsuited):
		return "The plugin says that these figures do not suit it."
	case errors.Is(err, plugins.ErrFault), errors.Is(err, plugins.ErrRefused):
		return "The plugin went wrong on your figures and was stopped. Do not adopt it; tell its publisher."
	default:
		return "It could not be made just now. Nothing was changed. Please try again in a minute."
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
