package sharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// ErrNoVoice says that nobody would believe what this installation signs for an
// organisation, because the list of publishers does not name it.
var ErrNoVoice = errors.New("the hub does not know this installation")

// Voice is what this installation signs with when it says something of a release.
type Voice struct {
	// Key reads the key of the installation, or makes it the first time.
	Key func() (registry.Key, error)
	// List is whom others believe.
	List func(context.Context) (*registry.List, error)
	Now  func() time.Time
}

// For gives the name under which the list knows this installation, and its key, if it
// may speak for an organisation today.
func (v *Voice) For(ctx context.Context, ods measures.ODSCode) (node string, key registry.Key, err error) {
	if key, err = v.Key(); err != nil {
		return "", key, err
	}
	list, err := v.List(ctx)
	if err != nil {
		return "", key, fmt.Errorf("speak for %s: %w", ods, err)
	}
	id, now := key.Public().ID(), v.Now()
	for _, n := range list.Nodes {
		if n.Key.ID() != id {
			continue
		}
		switch {
		case n.Revoked != "":
			return "", key, fmt.Errorf("speak for %s: %w any more: its key was revoked (%s); make a new one and have it listed", ods, ErrNoVoice, n.Revoked)
		case now.Before(n.From), !n.Until.IsZero() && now.After(n.Until):
			return "", key, fmt.Errorf("speak for %s: %w today: its key is listed from %s until %s", ods, ErrNoVoice, n.From.Format(time.DateOnly), n.Until.Format(time.DateOnly))
		case !slices.Contains(n.Organisations, ods):
			return "", key, fmt.Errorf("speak for %s: %w as one that speaks for it; have the organisation listed beside the others", ods, ErrNoVoice)
		}
		return n.ID, key, nil
	}
	return "", key, fmt.Errorf("speak for %s: %w: list %d of publishers has no node with its key; send %s to whoever runs the hub, to be listed", ods, ErrNoVoice, list.Serial, key.Public())
}
