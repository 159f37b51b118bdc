package sharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/sdk/conformance"
)

// TrialBench is a sandbox in which a release is examined and tried, which ends with it.
type TrialBench interface {
	Workbench
	analysis.Sandbox
}

// Inspector examines what authors bring: it is checked as any release is, held against
// the measures that there are, and its answers are timed on figures of ordinary size.
type Inspector struct {
	Bench   func(context.Context) (TrialBench, error)
	Options func(context.Context) (check.Options, error)
	Twins   *Twins
}

// Inspect gives what was found, and tells each step as it is done. What is wrong with
// the release is among the steps; an error is about the bench.
func (x *Inspector) Inspect(ctx context.Context, release registry.Release, tell func(check.Step)) (Examined, error) {
	fail := func(err error) (Examined, error) {
		return Examined{}, fmt.Errorf("examine %s %s: %w", release.Manifest.ID, release.Manifest.Version, err)
	}
	options, err := x.Options(ctx)
	if err != nil {
		return fail(err)
	}
	bench, err := x.Bench(ctx)
	if err != nil {
		return fail(err)
	}
	defer bench.Close()
	found := Examined{}
	add := func(step check.Step) {
		found.Steps = append(found.Steps, step)
		tell(step)
	}
	if release.Manifest.ABI == 0 {
		for step := range check.Manifest(release.Manifest, options) {
			if !toldBetter(&step) {
				add(step)
			}
		}
	} else {
		// Before the check, whose longest questions take memory that no page asks for.
		if found.Cost, err = x.cost(ctx, bench, release); err != nil {
			return fail(err)
		}
		for step := range check.Module(ctx, bench, release.Contents, options) {
			if !toldBetter(&step) {
				add(step)
			}
		}
	}
	if !found.sound() || x.Twins == nil {
		return found, ctx.Err()
	}
	step, err := x.Twins.Examine(ctx, bench, &release.Manifest, moduleOf(release))
	if err != nil {
		return fail(err)
	}
	add(step)
	return found, ctx.Err()
}

// toldBetter reports whether a step says only what is no news of a release: that there
// are no cases beside it, because it travels without them; or that another measure is
// defined like one of its own, which Twins says with what both of them tell.
func toldBetter(s *check.Step) bool {
	return len(s.Findings) > 0 && !slices.ContainsFunc(s.Findings, func(f check.Finding) bool {
		return !f.Advice || f.Rule != "cases" && f.Rule != "likeness"
	})
}

// moduleOf is the module of a release; nil where it has no code.
func moduleOf(r registry.Release) []byte {
	if r.Manifest.ABI == 0 {
		return nil
	}
	return r.Contents
}

const (
	timed   = 3  // how often an answer is timed: the quickest is the plugin's, the rest the machine's
	ordinal = 60 // points of a series where the demonstration has no figures
)

// cost times each of a release's measures on the demonstration's figures. One that
// does not start or answer costs nothing: the check says why.
func (x *Inspector) cost(ctx context.Context, box TrialBench, r registry.Release) (cost policy.ReleaseCost, err error) {
	installed, err := box.Install(ctx, r.Contents)
	if errors.Is(err, plugins.ErrRefused) || errors.Is(err, plugins.ErrFault) {
		return cost, nil
	}
	if err != nil {
		return cost, err
	}
	for _, m := range tried(&r.Manifest) {
		if m.Uses.Plugin != r.Manifest.ID {
			continue
		}
		series, err := x.Twins.Figures(&m)
		if err != nil {
			return cost, err
		}
		if len(series) == 0 {
			series = []measures.Series{ordinary(&m)}
		}
		best := time.Duration(-1)
		for range timed {
			began := time.Now()
			if _, err := Chart(ctx, box, installed, &m, series); err != nil {
				break
			}
			if took := time.Since(began); best < 0 || took < best {
				best = took
			}
		}
		cost.Milliseconds = max(cost.Milliseconds, int((best+time.Millisecond-1)/time.Millisecond))
	}
	for _, used := range box.Usage() {
		if used.Digest == installed.Digest {
			cost.Mebibytes = int((used.Memory + 1<<20 - 1) >> 20)
		}
	}
	return cost, ctx.Err()
}

// tried are the measures of a plugin, or one for each entry of a plugin that has none.
func tried(m *plugins.Manifest) []measures.Measure {
	if len(m.Measures) > 0 {
		return m.Measures
	}
	var list []measures.Measure
	for _, entry := range m.Entries {
		list = append(list, measures.Measure{ID: "trial", Title: "Entry " + entry, Grain: measures.Month, Rules: measures.MDC,
			Inputs: []measures.Input{{Name: "numerator", Title: "Value"}}, Unit: measures.Unit{Multiply: 1, Decimals: 1},
			Uses: measures.Uses{Plugin: m.ID, Entry: entry}})
	}
	return list
}

// ordinary makes numbers that are about nothing, from the conformance kit.
func ordinary(m *measures.Measure) measures.Series {
	var inputs []string
	for _, in := range m.Inputs {
		inputs = append(inputs, in.Name)
	}
	return conformance.Long(m.Uses.Entry, inputs, nil, ordinal).Request.Series[0]
}
