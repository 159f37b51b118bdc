package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
)

// asked is who asked for a job, kept beside it.
type asked struct {
	By string `json:"by,omitempty"`
}

// Wake has something done soon: the program itself has found that there is work. A
// job that waits for its time is hurried; one that runs is left alone.
func (q *Queue) Wake(ctx context.Context, kind Kind) (Job, error) { return q.put(ctx, kind, "") }

// Now is Wake for somebody who may manage jobs.
func (q *Queue) Now(ctx context.Context, grant policy.Grant, kind Kind) (Job, error) {
	if err := managing(grant); err != nil {
		return Job{}, fmt.Errorf("job %s: %w", kind, err)
	}
	return q.put(ctx, kind, grant.Record().Decision().Request.Actor.ID)
}

func (q *Queue) put(ctx context.Context, kind Kind, by string) (Job, error) {
	w, known := q.works[kind]
	if !known {
		return Job{}, fmt.Errorf("job %s: %w", kind, ErrNoJob)
	}
	metadata, err := json.Marshal(asked{by})
	if err != nil {
		return Job{}, err
	}
	result, err := q.client.Insert(ctx, task{kind}, w.options(metadata))
	if err != nil {
		return Job{}, fmt.Errorf("job %s: %w", kind, err)
	}
	row := result.Job
	if result.UniqueSkippedAsDuplicate {
		if row, err = q.client.JobRetry(ctx, row.ID); err != nil {
			return Job{}, fmt.Errorf("hurry job %s: %w", kind, err)
		}
	}
	return jobOf(row), nil
}

// Cancel stops a job: one that waits is not begun, and the context of one that runs
// ends, on whatever machine it does.
func (q *Queue) Cancel(ctx context.Context, grant policy.Grant, id int64) (Job, error) {
	err := managing(grant)
	if err == nil {
		var row *rivertype.JobRow
		if row, err = q.client.JobCancel(ctx, id); err == nil {
			return jobOf(row), nil
		}
	}
	return Job{}, fmt.Errorf("stop job %d: %w", id, absent(err))
}

// Job finds one.
func (q *Queue) Job(ctx context.Context, grant policy.Grant, id int64) (Job, error) {
	err := managing(grant)
	if err == nil {
		var row *rivertype.JobRow
		if row, err = q.client.JobGet(ctx, id); err == nil {
			return jobOf(row), nil
		}
	}
	return Job{}, fmt.Errorf("job %d: %w", id, absent(err))
}

// listed is how many jobs are listed at most.
const listed = 200

// Jobs lists those in some states, the newest first.
func (q *Queue) Jobs(ctx context.Context, grant policy.Grant, states ...State) ([]Job, error) {
	if err := managing(grant); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return q.jobs(ctx, states...)
}

// Latest finds the job of a kind that was put into the queue last, in one of some
// states; ErrNoJob where there is none.
func (q *Queue) Latest(ctx context.Context, grant policy.Grant, kind Kind, states ...State) (Job, error) {
	err := managing(grant)
	if err == nil {
		var list []Job
		if list, err = q.find(ctx, river.NewJobListParams().First(1).Kinds(string(kind)), states...); len(list) == 1 {
			return list[0], nil
		}
	}
	if err == nil {
		err = ErrNoJob
	}
	return Job{}, fmt.Errorf("latest job %s: %w", kind, err)
}

// Standing counts the jobs that are not over, by kind and state. It names nobody, so
// nobody has to be asked.
func (q *Queue) Standing(ctx context.Context) (map[Kind]map[State]int, error) {
	list, err := q.jobs(ctx, Open...)
	if err != nil {
		return nil, err
	}
	standing := map[Kind]map[State]int{}
	for _, job := range list {
		if standing[job.Kind] == nil {
			standing[job.Kind] = map[State]int{}
		}
		standing[job.Kind][job.State]++
	}
	return standing, nil
}

func (q *Queue) jobs(ctx context.Context, states ...State) ([]Job, error) {
	return q.find(ctx, river.NewJobListParams().First(listed), states...)
}

func (q *Queue) find(ctx context.Context, among *river.JobListParams, states ...State) ([]Job, error) {
	var theirs []rivertype.JobState
	for _, s := range states {
		theirs = append(theirs, rivers[s]...)
	}
	found, err := q.client.JobList(ctx, among.States(theirs...).OrderBy(river.JobListOrderByID, river.SortOrderDesc))
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	var list []Job
	for _, row := range found.Jobs {
		list = append(list, jobOf(row))
	}
	return list, nil
}

// Works lists the kinds of work, in the order in which they were given.
func (q *Queue) Works() []Work {
	var list []Work
	for _, kind := range q.order {
		list = append(list, q.works[kind])
	}
	return list
}

// managing checks that a grant is for what is done here.
func managing(grant policy.Grant) error {
	if !grant.Valid() || grant.Record().Decision().Request.Action != policy.JobsManage {
		return fmt.Errorf("%w: it is for managing jobs that one is wanted", postgres.ErrOutOfScope)
	}
	return nil
}

func absent(err error) error {
	if errors.Is(err, rivertype.ErrNotFound) {
		return ErrNoJob
	}
	return err
}

// rivers are the states of River's that are one of ours.
var rivers = map[State][]rivertype.JobState{
	Waiting:  {rivertype.JobStateAvailable},
	Running:  {rivertype.JobStateRunning},
	Again:    {rivertype.JobStateRetryable},
	Done:     {rivertype.JobStateCompleted},
	Failed:   {rivertype.JobStateDiscarded},
	Stopped:  {rivertype.JobStateCancelled},
	Upcoming: {rivertype.JobStateScheduled, rivertype.JobStatePending},
}

func stateOf(theirs rivertype.JobState) State {
	for ours, list := range rivers {
		for _, s := range list {
			if s == theirs {
				return ours
			}
		}
	}
	return State(theirs)
}

func jobOf(row *rivertype.JobRow) Job {
	j := Job{ID: row.ID, Kind: Kind(row.Kind), State: stateOf(row.State), Attempt: row.Attempt, Most: row.MaxAttempts,
		Made: row.CreatedAt, Next: row.ScheduledAt, Begun: at(row.AttemptedAt), Ended: at(row.FinalizedAt)}
	var a asked
	if json.Unmarshal(row.Metadata, &a) == nil {
		j.By = a.By
	}
	if n := len(row.AttemptedBy); n > 0 {
		j.Worker = row.AttemptedBy[n-1]
	}
	for _, e := range row.Errors {
		j.Faults = append(j.Faults, Fault{At: e.At, Attempt: e.Attempt, Text: e.Error})
	}
	return j
}

func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
