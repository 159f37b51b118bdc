package signalbox.national_test

import data.signalbox.stories

test_dev_reads_every_trust_with_small_numbers_hidden if {
	stories.allowed(stories.reads(stories.dev, "falls", "RAA"), {"national_body"}, 8)
	stories.allowed(stories.reads(stories.dev, "falls", "ENG"), {"national_body"}, 8)
}

test_for_published_figures_the_mildest_terms_hold if {
	stories.allowed(stories.reads(stories.dev, "emergency", "ENG"), {"national_body", "published"}, 0)
}

test_a_clinician_at_the_national_office_is_no_analyst if {
	clinician := stories.person("dev", "X99", "clinician", "planning")
	stories.denied(stories.reads(clinician, "falls", "RAA"), {"national_role_missing"})
}

test_dev_may_not_come_to_develop_a_plugin if {
	developing := stories.person("dev", "X99", "analyst", "development")
	stories.denied(stories.reads(developing, "falls", "RAA"), {"national_purpose"})
}
