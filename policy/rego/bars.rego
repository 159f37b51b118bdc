# What bars every request, whatever else would allow it.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Nobody reads without having signed in
bar contains {
	"code": "not_signed_in",
	"message": "You are not signed in.",
	"help": "Sign in, and ask again.",
} if {
	input.subject.id == ""
}

# METADATA
# title: Every request has a purpose that governance knows
bar contains {
	"code": "purpose_unknown",
	"message": "Your purpose is not one that data is shared for here.",
	"help": "Choose a purpose at sign-in: improvement, governance, planning or development.",
} if {
	not facts.purpose.known
}

# METADATA
# title: Only datasets in the catalogue
bar contains {
	"code": "dataset_unknown",
	"message": "This dataset is not in the catalogue.",
	"help": "Check its name, or ask a data manager to load it.",
} if {
	input.action in {"chart.read", "data.export", "data.load", "evidence.send"}
	not facts.dataset.known
}

# METADATA
# title: Only columns in the catalogue
bar contains {
	"code": "column_unknown",
	"message": $"“{facts.dataset.title}” has no column “{column}”.",
	"help": "The measure asks for data that is not there. Tell whoever looks after the measure.",
} if {
	dataset := facts.dataset
	dataset.known
	some column in input.resource.columns
	not dataset.columns[column]
}

# METADATA
# title: Only organisations in the register
bar contains {
	"code": "organisation_unknown",
	"message": "This organisation is not in the register.",
	"help": "Check its code, or ask the people who operate this Signalbox to load the register.",
} if {
	input.resource.ods != "ENG"
	not input.action in {
		"plugin.upload",
		"plugin.try",
		"plugin.lift",
		"release.submit",
		"release.check",
		"release.publish",
		"release.deprecate",
		"release.withdraw",
		"release.push",
		"release.pull",
		"release.take",
		"jobs.manage",
	}
	not facts.owner.known
}

# METADATA
# title: Only aggregates; there is no access to the data of single people
bar contains {
	"code": "aggregates_only",
	"message": "Signalbox gives counts and sums, never the data of single people.",
	"help": "Ask for the measure as an aggregate.",
} if {
	input.resource.grain != "aggregate"
}

# METADATA
# title: Only plugins that governance has approved, by digest
not_running["not_approved"] := {
	"code": "plugin_not_approved",
	"message": "The plugin that would draw this chart is not approved here.",
	"help": "Your information governance team can approve this release of the plugin.",
}

# METADATA
# title: A release that was withdrawn draws for nobody
not_running["withdrawn"] := {
	"code": "plugin_withdrawn",
	"message": "This release of the plugin has been withdrawn, so nobody runs it any more.",
	"help": "Its listing says why, and whether there is another. Your own figures are untouched.",
}

# METADATA
# title: A release that others have published draws only for organisations that adopted it
not_running["not_adopted"] := {
	"code": "plugin_not_adopted",
	"message": $"{runs_for} has not adopted this release of the plugin.",
	"help": "The improvement leads and the governance team there can look at it in the catalogue, and adopt it.",
}

# METADATA
# title: A release that is not adopted yet is looked at by those who may adopt it, on the figures of their own organisation
not_running["not_for_preview"] := {
	"code": "plugin_preview",
	"message": "A release that is not adopted yet is looked at by the improvement leads and the governance team of an organisation, on its own figures.",
	"help": "Ask one of them to show it to you. Its listing shows what became of it elsewhere.",
}

runs_for := facts.owner.name if not facts.everyone

runs_for := "Your organisation" if facts.everyone

# One rule for all that keeps a plugin from running, so that most questions are asked
# about it once.
bar contains not_running[facts.plugin.problem]

# METADATA
# title: A plugin reads only the datasets that its manifest names, under whatever names the organisation keeps them
bar contains {
	"code": "plugin_dataset",
	"message": $"The plugin did not ask for “{facts.dataset.title}” in its manifest, so it is not given it.",
	"help": "Its author can add the dataset in a new release, which governance then approves.",
} if {
	facts.plugin.datasets != null
	not input.resource.dataset in facts.plugin.datasets
}
