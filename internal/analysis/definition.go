package analysis

import (
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrNotKept says that a release is not kept by this installation.
var ErrNotKept = errors.New("no such release here")

// Definition is a measure as one organisation has it: the core that its release
// defines, which is locked, and what the organisation has laid over it.
type Definition struct {
	*measures.Measure // as it is charted
	// Core is the measure as its release defines it; the same where nothing is laid
	// over it.
	Core *measures.Measure
	// Release defines it, and Computes is whose code computes it: one and the same,
	// unless the release brings no code for it. Of what comes with the program both
	// are the plugin that computes.
	Release, Computes plugins.Release
	// Layer is what is laid over the measure, and Datasets which dataset stands for
	// which.
	Layer    postgres.Layer
	Datasets map[measures.DatasetID]measures.DatasetID
	// Adoption is why the organisation has it; nil where it comes with the program,
	// and where it is only looked at.
	Adoption *postgres.Adoption
	// Kept is the release as it came; nil where it comes with the program.
	Kept *Kept

	problem error // why it cannot be computed
}

// Shipped reports whether the definition comes with the program, for everybody.
func (d *Definition) Shipped() bool { return d.Kept == nil }

// plugin is what the policy is told of: whose release brings the measure, because
// that is what organisations adopt and publishers withdraw. What computes for a
// release without code comes with the program, and everybody has it.
func (d *Definition) plugin(preview bool) policy.Plugin {
	p := policy.Plugin{ID: d.Release.Manifest.ID, Version: d.Release.Manifest.Version, Digest: string(d.Release.Digest),
		Signers: []string{}, Approval: "approved"}
	if d.Kept != nil {
		p.Signers = d.Kept.holders()
	}
	if preview {
		p.Approval = policy.PreviewApproval
	}
	return p
}

// adopted is the event that an organisation's own charts of a release show: from when
// on the figures count as after. A release that replaces another of its plugin goes
// on where that one began, so the event names no version.
func (d *Definition) adopted(at measures.ODSCode) []measures.Event {
	if d == nil || d.Adoption == nil || d.Adoption.Organisation != at {
		return nil
	}
	return []measures.Event{{Organisation: at, Dataset: d.Dataset, Start: d.Adoption.First, Kind: measures.Intervention,
		Text: d.Release.Manifest.Title + " adopted", Source: "the adoption"}}
}

// define makes the definition of one measure of a kept release.
func (c *Catalogue) define(kept *Kept, index int, layers postgres.Layers, adoption *postgres.Adoption) *Definition {
	core := &kept.Manifest.Measures[index]
	d := &Definition{Core: core, Release: kept.release(), Layer: layers.Measures[core.ID], Datasets: layers.Datasets, Adoption: adoption, Kept: kept}
	d.Measure = lay(core, layers)
	if d.Computes = d.Release; core.Uses.Plugin == d.Release.Manifest.ID {
		return d
	}
	var known bool
	if d.Computes, known = c.library.Release(core.Uses.Plugin); !known {
		d.problem = fmt.Errorf("measure %s of %s %s: it is computed by plugin %q, which does not come with this program; ask its publisher for a release that brings its own code",
			core.ID, d.Release.Manifest.ID, d.Release.Manifest.Version, core.Uses.Plugin)
	}
	return d
}

// lay puts layers over the core of a measure. What is counted, out of what and how,
// stays as it was.
func lay(core *measures.Measure, layers postgres.Layers) *measures.Measure {
	layer, some := layers.Measures[core.ID]
	if !some && len(layers.Datasets) == 0 {
		return core
	}
	m := *core
	if own, mapped := layers.Datasets[m.Dataset]; mapped {
		m.Dataset = own
	}
	if core.Mix != nil {
		if own, mapped := layers.Datasets[core.Mix.Dataset]; mapped {
			mix := *core.Mix
			mix.Dataset, m.Mix = own, &mix
		}
	}
	if layer.Targets != nil {
		m.Targets = layer.Targets
	}
	if layer.Stratifiers != nil {
		m.Stratifiers = layer.Stratifiers
	}
	return &m
}

// Preview looks at a release that is kept here and not adopted, with layers that
// somebody proposes.
type Preview struct {
	Release plugins.Release // its digest says which
	Layers  postgres.Layers
}

// preview is the definition of a measure in a release that is only looked at. What
// the release says is read from the one that is kept, whatever the caller holds.
func (c *Catalogue) preview(p *Preview, id measures.MeasureID) (*Definition, error) {
	kept := c.loaded.Load().pins.kept[p.Release.Digest]
	if kept == nil {
		return nil, fmt.Errorf("preview of %s: %w: %s", id, ErrNotKept, p.Release.Digest.Short())
	}
	i := slices.IndexFunc(kept.Manifest.Measures, func(m measures.Measure) bool { return m.ID == id })
	if i >= 0 {
		d := c.define(kept, i, p.Layers, nil)
		return d, d.problem
	}
	return nil, fmt.Errorf("preview of %s %s: %w: %q", kept.Manifest.ID, kept.Manifest.Version, ErrNoMeasure, id)
}
