# What was looked at, for the page that explains a decision. It decides nothing.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: What was checked, and whether it holds
# scope: document
# entrypoint: true
checks := [
	{"code": "signed_in", "text": "You are signed in.", "met": facts.signed_in},
	{
		"code": "purpose",
		"text": $"Your purpose, {facts.purpose.title}, is one that data is shared for.",
		"met": facts.purpose.known,
	},
	{
		"code": "published",
		"text": $"“{facts.dataset.title}” is published under an open licence.",
		"met": published_openly,
	},
	{"code": "own", "text": $"You belong to {facts.owner.name}.", "met": facts.own},
	{
		"code": "system",
		"text": $"You belong to the integrated care board of {facts.owner.name}.",
		"met": facts.own_system,
	},
	{
		"code": "agreement",
		"text": $"Your organisation has an agreement with {facts.owner.name} for this purpose that has not ended.",
		"met": agreed,
	},
	{
		"code": "training",
		"text": $"Your data security training is no older than {facts.training_days} days.",
		"met": facts.training.in_date,
	},
	{"code": "plugin", "text": "The plugin is approved here.", "met": plugin_in_order},
] if {
	not facts.opens_nothing
}

checks := [
	{"code": "signed_in", "text": "You are signed in.", "met": facts.signed_in},
	{
		"code": "purpose",
		"text": $"Your purpose, {facts.purpose.title}, is one that is known here.",
		"met": facts.purpose.known,
	},
	{"code": "plugin_upload_role", "text": "You have the role of an innovator.", "met": "innovate" in facts.rights},
	{"code": "plugin_lift_role", "text": "You answer for information governance, or operate this Signalbox.", "met": answers},
] if {
	facts.about_plugin
}

checks := [
	{"code": "signed_in", "text": "You are signed in.", "met": facts.signed_in},
	{"code": "own", "text": $"You belong to {facts.owner.name}.", "met": facts.own},
	{"code": "governance_role", "text": "You answer for information governance.", "met": "govern" in facts.rights},
	{
		"code": "governance_purpose",
		"text": "You came for the purpose of governance.",
		"met": input.subject.purpose == "governance",
	},
	{
		"code": "second_person",
		"text": "You have had no hand in it before, where a second person has to decide.",
		"met": no_hand_in_it,
	},
] if {
	facts.about_governance
}

default published_openly := false

published_openly if {
	facts.dataset.published
	facts.dataset.open
}

default agreed := false

agreed if {
	some agreement in facts.agreements
	agreement.valid
	agreement.for_purpose
}

default plugin_in_order := false

plugin_in_order if not facts.plugin.needed

plugin_in_order if facts.plugin.approved

default answers := false

answers if "govern" in facts.rights

answers if "operate" in facts.rights

default no_hand_in_it := true

no_hand_in_it := false if {
	some reason in bar
	reason.code in {"own_work", "approved_before", "own_role"}
}
