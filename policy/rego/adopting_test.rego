package signalbox.national_test

import data.signalbox.national
import data.signalbox.stories

test_leo_or_hana_decide_what_ashford_runs if {
	every who in [stories.leo, stories.hana, stories.ines] {
		every action in ["release.pilot", "release.adopt", "release.leave"] {
			steps(stories.runs(who, action, "RAA"), "adopter")
		}
	}
}

test_governing_is_enough_by_itself if {
	country := object.union(stories.country, {"roles": {"governance_lead": {"rights": ["staff", "govern"]}}})
	decision := national.decision with input as stories.runs(stories.hana, "release.adopt", "RAA") with data.reference as country
	decision.allow
}

test_amina_is_told_who_does if {
	question := stories.runs(stories.amina, "release.adopt", "RAA")
	stories.denied(question, {"adopting_role"})
	stories.message(question) == "What Ashford Trust runs is for its improvement leads and its governance team to say."
}

test_nobody_decides_for_another_trust if {
	every who in [stories.leo, stories.hana, stories.fen, stories.efua] {
		every action in ["release.pilot", "release.leave"] {
			stories.denied(stories.runs(who, action, "RCC"), {"adopting_elsewhere"})
		}
	}
}

test_nor_for_all_at_once if {
	everybody := stories.person("leo", "ENG", "improvement_lead", "improvement")
	against(stories.runs(everybody, "release.adopt", "ENG"), {"evidence_of_one"})
}

test_nor_at_a_trust_nobody_has_heard_of if {
	lost := stories.person("leo", "ZZZ", "improvement_lead", "improvement")
	against(stories.runs(lost, "release.adopt", "ZZZ"), {"organisation_unknown"})
}

test_leo_must_have_come_for_improvement_or_governance if {
	planning := stories.person("leo", "RAA", "improvement_lead", "planning")
	stories.denied(stories.runs(planning, "release.adopt", "RAA"), {"adopting_purpose"})
}

test_what_was_withdrawn_or_is_unsigned_is_not_adopted_and_can_be_left if {
	withdrawn := {"release": {"state": "withdrawn"}}
	unsigned := {"release": {"verified": false}}
	every action in ["release.pilot", "release.adopt"] {
		stories.reasons(stories.changed(stories.runs(stories.leo, action, "RAA"), withdrawn)) == {"release_withdrawn"}
		stories.reasons(stories.changed(stories.runs(stories.leo, action, "RAA"), unsigned)) == {"release_unverified"}
	}
	steps(stories.changed(stories.runs(stories.leo, "release.leave", "RAA"), withdrawn), "adopter")
	steps(stories.changed(stories.runs(stories.leo, "release.leave", "RAA"), unsigned), "adopter")
}

test_nor_what_is_not_published_yet if {
	checked := {"release": {"state": "checked"}}
	stories.reasons(stories.changed(stories.runs(stories.leo, "release.pilot", "RAA"), checked)) == {"release_state"}
}

test_leo_may_try_his_own_at_his_trust_and_somebody_else_adopts_it if {
	wrote := {"release": {"authors": ["leo"]}}
	steps(stories.changed(stories.runs(stories.leo, "release.pilot", "RAA"), wrote), "adopter")
	stories.reasons(stories.changed(stories.runs(stories.leo, "release.adopt", "RAA"), wrote)) == {"own_release"}
	steps(stories.changed(stories.runs(stories.hana, "release.adopt", "RAA"), wrote), "adopter")
}

test_a_release_draws_where_it_was_adopted if {
	stories.allowed(stories.draws(stories.nora, "sha256:5555", "RBB"), {"own_organisation"}, 0)
	stories.allowed(stories.draws(stories.carys, "sha256:5555", "RBB"), {"same_system"}, 8)
	question := stories.draws(stories.leo, "sha256:5555", "RAA")
	stories.reasons(question) == {"plugin_not_adopted"}
	stories.message(question) == "Ashford Trust has not adopted this release of the plugin."
}

test_of_everybody_it_draws_for_those_whose_own_organisation_adopted_it if {
	openly := {"resource": {"dataset": "emergency"}}
	calculates := {"datasets": null}
	country := object.union(stories.country, {"plugins": {"sha256:5555": calculates}})
	yes := national.decision with input as stories.changed(stories.draws(stories.nora, "sha256:5555", "ENG"), openly)
		with data.reference as country
	yes.allow
	no := national.decision with input as stories.changed(stories.draws(stories.leo, "sha256:5555", "ENG"), openly)
		with data.reference as country
	[reason.message | some reason in no.reasons] == ["Your organisation has not adopted this release of the plugin."]
	nobody := national.decision with input as stories.changed(stories.draws(stories.efua, "sha256:5555", "ENG"), openly)
		with data.reference as country
	{reason.code | some reason in nobody.reasons} == {"plugin_not_adopted"}
}

test_under_the_names_that_the_organisation_gives_its_datasets if {
	dev := stories.draws(stories.dev, "sha256:5555", "RCC")
	stories.reasons(dev) == {"plugin_dataset"}
	stories.allowed(stories.changed(dev, {"resource": {"dataset": "slips"}}), {"national_body"}, 8)
}

test_withdrawn_it_draws_for_nobody if {
	stories.reasons(stories.draws(stories.leo, "sha256:6666", "RAA")) == {"plugin_withdrawn"}
	stories.reasons(stories.previews(stories.leo, "sha256:6666", "RAA")) == {"plugin_withdrawn"}
	stories.reasons(stories.draws(stories.nora, "sha256:6666", "RBB")) == {"plugin_withdrawn"}
}

