package sharing

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Proposal is what adopting a release would come to at one organisation.
type Proposal struct {
	Release  postgres.KeptRelease
	Choice   Choice // with what was left open filled in
	Needs    []Need
	Measures []Proposed
	// Earliest is the first period that there are no figures of yet: what counts as
	// after begins then or later, and cannot have been picked by how it went.
	Earliest measures.Date
	Misfits  []Misfit
	// Live is the adoption that this one would replace; nil where there is none.
	Live *postgres.Adoption
}

// Proposed is one measure of a release as an organisation would have it.
type Proposed struct {
	*measures.Measure // as the release defines it
	Layer             postgres.Layer
	// FromHistory says that the target was taken from the organisation's own figures.
	FromHistory bool
	Measured    int // points that the organisation has
	// Splits are the stratifiers of what is read, by which the measure could be split.
	Splits []string
	// Unsettled says that the baseline has more than one level.
	Unsettled bool
	// Answer is the chart, as this reader may see it; its Err says why there is none.
	Answer analysis.Answer
}

// Met reports whether there is something to compute any of its measures from.
func (p *Proposal) Met() bool {
	return slices.ContainsFunc(p.Release.Manifest.Measures, func(m measures.Measure) bool { return p.meets(m.ID) })
}

// Propose says what a release would come to at the reader's own organisation: what
// it needs and what stands in its place, a baseline and a target for each measure,
// and the chart of the organisation's own figures. What has been chosen already is
// held against the same rules. Nothing is changed by it.
func (a *Adopting) Propose(ctx context.Context, actor policy.Actor, choice Choice) (*Proposal, error) {
	kept, err := a.Store.KeptRelease(ctx, choice.Digest)
	if err != nil {
		return nil, err
	}
	p := &Proposal{Release: kept, Choice: choice}
	p.Choice.Layers.Datasets, p.Choice.Layers.Measures = maps.Clone(choice.Layers.Datasets), maps.Clone(choice.Layers.Measures)
	if p.Live, err = a.Live(ctx, actor.ODS, kept.Manifest.ID); err != nil {
		return nil, err
	}
	p.carryOver()
	if err := a.needs(ctx, actor.ODS, p); err != nil {
		return nil, err
	}
	// Twice: the points that there are say what to propose, and then the chart shows it.
	plain := postgres.Layers{Datasets: p.Choice.Layers.Datasets}
	answers, err := a.charts(ctx, actor, p, plain)
	if err != nil {
		return nil, err
	}
	for i := range answers {
		m := &kept.Manifest.Measures[i]
		p.Measures = append(p.Measures, Proposed{Measure: m, Answer: answers[i], Measured: measuredIn(&answers[i]), Splits: a.splits(p, m)})
	}
	p.chooseFirst()
	for i := range p.Measures {
		p.layer(&p.Measures[i])
	}
	if answers, err = a.charts(ctx, actor, p, p.Choice.Layers); err != nil {
		return nil, err
	}
	for i := range answers {
		p.Measures[i].Answer = answers[i]
	}
	return p, nil
}

// carryOver begins with what the organisation has laid over the release that it runs
// already: a baseline that was locked stays locked through every version.
func (p *Proposal) carryOver() {
	if p.Live == nil {
		return
	}
	if p.Choice.First == 0 {
		p.Choice.First = p.Live.First
	}
	if p.Choice.Layers.Datasets == nil {
		p.Choice.Layers.Datasets = maps.Clone(p.Live.Layers.Datasets)
	}
	for id, layer := range p.Live.Layers.Measures {
		if _, told := p.Choice.Layers.Measures[id]; !told {
			p.lay(id, layer)
		}
	}
}

func (p *Proposal) lay(id measures.MeasureID, layer postgres.Layer) {
	if p.Choice.Layers.Measures == nil {
		p.Choice.Layers.Measures = map[measures.MeasureID]postgres.Layer{}
	}
	p.Choice.Layers.Measures[id] = layer
}

// needs finds what is there of what the release needs, and which datasets stand for
// which.
func (a *Adopting) needs(ctx context.Context, at measures.ODSCode, p *Proposal) error {
	coverage, err := a.Register.DatasetsWithData(ctx, at)
	if err != nil {
		return fmt.Errorf("datasets of %s: %w", at, err)
	}
	var has []Fit
	for _, c := range coverage {
		if d, known := a.Catalogue.Dataset(c.Dataset); known {
			has = append(has, Fit{d, c})
		}
	}
	p.Needs = needsOf(&p.Release.Manifest)
	mapping := map[measures.DatasetID]measures.DatasetID{}
	for i := range p.Needs {
		n := &p.Needs[i]
		n.meet(has, p.Choice.Layers.Datasets[n.Dataset])
		if n.Uses != "" && n.Uses != n.Dataset {
			mapping[n.Dataset] = n.Uses
		}
		if len(n.Lacks) > 0 {
			p.misfit("", "dataset", "%s does not have %s; choose another dataset for %s, or load it", n.Uses, words(n.Lacks), n.Dataset)
		}
	}
	if p.Choice.Layers.Datasets = mapping; len(mapping) == 0 {
		p.Choice.Layers.Datasets = nil
	}
	return nil
}

