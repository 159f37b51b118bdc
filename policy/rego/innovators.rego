# Innovators.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Innovators may try their plugins on synthetic data
# description: >
#   Openly licensed data is open to them as to everybody: see published.rego.
#   They have no ground for any other data, and none for taking unpublished
#   figures away.
ground contains {
	"code": "synthetic",
	"ref": input.resource.dataset,
	"min_cell_count": facts.suppression.min_cell_count,
} if {
	input.action == "chart.read"
	"innovate" in facts.rights
	facts.dataset.synthetic
}

missing contains {
	"distance": 1,
	"code": "innovator_open_only",
	"message": $"Innovators work with synthetic and openly licensed data, and “{facts.dataset.title}” is neither.",
	"help": "Develop on the synthetic data or on published measures. A trust that adopts your plugin runs it on its own data.",
} if {
	input.action in {"chart.read", "data.export"}
	facts.dataset.known
	"innovate" in facts.rights
	not "staff" in facts.rights
	not facts.dataset.synthetic
}

missing contains {
	"distance": 1,
	"code": "export_not_for_innovators",
	"message": "Innovators may look at synthetic data here, but not take it away.",
	"help": "Published, openly licensed figures can be exported by anybody who is signed in.",
} if {
	input.action == "data.export"
	"innovate" in facts.rights
	not "staff" in facts.rights
	facts.dataset.synthetic
}
