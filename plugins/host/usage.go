package host

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

// Usage is what a plugin has used since the host was started.
type Usage struct {
	Digest   plugins.Digest
	Runs     uint64 // questions put to it, answered or not; a large one counts once a part
	Declined uint64 // of which it said that the data do not suit
	Refused  uint64 // questions that were not put to it, because too many waited
	Faults   map[plugins.Manner]uint64
	Took     Histogram // until the answer, without waiting for a sandbox
	Asked    uint64    // bytes of its questions
	Answered uint64    // and of its answers
	Memory   uint64    // bytes of the largest instance after a run
	Last     time.Time // when it was asked last
}

// Histogram says how often something took how long.
type Histogram struct {
	Sum    time.Duration
	Counts [len(bounds) + 1]uint64 // up to each bound, and beyond the last; not cumulative
}

// bounds of a histogram: each about three times the one before.
var bounds = [...]time.Duration{100 * time.Microsecond, 300 * time.Microsecond, time.Millisecond, 3 * time.Millisecond,
	10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, time.Second, 3 * time.Second}

// Bounds are up to where a histogram's counts go.
func (Histogram) Bounds() []time.Duration { return slices.Clone(bounds[:]) }

// add counts one time.
func (h *Histogram) add(d time.Duration) {
	h.Sum += d
	at, _ := slices.BinarySearch(bounds[:], d)
	h.Counts[at]++
}

// ledger keeps the usage of every plugin.
type ledger struct {
	mu  sync.Mutex
	now func() time.Time
	all map[plugins.Digest]*Usage
}

// of gives a plugin's, to be changed under the lock.
func (l *ledger) of(digest plugins.Digest) *Usage {
	u := l.all[digest]
	if u == nil {
		u = &Usage{Digest: digest, Faults: map[plugins.Manner]uint64{}}
		l.all[digest] = u
	}
	return u
}

func (l *ledger) ran(digest plugins.Digest, took time.Duration, asked, answered int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.of(digest)
	u.Runs++
	u.Took.add(took)
	u.Asked += uint64(asked)
	u.Answered += uint64(answered)
	u.Last = l.now()
}

func (l *ledger) declined(digest plugins.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(digest).Declined++
}

func (l *ledger) refused(digest plugins.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(digest).Refused++
}

func (l *ledger) fault(digest plugins.Digest, manner plugins.Manner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(digest).Faults[manner]++
}

func (l *ledger) memory(digest plugins.Digest, bytes uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// A plugin may have been forgotten since it answered.
	if u := l.all[digest]; u != nil {
		u.Memory = max(u.Memory, bytes)
	}
}

// Usage says what every plugin has used that was asked since the host was
// started, in the order of their digests.
func (h *Host) Usage() []Usage {
	h.usage.mu.Lock()
	defer h.usage.mu.Unlock()
	list := make([]Usage, 0, len(h.usage.all))
	for _, u := range h.usage.all {
		one := *u
		one.Faults = maps.Clone(u.Faults)
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Usage) int { return cmp.Compare(a.Digest, b.Digest) })
	return list
}
