# Integrated care boards and their trusts.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Analysts of an integrated care board may read its organisations' data, small numbers hidden
staff_ground contains {
	"code": "same_system",
	"ref": facts.owner.icb,
	"min_cell_count": facts.suppression.min_cell_count,
} if {
	input.action in {"chart.read", "data.export"}
	input.subject.purpose in {"improvement", "governance", "planning"}
	"compare" in facts.rights
	facts.own_system
}

missing contains {
	"distance": 2,
	"code": "system_role_missing",
	"message": $"{facts.owner.name} belongs to your integrated care board, but only its analysts and improvement leads may read this.",
	"help": "Ask your board's information governance team for the role of analyst.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.own_system
	not "compare" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "system_purpose",
	"message": $"Your integrated care board may read this for improvement, governance or planning, and you came for {facts.purpose.title}.",
	"help": "Change your purpose at sign-in, if that is what you need the data for.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.own_system
	"compare" in facts.rights
	not input.subject.purpose in {"improvement", "governance", "planning"}
}
