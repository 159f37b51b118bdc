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
# entrypoint: true
decision := {
	"allow": allow,
	"reasons": reasons,
	"grants": grants,
	"ods_scope": scope,
	"rows": rows,
	"visible_columns": columns,
	"disclosure": disclosure,
	"obligations": ["audit"],
	"cache_seconds": cache_seconds,
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
default reasons := []

reasons := array.concat(
	[reason | some reason in bar],
	[object.remove(fact, ["distance"]) | some fact in nearest],
) if {
	not allow
}

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

grants := [{"code": one.code, "ref": one.ref} | allow; some one in ground]

default scope := []

scope := [input.resource.ods] if allow

default columns := []

columns := input.resource.columns if allow

default cache_seconds := 0

cache_seconds := 60 if allow

# METADATA
# title: The rows that were asked for
default rows := []

rows := [{"all": true}] if {
	allow
	facts.everyone
}

rows := [{"ods": {"in": [input.resource.ods]}}] if {
	allow
	not facts.everyone
}

# METADATA
# title: Every ground is enough by itself, so the mildest terms hold
default disclosure := {"min_cell_count": 0, "round_to": 1, "secondary": false, "zero_visible": true}

disclosure := object.union(facts.suppression, {"min_cell_count": threshold}) if {
	allow
	threshold := min({one.min_cell_count | some one in ground})
	threshold > 0
}
