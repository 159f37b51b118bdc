package analysis

import (
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// Inform tells the policy of the releases that came from elsewhere: where each is in
// its life, and which organisations run it on which of their datasets. One that comes
// with the program as well stays everybody's, unless it was withdrawn.
func (s *Shared) Inform(data *policy.ReferenceData) {
	adopters := map[plugins.Digest]map[measures.ODSCode]policy.AdopterFacts{}
	kept := map[plugins.Digest]*Kept{}
	for i := range s.Releases {
		k := &s.Releases[i]
		kept[k.Digest] = k
		if shipped, known := data.Plugins[string(k.Digest)]; known {
			if k.State == postgres.Withdrawn {
				shipped.State = policy.ReleaseWithdrawn
				data.Plugins[string(k.Digest)] = shipped
			}
			continue
		}
		adopters[k.Digest] = map[measures.ODSCode]policy.AdopterFacts{}
		data.Plugins[string(k.Digest)] = policy.PluginFacts{ID: k.Manifest.ID, Version: k.Manifest.Version, Approved: true,
			Datasets: reads(&k.Manifest), Publisher: k.Publisher, State: k.state(), Offered: k.Offered(), Adopters: adopters[k.Digest]}
	}
	for i := range s.Adoptions {
		a := &s.Adoptions[i]
		if adopters[a.Digest] == nil {
			continue // what is not here is not approved, and what is shipped has no adopters
		}
		adopters[a.Digest][a.Organisation] = policy.AdopterFacts{Stage: string(a.Stage), Datasets: mapped(reads(&kept[a.Digest].Manifest), a.Layers)}
	}
}
