# The life of a release: who brings one here, checks it, publishes it, ends it.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Innovators and improvement teams bring releases here, to have them checked
ground contains {"code": "release_submitter", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "release.submit"
	brings_releases
}

# METADATA
# title: Checkers say yes or no to what somebody else has brought
ground contains {"code": "release_checker", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "release.check"
	"check" in facts.rights
}

# METADATA
# title: Whoever stands behind a release publishes it, says that it is outdated, or withdraws it
ground contains {"code": "release_publisher", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action in {"release.publish", "release.deprecate", "release.withdraw"}
	stands_behind_release
}

# METADATA
# title: Whoever makes, checks, improves or operates puts releases into the registry of this installation
ground contains {"code": "registry_writer", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "release.push"
	writes_registry
}

# METADATA
# title: Anyone signed in may read the registry of this installation
ground contains {"code": "registry_reader", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "release.pull"
	facts.signed_in
}

# METADATA
# title: Whoever may adopt, make, load or operate may bring a published release here
ground contains {"code": "release_taker", "ref": input.subject.id, "min_cell_count": 0} if {
	input.action == "release.take"
	takes_releases
}

default brings_releases := false

brings_releases if "innovate" in facts.rights

brings_releases if "improve" in facts.rights

default writes_registry := false

writes_registry if count({"innovate", "check", "improve", "operate"} & facts.rights) > 0

default takes_releases := false

takes_releases if count({"improve", "innovate", "load", "govern", "operate"} & facts.rights) > 0

# METADATA
# title: Those who wrote it or brought it here, checkers, and whoever operates this machine
default stands_behind_release := false

stands_behind_release if {
	facts.own_release
	brings_releases
}

stands_behind_release if "check" in facts.rights

stands_behind_release if "operate" in facts.rights

# METADATA
# title: Nobody checks their own release
bar contains {
	"code": "own_release",
	"message": "You wrote this release or brought it here, so somebody else has to decide on it.",
	"help": "Ask a second person, who has had no hand in it.",
} if {
	input.action in {"release.check", "release.adopt"}
	facts.own_release
}

# METADATA
# title: Nobody checks a release twice; two people are two people
bar contains {
	"code": "release_checked_before",
	"message": "You have already said yes to this release, and a second yes has to come from somebody else.",
	"help": "If you no longer stand by it, withdraw it.",
} if {
	input.action == "release.check"
	input.subject.id in input.change.approvers
}

# METADATA
# title: Each step follows the one before
bar contains {
	"code": "release_state",
	"message": $"{facts.release.id} {facts.release.version} is {state_in_words}, and this step comes {step.comes}.",
	"help": "Its page says what the next step is, and who takes it.",
} if {
	input.action in {
		"release.submit",
		"release.check",
		"release.publish",
		"release.deprecate",
		"release.withdraw",
		"release.take",
		"release.pilot",
		"release.adopt",
	}
	step := steps[input.action]
	not facts.release.state in step.from
	facts.release.state != "withdrawn"
}

# METADATA
# title: What was withdrawn stays withdrawn
bar contains {
	"code": "release_withdrawn",
	"message": $"{facts.release.id} {facts.release.version} has been withdrawn, so no step follows.",
	"help": "Its listing says why, and whether there is another release.",
} if {
	input.action in {"release.submit", "release.check", "release.publish", "release.deprecate", "release.withdraw", "release.take", "release.pilot", "release.adopt"}
	facts.release.state == "withdrawn"
}

# METADATA
# title: In which states of a release a step may be taken
steps := {
	"release.submit": {"from": {"draft"}, "comes": "before a release is brought here"},
	"release.check": {"from": {"submitted", "checked"}, "comes": "once it has been brought here and before it is published"},
	"release.publish": {"from": {"checked"}, "comes": "once a second person has checked it"},
	"release.deprecate": {"from": {"published", "deprecated"}, "comes": "once it is published"},
	"release.withdraw": {"from": {"submitted", "checked", "published", "deprecated"}, "comes": "once it has been brought here"},
	"release.take": {"from": {"published", "deprecated"}, "comes": "once it is published"},
	"release.pilot": {"from": {"published", "deprecated"}, "comes": "once it is published"},
	"release.adopt": {"from": {"published", "deprecated"}, "comes": "once it is published"},
}

