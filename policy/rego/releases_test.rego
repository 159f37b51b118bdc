package signalbox.national_test

import data.signalbox.national
import data.signalbox.stories

# Allowed on this ground, with nothing opened that could be read.
steps(question, ground) if {
	decision := stories.answer(question)
	decision.allow
	{grant.code | some grant in decision.grants} == {ground}
	decision.rows == []
	decision.ods_scope == []
	decision.visible_columns == []
}

# What speaks against it, beside what else might.
against(question, codes) if {
	decision := stories.answer(question)
	not decision.allow
	count(codes - {reason.code | some reason in decision.reasons}) == 0
}

test_efua_or_leo_bring_a_release_to_be_checked if {
	steps(stories.steps(stories.efua, "release.submit", "draft"), "release_submitter")
	steps(stories.steps(stories.leo, "release.submit", "draft"), "release_submitter")
	stories.denied(stories.steps(stories.amina, "release.submit", "draft"), {"release_submit_role"})
	stories.denied(stories.steps(stories.mira, "release.submit", "draft"), {"release_submit_role"})
}

test_what_is_there_is_not_brought_again if {
	every state in ["submitted", "checked", "published", "deprecated"] {
		stories.reasons(stories.steps(stories.efua, "release.submit", state)) == {"release_state"}
	}
	question := stories.steps(stories.efua, "release.submit", "published")
	stories.message(question) == "pressure 2.1.0 is published, and this step comes before a release is brought here."
}

unchecked := {"change": {"approvers": []}}

test_mira_checks_what_efua_has_brought if {
	steps(stories.changed(stories.steps(stories.mira, "release.check", "submitted"), unchecked), "release_checker")
	steps(stories.changed(stories.steps(stories.mira, "release.check", "checked"), unchecked), "release_checker")
}

test_nobody_checks_what_they_brought_or_wrote if {
	brought := {"change": {"author": "mira", "approvers": []}}
	stories.reasons(stories.changed(stories.steps(stories.mira, "release.check", "submitted"), brought)) == {"own_release"}
	wrote := {"change": {"approvers": []}, "release": {"authors": ["ada", "mira"]}}
	stories.reasons(stories.changed(stories.steps(stories.mira, "release.check", "submitted"), wrote)) == {"own_release"}
}

test_nor_twice if {
	stories.reasons(stories.steps(stories.mira, "release.check", "submitted")) == {"release_checked_before"}
}

test_nor_what_was_never_brought_or_is_out_already if {
	every state in ["draft", "published", "deprecated", ""] {
		question := stories.changed(stories.steps(stories.mira, "release.check", state), unchecked)
		stories.reasons(question) == {"release_state"}
	}
}

test_checking_is_for_checkers if {
	every who in [stories.leo, stories.hana, stories.fen, stories.amina] {
		stories.denied(stories.changed(stories.steps(who, "release.check", "submitted"), unchecked), {"release_check_role"})
	}
}

test_efua_publishes_what_mira_has_checked if {
	steps(stories.steps(stories.efua, "release.publish", "checked"), "release_publisher")
	steps(stories.steps(stories.mira, "release.publish", "checked"), "release_publisher")
	steps(stories.steps(stories.fen, "release.publish", "checked"), "release_publisher")
}

test_leo_publishes_what_he_has_brought_and_not_what_efua_has if {
	own := {"change": {"author": "leo"}}
	steps(stories.changed(stories.steps(stories.leo, "release.publish", "checked"), own), "release_publisher")
	stories.denied(stories.steps(stories.leo, "release.publish", "checked"), {"release_publish_role"})
}

test_nothing_is_published_that_nobody_else_has_checked if {
	every approvers in [[], ["efua"], ["mira", "efua"]] {
		question := stories.changed(stories.steps(stories.efua, "release.publish", "checked"), {"change": {"approvers": approvers}})
		stories.reasons(question) == {"release_second_person"}
	}
	wrote := {"release": {"authors": ["efua", "mira"]}}
	stories.reasons(stories.changed(stories.steps(stories.fen, "release.publish", "checked"), wrote)) == {"release_second_person"}
	unknown := {"change": null}
	against(stories.changed(stories.steps(stories.fen, "release.publish", "checked"), unknown), {"release_second_person"})
}

test_nor_what_too_few_have_signed if {
	alone := {"release": {"signers": [{"holder": "efua", "role": "author"}]}}
	question := stories.changed(stories.steps(stories.efua, "release.publish", "checked"), alone)
	stories.reasons(question) == {"release_signers"}
	stories.message(question) == "pressure 2.1.0 is signed by 1 of the 2 people of its publisher who have to sign it."
	twice := {"release": {"signers": [{"holder": "efua", "role": "author"}, {"holder": "efua", "role": "checker"}]}}
	stories.reasons(stories.changed(stories.steps(stories.efua, "release.publish", "checked"), twice)) == {"release_signers"}
}

test_nor_what_a_publisher_has_signed_of_whom_nobody_has_heard if {
	stranger := {"release": {"threshold": 0, "verified": false}}
	question := stories.changed(stories.steps(stories.efua, "release.publish", "checked"), stranger)
	stories.reasons(question) == {"release_signers", "release_unverified"}
}

