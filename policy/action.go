package policy

// Action is what a request wants to do.
type Action string

const (
	ChartRead  Action = "chart.read"
	DataLoad   Action = "data.load"
	DataExport Action = "data.export"
	// What follows is about a plugin itself, and opens nobody's data.
	PluginUpload Action = "plugin.upload" // bring a draft, to have it checked
	PluginTry    Action = "plugin.try"    // look at a draft, and try it on invented figures
	PluginLift   Action = "plugin.lift"   // let a plugin run again that was in quarantine
	// What follows is about how an organisation governs its data, and opens none.
	// Resource.ODS names the organisation, and a Change what is to be changed.
	PolicyWrite    Action = "policy.write"    // write and test a draft of its policy, see what it would change, propose it
	PolicyApprove  Action = "policy.approve"  // say yes or no to a draft that somebody else has written
	PolicyRollback Action = "policy.rollback" // make an earlier revision, approved then, the live one again
	AccessDecide   Action = "access.decide"   // grant, refuse or end what somebody else has asked for
	PeopleAppoint  Action = "people.appoint"  // give and take roles at the organisation
	LogRead        Action = "log.read"        // read who asked for its data, what was decided and why
	// What follows is about a release of a plugin, named by the request's Release, and
	// opens nobody's data.
	ReleaseSubmit    Action = "release.submit"    // bring a signed release, to have it checked by a second person
	ReleaseCheck     Action = "release.check"     // say yes or no to a release that somebody else has brought
	ReleasePublish   Action = "release.publish"   // let others have a release that was checked
	ReleaseDeprecate Action = "release.deprecate" // say that there is a better one, and until when this one lasts
	ReleaseWithdraw  Action = "release.withdraw"  // say that nobody should run it any more
	ReleasePush      Action = "release.push"      // put bytes into the registry of this installation
	ReleasePull      Action = "release.pull"      // read the registry of this installation
	ReleaseTake      Action = "release.take"      // bring a published release here, to look at what it would show
	// And these about a release at one organisation, which Resource.ODS names.
	ReleasePilot Action = "release.pilot" // let a release run on the organisation's figures, on trial
	ReleaseAdopt Action = "release.adopt" // let it run for good, pinned by its digest
	ReleaseLeave Action = "release.leave" // end that, or go back to the release before
	// EvidenceSend lets what became of an organisation's own figures since it adopted
	// a release leave the installation.
	EvidenceSend Action = "evidence.send"
	// JobsManage is to see what works in the background, and to start or stop some of it.
	JobsManage Action = "jobs.manage"
)

// Actions lists all that there are, those that open data first.
func Actions() []Action {
	return []Action{ChartRead, DataLoad, DataExport, EvidenceSend, PluginUpload, PluginTry, PluginLift,
		PolicyWrite, PolicyApprove, PolicyRollback, AccessDecide, PeopleAppoint, LogRead,
		ReleaseSubmit, ReleaseCheck, ReleasePublish, ReleaseDeprecate, ReleaseWithdraw, ReleasePush, ReleasePull, ReleaseTake,
		ReleasePilot, ReleaseAdopt, ReleaseLeave, JobsManage}
}

// AboutPlugin reports whether an action is about a plugin itself. Such a request
// names no data, and no answer to it opens any.
func (a Action) AboutPlugin() bool { return a == PluginUpload || a == PluginTry || a == PluginLift }

// AboutGovernance reports whether an action is about how an organisation governs
// its data. Such a request names no data, and no answer to it opens any.
func (a Action) AboutGovernance() bool {
	switch a {
	case PolicyWrite, PolicyApprove, PolicyRollback, AccessDecide, PeopleAppoint, LogRead:
		return true
	}
	return false
}

// AboutRelease reports whether an action is about a release of a plugin. Such a
// request names no data, and no answer to it opens any.
func (a Action) AboutRelease() bool {
	switch a {
	case ReleaseSubmit, ReleaseCheck, ReleasePublish, ReleaseDeprecate, ReleaseWithdraw, ReleasePush, ReleasePull, ReleaseTake:
		return true
	}
	return a.AboutAdoption()
}

// AboutAdoption reports whether an action is about a release at one organisation,
// which Resource.ODS names; the others about releases name none.
func (a Action) AboutAdoption() bool {
	return a == ReleasePilot || a == ReleaseAdopt || a == ReleaseLeave
}

// aboutRegistry reports whether an action is about the registry of this
// installation, where a request need not name a release.
func (a Action) aboutRegistry() bool { return a == ReleasePush || a == ReleasePull }

// AboutWork reports whether an action is about what works in the background. Such a
// request names no data either.
func (a Action) AboutWork() bool { return a == JobsManage }

// OpensData reports whether an answer of yes may open data.
func (a Action) OpensData() bool {
	return !a.AboutPlugin() && !a.AboutGovernance() && !a.AboutRelease() && !a.AboutWork()
}
