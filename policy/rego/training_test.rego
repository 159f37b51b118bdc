package signalbox.national_test

import data.signalbox.facts
import data.signalbox.national
import data.signalbox.stories

# Amina, trained on some day.
trained(on) := stories.changed(stories.amina, {"trained_on": on})

test_amina_whose_training_is_a_year_old_reads_a_last_time if {
	stories.allowed(stories.reads(trained("2025-06-15"), "falls", "RAA"), {"own_organisation"}, 0)
}

test_the_day_after_she_is_told_what_is_missing if {
	question := stories.reads(trained("2025-06-14"), "falls", "RAA")
	stories.denied(question, {"training_expired"})
	stories.message(question) == "Your data security training is dated 14 June 2025, and reading data that is not published needs one within 365 days."
}

test_a_date_to_come_is_not_yet_one if {
	stories.allowed(stories.reads(trained("2026-06-15"), "falls", "RAA"), {"own_organisation"}, 0)
	question := stories.reads(trained("2026-06-16"), "falls", "RAA")
	stories.denied(question, {"training_to_come"})
	stories.message(question) == "Your data security training is dated 16 June 2026, which is still to come."
}

test_nobody_knows_of_any_training if {
	stories.denied(stories.reads(trained(null), "falls", "RAA"), {"training_not_held"})
}

test_taking_figures_away_needs_it_too if {
	stories.denied(stories.exports(trained(null), "falls", "RAA"), {"training_not_held"})
}

test_every_ground_of_staff_needs_it if {
	stories.denied(stories.reads(trained(null), "falls", "RCC"), {"training_not_held"}) # by agreement
	stories.denied(stories.reads(trained(null), "survey", "RCC"), {"training_not_held"})
	stories.denied(stories.reads(stories.changed(stories.carys, {"trained_on": null}), "falls", "RBB"), {"training_not_held"})
	stories.denied(stories.reads(stories.changed(stories.dev, {"trained_on": "2020-02-29"}), "falls", "ENG"), {"training_expired"})
}

test_published_figures_need_none if {
	stories.allowed(stories.reads(trained(null), "emergency", "RCC"), {"published"}, 0)
	stories.allowed(stories.exports(trained("2019-01-01"), "emergency", "RCC"), {"published"}, 0)
}

test_training_is_no_ground_by_itself if {
	stories.denied(stories.reads(stories.amina, "falls", "QAA"), {"not_your_trust"})
	stories.denied(stories.reads(trained(null), "falls", "QAA"), {"not_your_trust"})
}

test_loading_and_governing_do_not_ask_for_it if {
	stories.answer(stories.loads(stories.changed(stories.bryn, {"trained_on": null}), "falls", "RBB")).allow
	stories.answer(stories.governs(stories.changed(stories.hana, {"trained_on": null}), "log.read", "RAA")).allow
}

test_the_page_of_a_denial_shows_it if {
	question := stories.reads(trained("2025-01-02"), "falls", "RAA")
	checks := national.checks with input as question with data.reference as stories.country
	{check.text | some check in checks; check.code == "training"; not check.met} == {"Your data security training is no older than 365 days."}
	"training" in met(stories.reads(stories.amina, "falls", "RAA"))
}

test_dates_in_words if {
	facts.in_words("2025-05-03") == "3 May 2025"
	facts.in_words("2024-12-31") == "31 December 2024"
}
