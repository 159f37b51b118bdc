package web

import (
	"context"
	"net/url"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// stepped says what was asked of a release, or of what works in the background.
var stepped = map[policy.Action]struct{ title, asked string }{
	policy.ReleaseSubmit:    {"You cannot bring this release", "Bring a release"},
	policy.ReleaseCheck:     {"You cannot check this release", "Check a release"},
	policy.ReleasePublish:   {"You cannot publish this release", "Publish a release"},
	policy.ReleaseDeprecate: {"You cannot call this release outdated", "Say that a release is outdated"},
	policy.ReleaseWithdraw:  {"You cannot withdraw this release", "Withdraw a release"},
	policy.ReleasePush:      {"You cannot write to the registry", "Write to the registry"},
	policy.ReleasePull:      {"You cannot read the registry", "Read the registry"},
	policy.ReleaseTake:      {"You cannot bring this release here", "Bring a release here"},
	policy.ReleasePilot:     {"You cannot try this release", "Run a release on trial"},
	policy.ReleaseAdopt:     {"You cannot adopt this release", "Adopt a release"},
	policy.ReleaseLeave:     {"You cannot end this", "End what an organisation runs"},
	policy.JobsManage:       {"You cannot look after what works in the background", "What works in the background"},
}

// aboutRelease fills the page of a denial that is about a release and no chart.
func (s *Site) aboutRelease(ctx context.Context, d *denied, actor policy.Actor) {
	request := d.record.Decision().Request
	said := stepped[request.Action]
	d.page.Title, d.page.Door, d.asked = said.title, layout.Workshop, said.asked
	if d.mendable() {
		d.page.Title += " yet"
	}
	if r := request.Release; r.Version != "" { // one that has a name already
		d.asked += " · " + r.ID + " " + r.Version
		d.links = append(d.links, listing(r.ID))
	}
	if name := s.called(ctx, request.Resource.ODS); name != "" {
		d.asked += " · " + name
	}
	d.page.Crumbs = []layout.Crumb{{Name: "Catalogue", URL: "/plugins"}}
	d.links = append(d.links, link{"The catalogue of measures", "/plugins", "what each answers, and who stands behind it"},
		link{"The rules in force", "/governance/baseline", "who takes which step, in words"})
	if actor.ODS != "" {
		d.links = append(d.links, link{"Your own organisation's charts", "/trusts/" + string(actor.ODS), "your own"})
	}
}

// listing leads to what is known of a plugin, and of what became of it elsewhere.
func listing(id string) link {
	return link{"The listing of " + id, "/plugins/" + url.PathEscape(id), "what it answers, and what became of it elsewhere"}
}

// unrun reports whether a chart was denied because its release does not run there.
func (d *denied) unrun() bool {
	for _, reason := range d.reasons {
		switch reason.Code {
		case "plugin_not_adopted", "plugin_preview", "plugin_withdrawn":
			return true
		}
	}
	return false
}
