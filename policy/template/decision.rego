# The answer, put together. There is seldom a reason to change this file.
package signalbox.trusts.OWNER

import data.signalbox.national

# METADATA
# title: What the baseline allows, made narrower by the rules that are switched on
# scope: document
# entrypoint: true
decision := object.union(national.decision, {"rows": rows, "disclosure": disclosure}) if {
	national.decision.allow
	count(objection) == 0
}

decision := object.union(national.decision, {
	"allow": false,
	"reasons": [one | some one in objection],
	"grants": [],
	"ods_scope": [],
	"rows": [],
	"visible_columns": [],
	"cache_seconds": 0,
}) if {
	national.decision.allow
	count(objection) > 0
}

decision := national.decision if not national.decision.allow

# METADATA
# title: The rows that the baseline opens, and of them those that meet every condition
rows := national.decision.rows if count(condition) == 0

rows := [object.union_n(array.concat([{"ods": {"in": [input.resource.ods]}}], [one | some one in condition]))] if {
	count(condition) > 0
}

# METADATA
# title: Small numbers are hidden as the baseline asks, and below the highest threshold that is switched on
disclosure := object.union(national.decision.disclosure, {"min_cell_count": max(thresholds)})

thresholds := {national.decision.disclosure.min_cell_count} | threshold
