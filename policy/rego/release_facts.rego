# What is known about the release in a question, and about the plugin at an
# organisation. Like facts.rego, it reads the reference data, and gives every fact
# a value.
package signalbox.facts

# METADATA
# title: The question is about a release of a plugin, and about nobody's data
default about_release := false

about_release if {
	input.action in {
		"release.submit",
		"release.check",
		"release.publish",
		"release.deprecate",
		"release.withdraw",
		"release.push",
		"release.pull",
		"release.take",
	}
}

about_release if about_adoption

# METADATA
# title: The question is about a release at one organisation
default about_adoption := false

about_adoption if input.action in {"release.pilot", "release.adopt", "release.leave"}

# METADATA
# title: The question is about what works in the background
default about_work := false

about_work if input.action == "jobs.manage"

# METADATA
# title: The release
# description: Of one that nobody has heard of, nothing is as it should be.
default release := {
	"known": false,
	"id": "This release",
	"version": "",
	"verified": false,
	"state": "",
	"sound": false,
	"within_cost": false,
	"signed_by": 0,
	"threshold": 0,
}

release := {
	"known": true,
	"id": input.release.id,
	"version": input.release.version,
	"verified": input.release.verified,
	"state": input.release.state,
	"sound": input.release.errors == 0,
	"within_cost": release_within_cost,
	"signed_by": count({signer.holder | some signer in input.release.signers}),
	"threshold": input.release.threshold,
} if {
	input.release != null
}

default release_within_cost := false

release_within_cost if {
	input.release.cost.milliseconds <= release_limits.max_milliseconds
	input.release.cost.mebibytes <= release_limits.max_mebibytes
}

# METADATA
# title: What one call of a module may take, for a release to be published
release_limits := data.reference.releases

# METADATA
# title: Who wrote the release or brought it here
release_authors contains input.change.author if {
	input.change != null
	input.change.author != ""
}

release_authors contains author if {
	input.release != null
	some author in input.release.authors
}

# METADATA
# title: The person wrote the release or brought it here
default own_release := false

own_release if input.subject.id in release_authors

# METADATA
# title: Somebody has checked the release, and nobody of those wrote it or brought it here
default checked_by_another := false

checked_by_another if {
	input.change != null
	count(input.change.approvers) > 0
	count({who | some who in input.change.approvers} & release_authors) == 0
}

# METADATA
# title: The person speaks for their organisation about what it adopts
default may_adopt := false

may_adopt if "improve" in rights

may_adopt if "govern" in rights

# METADATA
# title: The organisation at which the plugin would run
# description: For all organisations at once, it is the person's own whose release draws.
runs_at := input.resource.ods if not everyone

runs_at := input.subject.ods if everyone

# METADATA
# title: The organisation looks at a release on its own figures before it adopts it
default previewing := false

previewing if {
	input.action == "chart.read"
	input.plugin.approval == "preview"
	own
	may_adopt
	data.reference.plugins[input.plugin.digest].offered
}

# METADATA
# title: What keeps a plugin from drawing here
# description: >
#   What comes with the program has no list of adopters, and draws for everybody until
#   it is withdrawn. Tests that were written before there were any leave the key out. The host, which
#   asks again, always has it.
plugin_problem(record) := "not_approved" if {
	not record.approved
} else := "withdrawn" if {
	record.state == "withdrawn"
} else := "" if {
	object.get(record, "adopters", null) == null
} else := "" if {
	record.adopters[runs_at]
} else := "" if {
	previewing
} else := "not_for_preview" if {
	input.plugin.approval == "preview"
} else := "not_adopted"

# METADATA
# title: The datasets that a plugin reads here
# description: >
#   An adopter may keep them under names of its own, and so may whoever looks at a
#   release before. A plugin without a list only calculates, and may be given any.
plugin_datasets(record) := record.adopters[runs_at].datasets if {
	record.datasets != null
	is_array(record.adopters[runs_at].datasets)
	not previewing
} else := array.concat(record.datasets, input.release.datasets) if {
	previewing
	record.datasets != null
	input.release.digest == input.plugin.digest
} else := record.datasets
