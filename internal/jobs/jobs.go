// Package jobs does what nobody waits for: asking the hub for news, sending what
// is to be sent, forgetting what is over. Jobs stand in the database and are worked
// by any number of processes on any number of machines; River keeps them, and this
// is the only package that knows it.
//
// A job may run twice: a process may die after the work and before it has said so.
// Whatever is done here must bear that. A job opens no figures of its own right:
// where it acts on them it acts for a person whose decision is recorded.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoJob says that there is no such job, or no such kind of job.
var ErrNoJob = errors.New("no such job")

// Kind names a kind of job: "hub.sync".
type Kind string

// Work is one kind of job, and how it is done.
type Work struct {
	Kind  Kind
	Title string // what it does, for people: "Ask the hub for news"
	// Every is how often it is done without being asked for; 0: only when asked.
	Every time.Duration
	// Within is the longest that it may take: then its context ends, and it has
	// failed. 0: a minute. A job whose process was killed begins again when this is
	// over, so it should not be longer than it must.
	Within time.Duration
	// Attempts is how often it is tried before it counts as failed; 0: 5. What is
	// done every so often is tried again then in any case.
	Attempts int
	// Do does it.
	Do func(context.Context) error
}

// longest is how long a job may take that does not say.
const longest = time.Minute

func (w Work) within() time.Duration {
	if w.Within > 0 {
		return w.Within
	}
	return longest
}

func (w Work) attempts() int {
	if w.Attempts > 0 {
		return w.Attempts
	}
	return 5
}

// check finds work that could not be done as it says.
func (w Work) check() error {
	switch {
	case w.Kind == "" || w.Title == "" || w.Do == nil:
		return fmt.Errorf("job %q needs a kind, a title and something to do", w.Kind)
	case w.Every < 0 || w.Every > 0 && w.Every < time.Second:
		return fmt.Errorf("job %s is to be done every %s; a second is the least", w.Kind, w.Every)
	}
	return nil
}

// State is how far a job has come.
type State string

const (
	Waiting  State = "waiting"  // a process will take it as soon as one is free
	Running  State = "running"  // a process has taken it
	Again    State = "again"    // it went wrong, and is tried again later
	Done     State = "done"     // it is done
	Failed   State = "failed"   // it went wrong as often as it may
	Stopped  State = "stopped"  // somebody stopped it
	Upcoming State = "upcoming" // it waits for its time
)

// Open are the states of what is not over.
var Open = []State{Running, Waiting, Again, Upcoming}

// Job is one job as the queue knows it.
type Job struct {
	ID      int64
	Kind    Kind
	State   State
	Attempt int    // how often it was begun
	Most    int    // how often it may be
	By      string // who asked for it; empty: the program itself
	Made    time.Time
	Next    time.Time // when it may begin, or did
	Begun   time.Time // the latest attempt; zero before the first
	Ended   time.Time // zero: it has not
	Worker  string    // the process that has, or had, it
	Faults  []Fault   // one for each attempt that went wrong, in their order
}

// Fault is how one attempt went wrong.
type Fault struct {
	At      time.Time
	Attempt int
	Text    string
}

// Over reports whether nothing more will become of a job by itself.
func (j Job) Over() bool { return j.State == Done || j.State == Failed || j.State == Stopped }
