# Loading data.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Data managers may load the data of their own organisation
ground contains {"code": "own_data_manager", "ref": input.resource.ods, "min_cell_count": 0} if {
	input.action == "data.load"
	facts.own
	"load" in facts.rights
}

# METADATA
# title: Whoever operates this machine may load any organisation's data
ground contains {"code": "operator", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "data.load"
	facts.signed_in
	"operate" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "load_role_missing",
	"message": $"Only data managers may load data of {facts.owner.name}.",
	"help": "Ask your organisation's information governance team for the role of data manager.",
} if {
	input.action == "data.load"
	facts.own
	not "load" in facts.rights
}

missing contains {
	"distance": 2,
	"code": "load_not_your_organisation",
	"message": $"Data of {facts.owner.name} is loaded by its own data managers, and you belong to another organisation.",
	"help": "Sign in for that organisation, or ask the people who operate this Signalbox.",
} if {
	input.action == "data.load"
	not facts.own
}
