package main

import (
	"testing"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
)

func TestADraftWaitsForThoseWhoHaveNeitherWrittenItNorSpoken(t *testing.T) {
	version := postgres.PolicyVersion{Owner: "ZZA", Draft: 4, Version: 2, Title: "Falls from 2025", By: "isla"}
	draft := func(verdicts ...postgres.PolicyVerdict) *governing.Dossier {
		earlier := version
		earlier.Version, earlier.By = 1, "tamsin"
		return &governing.Dossier{PolicyVersion: version, Versions: []postgres.PolicyVersion{version, earlier},
			Proposal: &postgres.PolicySubmission{Owner: "ZZA", Draft: 4, Version: 2, By: "isla", Verdicts: verdicts}}
	}
	yes := postgres.PolicyVerdict{By: "odile", Approves: true}
	no := postgres.PolicyVerdict{By: "odile"}
	unproposed, published := draft(), draft(yes)
	unproposed.Proposal, published.Revision = nil, 1
	for name, test := range map[string]struct {
		person string
		draft  *governing.Dossier
		waits  bool
	}{
		"for an approver":            {"odile", draft(), true},
		"for the second of two":      {"hana", draft(yes), true},
		"not for one who has spoken": {"odile", draft(yes), false},
		"not for its author":         {"isla", draft(), false},
		"not for an earlier author":  {"tamsin", draft(), false},
		"not once it was sent back":  {"hana", draft(no), false},
		"not before it is proposed":  {"hana", unproposed, false},
		"not once it is published":   {"hana", published, false},
	} {
		list := waitingFor(test.person, []*governing.Dossier{test.draft})
		if test.waits != (len(list) == 1) {
			t.Errorf("%s: %+v", name, list)
		}
		if test.waits && (list[0].Title != "Falls from 2025" || list[0].URL != "/governance/policies/ZZA/drafts/4") {
			t.Errorf("%s: %+v", name, list[0])
		}
	}
	if list := waitingFor("hana", []*governing.Dossier{draft(yes)}); len(list) != 1 || list[0].Yes != 1 {
		t.Errorf("after one yes: %+v", list)
	}
}