state_in_words := {
	"draft": "a draft",
	"submitted": "waiting to be checked",
	"checked": "checked and not yet published",
	"published": "published",
	"deprecated": "published and outdated",
	"withdrawn": "withdrawn",
	"": "unknown here",
}[facts.release.state]

# METADATA
# title: Only releases whose signatures hold today
bar contains {
	"code": "release_unverified",
	"message": $"The signatures under {facts.release.id} {facts.release.version} do not hold against the list of publishers of today.",
	"help": "Ask its publisher for one that is signed with keys in the list. If the list is old, ask the people who operate this Signalbox to fetch it.",
} if {
	input.action in {"release.publish", "release.take", "release.pilot", "release.adopt"}
	not facts.release.verified
}

# METADATA
# title: Enough people of its publisher have signed
bar contains {
	"code": "release_signers",
	"message": $"{facts.release.id} {facts.release.version} is signed by {facts.release.signed_by} of the {facts.release.threshold} people of its publisher who have to sign it.",
	"help": "Ask those who have not signed yet. Its page shows the command.",
} if {
	input.action == "release.publish"
	not enough_signed
}

default enough_signed := false

enough_signed if {
	facts.release.threshold > 0
	facts.release.signed_by >= facts.release.threshold
}

# METADATA
# title: A second person has checked it
bar contains {
	"code": "release_second_person",
	"message": "Nobody but those who wrote it or brought it here has said yes to this release.",
	"help": "Ask somebody with the role of a checker, who has had no hand in it.",
} if {
	input.action == "release.publish"
	not facts.checked_by_another
}

# METADATA
# title: Its check has found no fault
bar contains {
	"code": "release_faults",
	"message": $"The check of {facts.release.id} {facts.release.version} has found faults.",
	"help": "Its page names each, and how to mend it. A release that is mended is a new version.",
} if {
	input.action == "release.publish"
	not facts.release.sound
}

# METADATA
# title: One call of it takes no more time and memory than a page may wait for
bar contains {
	"code": "release_cost",
	"message": $"One call of {facts.release.id} {facts.release.version} takes more than {facts.release_limits.max_milliseconds} milliseconds or {facts.release_limits.max_mebibytes} mebibytes.",
	"help": "Its page shows what it took. A release that takes less is a new version.",
} if {
	input.action == "release.publish"
	not facts.release.within_cost
}

missing contains {
	"distance": 1,
	"code": "release_submit_role",
	"message": "Releases are brought here by innovators and improvement teams.",
	"help": "Ask your organisation's information governance team for the role of improvement lead, or the people who operate this Signalbox for that of innovator.",
} if {
	input.action == "release.submit"
	not brings_releases
}

missing contains {
	"distance": 1,
	"code": "release_check_role",
	"message": "Releases are checked by people with the role of a checker.",
	"help": "Ask your information governance team, or the people who operate this Signalbox, for the role of a checker of plugins.",
} if {
	input.action == "release.check"
	not "check" in facts.rights
}

missing contains {
	"distance": 1,
	"code": "release_publish_role",
	"message": "This is for those who wrote the release or brought it here, for checkers, and for those who operate this Signalbox.",
	"help": "Ask one of them. Its page names who brought it.",
} if {
	input.action in {"release.publish", "release.deprecate", "release.withdraw"}
	not stands_behind_release
}

missing contains {
	"distance": 1,
	"code": "release_push_role",
	"message": "The registry is written by innovators, checkers, improvement teams, and those who operate this Signalbox.",
	"help": "Anybody who is signed in may read it. To write, ask for one of these roles.",
} if {
	input.action == "release.push"
	not writes_registry
}

missing contains {
	"distance": 1,
	"code": "release_take_role",
	"message": "Releases are brought here by improvement leads, governance teams, data managers, innovators, and those who operate this Signalbox.",
	"help": "Ask one of them to bring it here.",
} if {
	input.action == "release.take"
	not takes_releases
}
