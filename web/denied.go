package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/governance"
	"github.com/signalbox-health/signalbox/web/layout"
)

// denied is a recorded denial as its reader sees it.
type denied struct {
	page    layout.Page
	record  policy.Record
	asked   string // what was asked for
	reasons []policy.Reason
	why     policy.Why      // which rule, and what came nearest
	checks  []policy.Check  // everything that was asked, and what held
	links   []link          // what the reader can see now
	ask     *governance.Ask // the form for asking, where an agreement could help
}

type link struct{ text, href, why string }

// denied makes the page of a denial: what was asked, why not, what was checked, what
// is open, and a form for asking where that could help.
func (s *Site) denied(r *http.Request, page layout.Page, actor policy.Actor, denial *policy.Denial) denied {
	request := denial.Record.Decision().Request
	d := denied{page: page, record: denial.Record, reasons: denial.Record.Decision().Reasons}
	why, err := s.Policy.Why(r.Context(), denial.Record.Decision().Document())
	if err != nil {
		s.Log.Warn("explain a denial", "record", denial.Record.Sequence(), "error", err)
	}
	d.why, d.checks = why, why.Checks
	switch {
	case request.Action.AboutPlugin():
		d.aboutPlugin()
	case request.Action.AboutGovernance():
		s.aboutGovernance(r.Context(), &d, actor)
	case request.Action.AboutRelease(), request.Action.AboutWork():
		s.aboutRelease(r.Context(), &d, actor)
	default:
		s.aboutData(r, &d, actor)
	}
	d.page.Demo = d.page.Demo || demo.Fictional(request.Resource.ODS)
	d.unlabel()
	return d
}

// plugged says what was asked of a plugin.
var plugged = map[policy.Action]struct{ title, asked string }{
	policy.PluginUpload: {"You cannot bring a plugin", "Bring a plugin"},
	policy.PluginTry:    {"You cannot see drafts", "Drafts of plugins"},
	policy.PluginLift:   {"You cannot end a quarantine", "Let a plugin run again"},
}

// aboutPlugin fills the page of a denial that is about a plugin and no chart.
func (d *denied) aboutPlugin() {
	said := plugged[d.record.Decision().Request.Action]
	d.page.Title, d.page.Door, d.asked = said.title, layout.Workshop, said.asked
	d.page.Crumbs = []layout.Crumb{{Name: "Catalogue", URL: "/plugins"}}
	d.links = []link{{"The catalogue of measures", "/plugins", "what each answers, and who stands behind it"},
		{"Plugins in quarantine", "/plugins/quarantine", "what they did, and who may end it"}}
}

// governed says what was asked about an organisation's governance.
var governed = map[policy.Action]struct{ title, asked string }{
	policy.PolicyWrite:    {"You cannot write this policy", "Drafts of the policy"},
	policy.PolicyApprove:  {"You cannot decide on this draft", "Approval of a draft"},
	policy.PolicyRollback: {"You cannot go back to an earlier policy", "Rollback of the policy"},
	policy.AccessDecide:   {"You cannot decide on requests here", "Requests and agreements"},
	policy.PeopleAppoint:  {"You cannot give roles here", "People and roles"},
	policy.LogRead:        {"You cannot read this log", "Log of decisions"},
}

// aboutGovernance fills the page of a denial that is about governance and no chart.
func (s *Site) aboutGovernance(ctx context.Context, d *denied, actor policy.Actor) {
	request := d.record.Decision().Request
	said := governed[request.Action]
	d.page.Title, d.page.Door, d.asked = said.title, layout.Governance, said.asked
	if name := s.called(ctx, request.Resource.ODS); name != "" {
		d.asked += " · " + name
	}
	d.page.Crumbs = []layout.Crumb{{Name: "Governance", URL: "/governance"}}
	d.links = []link{{"The rules in force", "/governance/baseline", "the national baseline, in words"},
		{"What you asked for", "/access/requests", "your requests, and what became of them"}}
	if actor.ODS != "" {
		d.links = append(d.links, link{"Your own organisation's charts", "/trusts/" + string(actor.ODS), "your own"})
	}
}

// called is an organisation's name with its code; empty if it is not known.
func (s *Site) called(ctx context.Context, code measures.ODSCode) string {
	name, err := s.Names.OrganisationName(ctx, code)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(name, demo.Label) + " (" + string(code) + ")"
}

