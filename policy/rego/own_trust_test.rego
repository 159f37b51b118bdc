package signalbox.national_test

import data.signalbox.stories

test_amina_reads_falls_on_the_wards_of_her_own_trust_exactly if {
	stories.allowed(stories.reads(stories.amina, "falls", "RAA"), {"own_organisation"}, 0)
}

test_she_may_take_the_figures_away if {
	stories.allowed(stories.exports(stories.amina, "falls", "RAA"), {"own_organisation"}, 0)
}

test_somebody_who_works_at_two_trusts_reads_both if {
	both := stories.changed(stories.amina, {"orgs": ["RAA", "RBB"]})
	stories.allowed(stories.reads(both, "falls", "RBB"), {"own_organisation"}, 0)
}

test_for_planning_she_must_change_her_purpose if {
	planning := stories.person("amina", "RAA", "clinician", "planning")
	stories.denied(stories.reads(planning, "falls", "RAA"), {"purpose_not_allowed"})
}

test_gwen_has_no_staff_role_yet if {
	stories.denied(stories.reads(stories.gwen, "falls", "RAA"), {"role_missing"})
}

test_the_rows_are_those_of_her_trust if {
	decision := stories.answer(stories.reads(stories.amina, "falls", "RAA"))
	decision.rows == [{"ods": {"in": ["RAA"]}}]
}

test_nobody_owns_the_data_of_all_organisations if {
	england := stories.person("amina", "ENG", "clinician", "improvement")
	stories.denied(stories.reads(england, "falls", "ENG"), {"not_published"})
	stories.denied(stories.loads(stories.person("bryn", "ENG", "data_manager", "improvement"), "falls", "ENG"), {"load_not_your_organisation"})
}
