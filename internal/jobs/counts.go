package jobs

import (
	"maps"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// Count is what this process has done of one kind of work.
type Count struct {
	Done, Failed, Stopped int64
	Took                  time.Duration // of all runs together
	Waited                time.Duration // of all runs, from when they might have begun
}

// counts counts what becomes of jobs in this process.
type counts struct {
	mu sync.Mutex
	of map[Kind]Count
}

// listen counts until the queue is closed.
func (c *counts) listen(finished <-chan *river.Event) {
	for event := range finished {
		c.add(event)
	}
}

func (c *counts) add(event *river.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[Kind]Count{}
	}
	n := c.of[Kind(event.Job.Kind)]
	switch event.Kind {
	case river.EventKindJobCompleted:
		n.Done++
	case river.EventKindJobFailed:
		n.Failed++
	case river.EventKindJobCancelled:
		n.Stopped++
	}
	n.Took += event.JobStats.RunDuration
	n.Waited += event.JobStats.QueueWaitDuration
	c.of[Kind(event.Job.Kind)] = n
}

// Counts says what this process has done since it began, by kind of work.
func (q *Queue) Counts() map[Kind]Count {
	q.counts.mu.Lock()
	defer q.counts.mu.Unlock()
	return maps.Clone(q.counts.of)
}
