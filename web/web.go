// Package web is the site: its map, its guards, and how errors become pages.
package web

import (
	"log/slog"
	"net/http"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzhttp"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/adoptions"
	"github.com/signalbox-health/signalbox/web/assets"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/governance"
	"github.com/signalbox-health/signalbox/web/governance/logbook"
	"github.com/signalbox-health/signalbox/web/governance/people"
	"github.com/signalbox-health/signalbox/web/governance/policies"
	"github.com/signalbox-health/signalbox/web/hub"
	"github.com/signalbox-health/signalbox/web/jobs"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session"
	"github.com/signalbox-health/signalbox/web/workshop"
)

// Site is what the pages are made from.
type Site struct {
	Charts     *charts.Pages
	Workshop   *workshop.Pages
	Adoptions  *adoptions.Pages
	Governance *governance.Pages
	Policies   *policies.Pages
	Logbook    *logbook.Pages
	People     *people.Pages
	Jobs       *jobs.Pages
	Sessions   *session.Sessions
	Hub        *hub.Door // for other installations
	Assets     *assets.Assets
	// Reader gives who sends a request, and the frame of the page they will see.
	Reader  func(*http.Request) (policy.Actor, layout.Page)
	Names   session.Organisations
	Policy  *policy.Engine // explains denials
	Metrics http.Handler
	Ready   func(*http.Request) error
	// HTTPS says that readers reach the site by https only.
	HTTPS bool
	Log   *slog.Logger
}

