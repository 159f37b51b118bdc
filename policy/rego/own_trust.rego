# People and their own organisation.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Staff may read all data of their own organisation, exactly as it is
staff_ground contains {"code": "own_organisation", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action in {"chart.read", "data.export"}
	input.subject.purpose in {"improvement", "governance"}
	facts.own
	"staff" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "purpose_not_allowed",
	"message": $"Your own organisation's data may be read for improvement or governance, and you came for {facts.purpose.title}.",
	"help": "Change your purpose at sign-in, if that is what you need the data for.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.own
	"staff" in facts.rights
	not input.subject.purpose in {"improvement", "governance"}
}

missing contains {
	"distance": 2,
	"code": "role_missing",
	"message": $"None of your roles lets you read data of {facts.owner.name}.",
	"help": "Ask your organisation's information governance team for a staff role.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.own
	not "staff" in facts.rights
}
