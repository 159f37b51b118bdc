package analysis_test

import (
	"fmt"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/policy"
)

// BenchmarkShared takes notice of 200 releases of which each of 140 organisations
// runs 50, as the site does every few seconds, and looks measures up meanwhile.
func BenchmarkShared(b *testing.B) {
	shipped, err := library.Open()
	if err != nil {
		b.Fatal(err)
	}
	var shared analysis.Shared
	for i := range 200 {
		m := *falls
		m.ID = measures.MeasureID(fmt.Sprintf("measure-%d", i))
		shared.Releases = append(shared.Releases, keptOf(plugins.Manifest{ID: fmt.Sprintf("plugin-%d", i), Version: "1.0.0", Measures: []measures.Measure{m}},
			plugins.DigestOf([]byte{byte(i)})))
	}
	for trust := range 140 {
		for i := range 50 {
			k := &shared.Releases[(trust+4*i)%len(shared.Releases)]
			shared.Adoptions = append(shared.Adoptions, postgres.Adoption{Organisation: measures.ODSCode(fmt.Sprintf("R%03d", trust)), Plugin: k.Manifest.ID, Digest: k.Digest})
		}
	}
	c := analysis.NewCatalogue(shipped)
	b.Run("share", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Share(shared); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("inform", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			shared.Inform(&policy.ReferenceData{Plugins: map[string]policy.PluginFacts{}})
		}
	})
	b.Run("measure-at", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.MeasureAt("measure-0", "R000"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("measures-at", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n := len(c.MeasuresAt("R000")); n < 50 {
				b.Fatal(n)
			}
		}
	})
}