// Handler is the whole site. Read top to bottom it is the site map.
func (s *Site) Handler() http.Handler {
	open := http.NewServeMux() // needs no sign-in
	open.HandleFunc("GET /healthz", s.healthz)
	open.HandleFunc("GET /readyz", s.readyz)
	open.Handle("GET /metrics", s.Metrics)
	open.Handle("GET /assets/", http.StripPrefix("/assets/", s.Assets.Handler()))
	s.entrances(open)
	open.Handle("GET /glossary", whole(s.page(s.Charts.Glossary))) // what charts, icons and rules mean

	for _, format := range []string{"", ".csv", ".json"} {
		open.Handle("GET /governance/uses"+format, whole(s.page(s.Logbook.Uses))) // the public register
	}

	// For other installations: what this one has issued as a hub.
	open.HandleFunc("GET /hub/publishers.json", s.Hub.Publishers)
	open.HandleFunc("GET /hub/index.json", s.Hub.Index)

	signedIn := http.NewServeMux()
	open.Handle("/", s.Sessions.Require(whole(signedIn), s.fail))

	// Charts: what changed, and every chart.
	signedIn.Handle("GET /{$}", s.page(s.Charts.Home))
	signedIn.Handle("GET /trusts", s.page(s.Charts.Search))                         // ?q=
	signedIn.Handle("GET /trusts/{ods}", s.page(s.Charts.Board))                    // a trust, all its measures
	signedIn.Handle("GET /trusts/{ods}/measures/{measure}", s.page(s.Charts.Chart)) // also .csv .json .svg
	for _, format := range []string{"", ".csv", ".json"} {
		signedIn.Handle("GET /trusts/{ods}/measures/{measure}/strata"+format, s.page(s.Charts.Strata)) // the same by stratum: ?by= ?of= ?against=
		signedIn.Handle("GET /trusts/{ods}/measures/{measure}/mix"+format, s.page(s.Charts.Mix))       // what of its change lies within strata
	}
	signedIn.Handle("GET /measures", s.page(s.Charts.Measures))           // the list
	signedIn.Handle("GET /measures/{measure}", s.page(s.Charts.Everyone)) // a measure, all trusts
	for _, format := range []string{"", ".csv", ".json", ".svg"} {
		signedIn.Handle("GET /measures/{measure}/funnel"+format, s.page(s.Charts.Funnel)) // the same by size of trust: ?over= ?to= ?od= ?at=
	}

	// Workshop: the plugins and their measures.
	signedIn.Handle("GET /plugins", s.page(s.Workshop.Plugins))     // the catalogue: ?q= ?area=
	signedIn.Handle("GET /plugins/{id}", s.page(s.Workshop.Plugin)) // also .json, its manifest
	signedIn.Handle("GET /adopt", s.page(s.Workshop.TakeForm))      // releases that are carried here in a file
	signedIn.Handle("POST /adopt", s.page(s.Workshop.TakeFile))
	signedIn.Handle("GET /adopt/{id}", s.page(s.Workshop.Adopt)) // what a release would come to here: ?version=
	signedIn.Handle("POST /adopt/{id}", s.page(s.Workshop.DoAdopt))
	signedIn.Handle("POST /adopt/{id}/take", s.page(s.Workshop.TakeRelease)) // from the hub
	signedIn.Handle("POST /adopt/{id}/undo", s.page(s.Workshop.Undo))
	signedIn.Handle("POST /adopt/{id}/leave", s.page(s.Workshop.Leave))
	signedIn.Handle("GET /adopt/{id}/difference", s.page(s.Workshop.Difference)) // what another version would change: ?version=

	// What became of what organisations have adopted, and what of it leaves them.
	signedIn.Handle("GET /trusts/{ods}/adoptions", s.page(s.Adoptions.Trust))
	signedIn.Handle("GET /trusts/{ods}/adoptions/{adoption}/{measure}", s.page(s.Adoptions.Evidence)) // ?points=
	signedIn.Handle("POST /trusts/{ods}/adoptions/{adoption}/{measure}", s.page(s.Adoptions.Send))

	signedIn.Handle("GET /measures/{measure}/about", s.page(s.Workshop.About)) // what it answers, who stands behind it
	signedIn.Handle("GET /plugins/quarantine", s.page(s.Workshop.Quarantine))
	signedIn.Handle("POST /plugins/quarantine", s.page(s.Workshop.Lift))
	signedIn.Handle("GET /plugins/new", s.page(s.Workshop.New))
	open.Handle("POST /plugins/new", s.Sessions.Require(s.page(s.Workshop.Check), s.fail)) // sent as it comes, so not held back as a whole
	signedIn.Handle("GET /plugins/drafts", s.page(s.Workshop.DraftList))
	signedIn.Handle("GET /plugins/drafts/{draft}", s.page(s.Workshop.Draft))
	signedIn.Handle("GET /plugins/drafts/{draft}/trial", s.page(s.Workshop.Trial)) // on demonstration data: ?measure=
	signedIn.Handle("POST /plugins/drafts/{draft}/forget", s.page(s.Workshop.Forget))

	// Releases that are made here: brought, checked by a second person, published, ended.
	signedIn.Handle("GET /plugins/releases", s.page(s.Workshop.Releases))
	signedIn.Handle("GET /plugins/releases/new", s.page(s.Workshop.NewRelease))                      // ?draft=
	open.Handle("POST /plugins/releases/new", s.Sessions.Require(s.page(s.Workshop.Submit), s.fail)) // sent as it comes
	signedIn.Handle("GET /plugins/releases/{plugin}/{version}", s.page(s.Workshop.Release))
	signedIn.Handle("GET /plugins/releases/{plugin}/{version}/file", s.page(s.Workshop.ReleaseFile))
	signedIn.Handle("GET /plugins/releases/{plugin}/{version}/trial", s.page(s.Workshop.TrialRelease)) // on demonstration data: ?measure=
	signedIn.Handle("POST /plugins/releases/{plugin}/{version}/check", s.page(s.Workshop.CheckRelease))
	signedIn.Handle("POST /plugins/releases/{plugin}/{version}/publish", s.page(s.Workshop.PublishRelease))
	signedIn.Handle("POST /plugins/releases/{plugin}/{version}/deprecate", s.page(s.Workshop.DeprecateRelease))
	signedIn.Handle("POST /plugins/releases/{plugin}/{version}/withdraw", s.page(s.Workshop.WithdrawRelease))
	signedIn.Handle("GET /plugins/mine", s.page(s.Workshop.Mine)) // an author's own: adopters, faults, questions
	signedIn.Handle("GET /plugins/questions/{plugin}", s.page(s.Workshop.Questions))
	signedIn.Handle("POST /plugins/questions/{plugin}/ask", s.page(s.Workshop.AskQuestion))
	signedIn.Handle("POST /plugins/questions/{plugin}/reply", s.page(s.Workshop.Reply))
	signedIn.Handle("POST /plugins/questions/{plugin}/faults", s.page(s.Workshop.TellFaults))

	// Governance: what waits, the policies in force, the record.
	signedIn.Handle("GET /governance", s.page(s.Governance.Home)) // the inbox of those who govern
	signedIn.Handle("GET /governance/baseline", s.page(s.Governance.Baseline))
	signedIn.Handle("GET /governance/requests/{n}", s.page(s.Governance.Request)) // ?until= ?purpose= ?export= ?hidden=
	signedIn.Handle("POST /governance/requests/{n}/grant", s.page(s.Governance.Grant))
	signedIn.Handle("POST /governance/requests/{n}/refuse", s.page(s.Governance.Refuse))
	signedIn.Handle("GET /governance/agreements", s.page(s.Governance.Agreements))
	signedIn.Handle("POST /governance/agreements/{ref}/end", s.page(s.Governance.EndAgreement))

	// Policies: who may see what, and how that is changed.
	signedIn.Handle("GET /governance/policies", s.page(s.Policies.List))
	signedIn.Handle("GET /governance/policies/national", s.page(s.Policies.National))
	signedIn.Handle("GET /governance/policies/{ods}", s.page(s.Policies.Policy))
	signedIn.Handle("POST /governance/policies/{ods}/rollback", s.page(s.Policies.RollBack))
	signedIn.Handle("GET /governance/policies/{ods}/revisions/{revision}", s.page(s.Policies.Revision))
	signedIn.Handle("GET /governance/policies/{ods}/drafts/new", s.page(s.Policies.NewDraft))
	signedIn.Handle("POST /governance/policies/{ods}/drafts", s.page(s.Policies.Write))
	signedIn.Handle("POST /governance/policies/{ods}/check", s.page(s.Policies.Check))         // a part of a page, for the script
	signedIn.Handle("GET /governance/policies/{ods}/drafts/{draft}", s.page(s.Policies.Draft)) // ?all
	signedIn.Handle("GET /governance/policies/{ods}/drafts/{draft}/edit", s.page(s.Policies.Edit))
	signedIn.Handle("POST /governance/policies/{ods}/drafts/{draft}/edit", s.page(s.Policies.Write))
	signedIn.Handle("POST /governance/policies/{ods}/drafts/{draft}/cases", s.page(s.Policies.AddCase)) // a test from a recorded decision
	signedIn.Handle("POST /governance/policies/{ods}/drafts/{draft}/impact", s.page(s.Policies.Foresee))
	signedIn.Handle("POST /governance/policies/{ods}/drafts/{draft}/propose", s.page(s.Policies.Propose))
	signedIn.Handle("POST /governance/policies/{ods}/drafts/{draft}/verdict", s.page(s.Policies.Judge))
	signedIn.Handle("POST /governance/policies/{ods}/drafts/{draft}/shadow", s.page(s.Policies.Shadow))

	// The record: every decision, and why.
	signedIn.Handle("GET /governance/log", s.page(s.Logbook.Search)) // ?person= ?dataset= ?plugin= ?asker= ?action= ?answer= ?from= ?to=
	signedIn.Handle("GET /governance/log/head", s.page(s.Logbook.Head))
	signedIn.Handle("GET /governance/log/{sequence}", s.page(s.Logbook.Record))

	// People: who has which role at an organisation: ?at=
	signedIn.Handle("GET /governance/people", s.page(s.People.ListPage))
	signedIn.Handle("POST /governance/people/invite", s.page(s.People.Invite))
	signedIn.Handle("GET /governance/people/{person}", s.page(s.People.PersonPage))
	signedIn.Handle("POST /governance/people/{person}/role", s.page(s.People.GiveRole))
	signedIn.Handle("POST /governance/people/{person}/end", s.page(s.People.TakeRole))
	signedIn.Handle("POST /governance/people/{person}/training", s.page(s.People.EnterTraining))
	signedIn.Handle("POST /governance/people/{person}/sessions", s.page(s.People.EndSessions))
	signedIn.Handle("POST /governance/people/{person}/invite", s.page(s.People.InviteAgain))

	// For operators: what works in the background.
	signedIn.Handle("GET /jobs", s.page(s.Jobs.Home))
	signedIn.Handle("POST /jobs", s.page(s.Jobs.Do))
	signedIn.Handle("POST /jobs/{job}/stop", s.page(s.Jobs.Stop))

	// Access: what the reader has asked for.
	signedIn.Handle("GET /access/requests", s.page(s.Governance.OwnRequests))
	signedIn.Handle("POST /access/requests", s.page(s.Governance.SendRequest))
	signedIn.Handle("GET /access/requests/{n}", s.page(s.Governance.OwnRequest))
	signedIn.Handle("POST /access/requests/{n}/withdraw", s.page(s.Governance.Withdraw))

	signedIn.Handle("/", s.page(notFound))

	own := http.NewCrossOriginProtection()
	all := http.NewServeMux()
	all.Handle("/", gzhttp.GzipHandler(own.Handler(s.Sessions.Handler(open))))
	// The registry of plugins, whose clients count the bytes that they are sent. It says
	// by itself who must sign in.
	all.Handle("/v2/", own.Handler(s.Sessions.Handler(http.HandlerFunc(s.Hub.Registry))))
	return s.guard(all)
}

// contentPolicy lets a page use what this site serves, and nothing else: no
// inline script or style, no frame, no other host.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers that hold for every answer.
func (s *Site) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if s.HTTPS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// healthz says that the program runs.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readyz says that the program can answer: the database is there.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := s.Ready(r); err != nil {
		s.Log.Error("not ready", "error", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

// write sends a page with its status.
func (s *Site) write(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Render(r.Context(), w); err != nil {
		s.Log.Error("write a page", "path", r.URL.Path, "error", err)
	}
}
