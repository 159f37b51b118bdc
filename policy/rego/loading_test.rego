package signalbox.national_test

import data.signalbox.stories

test_bryn_loads_the_data_of_his_own_trust if {
	stories.allowed(stories.loads(stories.bryn, "falls", "RBB"), {"own_data_manager"}, 0)
}

test_not_that_of_another_trust if {
	question := stories.loads(stories.bryn, "falls", "RAA")
	stories.denied(question, {"load_not_your_organisation"})
}

test_a_clinician_does_not_load if {
	stories.denied(stories.loads(stories.amina, "falls", "RAA"), {"load_role_missing"})
}

test_fen_who_runs_the_machine_loads_for_the_whole_country if {
	stories.allowed(stories.loads(stories.fen, "emergency", "ENG"), {"operator"}, 0)
}

test_but_reads_nothing_that_is_not_published if {
	stories.denied(stories.reads(stories.fen, "falls", "RAA"), {"not_your_trust"})
}

test_a_visitor_to_a_trust_does_not_load_either if {
	stories.denied(stories.loads(stories.gwen, "falls", "RAA"), {"load_role_missing"})
}
