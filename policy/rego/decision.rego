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
	"grants": [{"code": one.code, "ref": one.ref} | some one in ground],
	"ods_scope": organisations,
	"rows": rows,
	"visible_columns": input.resource.columns,
	"disclosure": terms(min({one.min_cell_count | some one in ground})),
	"obligations": ["audit"],
	"cache_seconds": 60,
} if {
	allow
}

decision := {
	"allow": false,
	"reasons": reasons,
	"grants": [],
	"ods_scope": [],
	"rows": [],
	"visible_columns": [],
	"disclosure": terms(0),
	"obligations": ["audit"],
	"cache_seconds": 0,
} if {
	not allow
}

default allow := false

allow if {
	count(ground) > 0
	count(bar) == 0
}

# METADATA
# title: Reading a chart or taking its figures away
default reading := false

reading if input.action in {"chart.read", "data.export"}

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
# title: The rows that were asked for
rows := [{"all": true}] if {
	facts.everyone
	not facts.opens_nothing
}

rows := [{"ods": {"in": [input.resource.ods]}}] if {
	not facts.everyone
	not facts.opens_nothing
}

rows := [] if facts.opens_nothing

# METADATA
# title: The organisations that were asked for
organisations := [] if facts.opens_nothing

organisations := [input.resource.ods] if not facts.opens_nothing

# METADATA
# title: Every ground is enough by itself, so the mildest terms hold
terms(0) := {"min_cell_count": 0, "round_to": 1, "secondary": false, "zero_visible": true}

terms(threshold) := object.union(facts.suppression, {"min_cell_count": threshold}) if threshold > 0
