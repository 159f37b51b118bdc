package signalbox.national_test

import data.signalbox.stories

# What Amina may read, but for one thing that bars it.
barred_by(changes, code) if {
	question := stories.changed(stories.reads(stories.amina, "emergency", "RAA"), changes)
	decision := stories.answer(question)
	not decision.allow
	code in {reason.code | some reason in decision.reasons}
}

test_nothing_bars_her_to_begin_with if {
	stories.allowed(stories.reads(stories.amina, "emergency", "RAA"), {"own_organisation", "published"}, 0)
}

test_somebody_who_is_not_signed_in_reads_nothing if {
	barred_by({"subject": {"id": ""}}, "not_signed_in")
}

test_an_unknown_purpose_is_none if {
	barred_by({"subject": {"purpose": "curiosity"}}, "purpose_unknown")
}

test_a_dataset_nobody_has_heard_of if {
	barred_by({"resource": {"dataset": "rumours"}}, "dataset_unknown")
}

test_a_column_the_dataset_does_not_have if {
	barred_by({"resource": {"columns": ["seen", "names"]}}, "column_unknown")
}

test_an_organisation_nobody_has_heard_of if {
	barred_by({"resource": {"ods": "ZZZ"}}, "organisation_unknown")
}

test_single_people_are_never_shown if {
	barred_by({"resource": {"grain": "person"}}, "aggregates_only")
}

test_a_plugin_that_is_not_approved_computes_nothing if {
	barred_by({"plugin": {"digest": "sha256:2222"}}, "plugin_not_approved")
}

test_nor_one_nobody_has_heard_of if {
	barred_by({"plugin": {"digest": "sha256:9999"}}, "plugin_not_approved")
}

test_saying_approved_in_the_question_does_not_help if {
	barred_by({"plugin": {"digest": "sha256:2222", "approval": "approved"}}, "plugin_not_approved")
}

test_a_chart_needs_a_plugin if {
	barred_by({"plugin": null}, "plugin_not_approved")
}

test_a_plugin_is_given_the_datasets_of_its_manifest if {
	waits := {"plugin": {"digest": "sha256:3333"}}
	stories.answer(stories.changed(stories.reads(stories.amina, "emergency", "RAA"), waits)).allow
	stories.denied(
		stories.changed(stories.reads(stories.amina, "falls", "RAA"), waits),
		{"plugin_dataset"},
	)
}

test_figures_without_a_chart_need_no_plugin if {
	stories.answer(stories.changed(stories.exports(stories.amina, "falls", "RAA"), {"plugin": null})).allow
}

test_an_action_that_no_rule_knows_has_no_ground if {
	stories.denied(stories.asks(stories.amina, "policy.publish", "emergency", "RAA"), {"no_ground"})
}

# Signalbox is not for the care of single patients, so there is no breaking of glass.
test_no_emergency_opens_what_is_closed if {
	stories.denied(stories.asks(stories.amina, "chart.break_glass", "falls", "RBB"), {"no_ground"})
	urgent := stories.person("amina", "RAA", "clinician", "direct_care")
	"purpose_unknown" in stories.reasons(stories.reads(urgent, "falls", "RBB"))
	"purpose_unknown" in stories.reasons(stories.reads(urgent, "falls", "RAA"))
	break_glass := stories.person("amina", "RAA", "break_glass", "improvement")
	not stories.answer(stories.reads(break_glass, "falls", "RAA")).allow
}
