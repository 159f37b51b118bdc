package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// ErrNotQuarantined says that there is nothing to lift.
var ErrNotQuarantined = errors.New("plugin is not in quarantine")

// Keeper keeps who is in quarantine, from one start to the next and for all
// programs that serve the same installation.
type Keeper interface {
	// Quarantines gives those in force.
	Quarantines(ctx context.Context) ([]plugins.Quarantine, error)
	// Quarantine adds one. Adding one that is in force already changes nothing.
	Quarantine(ctx context.Context, q plugins.Quarantine) error
	// Lift ends one, and keeps who did.
	Lift(ctx context.Context, digest plugins.Digest, who string, at time.Time) error
}

// Tolerance is what a plugin may do wrong before it is in quarantine: fewer than
// so many faults within a time. A fault counts once for the organisations whose
// figures it was about, so that nobody's figures alone can take a plugin away
// from everybody else. Zero means three within ten minutes.
type Tolerance struct {
	Faults int
	Within time.Duration
}

// keepTime is how long a keeper may take.
const keepTime = 5 * time.Second

// ward knows who is in quarantine, and who did wrong lately.
type ward struct {
	tolerance Tolerance
	keeper    Keeper
	now       func() time.Time

	mu     sync.Mutex
	closed map[plugins.Digest]plugins.Quarantine
	lately map[plugins.Digest][]misdeed
}

// misdeed is a fault, and whose figures it was about.
type misdeed struct {
	at     time.Time
	manner plugins.Manner
	about  subject
}

// maxMisdeeds bounds what is remembered of one plugin.
const maxMisdeeds = 256

func newWard(o *Options) (*ward, error) {
	w := &ward{tolerance: o.Tolerance, keeper: o.Keeper, now: o.Now, lately: map[plugins.Digest][]misdeed{}}
	if w.tolerance == (Tolerance{}) {
		w.tolerance = Tolerance{Faults: 3, Within: 10 * time.Minute}
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepTime)
	defer cancel()
	return w, w.recall(ctx)
}

// recall asks the keeper who is in quarantine now.
func (w *ward) recall(ctx context.Context) error {
	kept := map[plugins.Digest]plugins.Quarantine{}
	if w.keeper == nil {
		w.closed = kept
		return nil
	}
	list, err := w.keeper.Quarantines(ctx)
	if err != nil {
		return fmt.Errorf("ask which plugins are in quarantine: %w", err)
	}
	for _, q := range list {
		kept[q.Digest] = q
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = kept
	return nil
}

// holds reports whether a plugin is in quarantine.
func (w *ward) holds(digest plugins.Digest) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, there := w.closed[digest]
	return there
}

// admit says why a plugin is not asked, if so.
func (w *ward) admit(digest plugins.Digest, about subject) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if q, ok := w.closed[digest]; ok {
		return &plugins.Fault{Digest: digest, Kind: plugins.ErrQuarantined,
			Cause: fmt.Sprintf("since %s, after %s", q.Since.UTC().Format(time.RFC3339), q.Cause())}
	}
	var same []misdeed
	for _, m := range w.recent(digest) {
		if m.about.equal(about) {
			same = append(same, m)
		}
	}
	if len(same) < w.tolerance.Faults {
		return nil
	}
	again := same[len(same)-w.tolerance.Faults].at.Add(w.tolerance.Within)
	return &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Manner: same[len(same)-1].manner,
		Cause: fmt.Sprintf("%d faults about these figures within %v; it is not asked about them again before %s",
			len(same), w.tolerance.Within, again.UTC().Format(time.RFC3339))}
}

// recent gives what a plugin did within the time that counts. The caller holds
// the lock.
func (w *ward) recent(digest plugins.Digest) []misdeed {
	list := w.lately[digest]
	since := w.now().Add(-w.tolerance.Within)
	list = slices.DeleteFunc(list, func(m misdeed) bool { return m.at.Before(since) })
	list = list[max(0, len(list)-maxMisdeeds):]
	if len(list) == 0 {
		delete(w.lately, digest)
		return nil
	}
	w.lately[digest] = list
	return list
}

