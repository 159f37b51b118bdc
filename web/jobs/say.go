package jobs

import (
	"fmt"
	"strconv"
	"time"

	"github.com/signalbox-health/signalbox/internal/jobs"
	"github.com/signalbox-health/signalbox/measures/words"
)

// moment is a time as an operator compares it with a log.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04") + " UTC" }

// every says how often something is done.
func every(d time.Duration) string {
	switch {
	case d == 0:
		return "When asked"
	case d == time.Hour:
		return "Every hour"
	case d%time.Hour == 0:
		return fmt.Sprintf("Every %d hours", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("Every %d minutes", d/time.Minute)
	}
	return fmt.Sprintf("Every %d seconds", d/time.Second)
}

// counted writes a number with what it counts.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Number(float64(n), 0) + " " + many
}

// standing says in words how far a job has come.
func (l line) standing() string {
	switch l.State {
	case jobs.Waiting:
		return "Waits for a process that is free, since " + moment(l.Next)
	case jobs.Running:
		return "Runs since " + moment(l.Begun)
	case jobs.Again:
		return "Went wrong, and is tried again at " + moment(l.Next)
	case jobs.Upcoming:
		return "Begins at " + moment(l.Next)
	case jobs.Failed:
		return "Went wrong for good at " + moment(l.Ended)
	case jobs.Stopped:
		return "Stopped at " + moment(l.Ended)
	case jobs.Done:
		return "Done at " + moment(l.Ended)
	}
	return string(l.State)
}

// attempt says how often it was tried.
func (l line) attempt() string {
	return "attempt " + strconv.Itoa(l.Attempt) + " of " + strconv.Itoa(l.Most)
}

// rhythm says how often a kind of work is done, when it was and when it will be.
func (l line) rhythm() string {
	text := every(l.Work.Every) + "."
	switch {
	case !l.last.IsZero():
		text += " Last done on " + moment(l.last) + "."
	case l.ID == 0:
		text += " Not done yet."
	default:
		text += " Not done in the last day."
	}
	if !l.due.IsZero() && l.Over() {
		text += " Next on " + moment(l.due) + "."
	}
	return text
}
