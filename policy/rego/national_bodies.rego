# National bodies.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Analysts of national bodies may read all organisations' data, small numbers hidden
staff_ground contains {
	"code": "national_body",
	"ref": input.resource.dataset,
	"min_cell_count": facts.suppression.min_cell_count,
} if {
	input.action in {"chart.read", "data.export"}
	input.subject.purpose in {"improvement", "governance", "planning"}
	"compare" in facts.rights
	"national" in facts.kinds
}

missing contains {
	"distance": 2,
	"code": "national_role_missing",
	"message": "Your national body may read this, but only its analysts and improvement leads.",
	"help": "Ask your information governance team for the role of analyst.",
} if {
	input.action in {"chart.read", "data.export"}
	"national" in facts.kinds
	not "compare" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "national_purpose",
	"message": $"National bodies may read this for improvement, governance or planning, and you came for {facts.purpose.title}.",
	"help": "Change your purpose at sign-in, if that is what you need the data for.",
} if {
	input.action in {"chart.read", "data.export"}
	"national" in facts.kinds
	"compare" in facts.rights
	not input.subject.purpose in {"improvement", "governance", "planning"}
}