// aboutData fills the page of a denial of figures.
func (s *Site) aboutData(r *http.Request, d *denied, actor policy.Actor) {
	ctx := r.Context()
	request := d.record.Decision().Request
	measure := s.measureOf(r, request)
	d.asked = string(request.Resource.Dataset)
	if measure != nil {
		d.asked = measure.Title
	} else if dataset, ok := s.Charts.Analysis.Catalogue.Dataset(request.Resource.Dataset); ok {
		d.asked = dataset.Title
	}
	if name := s.called(ctx, request.Resource.ODS); name != "" {
		d.asked += " · " + name
		d.page.Crumbs = []layout.Crumb{{Name: "What changed", URL: "/"}, {Name: name, URL: "/trusts/" + string(request.Resource.ODS)}}
		if request.Resource.ODS == policy.Everyone {
			d.asked, d.page.Crumbs = strings.TrimSuffix(d.asked, name)+"all trusts", []layout.Crumb{{Name: "Measures", URL: "/measures"}}
		}
	}
	id := measures.MeasureID("")
	if measure != nil {
		id = measure.ID
	}
	ask, err := s.Governance.AskFor(ctx, d.record, id)
	if err != nil {
		s.Log.Warn("ask whether an agreement would help", "record", d.record.Sequence(), "error", err)
	}
	d.ask = ask
	d.page.Door, d.page.Title = layout.Charts, "You cannot see this chart"
	if request.Action == policy.DataExport {
		d.page.Title = "You cannot take these figures away"
	}
	if request.Action == policy.EvidenceSend {
		d.page.Door, d.page.Title = layout.Workshop, "This evidence cannot leave"
	}
	if ask != nil || d.mendable() {
		d.page.Title += " yet"
	}
	d.links = s.openTo(ctx, actor, request.Resource.ODS, measure)
	if request.Plugin.ID != "" && (d.unrun() || request.Action == policy.EvidenceSend) {
		d.links = append([]link{listing(request.Plugin.ID)}, d.links...)
	}
	if request.Action == policy.DataExport && measure != nil && s.maySee(ctx, request) {
		address := "/trusts/" + string(request.Resource.ODS) + "/measures/" + string(measure.ID)
		d.links = append([]link{{"This chart, on its page", address, "open to you"}}, d.links...)
	}
}

// maySee says whether the chart of figures that may not be taken away is open. The
// page only offers it: whoever opens it is decided about then.
func (s *Site) maySee(ctx context.Context, r policy.Request) bool {
	r.Action = policy.ChartRead
	d, err := s.Policy.Decide(ctx, r)
	return err == nil && d.Allow && r.Resource.ODS != policy.Everyone
}

// measureOf is the measure that an address names, as it is at the organisation that
// was asked about, if it is one of the dataset.
func (s *Site) measureOf(r *http.Request, asked policy.Request) *measures.Measure {
	name, _, _ := strings.Cut(r.PathValue("measure"), ".")
	m, err := s.Charts.Analysis.Catalogue.MeasureFor(measures.MeasureID(name), asked.Resource.ODS, asked.Actor.ODS)
	if err != nil || m.Dataset != asked.Resource.Dataset {
		return nil
	}
	return m.Measure
}

// openTo lists what a reader may see instead: the same measure of their own, and
// what is published of the organisation that they asked about.
func (s *Site) openTo(ctx context.Context, actor policy.Actor, owner measures.ODSCode, measure *measures.Measure) []link {
	var links []link
	if measure != nil && actor.ODS != "" && actor.ODS != owner && s.has(ctx, actor.ODS, measure.Dataset) {
		links = append(links, link{measure.Title + ", " + s.called(ctx, actor.ODS), "/trusts/" + string(actor.ODS) + "/measures/" + string(measure.ID), "your own organisation"})
	}
	for _, m := range s.Charts.Analysis.Catalogue.Measures() {
		dataset, known := s.Charts.Analysis.Catalogue.Dataset(m.Dataset)
		if len(links) >= 3 || !known || !dataset.Published {
			continue
		}
		if owner == policy.Everyone {
			links = append(links, link{m.Title + ", all trusts", "/measures/" + string(m.ID), "published"})
		} else if s.has(ctx, owner, m.Dataset) {
			links = append(links, link{m.Title + ", " + s.called(ctx, owner), "/trusts/" + string(owner) + "/measures/" + string(m.ID), "published, open to anybody who is signed in"})
		}
	}
	if actor.ODS != "" && owner != actor.ODS {
		links = append(links, link{"All charts of " + s.called(ctx, actor.ODS), "/trusts/" + string(actor.ODS), "your own organisation"})
	}
	return links
}

// has reports whether an organisation has figures of a dataset.
func (s *Site) has(ctx context.Context, code measures.ODSCode, dataset measures.DatasetID) bool {
	list, err := s.Charts.Register.DatasetsWithData(ctx, code)
	if err != nil {
		s.Log.Warn("what an organisation has figures of", "organisation", code, "error", err)
	}
	for _, coverage := range list {
		if coverage.Dataset == dataset {
			return true
		}
	}
	return false
}
