package analysis_test

import (
	"context"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// smallRegister is one trust and two datasets.
type smallRegister struct{}

func (smallRegister) Datasets(context.Context) ([]measures.Dataset, error) {
	columns := []measures.Column{{Name: "value"}}
	return []measures.Dataset{
		{ID: "programme", Title: "Programme", Licence: "OGL-UK-3.0", Published: true, Columns: columns},
		{ID: "falls", Title: "Falls", Licence: "none", Columns: columns},
	}, nil
}

func (smallRegister) Agreements(context.Context) (map[policy.AgreementKey]policy.Agreement, error) {
	return nil, nil
}

func (smallRegister) Organisations(context.Context, measures.OrganisationKind) ([]measures.Organisation, error) {
	return []measures.Organisation{{ODS: "RAA", Name: "Ashford Trust", Kind: "trust"}}, nil
}

// Packs with code of their own are given what their manifests name and no more,
// though their reader may see it. The plugin that only calculates is given any.
func TestAPackReadsOnlyTheDatasetsOfItsManifest(t *testing.T) {
	boxes, err := sandboxes()
	if err != nil {
		t.Fatal(err)
	}
	reference, err := analysis.Reference(t.Context(), smallRegister{}, boxes.library.Releases())
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: reference})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, release := range boxes.library.Releases() {
		for _, dataset := range []measures.DatasetID{"programme", "falls"} {
			decision, err := engine.Decide(t.Context(), policy.Request{ID: "1", Now: now().Unix(), Action: policy.ChartRead,
				Actor:    clinician("RAA"),
				Plugin:   policy.Plugin{ID: release.Manifest.ID, Version: release.Manifest.Version, Digest: string(release.Digest), Approval: "approved"},
				Resource: policy.Resource{Dataset: dataset, Columns: []string{"value"}, ODS: "RAA", Grain: "aggregate"}})
			if err != nil {
				t.Fatal(err)
			}
			may := names(release, dataset)
			barred := slices.ContainsFunc(decision.Reasons, func(r policy.Reason) bool { return r.Code == "plugin_dataset" })
			if decision.Allow != may || barred == may {
				t.Errorf("%s computes %s: %v, want %v (%+v)", release.Manifest.ID, dataset, decision.Allow, may, decision.Reasons)
			}
			asked++
		}
	}
	if asked < 2 {
		t.Errorf("only %d questions", asked)
	}
}

// names says what a manifest asks for, read another way than the code under test.
func names(release plugins.Release, dataset measures.DatasetID) bool {
	if release.Manifest.ID == "spc" {
		return true
	}
	return slices.ContainsFunc(release.Manifest.Measures, func(m measures.Measure) bool {
		return m.Dataset == dataset && m.Uses.Plugin == release.Manifest.ID
	})
}
