# How an organisation governs its data: who changes its policy, decides on
# requests, appoints people and reads the log.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: The governance team writes and tests drafts of its organisation's policy
ground contains {"code": "policy_writer", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "policy.write"
	governs
}

# METADATA
# title: The governance team says yes or no to drafts that somebody else has written
ground contains {"code": "policy_approver", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "policy.approve"
	governs
}

# METADATA
# title: The governance team goes back to an earlier policy of its organisation
ground contains {"code": "policy_rollback", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "policy.rollback"
	governs
}

# METADATA
# title: The governance team decides on what others have asked its organisation for
ground contains {"code": "access_decider", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "access.decide"
	governs
}

# METADATA
# title: The governance team reads who asked for its organisation's data
ground contains {"code": "log_reader", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "log.read"
	governs
}

# METADATA
# title: The governance team gives and takes roles at its organisation
ground contains {"code": "appoints", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "people.appoint"
	governs
}

# METADATA
# title: Whoever operates this machine gives and takes roles, so that an organisation can begin
ground contains {"code": "operator_appoints", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "people.appoint"
	facts.owner.known
	"operate" in facts.rights
}

# METADATA
# title: Each organisation is governed by its own governance team, who came for governance
default governs := false

governs if {
	facts.own
	facts.owner.known
	"govern" in facts.rights
	input.subject.purpose == "governance"
}

# METADATA
# title: Nobody decides on what they wrote or asked for themselves
bar contains {
	"code": "own_work",
	"message": "You wrote this or asked for it yourself, so somebody else has to decide.",
	"help": $"Ask another member of the governance team of {facts.owner.name}.",
} if {
	input.action in {"policy.approve", "access.decide", "people.appoint"}
	input.change.author == input.subject.id
}

# METADATA
# title: Nobody approves twice; two people are two people
bar contains {
	"code": "approved_before",
	"message": "You have already said yes to this, and a second yes has to come from somebody else.",
	"help": $"Ask another member of the governance team of {facts.owner.name}.",
} if {
	input.action in {"policy.approve", "access.decide"}
	input.subject.id in input.change.approvers
}

# METADATA
# title: Nobody gives a role to themselves
bar contains {
	"code": "own_role",
	"message": "Nobody gives themselves a role, or takes one from themselves.",
	"help": $"Ask another member of the governance team of {facts.owner.name}.",
} if {
	input.action == "people.appoint"
	input.change.ref == input.subject.id
}

# METADATA
# title: Each organisation governs itself; there is no governing all of them at once
bar contains {
	"code": "one_organisation",
	"message": "Each organisation governs its own data, so this has to be asked of one organisation.",
	"help": "Choose the organisation whose governance this is about.",
} if {
	input.resource.ods == "ENG"
	facts.about_governance
}

missing contains {
	"distance": 0,
	"code": "governance_purpose",
	"message": $"The governance team does this for the purpose of governance, and you came for {facts.purpose.title}.",
	"help": "Change your purpose to governance, and ask again.",
} if {
	facts.about_governance
	facts.own
	"govern" in facts.rights
	input.subject.purpose != "governance"
}

missing contains {
	"distance": 1,
	"code": "governance_role",
	"message": $"Only the governance team of {facts.owner.name} may do this.",
	"help": "Ask your information governance lead or your Caldicott guardian.",
} if {
	facts.about_governance
	facts.own
	not "govern" in facts.rights
}

missing contains {
	"distance": 2,
	"code": "governance_elsewhere",
	"message": $"How data of {facts.owner.name} is shared is for its own governance team to say.",
	"help": $"Ask the information governance lead of {facts.owner.name}, or sign in for that organisation.",
} if {
	facts.about_governance
	not facts.own
}
