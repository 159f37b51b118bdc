# METADATA
# title: How this organisation shares its data
# description: >
#   A policy to start from. It begins with what the national baseline allows, and
#   each rule that is switched on makes it narrower. Nothing is switched on yet,
#   so at first everything stays as the baseline has it. What the baseline does
#   not allow, no policy of an organisation can.
# custom:
#   owner: Information governance team
#   review: REVIEW
package signalbox.trusts.OWNER

# METADATA
# title: Which rules of this policy are in force
# description: Write true for false to switch a rule on. Each is told in narrower.rego.
switches := {
	"whole_organisation_only": false,
	"no_taking_away": false,
	"nothing_before_first_day": false,
	"more_hidden": false,
	"listed_datasets_only": false,
	"evidence_stays": false,
}

# METADATA
# title: The first day whose figures others may see, where nothing_before_first_day is on
first_day := "2024-04-01"

# METADATA
# title: Below which number counts are hidden from others, where more_hidden is on
hidden_below := 20

# METADATA
# title: The datasets that others may see, where listed_datasets_only is on
listed := {"falls_rate", "ae_4h"}
