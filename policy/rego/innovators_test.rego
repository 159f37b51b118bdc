package signalbox.national_test

import data.signalbox.stories

test_efua_tries_her_plugin_on_synthetic_data if {
	stories.allowed(stories.reads(stories.efua, "pretend", "RAA"), {"synthetic"}, 8)
}

test_and_on_published_figures if {
	stories.allowed(stories.reads(stories.efua, "emergency", "RAA"), {"published"}, 0)
}

test_but_on_nothing_else if {
	stories.denied(stories.reads(stories.efua, "falls", "RAA"), {"innovator_open_only"})
}

test_she_may_not_take_synthetic_data_away if {
	stories.denied(stories.exports(stories.efua, "pretend", "RAA"), {"export_not_for_innovators"})
}

test_a_clinician_who_also_writes_plugins_keeps_her_own_trust if {
	both := stories.changed(stories.amina, {"roles": ["clinician", "innovator"]})
	stories.allowed(stories.reads(both, "falls", "RAA"), {"own_organisation"}, 0)
}
