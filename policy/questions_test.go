package policy

import (
	"bytes"
	"encoding/json"
	"iter"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// questions gives every combination of person, purpose, action, dataset,
// organisation and plugin of the small country.
func questions() iter.Seq[Request] {
	people := []Actor{clinician(),
		{ID: "ana", ODS: "QM7", Orgs: []measures.ODSCode{"QM7"}, Roles: []Role{"analyst"}, TrainedOn: trained},
		{ID: "nat", ODS: "X26", Orgs: []measures.ODSCode{"X26"}, Roles: []Role{"analyst"}, TrainedOn: trained},
		{ID: "inn", Roles: []Role{"innovator"}},
		{ID: "man", ODS: "RWG", Orgs: []measures.ODSCode{"RWG", "RQW"}, Roles: []Role{"data_manager"}},
		{ID: "ops", Roles: []Role{"operator"}},
		{ID: "gov", ODS: "RWG", Roles: []Role{"governance_lead"}, TrainedOn: trained},
		{ID: "imp", ODS: "RQW", Orgs: []measures.ODSCode{"RQW"}, Roles: []Role{"improvement_lead"}, TrainedOn: trained},
		{ID: "chk", ODS: "RWG", Roles: []Role{"plugin_checker"}},
		{ID: "new", ODS: "RXX", Roles: []Role{"somebody"}},
		{}}
	return func(yield func(Request) bool) {
		for _, who := range people {
			for _, who.Purpose = range []Purpose{"improvement", "planning"} {
				for _, action := range []Action{ChartRead, DataExport, DataLoad, EvidenceSend, PluginTry, PolicyApprove, ReleasePublish, ReleaseAdopt, "policy.publish"} {
					for _, dataset := range []measures.DatasetID{"ae", "restricted", "diagnostics", "made_up", "rumours"} {
						if action.AboutRelease() && dataset != "ae" {
							continue // it is about none
						}
						for _, ods := range []measures.ODSCode{"RQW", "RWG", "RXX", Everyone} {
							r := read(who, dataset, ods)
							r.Action = action
							if action.AboutGovernance() {
								r.Plugin, r.Change = Plugin{}, Change{Kind: "policy", Ref: "sha256:1", Author: "man", Approvers: []string{}}
								r.Resource = Resource{Columns: []string{}, ODS: ods, Grain: "aggregate", Stratifiers: []string{}}
							}
							if action.AboutRelease() {
								r.Plugin, r.Release = Plugin{}, pressure(ReleasePublished)
								r.Change = Change{Kind: ReleaseChange, Ref: r.Release.Digest, Author: "inn", Approvers: []string{"chk"}}
								r.Resource = Resource{Columns: []string{}, Grain: "aggregate", Stratifiers: []string{}}
								if action.AboutAdoption() {
									r.Resource.ODS = ods
								}
							}
							without := r
							without.Plugin = Plugin{}
							if !yield(r) || ods == "RQW" && !yield(without) {
								return
							}
						}
					}
				}
			}
		}
	}
}

func equalJSON(t testing.TB, a, b any) bool {
	t.Helper()
	left, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(left, right)
}
