package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/charts"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session"
)

// handler answers a request or says why it could not.
type handler func(http.ResponseWriter, *http.Request) error

// errNotFound is for addresses that are not on the site map.
var errNotFound = errors.New("no such page")

func notFound(http.ResponseWriter, *http.Request) error { return errNotFound }

// page serves a handler, and turns its error into a page in one place.
func (s *Site) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "private, no-store")
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// trouble is an error as a reader sees it.
type trouble struct {
	page   layout.Page
	status int
	title  string
	text   string
	help   string
	again  bool // it is worth asking again in a moment
}

// retryAfter is how many seconds a program should wait before it asks again.
const retryAfter = "2"

// fail shows an error. What an operator needs goes to the log; the reader is
// told what stopped, that the data are safe, and a way on.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has gone
	}
	if session.ByToken(r.Context()) {
		s.refuse(w, r, err)
		return
	}
	actor, page := s.Reader(r)
	if denial := (*policy.Denial)(nil); errors.As(err, &denial) {
		s.Log.Info("denied", "record", denial.Record.Sequence(), "path", r.URL.Path)
		d := s.denied(r, page, actor, denial)
		s.write(w, r, http.StatusForbidden, deniedPage(d))
		return
	}
	t := troubleOf(err)
	if t.status >= 500 {
		s.Log.Error("page failed", "path", r.URL.Path, "error", err)
	}
	if t.again {
		w.Header().Set("Retry-After", retryAfter)
	}
	t.page = page
	t.page.Title = t.title
	s.write(w, r, t.status, troublePage(t))
}

func troubleOf(err error) trouble {
	said := (*layout.Trouble)(nil)
	switch {
	case errors.As(err, &said):
		return trouble{status: said.Status, title: said.Title, text: said.Text, help: said.Help}
	case errors.Is(err, errNotFound):
		return trouble{status: http.StatusNotFound, title: "There is no such page",
			text: "The address may be mistyped, or out of date.", help: "Charts have addresses such as /trusts/ZZA/measures/ae-4h."}
	case errors.Is(err, analysis.ErrNoMeasure):
		return trouble{status: http.StatusNotFound, title: "There is no such measure",
			text: "Nobody has defined a measure of that name here.", help: "All measures are listed under Measures."}
	case errors.Is(err, postgres.ErrNotFound):
		return trouble{status: http.StatusNotFound, title: "Nothing is known by that name",
			text: "There is no organisation with that code here, and no plugin or draft of that name, or request of that number.", help: "Names need not be exact: try the search."}
	case errors.Is(err, charts.ErrBadAddress):
		return trouble{status: http.StatusBadRequest, title: "The address asks for something that cannot be",
			text: err.Error(), help: "Take the part after the question mark away to see the chart as it is."}
	case errors.Is(err, analysis.ErrRevealing):
		return trouble{status: http.StatusForbidden, title: "This cannot be shown beside what you have seen",
			text: charts.PlainReason(err, analysis.ErrRevealing), help: "Its owner's information governance team can share the figures as they are, if there is a need."}
	case errors.Is(err, analysis.ErrNoFunnel):
		return trouble{status: http.StatusUnprocessableEntity, title: "There is no funnel for this measure",
			text: charts.ReasonOfNoFunnel(err), help: "The measure's own page shows it at each trust, over time."}
	case errors.Is(err, analysis.ErrNoMix):
		return trouble{status: http.StatusUnprocessableEntity, title: "This change cannot be split",
			text: charts.PlainReason(err, analysis.ErrNoMix), help: "The measure's own page shows it over time."}
	case errors.Is(err, charts.ErrNoFigures):
		return trouble{status: http.StatusNotFound, title: "There are no figures for this chart",
			text: "So there is nothing to make a file of.", help: "The organisation's own page lists the measures that it has figures for."}
	case errors.Is(err, policy.ErrUnavailable):
		return trouble{status: http.StatusServiceUnavailable, title: "The policy could not be asked",
			text: "Nobody has refused you: the rules that decide did not answer in time, so nothing was read.", help: "Please try again in a minute."}
	case errors.Is(err, plugins.ErrUnsuited):
		return trouble{status: http.StatusUnprocessableEntity, title: "These figures do not suit the chart",
			text: "The plugin that computes it looked at the figures and declined.", help: "Another period, or another measure, may work."}
	case errors.Is(err, plugins.ErrQuarantined):
		return trouble{status: http.StatusServiceUnavailable, title: "This plugin is in quarantine",
			text: "The plugin that computes this chart went wrong several times, so it is not run until somebody has looked into it. The figures are safe, and every other chart goes on.",
			help: "The workshop says what it did, under plugins in quarantine, and who may let it run again."}
	case errors.Is(err, plugins.ErrBusy):
		return trouble{status: http.StatusServiceUnavailable, again: true, title: "Too much is being asked just now",
			text: "More charts were asked for at once than can be computed, so this one was not begun. The figures are safe.", help: "Please try again in a moment."}
	case errors.Is(err, plugins.ErrFault), errors.Is(err, plugins.ErrRefused):
		return trouble{status: http.StatusBadGateway, title: "The plugin went wrong",
			text: "The plugin that computes this chart was stopped. The figures are safe, and every other chart goes on.", help: "Whoever looks after this installation has been told, in its log."}
	default:
		return trouble{status: http.StatusInternalServerError, title: "Something broke",
			text: "This page could not be made. The data are safe: nothing was changed.", help: "Please try again in a minute."}
	}
}
