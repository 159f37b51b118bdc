# METADATA
# title: The national baseline
# description: >
#   Each file of this package has one subject. It says on which ground data may
#   be read, and which fact is missing when that ground does not hold. A question
#   is answered yes when there is a ground and nothing bars it.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: The answer
# scope: document
# entrypoint: true
decision := {
	"allow": true,
	"reasons": [],
	"grants": [{"code": one.code, "ref": one.ref} | some one in grounds],
	"ods_scope": opened.organisations,
	"rows": opened.rows,
	"visible_columns": input.resource.columns,
	"disclosure": terms(min([one.min_cell_count | some one in grounds])),
	"obligations": ["audit"],
	"cache_seconds": 60,
} if {
	grounds := ground
	count(grounds) > 0
	count(bar) == 0
	opened := asked
} else := {
	"allow": false,
	"reasons": reasons,
	"grants": [],
	"ods_scope": [],
	"rows": [],
	"visible_columns": [],
	"disclosure": terms(0),
	"obligations": ["audit"],
	"cache_seconds": 0,
}

# METADATA
# title: A denial says what bars it, and the fact that comes nearest to a ground
reasons := array.concat(
	[reason | some reason in bar],
	[object.remove(fact, ["distance"]) | some fact in nearest],
)

nearest contains fact if {
	count(ground) == 0
	some fact in missing
	fact.distance == min({other.distance | some other in missing})
}

# METADATA
# title: When nothing comes near
missing contains {
	"distance": 9,
	"code": "no_ground",
	"message": "No rule lets you do this.",
	"help": "Ask your information governance team which agreement you need.",
}

# METADATA
# title: The rows of the organisations that were asked for; none where the question is about nobody's data
asked := {"organisations": ["ENG"], "rows": [{"all": true}]} if {
	input.resource.ods == "ENG"
	input.action in {"chart.read", "data.export", "data.load", "evidence.send"}
}

asked := {"organisations": [input.resource.ods], "rows": [{"ods": {"in": [input.resource.ods]}}]} if {
	input.resource.ods != "ENG"
	input.action in {"chart.read", "data.export", "data.load", "evidence.send"}
}

asked := {"organisations": [], "rows": []} if not input.action in {"chart.read", "data.export", "data.load", "evidence.send"}

# METADATA
# title: Every ground is enough by itself, so the mildest terms hold
terms(0) := {"min_cell_count": 0, "round_to": 1, "secondary": false, "zero_visible": true}

terms(threshold) := object.union(facts.suppression, {"min_cell_count": threshold}) if threshold > 0
