# What works in the background.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Whoever operates this machine sees what works in the background, and starts and stops it
ground contains {"code": "operates_jobs", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "jobs.manage"
	"operate" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "jobs_role",
	"message": "What works in the background is looked after by those who operate this Signalbox.",
	"help": "Ask them, and tell them what you are waiting for.",
} if {
	input.action == "jobs.manage"
	not "operate" in facts.rights
}
