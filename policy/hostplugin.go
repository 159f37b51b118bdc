package policy

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// barPlugin bars plugins that nobody has approved, that were withdrawn, and that the
// organisation does not run.
func (l *live) barPlugin(r Request, bar func(code, message, help string)) {
	computing := r.Action == ChartRead || r.Action == EvidenceSend || r.Plugin.Digest != "" || r.Plugin.ID != ""
	if !computing || !r.Action.OpensData() {
		return
	}
	facts := l.data.Plugins[r.Plugin.Digest]
	switch {
	case !facts.Approved:
		bar("plugin_not_approved", "The plugin that would draw this chart is not approved here.",
			"Your information governance team can approve this release of the plugin.")
	case facts.State == ReleaseWithdrawn:
		bar("plugin_withdrawn", "This release of the plugin has been withdrawn, so nobody runs it any more.",
			"Its listing says why, and whether there is another. Your own figures are untouched.")
	case facts.runs(r), l.previews(r, facts):
	case r.Plugin.Approval == PreviewApproval:
		bar("plugin_preview", "A release that is not adopted yet is looked at by the improvement leads and the governance team of an organisation, on its own figures.",
			"Ask one of them to show it to you. Its listing shows what became of it elsewhere.")
	default:
		bar("plugin_not_adopted", "This release of the plugin has not been adopted by the organisation.",
			"The improvement leads and the governance team there can look at it in the catalogue, and adopt it.")
	}
}

// runs reports whether the organisation asked about has adopted the release. Of all
// organisations at once, the one that counts is the asker's own.
func (f PluginFacts) runs(r Request) bool {
	at := r.Resource.ODS
	if at == Everyone {
		at = r.Actor.ODS
	}
	_, adopted := f.Adopters[at]
	return f.Adopters == nil || adopted
}

// previews reports whether somebody who may adopt a release looks at it on the figures
// of their own organisation.
func (l *live) previews(r Request, f PluginFacts) bool {
	return r.Action == ChartRead && r.Plugin.Approval == PreviewApproval && f.Offered && r.own() &&
		slices.ContainsFunc(r.Actor.Roles, func(role Role) bool {
			rights := l.data.Roles[role].Rights
			return slices.Contains(rights, "improve") || slices.Contains(rights, "govern")
		})
}

// own reports whether a request is about an organisation of the actor's own.
func (r Request) own() bool {
	is := func(code measures.ODSCode) bool { return code != "" && code == r.Resource.ODS }
	return r.Resource.ODS != Everyone && (is(r.Actor.ODS) || slices.ContainsFunc(r.Actor.Orgs, is))
}

// barRelease bars questions about releases that ask for something else as well, and
// those that nobody decides alone.
func barRelease(r Request, bar func(code, message, help string)) {
	const tell = "Tell the people who run this Signalbox."
	m, c := r.Resource, r.Change
	nothing := m.Dataset == "" && len(m.Columns) == 0
	if (r.Action.AboutRelease() || r.Action.AboutWork()) && (!nothing || (m.ODS != "") != r.Action.AboutAdoption()) {
		bar("release_not_data", "A question about a release asks for no data, and names an organisation only where it is to run there.", tell)
	}
	if r.Action.AboutRelease() && !r.Action.aboutRegistry() && !r.namesRelease() {
		bar("release_unnamed", "It is not said which release this is about.", tell)
	}
	if r.Action == EvidenceSend && !r.own() {
		bar("evidence_not_own", "Evidence is sent by an organisation's own people.", "Ask the improvement leads of that organisation.")
	}
	if (r.Action == ReleaseCheck || r.Action == ReleaseAdopt) && r.wroteRelease(r.Actor.ID) {
		bar("own_release", "You wrote this release or brought it here, so somebody else has to decide on it.",
			"Ask a second person, who has had no hand in it.")
	}
	if r.Action == ReleasePublish && (len(c.Approvers) == 0 || slices.ContainsFunc(c.Approvers, r.wroteRelease)) {
		bar("release_second_person", "Nobody but those who wrote it or brought it here has said yes to this release.",
			"Ask somebody with the role of a checker, who has had no hand in it.")
	}
	switch r.Action {
	case ReleasePublish, ReleaseTake, ReleasePilot, ReleaseAdopt:
		if !r.Release.Verified {
			bar("release_unverified", "The signatures under this release do not hold against the list of publishers of today.",
				"Ask its publisher for one that is signed with keys in the list.")
		}
		if r.Release.State == ReleaseWithdrawn {
			bar("release_withdrawn", "This release has been withdrawn, so no step follows.", "Its listing says why, and whether there is another release.")
		}
	}
}

// namesRelease reports whether a request says which release it is about, and says the
// same of what is to be changed. Who had a hand in a release is part of that, so only
// the two steps before anybody has may do without.
func (r Request) namesRelease() bool {
	if r.Change.Kind == "" {
		return r.Release.Digest != "" && (r.Action == ReleaseSubmit || r.Action == ReleaseTake)
	}
	return r.Release.Digest != "" && r.Change.Kind == ReleaseChange && r.Change.Ref == r.Release.Digest
}

// wroteRelease reports whether an account is an author of the release, or brought it.
func (r Request) wroteRelease(account string) bool {
	return account == r.Change.Author || slices.Contains(r.Release.Authors, account)
}