test_nor_what_has_faults_or_costs_too_much if {
	faulty := {"release": {"errors": 1}}
	stories.reasons(stories.changed(stories.steps(stories.efua, "release.publish", "checked"), faulty)) == {"release_faults"}
	slow := {"release": {"cost": {"milliseconds": 251}}}
	stories.reasons(stories.changed(stories.steps(stories.efua, "release.publish", "checked"), slow)) == {"release_cost"}
	large := {"release": {"cost": {"mebibytes": 17}}}
	stories.reasons(stories.changed(stories.steps(stories.efua, "release.publish", "checked"), large)) == {"release_cost"}
	just := {"release": {"cost": {"milliseconds": 250, "mebibytes": 16}}}
	steps(stories.changed(stories.steps(stories.efua, "release.publish", "checked"), just), "release_publisher")
}

test_nor_before_it_is_checked_or_twice if {
	every state in ["draft", "submitted", "published", "deprecated"] {
		stories.reasons(stories.steps(stories.efua, "release.publish", state)) == {"release_state"}
	}
}

test_efua_mira_and_fen_say_that_there_is_a_better_one_and_withdraw if {
	every who in [stories.efua, stories.mira, stories.fen] {
		every state in ["published", "deprecated"] {
			steps(stories.steps(who, "release.deprecate", state), "release_publisher")
			steps(stories.steps(who, "release.withdraw", state), "release_publisher")
		}
	}
	steps(stories.steps(stories.efua, "release.withdraw", "submitted"), "release_publisher")
	stories.reasons(stories.steps(stories.efua, "release.deprecate", "checked")) == {"release_state"}
	stories.reasons(stories.steps(stories.efua, "release.withdraw", "draft")) == {"release_state"}
}

test_nobody_else_does if {
	every who in [stories.leo, stories.hana, stories.amina] {
		every action in ["release.deprecate", "release.withdraw"] {
			stories.denied(stories.steps(who, action, "published"), {"release_publish_role"})
		}
	}
}

test_whoever_has_lost_the_role_stands_behind_nothing if {
	efua := object.union(stories.efua, {"roles": ["visitor"]})
	stories.denied(stories.steps(efua, "release.withdraw", "published"), {"release_publish_role"})
}

test_what_is_withdrawn_stays_so if {
	every action in ["release.submit", "release.publish", "release.deprecate", "release.withdraw", "release.take"] {
		stories.reasons(stories.steps(stories.efua, action, "withdrawn")) == {"release_withdrawn"}
	}
	stories.reasons(stories.changed(stories.steps(stories.mira, "release.check", "withdrawn"), unchecked)) == {"release_withdrawn"}
}

test_of_a_release_nobody_has_heard_of_nothing_is_in_order if {
	nothing := {"release": null}
	against(stories.changed(stories.steps(stories.efua, "release.submit", "draft"), nothing), {"release_state"})
	against(stories.changed(stories.steps(stories.efua, "release.publish", "checked"), nothing), {
		"release_state",
		"release_unverified",
		"release_signers",
		"release_faults",
		"release_cost",
	})
}

test_leo_hana_bryn_efua_and_fen_bring_what_is_published_elsewhere if {
	every who in [stories.leo, stories.hana, stories.bryn, stories.efua, stories.fen] {
		steps(stories.steps(who, "release.take", "published"), "release_taker")
		steps(stories.steps(who, "release.take", "deprecated"), "release_taker")
	}
	every who in [stories.amina, stories.mira, stories.carys] {
		stories.denied(stories.steps(who, "release.take", "published"), {"release_take_role"})
	}
}

test_but_not_what_is_unsigned_or_unpublished if {
	unsigned := {"release": {"verified": false}}
	stories.reasons(stories.changed(stories.steps(stories.leo, "release.take", "published"), unsigned)) == {"release_unverified"}
	stories.reasons(stories.steps(stories.leo, "release.take", "checked")) == {"release_state"}
}

# About the registry, and no release in it.
registry(who, action) := stories.changed(stories.plugs(who, action), {"plugin": null})

test_the_registry_is_read_by_all_and_written_by_some if {
	every who in [stories.amina, stories.gwen, stories.efua, stories.fen] {
		steps(registry(who, "release.pull"), "registry_reader")
	}
	every who in [stories.efua, stories.mira, stories.leo, stories.fen] {
		steps(registry(who, "release.push"), "registry_writer")
	}
	every who in [stories.amina, stories.bryn, stories.carys] {
		stories.denied(registry(who, "release.push"), {"release_push_role"})
	}
	nobody := {"subject": {"id": ""}}
	against(stories.changed(registry(stories.efua, "release.pull"), nobody), {"not_signed_in"})
}

test_what_was_checked_is_told_about_a_step if {
	checks := national.checks with input as stories.steps(stories.leo, "release.publish", "submitted")
		with data.reference as stories.country
	{check.code: check.met | some check in checks} == {
		"not_signed_in": true,
		"purpose_unknown": true,
		"release_publish_role": false,
		"release_withdrawn": true,
		"release_state": false,
		"release_unverified": true,
		"release_signers": true,
		"release_second_person": true,
		"release_faults": true,
		"release_cost": true,
	}
}

test_and_about_the_registry if {
	checks := national.checks with input as registry(stories.amina, "release.push") with data.reference as stories.country
	{check.code | some check in checks; not check.met} == {"release_push_role"}
}

test_jobs_are_looked_after_by_fen if {
	steps(registry(stories.fen, "jobs.manage"), "operates_jobs")
	every who in [stories.hana, stories.leo, stories.efua] {
		stories.denied(registry(who, "jobs.manage"), {"jobs_role"})
	}
	checks := national.checks with input as registry(stories.hana, "jobs.manage") with data.reference as stories.country
	{check.code: check.met | some check in checks} == {"not_signed_in": true, "purpose_unknown": true, "jobs_role": false}
}
