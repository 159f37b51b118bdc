package analysis

import (
	"context"
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// Register knows the organisations and datasets of this installation.
type Register interface {
	Datasets
	// Organisations lists those of a kind that exist today; all kinds if empty.
	Organisations(context.Context, measures.OrganisationKind) ([]measures.Organisation, error)
	// Agreements gives those that nobody has ended.
	Agreements(context.Context) (map[policy.AgreementKey]policy.Agreement, error)
}

// Reference gathers what the policy may look up: the national tables, the
// datasets, organisations and agreements that there are, and the plugins that came
// with the program, which are approved by being shipped. Shared.Inform adds those
// that came from elsewhere.
func Reference(ctx context.Context, register Register, releases []plugins.Release) (policy.ReferenceData, error) {
	data, err := policy.NationalReference()
	if err != nil {
		return data, err
	}
	datasets, err := register.Datasets(ctx)
	if err != nil {
		return data, fmt.Errorf("datasets for the policy: %w", err)
	}
	for _, d := range datasets {
		data.Datasets[d.ID] = policy.FactsOf(d)
	}
	organisations, err := register.Organisations(ctx, "")
	if err != nil {
		return data, fmt.Errorf("organisations for the policy: %w", err)
	}
	for _, o := range organisations {
		if o.ODS == policy.Everyone {
			continue // it stands for all organisations and is none itself
		}
		data.Organisations[o.ODS] = policy.OrganisationFacts{Name: o.Name, Kind: string(o.Kind), ICB: o.ICB.ODS, Region: o.Region.Name}
	}
	if data.Agreements, err = register.Agreements(ctx); err != nil {
		return data, err
	}
	for _, release := range releases {
		data.Plugins[string(release.Digest)] = policy.PluginFacts{ID: release.Manifest.ID, Version: release.Manifest.Version,
			Approved: true, Datasets: release.Manifest.Datasets()}
	}
	return data, nil
}
