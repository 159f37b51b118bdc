package signalbox.national_test

import data.signalbox.stories

test_anyone_signed_in_reads_published_figures_as_they_stand if {
	every who in [stories.amina, stories.carys, stories.efua, stories.gwen] {
		stories.allowed(stories.reads(who, "emergency", "RCC"), {"published"}, 0)
	}
}

test_and_of_all_organisations_at_once if {
	question := stories.reads(stories.efua, "emergency", "ENG")
	stories.allowed(question, {"published"}, 0)
	stories.answer(question).rows == [{"all": true}]
}

test_and_may_export_them if {
	stories.allowed(stories.exports(stories.efua, "emergency", "RCC"), {"published"}, 0)
}

test_bryn_is_told_who_can_share_what_is_not_published if {
	question := stories.reads(stories.bryn, "falls", "RCC")
	stories.denied(question, {"not_your_trust"})
	stories.message(question) == "Cedarhill Trust has not shared “Falls on wards” with your organisation, and it is not published."
}

test_unpublished_data_of_the_whole_country_is_not_for_a_trust if {
	stories.denied(stories.reads(stories.amina, "falls", "ENG"), {"not_published"})
}

test_a_closed_licence_lets_staff_look_with_small_numbers_hidden if {
	stories.allowed(stories.reads(stories.amina, "survey", "RCC"), {"published_restricted"}, 8)
}

test_but_not_take_away if {
	stories.denied(stories.exports(stories.amina, "survey", "RCC"), {"licence_not_open"})
}

test_and_nobody_else_looks if {
	stories.denied(stories.reads(stories.gwen, "survey", "RCC"), {"licence_not_open"})
}