// charts asks for the chart of each measure that there are figures for, with layers
// laid on. Where there are none the answer is ErrNotMet, and nobody is asked.
func (a *Adopting) charts(ctx context.Context, actor policy.Actor, p *Proposal, layers postgres.Layers) ([]analysis.Answer, error) {
	preview := &analysis.Preview{Release: released(&p.Release), Layers: layers}
	all := p.Release.Manifest.Measures
	answers := make([]analysis.Answer, len(all))
	var questions []analysis.Question
	var at []int
	for i := range all {
		if !p.meets(all[i].ID) {
			answers[i] = analysis.Answer{Measure: &all[i], Err: fmt.Errorf("%s at %s: %w", all[i].ID, actor.ODS, ErrNotMet)}
			continue
		}
		questions, at = append(questions, analysis.Question{Actor: actor, Action: policy.ChartRead, Organisation: actor.ODS, Measure: all[i].ID, Preview: preview}), append(at, i)
	}
	made, err := a.Charts.Ask(ctx, questions...)
	if err != nil {
		return nil, fmt.Errorf("look at %s %s on the figures of %s: %w", p.Release.Manifest.ID, p.Release.Manifest.Version, actor.ODS, err)
	}
	for k, i := range at {
		answers[i] = made[k]
	}
	return answers, nil
}

// meets reports whether there are figures for one measure.
func (p *Proposal) meets(of measures.MeasureID) bool {
	return !slices.ContainsFunc(p.Needs, func(n Need) bool { return !n.MixOnly && !n.Met() && slices.Contains(n.Measures, of) })
}

func measuredIn(answer *analysis.Answer) int {
	c := chartOf(answer)
	if c == nil {
		return 0
	}
	periods, _ := measuredPoints(c)
	return len(periods)
}

// chartOf is the chart of the whole organisation; nil where there is none.
func chartOf(answer *analysis.Answer) *measures.Chart {
	if answer.Err != nil || len(answer.Charts) == 0 {
		return nil
	}
	return &answer.Charts[0].Chart
}

// chooseFirst says from when on periods count as after: not before the first that no
// figures are there of, or whoever adopts could pick a day that suits.
func (p *Proposal) chooseFirst() {
	for i := range p.Needs {
		if n := &p.Needs[i]; n.Uses != "" {
			p.Earliest = max(p.Earliest, n.Grain.Next(n.Coverage.Last))
		}
	}
	switch {
	case p.Choice.First == 0:
		p.Choice.First = p.Earliest
	case p.Live != nil && p.Choice.First == p.Live.First:
	case p.Choice.First < p.Earliest:
		p.misfit("", "first", "Choose %s or later: there are figures until then, so it would be known how they went", p.Earliest.DayName())
	}
}

// layer proposes what to lay over a measure, or checks what was chosen.
func (p *Proposal) layer(m *Proposed) {
	c := chartOf(&m.Answer)
	chosen, told := p.Choice.Layers.Measures[m.ID]
	chosen.Stratifiers = p.strata(m, chosen.Stratifiers)
	switch {
	case told && c != nil:
		m.Layer = p.held(m, c, chosen)
	case told:
		m.Layer = postgres.Layer{Targets: chosen.Targets, Stratifiers: chosen.Stratifiers, Note: chosen.Note}
	case c != nil:
		m.Layer.Baseline = baselineBefore(c, p.Choice.First)
		if target, found := targetFromHistory(m.Measure, c, m.Layer.Baseline); found && len(m.Targets) == 0 {
			m.Layer.Targets, m.FromHistory = []measures.Target{target}, true
		}
	}
	m.Unsettled = c != nil && m.Layer.Baseline != nil && !quiet(valuesWithin(c, m.Layer.Baseline))
	p.lay(m.ID, m.Layer)
}

// splits are the stratifiers of what an organisation reads for a measure; none where
// the measure is about one stratum.
func (a *Adopting) splits(p *Proposal, m *measures.Measure) []string {
	if m.Part != nil {
		return nil
	}
	read := m.Dataset
	if own, mapped := p.Choice.Layers.Datasets[read]; mapped {
		read = own
	}
	d, _ := a.Catalogue.Dataset(read)
	return d.Stratifiers
}

// strata are those by which an organisation shows a measure split; nil where they are
// those of the release. What the check of the mix needs stays.
func (p *Proposal) strata(m *Proposed, chosen []string) []string {
	if chosen == nil {
		return nil
	}
	for _, name := range chosen {
		if !slices.Contains(m.Splits, name) {
			p.misfit(m.ID, "strata", "The figures cannot be split by %s; choose among %s", name, words(m.Splits))
			return nil
		}
	}
	if m.Mix != nil && m.Mix.Stratifier != "" && !slices.Contains(chosen, m.Mix.Stratifier) {
		chosen = append(slices.Clone(chosen), m.Mix.Stratifier)
	}
	if len(chosen) == len(m.Stratifiers) && !slices.ContainsFunc(chosen, func(name string) bool { return !slices.Contains(m.Stratifiers, name) }) {
		return nil
	}
	return chosen
}

// held is a layer that somebody chose, with its points counted here: a form could
// say any number.
func (p *Proposal) held(m *Proposed, c *measures.Chart, chosen postgres.Layer) postgres.Layer {
	if chosen.Baseline == nil {
		return chosen
	}
	b := *chosen.Baseline
	b.Points = len(valuesWithin(c, &b))
	switch {
	case b.To < b.From:
		p.misfit(m.ID, "baseline", "The baseline ends before it begins; choose an end after %s", b.From.DayName())
	case b.To >= p.Choice.First:
		p.misfit(m.ID, "baseline", "The baseline must end before %s, from when on the figures count as after", p.Choice.First.DayName())
	case b.Points < fewestBefore:
		p.misfit(m.ID, "baseline", "The baseline has %d measured points; choose a stretch with %d or more", b.Points, fewestBefore)
	}
	chosen.Baseline = &b
	return chosen
}

func (p *Proposal) misfit(of measures.MeasureID, field, format string, args ...any) {
	p.Misfits = append(p.Misfits, Misfit{Measure: of, Field: field, Message: fmt.Sprintf(format, args...)})
}