test_nor_does_what_came_with_the_program if {
	country := object.union(stories.country, {"plugins": {"sha256:1111": {"state": "withdrawn"}}})
	decision := national.decision with input as stories.reads(stories.amina, "falls", "RAA") with data.reference as country
	{reason.code | some reason in decision.reasons} == {"plugin_withdrawn"}
}

test_leo_and_hana_look_at_it_on_their_own_figures_first if {
	stories.allowed(stories.previews(stories.leo, "sha256:5555", "RAA"), {"own_organisation"}, 0)
	stories.allowed(stories.previews(stories.hana, "sha256:5555", "RAA"), {"own_organisation"}, 0)
	stories.reasons(stories.previews(stories.amina, "sha256:5555", "RAA")) == {"plugin_preview"}
	stories.reasons(stories.previews(stories.carys, "sha256:5555", "RAA")) == {"plugin_preview"}
	stories.reasons(stories.changed(stories.previews(stories.leo, "sha256:5555", "RAA"), {"action": "data.export"})) == {"plugin_preview"}
}

test_under_the_names_that_they_would_give if {
	named := {"resource": {"dataset": "slips"}, "release": object.union(stories.release("published"), {"datasets": ["slips"]})}
	stories.allowed(stories.changed(stories.previews(stories.leo, "sha256:5555", "RAA"), named), {"own_organisation"}, 0)
	unnamed := {"resource": {"dataset": "slips"}}
	stories.reasons(stories.changed(stories.previews(stories.leo, "sha256:5555", "RAA"), unnamed)) == {"plugin_dataset"}
	another := object.union(named, {"release": {"digest": "sha256:7777"}})
	stories.reasons(stories.changed(stories.previews(stories.leo, "sha256:5555", "RAA"), another)) == {"plugin_dataset"}
}

test_what_is_not_offered_is_not_looked_at if {
	country := object.union(stories.country, {"plugins": {"sha256:5555": {"offered": false}}})
	decision := national.decision with input as stories.previews(stories.leo, "sha256:5555", "RAA") with data.reference as country
	{reason.code | some reason in decision.reasons} == {"plugin_preview"}
}

test_facts_written_before_there_were_adopters_mean_a_plugin_for_everybody if {
	facts := {"id": "spc", "version": "1.0.0", "approved": true, "datasets": null}
	country := object.union(object.remove(stories.country, ["plugins"]), {"plugins": {"sha256:1111": facts}})
	country.plugins["sha256:1111"] == facts
	decision := national.decision with input as stories.reads(stories.amina, "falls", "RAA") with data.reference as country
	decision.allow
}

test_nora_sends_evidence_of_falls_with_small_numbers_hidden if {
	stories.allowed(stories.sends(stories.nora, "falls", "RBB"), {"evidence"}, 8)
	trained_long_ago := {"subject": {"trained_on": "2024-05-01"}}
	stories.denied(stories.changed(stories.sends(stories.nora, "falls", "RBB"), trained_long_ago), {"training_expired"})
}

published := {"plugins": {"sha256:5555": {"datasets": ["emergency"]}}}

test_and_of_published_figures_as_they_stand if {
	country := object.union(stories.country, published)
	decision := national.decision with input as stories.sends(stories.nora, "emergency", "RBB") with data.reference as country
	decision.allow
	{grant.code | some grant in decision.grants} == {"evidence_published"}
	decision.disclosure.min_cell_count == 0
}

test_evidence_is_of_ones_own_organisation_and_of_what_it_runs if {
	stories.reasons(stories.sends(stories.leo, "falls", "RAA")) == {"plugin_not_adopted"}
	stories.denied(stories.sends(stories.leo, "falls", "RBB"), {"adopting_elsewhere"})
	stories.denied(stories.sends(stories.bryn, "falls", "RBB"), {"adopting_role"})
	against(stories.sends(stories.nora, "falls", "ENG"), {"evidence_of_one"})
	previewed := {"plugin": {"approval": "preview"}}
	stories.reasons(stories.changed(stories.sends(stories.leo, "falls", "RAA"), previewed)) == {"plugin_preview"}
	drawn_by_nothing := {"plugin": null}
	stories.reasons(stories.changed(stories.sends(stories.nora, "falls", "RBB"), drawn_by_nothing)) == {"plugin_not_approved"}
}

test_evidence_opens_no_chart_and_a_chart_sends_no_evidence if {
	not "evidence" in {grant.code | some grant in stories.answer(stories.draws(stories.nora, "sha256:5555", "RBB")).grants}
	{grant.code | some grant in stories.answer(stories.sends(stories.nora, "falls", "RBB")).grants} == {"evidence"}
}

test_what_was_checked_is_told_about_adopting_and_evidence_too if {
	adopting := national.checks with input as stories.runs(stories.amina, "release.adopt", "RAA")
		with data.reference as stories.country
	{check.code: check.met | some check in adopting} == {
		"not_signed_in": true,
		"adopting_elsewhere": true,
		"adopting_role": false,
		"adopting_purpose": true,
		"release_withdrawn": true,
		"release_state": true,
		"release_unverified": true,
		"own_release": true,
	}
	trained_long_ago := {"subject": {"trained_on": "2024-05-01"}}
	sending := national.checks with input as stories.changed(stories.sends(stories.nora, "falls", "RBB"), trained_long_ago)
		with data.reference as stories.country
	{check.code: check.met | some check in sending} == {
		"not_signed_in": true,
		"adopting_elsewhere": true,
		"adopting_role": true,
		"adopting_purpose": true,
		"training": false,
		"plugin": true,
	}
	elsewhere := national.checks with input as stories.sends(stories.leo, "falls", "RAA") with data.reference as stories.country
	{check.code | some check in elsewhere; not check.met} == {"plugin"}
}
