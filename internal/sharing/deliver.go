package sharing

import (
	"context"
	"errors"
	"fmt"

	"github.com/signalbox-health/signalbox/internal/postgres"
)

// inARow is after how many failures, one after the other, the rest is left for the
// next time: the hub is down, and not something about what is sent.
const inARow = 3

// Delivered is what came of sending.
type Delivered struct {
	Sent, Failed int
	Left         int // not tried, because the hub seems to be down
}

// Deliver sends what people here have decided to send, the oldest first. Whatever
// cannot be sent stays, with the reason, until the next time. Sending a second time
// what the hub has already changes nothing, so a delivery may be broken off anywhere.
func (n *Node) Deliver(ctx context.Context) (Delivered, error) {
	if n.Speech == nil || n.Allow == nil {
		return Delivered{}, ErrNoHub
	}
	waiting, err := n.Store.UnsentSayings(ctx)
	if err != nil {
		return Delivered{}, err
	}
	var done Delivered
	var faults []error
	row := 0
	for i, s := range waiting {
		err := n.deliver(ctx, s)
		if ctx.Err() != nil {
			return done, errors.Join(append(faults, ctx.Err())...)
		}
		if err == nil {
			done.Sent, row = done.Sent+1, 0
			continue
		}
		faults = append(faults, err)
		done.Failed++
		if errors.Is(err, ErrNotAnyMore) {
			continue // the hub has nothing to do with it
		}
		row++
		if row == inARow {
			done.Left = len(waiting) - i - 1
			break
		}
	}
	return done, errors.Join(faults...)
}

// deliver sends one, and keeps what became of it.
func (n *Node) deliver(ctx context.Context, s postgres.Saying) error {
	err := n.Allow(ctx, s)
	if err == nil {
		err = n.Speech.Say(ctx, s.Plugin, s.Artifact, s.Envelope)
	}
	if err == nil {
		return n.Store.SayingSent(ctx, s.ID)
	}
	if ctx.Err() != nil {
		return err
	}
	err = fmt.Errorf("send %s of %s about %s: %w", s.Kind, s.Organisation, s.Plugin, err)
	return errors.Join(err, n.Store.SayingFailed(ctx, s.ID, err.Error()))
}
