# The rules. All but the last are about others: people of other organisations who ask
# for figures that are not published. Delete what you do not need, and add your own.
package signalbox.trusts.OWNER

import data.signalbox.facts

# METADATA
# title: Somebody of another organisation asks for figures that are not published
default others := false

others if {
	input.action in {"chart.read", "data.export"}
	not facts.own
	not facts.dataset.published
}

# METADATA
# title: Others see the organisation as a whole, and not its sites or departments
condition contains {"stratum": {"is_null": true}} if {
	switches.whole_organisation_only
	others
}

# METADATA
# title: Others see no figures from before the first day
condition contains {"period": {"gte": first_day}} if {
	switches.nothing_before_first_day
	others
}

# METADATA
# title: Larger numbers are hidden from others too
threshold contains hidden_below if {
	switches.more_hidden
	others
}

# METADATA
# title: Others look at figures here, and do not take them away
objection contains {
	"code": "no_taking_away",
	"message": $"Figures of {facts.owner.name} that are not published are looked at here and not taken away.",
	"help": $"Ask the information governance team of {facts.owner.name} for the figures you need.",
} if {
	switches.no_taking_away
	others
	input.action == "data.export"
}

# METADATA
# title: Others see the datasets that are listed, and no other
objection contains {
	"code": "dataset_not_listed",
	"message": $"{facts.owner.name} keeps “{facts.dataset.title}” to its own people.",
	"help": $"Ask the information governance team of {facts.owner.name} to add it to the datasets that it shares.",
} if {
	switches.listed_datasets_only
	others
	not input.resource.dataset in listed
}

# METADATA
# title: What became of our figures since we adopted a release is not sent to its author
objection contains {
	"code": "evidence_stays",
	"message": $"{facts.owner.name} does not send evidence of what it runs to others.",
	"help": $"Ask the information governance team of {facts.owner.name}. The figures can still be read here.",
} if {
	switches.evidence_stays
	input.action == "evidence.send"
}
