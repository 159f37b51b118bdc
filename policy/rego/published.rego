# Published figures.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Anyone signed in may read published, openly licensed figures of any organisation, as they stand
# description: >
#   The publisher has already applied its own disclosure control and anybody can
#   download the figures. Hiding small numbers again would protect nobody, and
#   our charts would differ from the publication they are drawn from.
ground contains {"code": "published", "ref": input.resource.dataset, "min_cell_count": 0} if {
	input.action in {"chart.read", "data.export"}
	dataset := facts.dataset
	dataset.published
	dataset.open
	input.subject.id != ""
}

# METADATA
# title: Staff may read published figures under another licence, small numbers hidden
staff_ground contains {
	"code": "published_restricted",
	"ref": input.resource.dataset,
	"min_cell_count": facts.suppression.min_cell_count,
} if {
	input.action == "chart.read"
	dataset := facts.dataset
	dataset.published
	not dataset.open
	"staff" in facts.rights
}

missing contains {
	"distance": 3,
	"code": "not_your_trust",
	"message": $"{facts.owner.name} has not shared “{facts.dataset.title}” with your organisation, and it is not published.",
	"help": $"The information governance team of {facts.owner.name} can agree to share it. Published measures of {facts.owner.name}, and your own organisation's data, are open to you.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.dataset.known
	not facts.dataset.published
	not facts.own
	not facts.everyone
}

missing contains {
	"distance": 3,
	"code": "not_published",
	"message": $"“{facts.dataset.title}” is not published, so it cannot be read for all organisations at once.",
	"help": "Ask for one organisation: your own, or one that has an agreement with yours.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.dataset.known
	not facts.dataset.published
	facts.everyone
}

missing contains {
	"distance": 3,
	"code": "licence_not_open",
	"message": $"“{facts.dataset.title}” is published under a licence that is not open.",
	"help": "Staff of NHS organisations may read its charts. To take its figures away, ask the publisher.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.dataset.published
	not facts.dataset.open
}
