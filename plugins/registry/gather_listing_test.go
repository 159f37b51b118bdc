package registry_test

import (
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

func TestAListingSaysWhatAMeasureWasDerivedFrom(t *testing.T) {
	r := registry.Release{Contents: []byte("{}"), Manifest: plugins.Manifest{ID: "larkfield-young", Version: "1.0.0", Title: "Young people seen in time",
		Measures: []measures.Measure{
			{ID: "larkfield-all", Problem: "People wait.", Dataset: "ae_4h"},
			{ID: "larkfield-young", Problem: "Young people wait.", DerivedFrom: "urgent-care/ae-4h", Dataset: "ae_provider", Mix: &measures.Mix{Dataset: "ae_4h"}},
		}}}
	l := registry.ListingOf(r, "larkfield", plugins.DigestOf([]byte("artifact")))
	if l.DerivedFrom != "urgent-care/ae-4h" || l.Problem != "People wait." || !slices.Equal(l.Datasets, []string{"ae_4h", "ae_provider"}) {
		t.Errorf("%+v", l)
	}
}
