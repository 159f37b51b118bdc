# METADATA
# title: What is known about the people, the data and the plugin in a question
# description: >
#   Only this file and release_facts.rego read the reference data. Every fact always
#   has a value, also for things nobody has heard of, so a rule may safely say "not".
package signalbox.facts

# METADATA
# title: Everything is asked of all organisations at once
default everyone := false

everyone if input.resource.ods == "ENG"

# METADATA
# title: The question is about a plugin itself, and about nobody's data
default about_plugin := false

about_plugin if input.action in {"plugin.upload", "plugin.try", "plugin.lift"}

# METADATA
# title: The question is about how an organisation governs its data, and opens none
default about_governance := false

about_governance if {
	input.action in {
		"policy.write",
		"policy.approve",
		"policy.rollback",
		"access.decide",
		"people.appoint",
		"log.read",
	}
}

# METADATA
# title: No answer to the question opens anybody's data
default opens_nothing := false

opens_nothing if input.action in {"plugin.upload", "plugin.try", "plugin.lift"}

opens_nothing if about_release

opens_nothing if about_work

opens_nothing if {
	input.action in {
		"policy.write",
		"policy.approve",
		"policy.rollback",
		"access.decide",
		"people.appoint",
		"log.read",
	}
}

# METADATA
# title: The dataset
default dataset := {
	"known": false,
	"title": "This dataset",
	"published": false,
	"synthetic": false,
	"open": false,
	"columns": {},
}

dataset := {
	"known": true,
	"title": record.title,
	"published": record.published,
	"synthetic": record.synthetic,
	"open": object.get(data.reference.licences, [record.licence, "open"], false),
	"columns": record.columns,
} if {
	record := data.reference.datasets[input.resource.dataset]
}

# METADATA
# title: The organisation whose data is asked for
default owner := {"known": false, "name": "This organisation", "kind": "", "icb": ""}

owner := {"known": true, "name": record.name, "kind": record.kind, "icb": record.icb} if {
	record := data.reference.organisations[input.resource.ods]
}

# METADATA
# title: The person is signed in
default signed_in := false

signed_in if input.subject.id != ""

# METADATA
# title: The organisations the person belongs to
organisations contains code if some code in input.subject.orgs

organisations contains input.subject.ods if input.subject.ods != null

# METADATA
# title: The kinds of organisation the person belongs to
kinds contains data.reference.organisations[code].kind if some code in organisations

# METADATA
# title: The data belongs to an organisation of the person's own
default own := false

own if {
	input.resource.ods != "ENG"
	input.resource.ods in organisations
}

# METADATA
# title: The organisation belongs to the person's own integrated care board
default own_system := false

own_system if {
	"icb" in kinds
	owner.icb in organisations
}

# METADATA
# title: What the person's roles make them
rights contains right if {
	some role in input.subject.roles
	some right in data.reference.roles[role].rights
}

# METADATA
# title: The purpose, in words
default purpose := {"known": false, "title": "this purpose"}

purpose := {"known": true, "title": record.title} if record := data.reference.purposes[input.subject.purpose]

# METADATA
# title: The plugin that would compute
# description: >
#   A plugin without a list of datasets only calculates, and may be given any. Its
#   problem is what keeps it from running, empty where nothing does: not_approved,
#   withdrawn, not_adopted, not_for_preview.
default plugin := {"needed": false, "approved": false, "problem": "", "datasets": null}

plugin := {"needed": true, "approved": true, "problem": "", "datasets": record.datasets} if {
	input.action in {"chart.read", "data.export", "data.load", "evidence.send"}
	record := data.reference.plugins[input.plugin.digest]
	record.approved
	record.adopters == null
	record.state == ""
} else := {
	"needed": true,
	"approved": record.approved,
	"problem": plugin_problem(record),
	"datasets": plugin_datasets(record),
} if {
	input.action in {"chart.read", "data.export", "data.load", "evidence.send"}
	record := data.reference.plugins[input.plugin.digest]
} else := {"needed": true, "approved": false, "problem": "not_approved", "datasets": null} if {
	input.action in {"chart.read", "data.export", "data.load", "evidence.send"}
	input.plugin != null
} else := {"needed": true, "approved": false, "problem": "not_approved", "datasets": null} if {
	input.action in {"chart.read", "evidence.send"}
}

# METADATA
# title: Agreements between the owner and the person's organisations
agreements contains {
	"ref": record.ref,
	"with": partner,
	"valid": input.now < record.expires,
	"for_purpose": input.subject.purpose in record.purposes,
	"export": record.export,
	"min_cell_count": max([record.min_cell_count, suppression.min_cell_count]),
} if {
	some partner in organisations
	record := data.reference.agreements[concat("|", [input.resource.ods, partner, input.resource.dataset])]
}

# METADATA
# title: The person's training in data security
# description: >
#   It holds on the day itself and for so many days after. A day begins at
#   midnight in Greenwich.
default training := {"held": false, "on": null, "begun": false, "in_date": false}

training := {
	"held": true,
	"on": input.subject.trained_on,
	"begun": since_training >= 0,
	"in_date": training_in_date,
}

default training_in_date := false

training_in_date if {
	age := since_training
	age >= 0
	age < (data.reference.training.max_days + 1) * 86400
}

# Seconds, and fewer than none before the day.
since_training := input.now - (time.parse_rfc3339_ns(concat("", [input.subject.trained_on, "T00:00:00Z"])) / 1000000000) if {
	input.subject.trained_on != null
}

training_days := data.reference.training.max_days

# METADATA
# title: A date as people write it
in_words(date) := $"{trim_left(parts[2], "0")} {months[parts[1]]} {parts[0]}" if parts := split(date, "-")

months := {
	"01": "January", "02": "February", "03": "March", "04": "April", "05": "May", "06": "June",
	"07": "July", "08": "August", "09": "September", "10": "October", "11": "November", "12": "December",
}

# METADATA
# title: How small numbers are hidden where they must be
suppression := data.reference.suppression
