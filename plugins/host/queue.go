package host

import (
	"slices"

	"github.com/signalbox-health/signalbox/plugins"
)

// turn is where one who waits is given a child. It is closed when there will be
// none.
type turn chan *process

// queue is who waits for a child. Plugins take turns: one that is asked a
// thousand questions at once does not keep another's single question waiting for
// more than one of them. Among the questions to one plugin the first comes first.
type queue struct {
	most  int // that may wait in all; half of them to one plugin
	n     int
	lines map[plugins.Digest][]turn
	next  []plugins.Digest // those with a line, in the order of their turns
}

func newQueue(most int) *queue { return &queue{most: most, lines: map[plugins.Digest][]turn{}} }

// join puts one at the end of a plugin's line, or gives false where it is full.
func (q *queue) join(digest plugins.Digest) (turn, bool) {
	line := q.lines[digest]
	if q.n >= q.most || len(line) >= max(1, q.most/2) {
		return nil, false
	}
	if len(line) == 0 {
		q.next = append(q.next, digest)
	}
	mine := make(turn, 1)
	q.lines[digest] = append(line, mine)
	q.n++
	return mine, true
}

// serve gives the child to whose turn it is, and false where nobody waits.
func (q *queue) serve(child *process) bool {
	if q.n == 0 {
		return false
	}
	digest := q.next[0]
	q.next = q.next[1:]
	line := q.lines[digest]
	line[0] <- child
	q.shorten(digest, line[1:])
	if len(line) > 1 {
		q.next = append(q.next, digest)
	}
	return true
}

// leave takes one out who waits no longer.
func (q *queue) leave(digest plugins.Digest, mine turn) {
	line := q.lines[digest]
	at := slices.Index(line, mine)
	if at < 0 {
		return
	}
	if len(line) == 1 {
		q.next = slices.DeleteFunc(q.next, func(d plugins.Digest) bool { return d == digest })
	}
	q.shorten(digest, slices.Delete(line, at, at+1))
}

func (q *queue) shorten(digest plugins.Digest, line []turn) {
	q.n--
	if q.lines[digest] = line; len(line) == 0 {
		delete(q.lines, digest)
	}
}

// dismiss sends everybody away.
func (q *queue) dismiss() {
	for _, line := range q.lines {
		for _, mine := range line {
			close(mine)
		}
	}
	*q = *newQueue(q.most)
}
