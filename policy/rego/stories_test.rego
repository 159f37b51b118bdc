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
	},
	"plugins": {
		"sha256:1111": {"id": "spc", "version": "1.0.0", "approved": true, "datasets": null},
		"sha256:2222": {"id": "draft", "version": "0.1.0", "approved": false, "datasets": null},
		"sha256:3333": {"id": "waits", "version": "1.0.0", "approved": true, "datasets": ["emergency"]},
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
