package signalbox.national_test

import data.signalbox.stories

test_ashford_reads_what_cedarhill_agreed_to_share if {
	question := stories.reads(stories.amina, "falls", "RCC")
	stories.allowed(question, {"agreement"}, 8)
	stories.answer(question).grants == [{"code": "agreement", "ref": "DSA-1"}]
}

test_the_agreement_with_birchwood_ended_this_minute if {
	question := stories.reads(stories.amina, "falls", "RBB")
	stories.denied(question, {"agreement_expired"})
	stories.message(question) == "The agreement DSA-2 with Birchwood Trust has ended."
}

test_a_minute_earlier_it_still_held if {
	question := stories.changed(stories.reads(stories.amina, "falls", "RBB"), {"now": stories.noon - 60})
	stories.allowed(question, {"agreement"}, 8)
}

test_the_purpose_must_be_one_the_agreement_names if {
	governance := stories.person("amina", "RAA", "clinician", "governance")
	stories.denied(stories.reads(governance, "falls", "RCC"), {"agreement_purpose"})
}

test_looking_is_not_taking_away if {
	stories.denied(stories.exports(stories.amina, "falls", "RCC"), {"agreement_export"})
}

test_the_board_agreed_on_export_and_a_higher_threshold if {
	stories.allowed(stories.exports(stories.carys, "falls", "RCC"), {"agreement"}, 12)
}

test_an_agreement_is_for_staff if {
	stories.denied(stories.reads(stories.gwen, "falls", "RCC"), {"agreement_role"})
}

test_no_agreement_covers_another_dataset if {
	stories.denied(stories.reads(stories.amina, "pretend", "RCC"), {"not_your_trust"})
}
