# The people and organisations of the test stories. All are invented.
package signalbox.stories

import data.signalbox.national

# Noon on 15 June 2026.
noon := 1781524800

day := 86400

plugin := "sha256:1111"

# Two trusts of one integrated care board, one trust elsewhere, a national body.
country := object.union(data.reference, {
	"organisations": {
		"RAA": {"name": "Ashford Trust", "kind": "trust", "icb": "QAA", "region": "South"},
		"RBB": {"name": "Birchwood Trust", "kind": "trust", "icb": "QAA", "region": "South"},
		"RCC": {"name": "Cedarhill Trust", "kind": "trust", "icb": "QCC", "region": "North"},
		"QAA": {"name": "Southern Board", "kind": "icb", "icb": "", "region": "South"},
		"X99": {"name": "National Office", "kind": "national", "icb": "", "region": ""},
	},
	"datasets": {
		"emergency": dataset("Emergency attendances", "OGL-UK-3.0", true, false),
		"survey": dataset("Staff survey", "All rights reserved", true, false),
		"falls": dataset("Falls on wards", "none", false, false),
		"pretend": dataset("Pretend attendances", "none", false, true),
		"slips": dataset("Slips and falls", "none", false, false),
	},
	"plugins": {
		"sha256:1111": shipped("spc", true, null),
		"sha256:2222": shipped("draft", false, null),
		"sha256:3333": shipped("waits", true, ["emergency"]),
		"sha256:5555": shared("pressure", "published", {
			"RBB": {"stage": "adopted", "datasets": null},
			"RCC": {"stage": "pilot", "datasets": ["slips"]},
		}),
		"sha256:6666": shared("harmful", "withdrawn", {"RAA": {"stage": "adopted", "datasets": null}}),
	},
	"agreements": {
		"RCC|RAA|falls": agreement("DSA-1", noon + day, ["improvement"], false, 8),
		"RBB|RAA|falls": agreement("DSA-2", noon, ["improvement"], false, 8),
		"RCC|QAA|falls": agreement("DSA-3", noon + day, ["planning"], true, 12),
	},
})

dataset(title, licence, published, synthetic) := {
	"title": title,
	"owner": "the trusts",
	"licence": licence,
	"published": published,
	"synthetic": synthetic,
	"columns": {"seen": true, "total": true},
}

shipped(id, approved, datasets) := {
	"id": id,
	"version": "1.0.0",
	"approved": approved,
	"datasets": datasets,
	"publisher": "",
	"state": "",
	"offered": false,
	"adopters": null,
}

# What Efua has published and others may adopt, or could once.
shared(id, state, adopters) := {
	"id": id,
	"version": "2.1.0",
	"approved": true,
	"datasets": ["falls"],
	"publisher": "northvale",
	"state": state,
	"offered": state == "published",
	"adopters": adopters,
}

agreement(ref, expires, purposes, export, threshold) := {
	"ref": ref,
	"expires": expires,
	"purposes": purposes,
	"export": export,
	"min_cell_count": threshold,
}

person(id, organisation, role, purpose) := {
	"id": id,
	"ods": organisation,
	"orgs": [organisation],
	"roles": [role],
	"purpose": purpose,
	"assurance": "aal2",
	"trained_on": "2026-05-01",
}

# Amina is a clinician at Ashford Trust.
amina := person("amina", "RAA", "clinician", "improvement")

# Bryn manages the data of Birchwood Trust.
bryn := person("bryn", "RBB", "data_manager", "improvement")

# Carys is an analyst of the integrated care board.
carys := person("carys", "QAA", "analyst", "planning")

# Dev is an analyst of the national body.
dev := person("dev", "X99", "analyst", "planning")

# Efua writes plugins and belongs to no organisation.
efua := {"id": "efua", "ods": null, "orgs": [], "roles": ["innovator"], "purpose": "development", "assurance": "aal1", "trained_on": null}

# Fen runs the machine.
fen := {"id": "fen", "ods": null, "orgs": [], "roles": ["operator"], "purpose": "governance", "assurance": "aal2", "trained_on": null}

# Hana leads information governance at Ashford Trust.
hana := person("hana", "RAA", "governance_lead", "governance")

# Ines is the Caldicott guardian of Ashford Trust.
ines := person("ines", "RAA", "caldicott_guardian", "governance")

