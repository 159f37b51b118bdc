package signalbox.national_test

import data.signalbox.national
import data.signalbox.stories

# Allowed on these grounds, with nothing opened that could be read.
about_plugin(question, grounds) if {
	decision := stories.answer(question)
	decision.allow
	{grant.code | some grant in decision.grants} == grounds
	decision.rows == []
	decision.ods_scope == []
	decision.visible_columns == []
}

test_efua_brings_her_plugin_and_tries_it if {
	about_plugin(stories.plugs(stories.efua, "plugin.upload"), {"innovator"})
	about_plugin(stories.plugs(stories.efua, "plugin.try"), {"innovator"})
}

test_a_plugin_need_not_be_approved_to_be_tried if {
	draft := {"plugin": {"id": "draft", "digest": "sha256:2222"}}
	about_plugin(stories.changed(stories.plugs(stories.efua, "plugin.try"), draft), {"innovator"})
}

test_nor_be_one_that_asks_for_datasets if {
	waits := {"plugin": {"digest": "sha256:3333"}}
	about_plugin(stories.changed(stories.plugs(stories.efua, "plugin.try"), waits), {"innovator"})
}

test_amina_does_not_bring_plugins if {
	stories.denied(stories.plugs(stories.amina, "plugin.upload"), {"plugin_upload_role"})
	stories.denied(stories.plugs(stories.amina, "plugin.try"), {"plugin_upload_role"})
}

test_hana_looks_at_drafts_and_brings_none if {
	about_plugin(stories.plugs(stories.hana, "plugin.try"), {"governance"})
	stories.denied(stories.plugs(stories.hana, "plugin.upload"), {"plugin_upload_role"})
}

test_so_does_mira if {
	about_plugin(stories.plugs(stories.mira, "plugin.try"), {"checker"})
	stories.denied(stories.plugs(stories.mira, "plugin.upload"), {"plugin_upload_role"})
}

test_hana_or_fen_end_a_quarantine if {
	about_plugin(stories.plugs(stories.hana, "plugin.lift"), {"quarantine"})
	about_plugin(stories.plugs(stories.fen, "plugin.lift"), {"quarantine"})
}

test_nobody_else_does if {
	stories.denied(stories.plugs(stories.efua, "plugin.lift"), {"plugin_lift_role"})
	stories.denied(stories.plugs(stories.amina, "plugin.lift"), {"plugin_lift_role"})
}

test_trying_a_plugin_opens_no_chart if {
	not stories.answer(stories.reads(stories.hana, "falls", "RBB")).allow
	not stories.answer(stories.reads(stories.efua, "falls", "RBB")).allow
}

test_what_was_checked_is_told_about_plugins_too if {
	checks := national.checks with input as stories.plugs(stories.efua, "plugin.lift") with data.reference as stories.country
	{check.code: check.met | some check in checks} == {
		"signed_in": true,
		"purpose": true,
		"plugin_upload_role": true,
		"plugin_lift_role": false,
	}
}

test_nobody_who_has_not_signed_in_does_anything if {
	every action in ["plugin.upload", "plugin.try", "plugin.lift"] {
		nobody := {"subject": {"id": "", "roles": ["innovator", "governance_lead"]}}
		decision := stories.answer(stories.changed(stories.plugs(stories.hana, action), nobody))
		not decision.allow
		"not_signed_in" in {reason.code | some reason in decision.reasons}
	}
}
