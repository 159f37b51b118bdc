package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// Options are what a queue may be told.
type Options struct {
	// Workers is how many jobs this process works at a time; 0 means 4.
	Workers int
	// Rescue is how long after its beginning a job of a process that died is given
	// to another, unless the job itself may take longer; 0 means 75 seconds. It has
	// to be more than the minute that a job takes at most unless it says otherwise.
	Rescue time.Duration
	Log    *slog.Logger
}

const (
	workers = 4
	// rescue is little more than longest: nobody hears from a process that was
	// killed, so time is all there is to tell.
	rescue = longest + 15*time.Second
	// softly is how long jobs under way may go on when the process is to end. What is
	// not done then is given back to the queue.
	softly = 5 * time.Second
)

// Queue is where jobs are put, and what works them. It is safe for concurrent use.
type Queue struct {
	client *river.Client[postgres.Tx]
	works  map[Kind]Work
	order  []Kind
	counts counts
}

// task is what a job says of itself: nothing but its kind. What there is to do stands
// in the database, so a job that comes late, twice or never does no harm.
type task struct{ kind Kind }

func (t task) Kind() string { return string(t.kind) }

// worker does one kind of work.
type worker struct {
	river.WorkerDefaults[task]
	work Work
}

func (w *worker) Timeout(*river.Job[task]) time.Duration             { return w.work.within() }
func (w *worker) Work(ctx context.Context, _ *river.Job[task]) error { return w.work.Do(ctx) }

// New prepares a queue for these kinds of work. Nothing is worked before Start.
func New(db *postgres.DB, o Options, works ...Work) (*Queue, error) {
	q := &Queue{works: map[Kind]Work{}}
	settings := o.settings()
	for _, w := range works {
		if err := w.check(); err != nil {
			return nil, err
		}
		if _, twice := q.works[w.Kind]; twice {
			return nil, fmt.Errorf("job %s is there twice", w.Kind)
		}
		q.works[w.Kind] = w
		q.order = append(q.order, w.Kind)
		river.AddWorkerArgs(settings.Workers, task{w.Kind}, &worker{work: w})
		if w.Every > 0 {
			settings.PeriodicJobs = append(settings.PeriodicJobs, periodic(w))
		}
	}
	client, err := river.NewClient(riverpgxv5.New(db.Pool()), settings)
	if err != nil {
		return nil, fmt.Errorf("queue of jobs: %w", err)
	}
	q.client = client
	return q, nil
}

func (o Options) settings() *river.Config {
	if o.Workers == 0 {
		o.Workers = workers
	}
	if o.Rescue == 0 {
		o.Rescue = rescue
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &river.Config{
		Workers:                     river.NewWorkers(),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}},
		JobTimeout:                  min(longest, o.Rescue/2),
		RescueStuckJobsAfter:        o.Rescue,
		SoftStopTimeout:             softly,
		FetchOnlyKnownKinds:         true, // of two versions of this program at once, each takes what it knows
		CancelledJobRetentionPeriod: keepWrong,
		CompletedJobRetentionPeriod: keepDone,
		DiscardedJobRetentionPeriod: keepWrong,
		// Only the owner of a table may do that, and this process is not.
		ReindexerSchedule: river.NeverSchedule(),
		Logger:            o.Log,
	}
}

// How long the page shows what is over.
const (
	keepDone  = 24 * time.Hour
	keepWrong = 14 * 24 * time.Hour
)

// periodic is work that one process, the leader of all, puts into the queue every so
// often, and when it becomes the leader: so nothing waits for a day because a machine
// is restarted each night.
func periodic(w Work) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(w.Every),
		func() (river.JobArgs, *river.InsertOpts) { return task{w.Kind}, w.options(nil) },
		&river.PeriodicJobOpts{ID: string(w.Kind), RunOnStart: true})
}

// options lets a kind of work stand in the queue once, until it is over.
func (w Work) options(asked []byte) *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: w.attempts(), Metadata: asked, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}}}
}

// Start begins to work jobs, until Close. It does not end with ctx.
func (q *Queue) Start(ctx context.Context) error {
	finished, stop := q.client.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled)
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		stop()
		return fmt.Errorf("work jobs: %w", err)
	}
	go q.counts.listen(finished)
	return nil
}

// Close stops to work jobs. Those under way have a few seconds; what is not done then
// is given back, and another process takes it.
func (q *Queue) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*softly)
	defer cancel()
	if err := q.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop to work jobs: %w", err)
	}
	return nil
}
