# Plugins: who brings and tries them, and who ends a quarantine.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Innovators may bring plugins here and try them on invented figures
# description: >
#   A draft runs on figures that are made up in memory and on nothing else, so no
#   dataset and no organisation is part of the question.
ground contains {"code": "innovator", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action in {"plugin.upload", "plugin.try"}
	facts.signed_in
	"innovate" in facts.rights
}

# METADATA
# title: Information governance leads may look at every draft and try it on invented figures
ground contains {"code": "governance", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "plugin.try"
	facts.signed_in
	"govern" in facts.rights
}

# METADATA
# title: Checkers may look at every draft and try it on invented figures
ground contains {"code": "checker", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "plugin.try"
	facts.signed_in
	"check" in facts.rights
}

# METADATA
# title: Information governance leads, and whoever operates this machine, may let a plugin out of quarantine
ground contains {"code": "quarantine", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "plugin.lift"
	facts.signed_in
	answers
}

missing contains {
	"distance": 1,
	"code": "plugin_upload_role",
	"message": "Only innovators bring plugins here.",
	"help": "Ask the people who operate this Signalbox for the role of innovator.",
} if {
	input.action in {"plugin.upload", "plugin.try"}
	not "innovate" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "plugin_lift_role",
	"message": "A quarantine is ended by those who answer for information governance, or who operate this Signalbox.",
	"help": "Ask them to look into what the plugin did.",
} if {
	input.action == "plugin.lift"
	not answers
}
