// Package jobs is the page of those who operate this Signalbox: what works in the
// background, what waits, what went wrong, and what the hub said last. What an
// operator does here is asked of the policy and recorded first.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Queue is where jobs stand.
type Queue interface {
	Works() []jobs.Work
	Jobs(context.Context, policy.Grant, ...jobs.State) ([]jobs.Job, error)
	Latest(context.Context, policy.Grant, jobs.Kind, ...jobs.State) (jobs.Job, error)
	Now(context.Context, policy.Grant, jobs.Kind) (jobs.Job, error)
	Cancel(ctx context.Context, grant policy.Grant, id int64) (jobs.Job, error)
}

// Hub tells what is known of the hub, and what waits to be sent to it.
type Hub interface {
	HubState(context.Context) (postgres.HubState, error)
	UnsentSayings(context.Context) ([]postgres.Saying, error)
}

// Ledger keeps what became of a decision.
type Ledger interface {
	RecordResults(context.Context, []postgres.Result) error
}

// Pages are those of operators.
type Pages struct {
	Desk   *governing.Desk
	Ledger Ledger
	Queue  Queue
	Hub    Hub
	// Address is that of the hub; empty where this installation has none.
	Address string
	// Sync is the kind of job that asks the hub.
	Sync   jobs.Kind
	Names  func(ctx context.Context, person string) string
	Reader func(*http.Request) (policy.Actor, layout.Page)
	Now    func() time.Time
}

// desk is the page.
type desk struct {
	page     layout.Page
	hub      hub
	works    []line
	open     []line // not over
	wrong    []line // failed or stopped
	nobody   bool   // nothing works although there is work
	moment   time.Time
	syncKind jobs.Kind
}

// line is one kind of work, or one job of it.
type line struct {
	jobs.Job
	Work  jobs.Work
	Asker string    // who asked for it; empty: the program
	last  time.Time // when it was last done; zero: not in the last day
	due   time.Time // when it is done next without being asked for; zero: never
}

// Home shows everything. That somebody looked is recorded.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	actor, page := p.Reader(r)
	page.Title = "Work in the background"
	grant, err := p.Desk.Ask(ctx, actor, policy.JobsManage, "", policy.Change{})
	if err != nil {
		return err
	}
	v := desk{page: page, moment: p.Now(), syncKind: p.Sync}
	if v.hub, err = p.hub(ctx); err != nil {
		return err
	}
	if v.open, err = p.lines(ctx, grant, jobs.Open...); err != nil {
		return err
	}
	if v.wrong, err = p.lines(ctx, grant, jobs.Failed, jobs.Stopped); err != nil {
		return err
	}
	for _, work := range p.Queue.Works() {
		one, err := p.regular(ctx, grant, work)
		if err != nil {
			return err
		}
		if work.Every > 0 || one.ID != 0 {
			v.works = append(v.works, one) // what is for a hub is not done where there is none
		}
	}
	v.nobody = idle(v.works, v.open, v.moment)
	return deskPage(v).Render(ctx, w)
}

func (p *Pages) lines(ctx context.Context, grant policy.Grant, states ...jobs.State) ([]line, error) {
	list, err := p.Queue.Jobs(ctx, grant, states...)
	if err != nil {
		return nil, err
	}
	works := map[jobs.Kind]jobs.Work{}
	for _, w := range p.Queue.Works() {
		works[w.Kind] = w
	}
	var lines []line
	for _, job := range list {
		one := line{Job: job, Work: works[job.Kind]}
		if one.Work.Title == "" {
			one.Work.Title = string(job.Kind) // of another version of this program
		}
		if job.By != "" {
			one.Asker = p.Names(ctx, job.By)
		}
		lines = append(lines, one)
	}
	return lines, nil
}

// regular is a kind of work, when it was done and when it will be.
func (p *Pages) regular(ctx context.Context, grant policy.Grant, work jobs.Work) (line, error) {
	one := line{Work: work}
	done, err := p.Queue.Latest(ctx, grant, work.Kind, jobs.Done)
	if err != nil && !errors.Is(err, jobs.ErrNoJob) {
		return one, err
	}
	one.last = done.Ended
	if latest, err := p.Queue.Latest(ctx, grant, work.Kind, append(jobs.Open, jobs.Done, jobs.Failed, jobs.Stopped)...); err == nil {
		one.Job = latest
		if work.Every > 0 {
			one.due = latest.Made.Add(work.Every)
		}
	} else if !errors.Is(err, jobs.ErrNoJob) {
		return one, err
	}
	return one, nil
}

// patience is how long something may be late before it is said.
const patience = 2 * time.Minute

// idle reports whether nobody works: what should long have been begun was not.
func idle(works, open []line, now time.Time) bool {
	for _, l := range open {
		if l.State == jobs.Waiting && now.Sub(l.Next) > patience {
			return true
		}
	}
	for _, l := range works {
		if !l.due.IsZero() && l.Over() && now.Sub(l.due) > patience {
			return true
		}
	}
	return false
}

// Do has a kind of work done now.
func (p *Pages) Do(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	grant, err := p.Desk.Ask(r.Context(), actor, policy.JobsManage, "", policy.Change{})
	if err != nil {
		return err
	}
	_, err = p.Queue.Now(r.Context(), grant, jobs.Kind(r.PostFormValue("kind")))
	return p.done(w, r, grant, err)
}

// Stop stops a job.
func (p *Pages) Stop(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("job"), 10, 64)
	if err != nil {
		return told(jobs.ErrNoJob)
	}
	actor, _ := p.Reader(r)
	grant, err := p.Desk.Ask(r.Context(), actor, policy.JobsManage, "", policy.Change{})
	if err != nil {
		return err
	}
	_, err = p.Queue.Cancel(r.Context(), grant, id)
	return p.done(w, r, grant, err)
}

// done records what became of an act, and leads back to the page.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, grant policy.Grant, err error) error {
	result := postgres.Result{Record: grant.Record()}
	if err != nil {
		result.Problem = "it could not be done"
	}
	ctx := context.WithoutCancel(r.Context()) // whoever sent it may have gone; what was done stands
	if recorded := p.Ledger.RecordResults(ctx, []postgres.Result{result}); recorded != nil && err == nil {
		err = fmt.Errorf("record what became of %s: %w", policy.JobsManage, recorded)
	}
	if err != nil {
		return told(err)
	}
	http.Redirect(w, r, "/jobs#work", http.StatusSeeOther)
	return nil
}

// told says in words that there is no such job.
func told(err error) error {
	if !errors.Is(err, jobs.ErrNoJob) {
		return err
	}
	return &layout.Trouble{Status: http.StatusNotFound, Title: "There is no such job",
		Text: "It is over and forgotten, or it never was.", Help: "Look at the page of work in the background again."}
}
