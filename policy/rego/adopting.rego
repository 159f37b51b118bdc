# What an organisation runs, and what it tells others of it.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Improvement leads and the governance team decide what their own organisation runs
ground contains {"code": "adopter", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action in {"release.pilot", "release.adopt", "release.leave"}
	speaks_for_own
}

# METADATA
# title: An organisation's improvement leads and governance team may send others what became of its published figures since it adopted a release
ground contains {"code": "evidence_published", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "evidence.send"
	speaks_for_own
	published_openly
}

# METADATA
# title: An organisation's improvement leads and governance team may send others what became of its other figures, small numbers hidden
# description: What is sent is read by everybody, so it is hidden as between organisations.
staff_ground contains {
	"code": "evidence",
	"ref": input.resource.ods,
	"min_cell_count": facts.suppression.min_cell_count,
} if {
	input.action == "evidence.send"
	speaks_for_own
	not published_openly
}

# METADATA
# title: Each organisation is spoken for by its own improvement leads and governance team
default speaks_for_own := false

speaks_for_own if {
	facts.own
	facts.owner.known
	facts.may_adopt
	input.subject.purpose in {"improvement", "governance"}
}

# METADATA
# title: Evidence is of one organisation
bar contains {
	"code": "evidence_of_one",
	"message": "Each organisation sends its own evidence, so this has to be asked of one organisation.",
	"help": "Choose the organisation whose evidence this is.",
} if {
	input.action in {"evidence.send", "release.pilot", "release.adopt", "release.leave"}
	input.resource.ods == "ENG"
}

missing contains {
	"distance": 0,
	"code": "adopting_purpose",
	"message": $"This is done for improvement or governance, and you came for {facts.purpose.title}.",
	"help": "Change your purpose at sign-in, and ask again.",
} if {
	input.action in {"release.pilot", "release.adopt", "release.leave", "evidence.send"}
	facts.own
	facts.may_adopt
	not input.subject.purpose in {"improvement", "governance"}
}

missing contains {
	"distance": 1,
	"code": "adopting_role",
	"message": $"What {facts.owner.name} runs is for its improvement leads and its governance team to say.",
	"help": "Ask one of them, or ask your information governance team for the role of improvement lead.",
} if {
	input.action in {"release.pilot", "release.adopt", "release.leave", "evidence.send"}
	facts.own
	not facts.may_adopt
}

missing contains {
	"distance": 2,
	"code": "adopting_elsewhere",
	"message": $"What {facts.owner.name} runs is for its own people to say.",
	"help": $"Tell the improvement leads of {facts.owner.name} about it, or sign in for that organisation.",
} if {
	input.action in {"release.pilot", "release.adopt", "release.leave", "evidence.send"}
	not facts.own
}
