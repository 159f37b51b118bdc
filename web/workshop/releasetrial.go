package workshop

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// releaseTrial is a release's chart of invented figures, and that of the version
// before.
type releaseTrial struct {
	page    layout.Page
	so      *sharing.Standing
	measure *measures.Measure
	options []layout.Option
	sides   []trial // this version, and the one before where it has the measure
	both    *sharing.Behaviour
}

// TrialRelease runs a release on demonstration data: ?measure=. As a draft, it is given
// a bench and invented figures, and nothing that could read others.
func (p *Pages) TrialRelease(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Trial of a release", toCatalogue, toReleases)
	s, err := p.brought(r)
	if err != nil {
		return err
	}
	measure, ok := chosen(&s.Manifest, r.FormValue("measure"))
	if !ok {
		return &layout.Trouble{Status: http.StatusNotFound, Title: "The release has no such measure",
			Text: "It brings none that is called " + r.FormValue("measure") + ".", Help: "The release's own page lists what can be tried."}
	}
	page.Crumbs = append(page.Crumbs, layout.Crumb{Name: s.Manifest.Title, URL: standingAddress(s)})
	v := releaseTrial{page: page, so: s, measure: measure, options: choices(&s.Manifest)}
	v.page.Title, v.page.Demo = "Trial of "+measure.Title, true
	grant, err := p.decide(r.Context(), actor, policy.PluginTry, policy.Plugin{ID: s.Manifest.ID, Version: s.Manifest.Version, Digest: string(s.Digest), Approval: "draft"})
	if err != nil {
		return err
	}
	if err := p.done(r.Context(), grant, s.Digest, p.tryRelease(r.Context(), &v)); err != nil {
		return err
	}
	return releaseTrialPage(v).Render(r.Context(), w)
}

// tryRelease draws the charts of this version and of the one before, and counts where
// they differ at all organisations of the demonstration.
func (p *Pages) tryRelease(ctx context.Context, v *releaseTrial) error {
	before, err := p.before(ctx, v.so)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	bench, err := p.Bench(ctx)
	if err != nil {
		return err
	}
	defer bench.Close()
	var charted []sharing.Charted
	for _, s := range []*sharing.Standing{v.so, before} {
		if s == nil {
			continue
		}
		m, there := chosen(&s.Manifest, string(v.measure.ID))
		if len(s.Manifest.Measures) == 0 {
			m, there = chosen(&s.Manifest, v.measure.Uses.Entry)
		}
		if !there {
			continue // it is new in this version
		}
		side := trial{draft: draftOf(s), measure: m}
		if err := tryOut(ctx, bench, p.Library, p.Datasets, &side); err != nil {
			return err
		}
		v.sides = append(v.sides, side)
		if side.wrong != "" || side.figures.nobodys {
			continue
		}
		all, err := p.everybody(ctx, bench, &side)
		if err != nil {
			return err
		}
		charted = append(charted, all)
	}
	if len(charted) == 2 {
		both := sharing.Behave(charted[0], charted[1])
		v.both = &both
	}
	return nil
}

// everybody charts a measure of a trial for all organisations of the demonstration.
func (p *Pages) everybody(ctx context.Context, bench Bench, t *trial) (sharing.Charted, error) {
	module, known, err := moduleFor(p.Library, t)
	if err != nil || !known {
		return sharing.Charted{Measure: t.measure}, err
	}
	release, err := bench.Install(ctx, module)
	if err != nil {
		return sharing.Charted{}, err
	}
	series, err := p.Making.Invented.Of(t.measure)
	if err != nil {
		return sharing.Charted{}, err
	}
	all, err := sharing.Chart(ctx, bench, release, t.measure, series)
	if errors.Is(err, plugins.ErrUnsuited) || errors.Is(err, plugins.ErrFault) {
		return sharing.Charted{Measure: t.measure}, nil // it was shown where it went well
	}
	return all, err
}

// draftOf is a release as a draft is tried.
func draftOf(s *sharing.Standing) postgres.Draft {
	d := postgres.Draft{Digest: s.Digest, Manifest: s.Manifest}
	if s.Manifest.ABI != 0 {
		d.Module = s.Contents
	}
	return d
}

// bothText says how far two versions tell the same.
func (v *releaseTrial) bothText() string {
	b := v.both
	text := "On the demonstration's figures of " + counted(b.Organisations, "organisation", "organisations") + ", "
	if b.Signals.Of == 0 {
		text += "neither version finds a signal"
	} else {
		text += fmt.Sprintf("%d of %d signals that either version finds are found by both", b.Signals.Same, b.Signals.Of)
	}
	text += fmt.Sprintf("; of the latest months they say the same at %d of %d", b.Variation.Same, b.Variation.Of)
	if b.Assurance.Of > 0 {
		text += fmt.Sprintf("; of the target at %d of %d", b.Assurance.Same, b.Assurance.Of)
	}
	return text + "."
}
