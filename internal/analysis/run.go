package analysis

import (
	"context"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy/disclosure"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// How many measured points a series needs before it has limits, and before it
// is worth a run chart. Below that it is drawn as it is, without rules.
const (
	pointsForLimits = 13
	pointsForRun    = 10
)

// method is how a series is charted: an entry of the plugin and a rule set.
type method struct {
	entry string
	rules measures.RuleSet
}

// fallsBack reports whether charts of an entry give way to a run chart while
// points are few. Those over time do, g and t among them: their limits rest on the
// mean of very skewed values and need more points, not fewer. Those of subgroups
// have several rows a point, np plots another number than its run chart would, and
// what a plugin calls by a name of its own it knows best.
func fallsBack(entry string) bool {
	var kind measures.Kind
	if kind.UnmarshalText([]byte(entry)) != nil {
		return false
	}
	switch kind {
	case measures.XmR, measures.IPrime, measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C,
		measures.G, measures.T, measures.EWMA, measures.CUSUM:
		return true
	}
	return false
}

// methodFor chooses by the number of measured points alone, so that anybody can
// say beforehand what a chart will be.
func methodFor(way method, s *measures.Series) method {
	if !fallsBack(way.entry) {
		return way
	}
	measured := 0
	for i := range s.Periods {
		if s.States[i] == measures.NotMeasured || s.States[i] == measures.Suppressed {
			continue
		}
		present := true
		for _, column := range s.Columns {
			present = present && !measures.IsMissing(column[i])
		}
		if present {
			measured++
		}
	}
	switch {
	case measured >= pointsForLimits:
		return way
	case measured >= pointsForRun:
		return method{measures.Run.String(), measures.Anhoej}
	default:
		return method{measures.Run.String(), measures.NoRules}
	}
}

// run charts all series of the material: one call of the plugin for each way
// of charting that they need.
func (a *Analysis) run(ctx context.Context, answer *Answer, material *material) ([]Chart, error) {
	groups := map[method][]int{}
	var methods []method
	for i := range material.series {
		way := methodFor(answer.way, &material.series[i])
		if groups[way] == nil {
			methods = append(methods, way)
		}
		groups[way] = append(groups[way], i)
	}
	charts := make([]Chart, len(material.series))
	for _, way := range methods {
		indexes := groups[way]
		made, err := a.compute(ctx, answer, way, material, indexes)
		if err != nil {
			return nil, err
		}
		for _, chart := range made {
			i := indexes[chart.Series]
			if way.rules == measures.NoRules {
				// Nobody looked, and that is not "common cause".
				chart.Variation = measures.VariationEmpty
			}
			dressed := a.dress(answer, chart, &material.series[i], material)
			if chart.Kind == measures.MR && way.entry == measures.XmR.String() {
				charts[i].Ranges = &dressed.Figure
				continue
			}
			dressed.Ranges = charts[i].Ranges
			charts[i] = dressed
		}
		answer.Receipt.Methods = append(answer.Receipt.Methods, Method{Entry: way.entry, Rules: way.rules, Series: len(indexes)})
	}
	for i := range charts {
		if charts[i].Decided == nil && charts[i].Chart.Len() == 0 && len(material.series[i].Periods) > 0 {
			return nil, &plugins.Fault{Digest: answer.Receipt.Release.Digest, Kind: plugins.ErrFault,
				Cause: fmt.Sprintf("no chart for series %d of %d", i+1, len(charts))}
		}
	}
	return charts, nil
}

// compute gives the charts of some series, verified.
func (a *Analysis) compute(ctx context.Context, answer *Answer, way method, material *material, indexes []int) ([]measures.Chart, error) {
	m, release := answer.Measure, answer.Receipt.Release
	request := wire.Request{Measure: string(m.ID), Entry: way.entry, Whole: answer.whole,
		Parameters: sdk.Settings(m, way.entry, way.rules, answer.Question.Ranges)}
	for _, input := range m.Inputs {
		request.Inputs = append(request.Inputs, input.Name)
	}
	for _, i := range indexes {
		request.Series = append(request.Series, material.series[i])
	}
	return a.verified(ctx, release, request)
}

// verified gives the charts of a request: from the cache, or from the plugin in
// its sandbox, computed again by the host.
func (a *Analysis) verified(ctx context.Context, release plugins.Release, request wire.Request) ([]measures.Chart, error) {
	payload, err := wire.AppendRequest(nil, &request)
	if err != nil {
		return nil, fmt.Errorf("ask the plugin about %s: %w", request.Measure, err)
	}
	if err := a.Plugins.Admit(release.Digest, &request); err != nil {
		return nil, fmt.Errorf("compute %s: %w", request.Measure, err)
	}
	key := keyOf(release.Digest, payload)
	if charts, ok := a.charts.get(key); ok {
		return charts, nil
	}
	charts, err := a.Plugins.Run(ctx, release.Digest, request)
	if err != nil {
		return nil, fmt.Errorf("compute %s: %w", request.Measure, err)
	}
	if err := plugins.Verify(release, &request, charts); err != nil {
		a.Plugins.Blame(release.Digest, &request, err)
		return nil, fmt.Errorf("verify %s: %w", request.Measure, err)
	}
	a.charts.put(key, charts)
	return charts, nil
}

// dress puts the figures, the events and the decisions about phases around a chart.
func (a *Analysis) dress(answer *Answer, chart measures.Chart, s *measures.Series, material *material) Chart {
	m := answer.Measure
	dressed := Chart{Events: slices.Concat(eventsOf(s.Organisation, material.events), answer.Definition.adopted(s.Organisation)), Decided: s.Phases}
	dressed.Figure = disclosure.Figure{Chart: chart, Organisation: s.Organisation, Stratum: s.Stratum, Multiply: m.Unit.Multiply,
		Hide: material.hidden[nameOf(s)]}
	numerator, denominator := roles(m.Inputs)
	if numerator >= 0 {
		dressed.Numerator = s.Columns[numerator]
	}
	if denominator >= 0 {
		dressed.Denominator = s.Columns[denominator]
	}
	return dressed
}
