package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// hub is what is known of the hub.
type hub struct {
	postgres.HubState
	address string
	expired bool
	// unsent is how much waits to be sent; since when, and what the hub said to the
	// last try of each that went wrong.
	unsent   int
	since    time.Time
	problems []string
}

func (p *Pages) hub(ctx context.Context) (hub, error) {
	state, err := p.Hub.HubState(ctx)
	if err != nil {
		return hub{}, err
	}
	v := hub{HubState: state, address: p.Address, expired: !state.Expires.IsZero() && p.Now().After(state.Expires)}
	waiting, err := p.Hub.UnsentSayings(ctx)
	if err != nil {
		return hub{}, err
	}
	v.unsent = len(waiting)
	for i, s := range waiting {
		if i == 0 {
			v.since = s.At
		}
		if s.Problem != "" && !slices.Contains(v.problems, s.Problem) {
			v.problems = append(v.problems, s.Problem)
		}
	}
	return v, nil
}

// known reports whether the hub has ever been believed.
func (h hub) known() bool { return h.IndexSerial > 0 }
