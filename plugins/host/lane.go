package host

import (
	"errors"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/plugins"
)

// errClosed says that the host has been closed.
var errClosed = errors.New("the sandboxes have been closed")

const (
	// trialNice is by how much children that try plugins out, or compile them,
	// stand back for everybody else who wants a processor. Not further: where
	// all processors are busy they still have to come to an end.
	trialNice = 5
	// compilers is how many modules are compiled at a time: so that an honest one
	// need not wait for one that takes all its time, and that four cannot take all
	// memory.
	compilers = 2
)

// lane is some children and who waits for them. Plugins on trial have one of
// their own, so that none of them can ever make a reader of a proven one wait for
// its deadline. Its fields are guarded by the pool's lock.
type lane struct {
	name string
	size int // children
	nice int
	// prepared says that its children get the plugins that are used most before
	// they are asked.
	prepared bool

	free    []*process
	all     map[*process]bool
	waiting *queue
	broken  error // why no child can be started, if so
}

func newLane(name string, size, waiting int) *lane {
	return &lane{name: name, size: size, all: map[*process]bool{}, waiting: newQueue(waiting)}
}

// freeOrTurn gives a free child, best one that has the plugin loaded, or a turn
// to wait for. The caller holds the pool's lock.
func (l *lane) freeOrTurn(digest plugins.Digest) (*process, turn, error) {
	if child := l.take(func(c *process) bool { return c.has(digest) }); child != nil {
		return child, nil, nil
	}
	if n := len(l.free); n > 0 {
		child := l.free[n-1]
		l.free = l.free[:n-1]
		return child, nil, nil
	}
	if l.broken != nil && len(l.all) == 0 {
		return nil, nil, noSandbox(l.broken)
	}
	mine, ok := l.waiting.join(digest)
	if !ok {
		return nil, nil, fmt.Errorf("%d questions wait for %d sandboxes already; try again in a moment: %w", l.waiting.n, l.size, plugins.ErrBusy)
	}
	return nil, mine, nil
}

// take takes a free child of some kind, or gives nil.
func (l *lane) take(kind func(*process) bool) *process {
	at := slices.IndexFunc(l.free, kind)
	if at < 0 {
		return nil
	}
	child := l.free[at]
	l.free = slices.Delete(l.free, at, at+1)
	return child
}

// noSandbox hides what became of the child that would not start: it had no
// plugin yet, so none is to blame.
func noSandbox(why error) error { return fmt.Errorf("no sandbox can be started: %v", why) }
