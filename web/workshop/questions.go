package workshop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// questions is what was asked about a plugin, and what was answered.
type questions struct {
	page   layout.Page
	faults []layout.Fault
	plugin string
	title  string
	// publisher is who answers, as the list of publishers has it.
	publisher string
	of        registry.Listing // that a question is about: the newest release
	talk      sharing.Talk
	entered   string
	asks      permit
	from      string // the organisation in whose name the reader would ask
	answers   bool   // the reader may bring an answer
	here      *host.Usage
}

func questionsAddress(plugin string) string {
	return "/plugins/questions/" + url.PathEscape(plugin)
}

// releasesOf lists the releases of a plugin that are published, the newest first: as
// the hub tells of them, or as they were published here.
func (p *Pages) releasesOf(ctx context.Context, plugin string) ([]registry.Listing, error) {
	list, err := p.Shared.Listings(ctx, plugin)
	if err != nil {
		return nil, err
	}
	all, err := p.Making.Life.All(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		s := &all[i]
		listed := slices.ContainsFunc(list, func(l registry.Listing) bool { return l.Contents == s.Digest })
		if s.Manifest.ID == plugin && !listed && (s.State() == policy.ReleasePublished || s.State() == policy.ReleaseDeprecated) {
			list = append(list, registry.Listing{ID: plugin, Version: s.Manifest.Version, Publisher: s.Publisher, Title: s.Manifest.Title,
				Contents: s.Digest, Artifact: s.Artifact, State: registry.Published})
		}
	}
	slices.SortFunc(list, func(a, b registry.Listing) int { return semver.Compare("v"+b.Version, "v"+a.Version) })
	if len(list) == 0 {
		return nil, fmt.Errorf("releases of %s: %w", plugin, postgres.ErrNotFound)
	}
	return list, nil
}

// Questions shows what was asked about a plugin, and lets somebody ask or answer.
func (p *Pages) Questions(w http.ResponseWriter, r *http.Request) error {
	v, _, err := p.questions(r)
	if err != nil {
		return err
	}
	return questionsPage(v).Render(r.Context(), w)
}

func (p *Pages) questions(r *http.Request) (questions, policy.Actor, error) {
	plugin := r.PathValue("plugin")
	list, err := p.releasesOf(r.Context(), plugin)
	if err != nil {
		return questions{}, policy.Actor{}, err
	}
	actor, page := p.frame(r, "Questions about "+list[0].Title, toCatalogue, layout.Crumb{Name: list[0].Title, URL: listingAddress(plugin)})
	v := questions{page: page, plugin: plugin, title: list[0].Title, of: list[0], here: p.usage(list[0].Contents), publisher: list[0].Publisher}
	if believed, err := p.Making.Life.List(r.Context()); err == nil {
		if publisher, known := believed.Publisher(v.publisher); known {
			v.publisher = publisher.Name
		}
	}
	if v.talk, err = p.Making.Asking.Talk(r.Context(), plugin); err != nil {
		return v, actor, err
	}
	v.asks.may, v.asks.reasons = p.Making.Asking.May(r.Context(), actor, v.of)
	v.answers = v.asks.may
	if v.from = page.Who.Organisation; actor.ODS == "" {
		v.asks.may = false
	}
	return v, actor, nil
}

// AskQuestion keeps a question for the author.
func (p *Pages) AskQuestion(w http.ResponseWriter, r *http.Request) error {
	return p.say(w, r, "question", func(ctx context.Context, actor policy.Actor, v *questions) error {
		v.entered = r.FormValue("question")
		return p.Making.Asking.Ask(ctx, actor, v.of, v.entered)
	})
}

// replyField is the field of a form that has an answer's file.
const replyField = "reply"

// Reply takes an answer that its author has signed.
func (p *Pages) Reply(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r, replyField)
	return p.say(w, r, replyField, func(ctx context.Context, actor policy.Actor, v *questions) error {
		if err != nil {
			return err
		}
		e, err := registry.DecodeEnvelope(form.file)
		if err != nil {
			return &sharing.Misfit{Field: replyField, Message: "Choose the file that “signalbox plugin reply” has written: this one cannot be read as an answer"}
		}
		err = p.Making.Asking.Reply(ctx, actor, v.plugin, e)
		if errors.Is(err, sharing.ErrNoQuestion) || errors.Is(err, registry.ErrMalformed) {
			return &sharing.Misfit{Field: replyField, Message: "Choose an answer to one of the questions here: this one answers another"}
		}
		return err
	})
}

// TellFaults tells the author how often the newest release went wrong here.
func (p *Pages) TellFaults(w http.ResponseWriter, r *http.Request) error {
	return p.say(w, r, "question", func(ctx context.Context, actor policy.Actor, v *questions) error {
		if v.here == nil {
			return &sharing.Misfit{Field: "question", Message: "There is nothing to tell: this release has not run here since the program was started"}
		}
		counts := map[plugins.Manner]int64{}
		for manner, n := range v.here.Faults {
			counts[manner] = int64(n)
		}
		return p.Making.Asking.TellFaults(ctx, actor, v.of, p.Making.Since, int64(v.here.Runs), counts)
	})
}

// say does what a form asks for and leads back, or says in the form what is wrong.
func (p *Pages) say(w http.ResponseWriter, r *http.Request, field string, do func(context.Context, policy.Actor, *questions) error) error {
	v, actor, err := p.questions(r)
	if err != nil {
		return err
	}
	err = do(r.Context(), actor, &v)
	var wrong *fault
	var misfit *sharing.Misfit
	switch {
	case err == nil:
		http.Redirect(w, r, questionsAddress(v.plugin), http.StatusSeeOther)
		return nil
	case errors.As(err, &wrong):
		v.faults = []layout.Fault{{Field: field, Message: wrong.message}}
	case errors.As(err, &misfit):
		v.faults = []layout.Fault{{Field: misfit.Field, Message: misfit.Message}}
	case sharing.Untrusted(err):
		v.faults = []layout.Fault{{Field: field, Message: "It cannot be believed: " + err.Error()}}
	case errors.Is(err, sharing.ErrNoVoice):
		return &layout.Trouble{Status: http.StatusConflict, Title: "Nobody would believe what this Signalbox says",
			Text: "The hub's list does not name it as one that speaks for your organisation.",
			Help: "Whoever operates this Signalbox sends the public half of its key to the hub: “signalbox hub node” shows it."}
	default:
		return err
	}
	w.WriteHeader(http.StatusUnprocessableEntity)
	return questionsPage(v).Render(r.Context(), w)
}

// replyCommand is how an author answers.
func replyCommand(of registry.Listing, q registry.Question) string {
	return strings.Join([]string{"signalbox plugin reply", shellWord(q.Plugin), shellWord(q.Version), "--contents", string(q.Contents),
		"--question", shellWord(q.ID), "--publisher", shellWord(of.Publisher), `--text "…" > reply.json`}, " ")
}

// faultsText is how often a release went wrong somewhere, in words.
func faultsText(f registry.Faults) string {
	var parts []string
	for _, manner := range manners {
		if n := f.Counts[manner.is]; n > 0 {
			parts = append(parts, manner.did+" "+times(int(n)))
		}
	}
	if len(parts) == 0 {
		return "none went wrong"
	}
	return strings.Join(parts, "; ")
}

// since is a day, in words.
func since(t time.Time) string { return dateOf(t).DayName() }
