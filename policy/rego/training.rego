# Training in data security, which whoever reads unpublished data needs.
package signalbox.national

import data.signalbox.facts

# METADATA
# title: Staff read what is not open to everybody while their data security training is in date
# description: >
#   The other files say on which ground staff may read; this one adds what all
#   of those grounds need. Openly licensed figures need no training, and nor do
#   innovators, who see invented data only.
ground contains one if {
	some one in staff_ground
	facts.training_in_date
}

missing contains {
	"distance": 0,
	"code": "training_expired",
	"message": $"Your data security training is dated {facts.in_words(facts.training.on)}, and reading data that is not published needs one within {facts.training_days} days.",
	"help": "Renew your training. Your organisation's information governance team can enter the new date.",
} if {
	count(staff_ground) > 0
	facts.training.held
	facts.training.begun
	not facts.training.in_date
}

missing contains {
	"distance": 0,
	"code": "training_to_come",
	"message": $"Your data security training is dated {facts.in_words(facts.training.on)}, which is still to come.",
	"help": "If the date is wrong, your organisation's information governance team can correct it.",
} if {
	count(staff_ground) > 0
	facts.training.held
	not facts.training.begun
}

missing contains {
	"distance": 0,
	"code": "training_not_held",
	"message": $"No data security training of yours is known here, and reading data that is not published needs one within {facts.training_days} days.",
	"help": "If you have been trained, your organisation's information governance team can enter the date. If not, they can tell you how to train.",
} if {
	count(staff_ground) > 0
	not facts.training.held
}