// note remembers a fault, and gives the quarantine that it brought about.
func (w *ward) note(digest plugins.Digest, manner plugins.Manner, about subject) (plugins.Quarantine, bool) {
	if manner == plugins.Starved {
		return plugins.Quarantine{}, false // the machine was busy, which is not the plugin's doing
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, already := w.closed[digest]; already {
		return plugins.Quarantine{}, false
	}
	w.lately[digest] = append(w.lately[digest], misdeed{w.now(), manner, about})
	counted := independent(w.recent(digest))
	// Nothing excuses breaking out of the engine.
	if len(counted) < w.tolerance.Faults && manner != plugins.BrokeOut {
		return plugins.Quarantine{}, false
	}
	q := plugins.Quarantine{Digest: digest, Since: w.now(), Manners: counted}
	if manner == plugins.BrokeOut {
		q.Manners = []plugins.Manner{manner}
	}
	w.closed[digest] = q
	delete(w.lately, digest)
	return q, true
}

// independent gives the manners of faults no two of which are about the same
// organisation. Those about fewest come first: a question about all trusts would
// otherwise hide the rest.
func independent(list []misdeed) []plugins.Manner {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b misdeed) int { return a.about.size() - b.about.size() })
	var taken []misdeed
	var manners []plugins.Manner
	for _, m := range list {
		if !slices.ContainsFunc(taken, func(t misdeed) bool { return t.about.shares(m.about) }) {
			taken = append(taken, m)
			manners = append(manners, m.manner)
		}
	}
	return manners
}

// Admit says why a plugin would not be asked a question: it is in quarantine, or
// has failed on these figures too often. Whoever keeps its answers asks before
// giving one out again.
func (h *Host) Admit(digest plugins.Digest, q *wire.Request) error {
	return h.ward.admit(digest, subjectOf(q))
}

// Blame notes a fault that was found in an answer after Run gave it: numbers
// that are not true. Other errors are not looked at.
func (h *Host) Blame(digest plugins.Digest, q *wire.Request, err error) {
	var fault *plugins.Fault
	if errors.As(err, &fault) && errors.Is(err, plugins.ErrFault) {
		h.usage.fault(digest, fault.Manner)
		if m, err := h.installed(digest); err == nil {
			h.blame(m, fault, subjectOf(q))
		}
	}
}

// blame notes a fault, and tells the keeper and the log if that was one too many.
func (h *Host) blame(m *installed, fault *plugins.Fault, about subject) {
	digest := m.release.Digest
	if fault.Manner != plugins.Starved {
		h.pool.shun(m)
	}
	q, closed := h.ward.note(digest, fault.Manner, about)
	if !closed {
		return
	}
	h.o.Log.Error("a plugin is in quarantine: it is not run any more until somebody lifts that", "plugin", digest, "after", q.Cause(), "last", fault.Cause)
	if h.o.Keeper == nil {
		return
	}
	h.pool.background(func() {
		ctx, cancel := context.WithTimeout(context.Background(), keepTime)
		defer cancel()
		if err := h.o.Keeper.Quarantine(ctx, q); err != nil {
			h.o.Log.Error("a quarantine could not be kept, and ends with this program", "plugin", digest, "error", err)
		}
	})
}

// Quarantined lists the plugins that are not run, the latest first.
func (h *Host) Quarantined() []plugins.Quarantine {
	h.ward.mu.Lock()
	defer h.ward.mu.Unlock()
	return slices.SortedFunc(maps.Values(h.ward.closed), func(a, b plugins.Quarantine) int { return b.Since.Compare(a.Since) })
}

// Lift lets a plugin run again, as somebody decided who has looked into it. It
// is kept who that was.
func (h *Host) Lift(ctx context.Context, digest plugins.Digest, who string) error {
	if who == "" {
		return fmt.Errorf("lift the quarantine of %s: it has to be said who decided so", digest.Short())
	}
	if !h.ward.holds(digest) {
		return fmt.Errorf("lift the quarantine of %s: %w", digest.Short(), ErrNotQuarantined)
	}
	if h.o.Keeper != nil {
		if err := h.o.Keeper.Lift(ctx, digest, who, h.ward.now()); err != nil {
			return fmt.Errorf("lift the quarantine of %s: %w", digest.Short(), err)
		}
	}
	h.ward.mu.Lock()
	defer h.ward.mu.Unlock()
	delete(h.ward.closed, digest)
	delete(h.ward.lately, digest)
	h.o.Log.Info("a quarantine was lifted", "plugin", digest, "by", who)
	return nil
}

// Recall takes notice of quarantines that other programs have begun or lifted.
// Where the keeper cannot be asked, what was known remains in force.
func (h *Host) Recall(ctx context.Context) error { return h.ward.recall(ctx) }
