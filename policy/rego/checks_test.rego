package signalbox.national_test

import data.signalbox.national
import data.signalbox.stories

# The codes of the checks that hold.
met(question) := codes if {
	checks := national.checks with input as question with data.reference as stories.country
	codes := {check.code | some check in checks; check.met}
}

test_amina_sees_what_speaks_for_her_and_what_does_not if {
	met(stories.reads(stories.amina, "falls", "RBB")) == {"signed_in", "purpose", "training", "plugin"}
	met(stories.reads(stories.amina, "falls", "RAA")) == {"signed_in", "purpose", "training", "plugin", "own"}
	met(stories.reads(stories.amina, "falls", "RCC")) == {"signed_in", "purpose", "training", "plugin", "agreement"}
}

test_published_data_and_the_board_are_named if {
	met(stories.reads(stories.carys, "emergency", "RBB")) == {"signed_in", "purpose", "training", "plugin", "system", "published"}
}

test_figures_without_a_chart_need_no_plugin_here_either if {
	"plugin" in met(stories.changed(stories.exports(stories.amina, "falls", "RAA"), {"plugin": null}))
	not "plugin" in met(stories.changed(stories.reads(stories.amina, "falls", "RAA"), {"plugin": null}))
}

test_nobody_belongs_to_all_organisations_at_once if {
	checks := national.checks with input as stories.reads(stories.amina, "falls", "ENG") with data.reference as stories.country
	{check.code | some check in checks} == {"signed_in", "purpose", "published", "training", "plugin"}
}

test_every_check_has_words if {
	checks := national.checks with input as stories.reads(stories.amina, "falls", "RBB") with data.reference as stories.country
	checks[3].text == "You belong to Birchwood Trust."
	every check in checks {
		check.text != ""
	}
}
