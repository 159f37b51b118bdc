package demo

import (
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Person is somebody invented who may sign in to the demonstration.
type Person struct {
	Actor policy.Actor
	Job   string
	Story string // what this person comes to do
	// Second is a role that the person may change to; empty for most.
	Second policy.Role
}

// People are the readers for whom Signalbox is made, one for each journey, and
// an analyst who looks at several trusts. Each has the least that the work needs,
// and was trained in data security a few weeks before today. Two govern, because
// nobody approves what they wrote themselves.
func People(today measures.Date) []Person {
	person := func(id, name string, ods measures.ODSCode, role policy.Role, purpose policy.Purpose, job, story string) Person {
		p := Person{Job: job, Story: story, Actor: policy.Actor{
			ID: "demo-" + id, Name: name + " (fictional)", ODS: ods,
			Orgs: []measures.ODSCode{}, Roles: []policy.Role{role}, Purpose: purpose, Assurance: "aal2",
			TrainedOn: today - 40,
		}}
		if ods != "" {
			p.Actor.Orgs = append(p.Actor.Orgs, ods)
		}
		return p
	}
	people := []Person{
		person("clinician", "Dr Wren Hollis", "ZZA", "clinician", "improvement", "Emergency medicine consultant",
			"Has four minutes between patients and wants to know what changed."),
		person("improvement-lead", "Maud Ferrier", "ZZA", "improvement_lead", "improvement", "Improvement lead",
			"Tried a streaming nurse in July 2025 and wants to know whether it helped."),
		person("data-manager", "Ivo Tansley", "ZZA", "data_manager", "improvement", "Data manager",
			"Loads the trust's figures each month and mends what is refused."),
		person("governance-lead", "Isla Verrow", "ZZA", "governance_lead", "governance", "Information governance lead",
			"Answers for who sees the trust's figures, and why."),
		person("caldicott", "Professor Odile Fenn", "ZZA", "caldicott_guardian", "governance", "Caldicott guardian",
			"Reads what the governance lead has written, and says yes or no."),
		person("governance-deputy", "Tamsin Orrell", "ZZA", "governance_lead", "governance", "Deputy information governance lead",
			"Is the second who approves: two do, and neither of them has written it."),
		person("clinician-b", "Dr Bram Oakes", "ZZB", "clinician", "improvement", "Geriatrician",
			"Works at the trust next door, whose unpublished figures are its own."),
		person("improvement-lead-b", "Niamh Corless", "ZZB", "improvement_lead", "improvement", "Improvement lead",
			"Looks for what has helped elsewhere, and tries it on her own trust's figures first."),
		person("checker", "Ravi Thornbury", "ZZB", "plugin_checker", "improvement", "Checker of plugins",
			"Looks into what others have written before anybody runs it, and puts his name to it."),
		person("analyst", "Dana Quill", "ZZQNW", "analyst", "planning", "Analyst of an integrated care board",
			"Compares the trusts of the board's area."),
		person("innovator", "Sol Amberly", "", "innovator", "development", "Analyst at a charity",
			"Writes a measure and tries it on published figures."),
		person("operator", "Lorne Askew", "", "operator", "governance", "Operator of this Signalbox",
			"Invites people, and sees nobody's figures."),
	}
	for i := range people {
		if people[i].Actor.ID == "demo-improvement-lead" {
			people[i].Second = "clinician" // works on the ward on Fridays
		}
	}
	return people
}
