# Small stories that say what the policy means. People, neighbours and the datasets
# shared, kept and public are invented; add those that your own rules are about.
package signalbox.trusts.OWNER

# Noon on 15 June 2026.
noon := 1781524800

own := "OWNER"

country := object.union(data.reference, {
	"organisations": {
		own: {"name": "Our Trust", "kind": "trust", "icb": "QZZ", "region": "South"},
		"QZZ": {"name": "Southern Board", "kind": "icb", "icb": "", "region": "South"},
	},
	"datasets": {
		"shared": dataset("Figures that we share", "none", false),
		"kept": dataset("Figures that we keep", "none", false),
		"public": dataset("Figures that anybody may have", "OGL-UK-3.0", true),
		"falls_rate": dataset("Falls on wards", "none", false),
	},
	"plugins": {"sha256:1": {
		"id": "spc",
		"version": "1.0.0",
		"approved": true,
		"datasets": null,
		"publisher": "",
		"state": "",
		"offered": false,
		"adopters": null,
	}},
	"agreements": {},
})

dataset(title, licence, published) := {
	"title": title,
	"owner": "the trusts",
	"licence": licence,
	"published": published,
	"synthetic": false,
	"columns": {"total": true},
	"stratifiers": ["site"],
}

person(id, organisation, role, purpose) := {
	"id": id,
	"ods": organisation,
	"orgs": [organisation],
	"roles": [role],
	"purpose": purpose,
	"assurance": "aal2",
	"trained_on": "2026-05-01",
}

# Amina is a clinician here, and Leo leads improvement; Carys is an analyst of the
# integrated care board.
amina := person("amina", own, "clinician", "improvement")

leo := person("leo", own, "improvement_lead", "improvement")

carys := person("carys", "QZZ", "analyst", "planning")

asks(who, action, name) := {
	"v": 1,
	"now": noon,
	"request_id": "",
	"action": action,
	"subject": who,
	"plugin": {"id": "spc", "version": "1.0.0", "digest": "sha256:1", "signers": [], "approval": "approved"},
	"change": null,
	"release": null,
	"resource": {
		"dataset": name,
		"columns": ["total"],
		"ods": own,
		"grain": "aggregate",
		"stratifiers": [],
		"period": {"from": null, "to": null},
	},
}

# What the policy answers with only these switches on.
answer(question, on) := found if {
	found := decision with input as question
		with data.reference as country
		with data.signalbox.trusts.OWNER.listed as {"shared"}
		with data.signalbox.trusts.OWNER.switches as object.union({name: false | some name, _ in switches}, {name: true | some name in on})
}

# The baseline's own answer.
baseline(question) := found if {
	found := data.signalbox.national.decision with input as question with data.reference as country
}

everything := {name | some name, _ in switches}

test_with_nothing_switched_on_the_baseline_stands if {
	every question in [asks(amina, "chart.read", "shared"), asks(carys, "chart.read", "shared"), asks(carys, "data.export", "public")] {
		baseline(question).allow
		answer(question, set()) == baseline(question)
	}
}

test_our_own_people_are_never_narrowed if {
	every action in ["chart.read", "data.export"] {
		every name in ["shared", "kept"] {
			answer(asks(amina, action, name), everything) == baseline(asks(amina, action, name))
		}
	}
}

test_nor_are_published_figures if {
	question := asks(carys, "data.export", "public")
	answer(question, everything) == baseline(question)
}

test_what_the_baseline_denies_stays_denied_with_its_reasons if {
	question := asks(person("carys", "QZZ", "visitor", "planning"), "chart.read", "shared")
	not baseline(question).allow
	answer(question, everything) == baseline(question)
}

test_the_board_sees_the_organisation_as_a_whole if {
	answer(asks(carys, "chart.read", "shared"), {"whole_organisation_only"}).rows == [{
		"ods": {"in": [own]},
		"stratum": {"is_null": true},
	}]
}

test_the_board_sees_nothing_from_before_the_first_day if {
	answer(asks(carys, "chart.read", "shared"), {"nothing_before_first_day"}).rows == [{
		"ods": {"in": [own]},
		"period": {"gte": first_day},
	}]
}

test_two_conditions_both_hold if {
	answer(asks(carys, "chart.read", "shared"), {"nothing_before_first_day", "whole_organisation_only"}).rows == [{
		"ods": {"in": [own]},
		"period": {"gte": first_day},
		"stratum": {"is_null": true},
	}]
}

test_more_is_hidden_from_the_board if {
	found := answer(asks(carys, "chart.read", "shared"), {"more_hidden"}).disclosure
	found == object.union(baseline(asks(carys, "chart.read", "shared")).disclosure, {"min_cell_count": hidden_below})
}

test_the_board_takes_nothing_away if {
	found := answer(asks(carys, "data.export", "shared"), {"no_taking_away"})
	not found.allow
	{reason.code | some reason in found.reasons} == {"no_taking_away"}
	answer(asks(carys, "chart.read", "shared"), {"no_taking_away"}).allow
}

test_the_board_sees_what_is_listed if {
	found := answer(asks(carys, "chart.read", "kept"), {"listed_datasets_only"})
	not found.allow
	{reason.code | some reason in found.reasons} == {"dataset_not_listed"}
	found.rows == []
	answer(asks(carys, "chart.read", "shared"), {"listed_datasets_only"}).allow
}

test_evidence_is_sent_until_it_is_to_stay if {
	question := asks(leo, "evidence.send", "kept")
	baseline(question).allow
	answer(question, everything - {"evidence_stays"}) == baseline(question)
	found := answer(question, {"evidence_stays"})
	not found.allow
	{reason.code | some reason in found.reasons} == {"evidence_stays"}
	answer(asks(leo, "chart.read", "kept"), {"evidence_stays"}).allow
}

test_the_list_and_the_first_day_are_written_as_they_must_be if {
	count(listed) > 0
	every name in listed {
		is_string(name)
	}
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, first_day)
}
