package signalbox.national_test

import data.signalbox.national
import data.signalbox.stories

# Allowed on these grounds, with nothing opened that could be read.
governs(question, grounds) if {
	decision := stories.answer(question)
	decision.allow
	{grant.code | some grant in decision.grants} == grounds
	decision.rows == []
	decision.ods_scope == []
	decision.visible_columns == []
}

test_hana_and_ines_each_do_all_that_governance_needs if {
	every who in [stories.hana, stories.ines] {
		governs(stories.governs(who, "policy.write", "RAA"), {"policy_writer"})
		governs(stories.governs(who, "policy.approve", "RAA"), {"policy_approver"})
		governs(stories.governs(who, "policy.rollback", "RAA"), {"policy_rollback"})
		governs(stories.governs(who, "access.decide", "RAA"), {"access_decider"})
		governs(stories.governs(who, "people.appoint", "RAA"), {"appoints"})
		governs(stories.governs(who, "log.read", "RAA"), {"log_reader"})
	}
}

test_not_at_another_trust if {
	question := stories.governs(stories.hana, "policy.write", "RBB")
	stories.denied(question, {"governance_elsewhere"})
	stories.message(question) == "How data of Birchwood Trust is shared is for its own governance team to say."
}

test_nor_at_her_board_or_a_trust_nobody_has_heard_of if {
	stories.denied(stories.governs(stories.hana, "log.read", "QAA"), {"governance_elsewhere"})
	lost := stories.person("hana", "ZZZ", "governance_lead", "governance")
	"organisation_unknown" in stories.reasons(stories.governs(lost, "policy.write", "ZZZ"))
}

test_amina_is_told_who_governs if {
	every action in ["policy.write", "policy.approve", "policy.rollback", "access.decide", "people.appoint", "log.read"] {
		stories.denied(stories.governs(stories.amina, action, "RAA"), {"governance_role"})
	}
}

test_hana_must_have_come_for_governance if {
	improving := stories.person("hana", "RAA", "governance_lead", "improvement")
	stories.denied(stories.governs(improving, "policy.write", "RAA"), {"governance_purpose"})
}

test_nobody_approves_a_draft_that_they_wrote if {
	own := {"change": {"author": "hana"}}
	stories.reasons(stories.changed(stories.governs(stories.hana, "policy.approve", "RAA"), own)) == {"own_work"}
	governs(stories.changed(stories.governs(stories.ines, "policy.approve", "RAA"), own), {"policy_approver"})
}

test_nor_decides_on_their_own_request_or_appoints_at_their_own_wish if {
	own := {"change": {"author": "hana"}}
	stories.reasons(stories.changed(stories.governs(stories.hana, "access.decide", "RAA"), own)) == {"own_work"}
	stories.reasons(stories.changed(stories.governs(stories.hana, "people.appoint", "RAA"), own)) == {"own_work"}
}

test_but_may_improve_their_own_draft if {
	own := {"change": {"author": "hana"}}
	governs(stories.changed(stories.governs(stories.hana, "policy.write", "RAA"), own), {"policy_writer"})
}

test_the_second_yes_comes_from_a_second_person if {
	once := {"change": {"approvers": ["ines"]}}
	stories.reasons(stories.changed(stories.governs(stories.ines, "policy.approve", "RAA"), once)) == {"approved_before"}
	stories.reasons(stories.changed(stories.governs(stories.ines, "access.decide", "RAA"), once)) == {"approved_before"}
	governs(stories.changed(stories.governs(stories.hana, "policy.approve", "RAA"), once), {"policy_approver"})
}

test_nobody_appoints_themselves if {
	herself := {"change": {"ref": "hana"}}
	stories.reasons(stories.changed(stories.governs(stories.hana, "people.appoint", "RAA"), herself)) == {"own_role"}
	himself := {"change": {"ref": "fen"}}
	stories.reasons(stories.changed(stories.governs(stories.fen, "people.appoint", "RAA"), himself)) == {"own_role"}
}

test_fen_appoints_the_first_people_of_a_trust_and_governs_nothing if {
	governs(stories.governs(stories.fen, "people.appoint", "RCC"), {"operator_appoints"})
	every action in ["policy.write", "policy.approve", "policy.rollback", "access.decide", "log.read"] {
		stories.denied(stories.governs(stories.fen, action, "RCC"), {"governance_elsewhere"})
	}
	not stories.answer(stories.governs(stories.fen, "people.appoint", "ZZZ")).allow
}

test_there_is_no_policy_of_everybody if {
	everybody := stories.person("hana", "ENG", "governance_lead", "governance")
	every who in [everybody, stories.hana, stories.fen] {
		every action in ["policy.write", "people.appoint"] {
			"one_organisation" in stories.reasons(stories.governs(who, action, "ENG"))
		}
	}
}

test_nobody_governs_without_having_signed_in if {
	nobody := {"subject": {"id": ""}}
	"not_signed_in" in stories.reasons(stories.changed(stories.governs(stories.hana, "log.read", "RAA"), nobody))
}

test_what_was_checked_is_told_about_governance_too if {
	checks := national.checks with input as stories.governs(stories.amina, "policy.write", "RAA") with data.reference as stories.country
	{check.code: check.met | some check in checks} == {
		"signed_in": true,
		"own": true,
		"governance_role": false,
		"governance_purpose": false,
		"second_person": true,
	}
}

test_a_second_person_is_asked_for_where_one_is_needed if {
	own := {"change": {"author": "hana"}}
	question := stories.changed(stories.governs(stories.hana, "policy.approve", "RAA"), own)
	checks := national.checks with input as question with data.reference as stories.country
	{check.code | some check in checks; not check.met} == {"second_person"}
}
