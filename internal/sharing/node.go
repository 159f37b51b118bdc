package sharing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// ErrNoHub says that this installation is by itself.
var ErrNoHub = errors.New("this installation has no hub")

// Node is an installation as its hub sees it: it asks for news, and sends what its
// people have decided to send. It goes on with what it knows while the hub is down,
// and believes nothing that is not signed.
type Node struct {
	Hub    string // the folder of publishers.json and index.json; empty: no hub
	Root   registry.Root
	Store  Known
	Speech Speech
	// Allow asks whether something that was decided on may leave still: StillMay.Allow.
	Allow func(context.Context, postgres.Saying) error
	// Changed is called after something new was believed, so that what has been
	// withdrawn stops at once.
	Changed func(context.Context) error
	Client  *http.Client // nil: one that does not follow the hub out of TLS
	Now     func() time.Time

	mu   sync.Mutex // one sync at a time in a process
	seen seen
}

// Known is where what the hub has said is kept.
type Known interface {
	HubState(context.Context) (postgres.HubState, error)
	TakeIndex(ctx context.Context, list registry.Envelope, index *registry.Index, listSerial int64) error
	HubTried(ctx context.Context, problem string) error
	UnsentSayings(context.Context) ([]postgres.Saying, error)
	SayingSent(ctx context.Context, id int64) error
	SayingFailed(ctx context.Context, id int64, problem string) error
}

// Speech carries what is said of a release to the hub's registry.
type Speech interface {
	Say(ctx context.Context, plugin string, artifact plugins.Digest, e registry.Envelope) error
}

// Synced is what came of asking the hub.
type Synced struct {
	List, Index int64 // the numbers that are known now
	New         bool  // something was taken that was not known before
	Releases    int   // in the index that was taken; 0 where nothing was new
	Withdrawn   int   // of these
	Expires     time.Time
}

// notes is how long keeping the outcome may take after the time for asking is over.
const notes = 5 * time.Second

// Sync asks the hub for its list of publishers and its index of releases, and takes
// them over as one if they are signed and not older than what is known. Otherwise
// what was known stays, and why is kept for those who operate this. An index that has
// expired is taken too, with an error that matches registry.ErrStale: what it withdraws
// holds, but nobody can say what has been withdrawn since.
func (n *Node) Sync(ctx context.Context) (Synced, error) {
	if n.Hub == "" {
		return Synced{}, ErrNoHub
	}
	return n.sync(ctx, website{n})
}

// SyncFrom is Sync from a folder, for an installation without a connection: somebody
// has brought the two files.
func (n *Node) SyncFrom(ctx context.Context, folder string) (Synced, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return Synced{}, fmt.Errorf("read what was brought from the hub: %w", err)
	}
	defer root.Close()
	return n.sync(ctx, stick{root})
}

func (n *Node) sync(ctx context.Context, from source) (Synced, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	synced, err := n.take(ctx, from)
	if err != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return synced, err // somebody stopped it; the hub has done nothing wrong
	}
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), notes)
	defer cancel()
	return synced, errors.Join(err, n.Store.HubTried(keep, problem))
}

// take fetches, believes and keeps.
func (n *Node) take(ctx context.Context, from source) (Synced, error) {
	state, err := n.Store.HubState(ctx)
	if err != nil {
		return Synced{}, err
	}
	got, err := from.fetch(ctx, state)
	if err != nil {
		return known(state), err
	}
	if got == nil {
		return known(state), n.stale(state)
	}
	list, index, stale := n.believe(got, state)
	if index == nil {
		return known(state), stale
	}
	synced := Synced{List: list.Serial, Index: index.Serial, Expires: index.Expires}
	if list.Serial > state.ListSerial || index.Serial > state.IndexSerial {
		if err := n.Store.TakeIndex(ctx, got.list, index, list.Serial); err != nil {
			return known(state), err
		}
		synced.New, synced.Releases, synced.Withdrawn = true, len(index.Releases), withdrawn(index)
	}
	from.took(got, index.Serial)
	if synced.New && n.Changed != nil {
		if err := n.Changed(ctx); err != nil {
			stale = errors.Join(stale, fmt.Errorf("take notice of what index %d says: %w", index.Serial, err))
		}
	}
	return synced, stale
}

// believe opens both files. Without an index the error says why nothing is believed;
// with one, what is wrong with it all the same.
func (n *Node) believe(got *fetched, state postgres.HubState) (*registry.List, *registry.Index, error) {
	now := n.Now()
	var before *registry.List
	if state.ListSerial > 0 {
		before = &registry.List{Serial: state.ListSerial}
	}
	list, err := n.Root.Open(got.list, before, now)
	if err != nil {
		return nil, nil, err
	}
	index, err := n.Root.OpenIndex(list, got.index, state.IndexSerial, now)
	return list, index, err
}

// stale says that what is known has expired, although the hub says that there is
// nothing newer: whoever stands between may say so for ever.
func (n *Node) stale(state postgres.HubState) error {
	if now := n.Now(); !state.Expires.IsZero() && now.After(state.Expires) {
		return fmt.Errorf("index of releases number %d: %w: it expired %s, and the hub has no newer one; ask whoever runs it",
			state.IndexSerial, registry.ErrStale, state.Expires.UTC().Format(time.RFC3339))
	}
	return nil
}

func known(s postgres.HubState) Synced {
	return Synced{List: s.ListSerial, Index: s.IndexSerial, Expires: s.Expires}
}

func withdrawn(x *registry.Index) (n int) {
	for _, l := range x.Releases {
		if l.State == registry.Withdrawn {
			n++
		}
	}
	return n
}
