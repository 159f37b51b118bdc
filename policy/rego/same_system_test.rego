package signalbox.national_test

import data.signalbox.stories

test_carys_reads_a_trust_of_her_board_with_small_numbers_hidden if {
	stories.allowed(stories.reads(stories.carys, "falls", "RBB"), {"same_system"}, 8)
}

test_the_hidden_numbers_are_rounded_and_protected_as_the_nhs_does if {
	decision := stories.answer(stories.reads(stories.carys, "falls", "RBB"))
	decision.disclosure == {"min_cell_count": 8, "round_to": 5, "secondary": true, "zero_visible": true}
}

test_a_trust_of_another_board_is_not_hers if {
	stories.denied(stories.reads(stories.carys, "survey_of_nothing", "RCC"), {"dataset_unknown", "no_ground"})
	stories.denied(stories.reads(stories.carys, "pretend", "RCC"), {"not_your_trust"})
}

test_a_clinician_on_the_board_is_told_which_role_is_missing if {
	clinician := stories.person("carys", "QAA", "clinician", "planning")
	stories.denied(stories.reads(clinician, "falls", "RBB"), {"system_role_missing"})
}

test_she_may_not_come_to_develop_a_plugin if {
	developing := stories.person("carys", "QAA", "analyst", "development")
	stories.denied(stories.reads(developing, "falls", "RBB"), {"system_purpose"})
}

test_two_trusts_of_one_board_do_not_read_each_other if {
	stories.denied(stories.reads(stories.bryn, "falls", "RAA"), {"not_your_trust"})
}

test_the_board_may_not_ask_for_the_whole_country if {
	stories.denied(stories.reads(stories.carys, "falls", "ENG"), {"not_published"})
}