# Leo leads improvement at Ashford Trust, and Nora at Birchwood Trust.
leo := person("leo", "RAA", "improvement_lead", "improvement")

nora := person("nora", "RBB", "improvement_lead", "improvement")

# Mira checks plugins that others have written.
mira := person("mira", "RBB", "plugin_checker", "improvement")

# Gwen has signed in and has no role yet.
gwen := person("gwen", "RAA", "visitor", "improvement")

asks(who, action, name, organisation) := {
	"v": 1,
	"now": noon,
	"request_id": "",
	"action": action,
	"subject": who,
	"plugin": {"id": "spc", "version": "1.0.0", "digest": plugin, "signers": [], "approval": "approved"},
	"change": null,
	"release": null,
	"resource": {
		"dataset": name,
		"columns": ["seen", "total"],
		"ods": organisation,
		"grain": "aggregate",
		"stratifiers": [],
		"period": {"from": "2024-01-01", "to": null},
	},
}

reads(who, name, organisation) := asks(who, "chart.read", name, organisation)

exports(who, name, organisation) := asks(who, "data.export", name, organisation)

loads(who, name, organisation) := object.union(asks(who, "data.load", name, organisation), {"plugin": null})

plugs(who, action) := object.union(asks(who, action, "", ""), {"resource": {"columns": [], "period": {"from": null}}})

# About the governance of an organisation: something that Jon has written or asked for.
governs(who, action, organisation) := object.union(asks(who, action, "", organisation), {
	"plugin": null,
	"change": {"kind": "policy", "ref": "sha256:4444", "author": "jon", "approvers": []},
	"resource": {"columns": [], "period": {"from": null}},
})

# About a release that Efua wrote and brought here, and that Mira has checked.
steps(who, action, state) := object.union(plugs(who, action), {
	"plugin": null,
	"change": {"kind": "release", "ref": "sha256:5555", "author": "efua", "approvers": ["mira"]},
	"release": release(state),
})

# The same at an organisation.
runs(who, action, organisation) := object.union(steps(who, action, "published"), {"resource": {"ods": organisation}})

release(state) := {
	"id": "pressure",
	"version": "2.1.0",
	"digest": "sha256:5555",
	"publisher": "northvale",
	"authors": ["efua"],
	"signers": [{"holder": "efua", "role": "author"}, {"holder": "mira", "role": "checker"}],
	"threshold": 2,
	"verified": true,
	"state": state,
	"datasets": ["falls"],
	"errors": 0,
	"advice": 1,
	"cost": {"milliseconds": 40, "mebibytes": 6},
}

# What a release draws on the falls of an organisation.
draws(who, digest, organisation) := object.union(reads(who, "falls", organisation), {"plugin": {"id": "pressure", "digest": digest}})

# The same before it is adopted.
previews(who, digest, organisation) := object.union(draws(who, digest, organisation), {"plugin": {"approval": "preview"}})

sends(who, name, organisation) := object.union(asks(who, "evidence.send", name, organisation), {"plugin": {"id": "pressure", "digest": "sha256:5555"}})

changed(question, changes) := object.union(question, changes)

answer(question) := decision if {
	decision := national.decision with input as question with data.reference as country
}

# Allowed on these grounds, with counts below the threshold hidden.
allowed(question, grounds, threshold) if {
	decision := answer(question)
	decision.allow
	{grant.code | some grant in decision.grants} == grounds
	decision.disclosure.min_cell_count == threshold
	decision.reasons == []
	decision.visible_columns == ["seen", "total"]
	decision.ods_scope == [question.resource.ods]
	decision.cache_seconds == 60
	decision.obligations == ["audit"]
}

# Denied for these reasons, with nothing left that could be read.
denied(question, reasons) if {
	decision := answer(question)
	not decision.allow
	{reason.code | some reason in decision.reasons} == reasons
	every reason in decision.reasons {
		reason.message != ""
		reason.help != ""
	}
	decision.rows == []
	decision.ods_scope == []
	decision.visible_columns == []
	decision.grants == []
	decision.cache_seconds == 0
}

# The codes of what speaks against it.
reasons(question) := codes if {
	decision := answer(question)
	not decision.allow
	codes := {reason.code | some reason in decision.reasons}
}

# The words of the only reason.
message(question) := text if {
	decision := answer(question)
	count(decision.reasons) == 1
	text := decision.reasons[0].message
}
