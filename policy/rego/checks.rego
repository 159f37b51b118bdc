# What was looked at, for the page that explains a decision. It decides nothing.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: What was checked, and whether it holds
# scope: document
# entrypoint: true
checks := [one | some one in of_figures; not one.code in of_nobody] if {
	not facts.opens_nothing
	input.action != "evidence.send"
}

# Of all organisations at once, there is none to belong to or to agree with.
default of_nobody := set()

of_nobody := {"own", "system", "agreement"} if facts.everyone

of_figures := [
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
	{"code": "plugin", "text": "The plugin is approved here, and the organisation runs it.", "met": plugin_in_order},
]

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

# What has the code of a reason holds unless that reason speaks against it.
checks := [{"code": one.code, "text": one.text, "met": holds(one.code)} |
	some one in of_sharing
	input.action in one.of
] if {
	sharing
}

sharing if facts.about_release

sharing if facts.about_work

sharing if input.action == "evidence.send"

default holds(_) := true

holds(code) := false if code in {reason.code | some reason in bar}

holds(code) := false if code in {fact.code | some fact in missing}

holds("training") := false if {
	not published_openly
	not facts.training.in_date
}

holds("plugin") := plugin_in_order

at_organisation := {"release.pilot", "release.adopt", "release.leave", "evidence.send"}

by_itself := {
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

of_sharing := [
	{"code": "not_signed_in", "text": "You are signed in.", "of": (at_organisation | by_itself)},
	{"code": "purpose_unknown", "text": $"Your purpose, {facts.purpose.title}, is one that is known here.", "of": by_itself},
	{"code": "adopting_elsewhere", "text": $"You belong to {facts.owner.name}.", "of": at_organisation},
	{"code": "adopting_role", "text": "You are an improvement lead, or answer for information governance.", "of": at_organisation},
	{"code": "adopting_purpose", "text": "You came for improvement or for governance.", "of": at_organisation},
	{"code": "release_submit_role", "text": "You are an innovator, or work for an improvement team.", "of": {"release.submit"}},
	{"code": "release_check_role", "text": "You have the role of a checker.", "of": {"release.check"}},
	{
		"code": "release_publish_role",
		"text": "You wrote the release or brought it here, check releases, or operate this Signalbox.",
		"of": {"release.publish", "release.deprecate", "release.withdraw"},
	},
	{"code": "release_push_role", "text": "You make, check or improve, or operate this Signalbox.", "of": {"release.push"}},
	{
		"code": "release_take_role",
		"text": "You improve, govern, load data or make plugins, or operate this Signalbox.",
		"of": {"release.take"},
	},
	{"code": "jobs_role", "text": "You operate this Signalbox.", "of": {"jobs.manage"}},
	{
		"code": "release_withdrawn",
		"text": "The release has not been withdrawn.",
		"of": object.keys(steps),
	},
	{"code": "release_state", "text": "The step is the next one in the life of the release.", "of": object.keys(steps)},
	{
		"code": "release_unverified",
		"text": "The signatures under the release hold today.",
		"of": {"release.publish", "release.take", "release.pilot", "release.adopt"},
	},
	{"code": "release_signers", "text": "Enough people of its publisher have signed it.", "of": {"release.publish"}},
	{
		"code": "release_second_person",
		"text": "Somebody has checked it who had no hand in it.",
		"of": {"release.publish"},
	},
	{"code": "release_faults", "text": "Its check has found no fault.", "of": {"release.publish"}},
	{"code": "release_cost", "text": "One call of it takes no more than is allowed here.", "of": {"release.publish"}},
	{
		"code": "own_release",
		"text": "You did not write it or bring it here yourself.",
		"of": {"release.check", "release.adopt"},
	},
	{"code": "release_checked_before", "text": "You have not said yes to it before.", "of": {"release.check"}},
	{
		"code": "training",
		"text": $"The figures are published, or your data security training is no older than {facts.training_days} days.",
		"of": {"evidence.send"},
	},
	{"code": "plugin", "text": "The organisation runs the release.", "of": {"evidence.send"}},
]

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

plugin_in_order if facts.plugin.problem == ""

default answers := false

answers if "govern" in facts.rights

answers if "operate" in facts.rights

default no_hand_in_it := true

no_hand_in_it := false if {
	some reason in bar
	reason.code in {"own_work", "approved_before", "own_role"}
}
