package sharing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// ErrNoTrust says that nobody has told this installation whom to believe.
var ErrNoTrust = errors.New("this installation believes no publisher yet")

// Lists finds the list of publishers that this installation goes by: the newest of
// the one that was laid beside the root keys by hand and the one that the hub sent.
type Lists struct {
	// Root are the keys that a list must be signed by; its zero value is none.
	Root registry.Root
	File string // of a signed list; it need not be there
	// State is what is known of the hub.
	State func(context.Context) (postgres.HubState, error)
	Now   func() time.Time
}

// List gives the newest list. One that has expired is given too, with an error that
// matches registry.ErrStale: whom it revokes stays revoked, but nothing new is to be
// believed by it. Without a list the error is ErrNoTrust; with one that the root keys
// have not signed, it says so, whichever of the two it is.
func (l *Lists) List(ctx context.Context) (*registry.List, error) {
	if len(l.Root.Keys) == 0 {
		return nil, fmt.Errorf("%w: there are no root keys; put the root.json of your hub into the folder \"trust\"", ErrNoTrust)
	}
	state, err := l.State(ctx)
	if err != nil {
		return nil, err
	}
	var newest *registry.List
	var stale error
	for _, from := range []func() (*registry.Envelope, error){l.file, func() (*registry.Envelope, error) { return state.List, nil }} {
		e, err := from()
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue
		}
		list, err := l.open(*e)
		if errors.Is(err, registry.ErrStranger) {
			return nil, fmt.Errorf("%w: none of its signatures is by a key in root.json; if this installation goes to another hub, run \"signalbox hub forget\"", err)
		}
		if list == nil {
			return nil, err
		}
		if newest == nil || list.Serial > newest.Serial {
			newest, stale = list, err
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%w: there is no list of publishers; ask the hub with \"signalbox sync\", or put its publishers.json into the folder \"trust\"", ErrNoTrust)
	}
	return newest, stale
}

// file reads the list that was laid here by hand; nil where there is none.
func (l *Lists) file() (*registry.Envelope, error) {
	text, err := os.ReadFile(l.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list of publishers: %w", err)
	}
	e, err := registry.DecodeList(text)
	if err != nil {
		return nil, fmt.Errorf("list of publishers in %s: %w", l.File, err)
	}
	return &e, nil
}

// open believes a list if the root keys have signed it. One that has expired is
// opened as on its last day.
func (l *Lists) open(e registry.Envelope) (*registry.List, error) {
	list, err := l.Root.Open(e, nil, l.Now())
	if err == nil {
		return list, nil
	}
	if !errors.Is(err, registry.ErrStale) {
		return nil, err
	}
	var claimed registry.List
	if json.Unmarshal(e.Payload, &claimed) != nil {
		return nil, err
	}
	if list, unsigned := l.Root.Open(e, nil, claimed.Expires); unsigned == nil {
		return list, err
	}
	return nil, err
}
