# Agreements between two organisations.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Staff may read what their organisation has an agreement for, until it ends, small numbers hidden
staff_ground contains {"code": "agreement", "ref": agreement.ref, "min_cell_count": agreement.min_cell_count} if {
	input.action in {"chart.read", "data.export"}
	"staff" in facts.rights
	some agreement in facts.agreements
	agreement.valid
	agreement.for_purpose
	covers_action(agreement)
}

# METADATA
# title: Taking figures away must be part of the agreement
covers_action(_) if input.action == "chart.read"

covers_action(agreement) if {
	input.action == "data.export"
	agreement.export
}

missing contains {
	"distance": 0,
	"code": "agreement_expired",
	"message": $"The agreement {agreement.ref} with {facts.owner.name} has ended.",
	"help": $"Your information governance team can renew it with {facts.owner.name}.",
} if {
	input.action in {"chart.read", "data.export"}
	some agreement in facts.agreements
	not agreement.valid
}

missing contains {
	"distance": 0,
	"code": "agreement_purpose",
	"message": $"The agreement {agreement.ref} with {facts.owner.name} does not name your purpose, {facts.purpose.title}.",
	"help": "Change your purpose at sign-in, or have the purpose added to the agreement.",
} if {
	input.action in {"chart.read", "data.export"}
	some agreement in facts.agreements
	agreement.valid
	not agreement.for_purpose
}

missing contains {
	"distance": 0,
	"code": "agreement_export",
	"message": $"The agreement {agreement.ref} with {facts.owner.name} lets you look, not take figures away.",
	"help": $"Your information governance team can ask {facts.owner.name} to add export to the agreement.",
} if {
	input.action in {"chart.read", "data.export"}
	some agreement in facts.agreements
	agreement.valid
	agreement.for_purpose
	not covers_action(agreement)
}

missing contains {
	"distance": 0,
	"code": "agreement_role",
	"message": $"The agreement {agreement.ref} with {facts.owner.name} is for staff, and you have no staff role.",
	"help": "Ask your organisation's information governance team for a staff role.",
} if {
	input.action in {"chart.read", "data.export"}
	not "staff" in facts.rights
	some agreement in facts.agreements
}
