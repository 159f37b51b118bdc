// Package governing is how people change what may be seen: every act of
// governance is itself asked of the policy and recorded before it is done.
package governing

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Policy decides.
type Policy interface {
	Decide(context.Context, policy.Request) (policy.Decision, error)
}

// Ledger keeps a decision before anything is done by it.
type Ledger interface {
	Record(context.Context, policy.Decision) (policy.Record, error)
}

// Desk is where acts of governance are asked for.
type Desk struct {
	Policy Policy
	Ledger Ledger
	Now    func() time.Time
}

// Ask decides whether somebody may do something about the governance of an
// organisation, and records it. The grant that it gives opens no data; what it
// is good for is in its request. A denial is an error that matches
// policy.ErrDenied and has its record.
func (d *Desk) Ask(ctx context.Context, actor policy.Actor, action policy.Action, owner measures.ODSCode, change policy.Change) (policy.Grant, error) {
	request := d.request(actor, action, owner, change)
	decision, err := d.Policy.Decide(ctx, request)
	if err != nil {
		return policy.Grant{}, err
	}
	record, err := d.Ledger.Record(ctx, decision)
	if err != nil {
		return policy.Grant{}, fmt.Errorf("record the decision about %s at %s: %w", action, owner, err)
	}
	return record.Grant()
}

func (d *Desk) request(actor policy.Actor, action policy.Action, owner measures.ODSCode, change policy.Change) policy.Request {
	return policy.Request{
		ID: rand.Text()[:12], Now: d.Now().Unix(), Action: action, Actor: actor, Change: change,
		Resource: policy.Resource{ODS: owner, Grain: "aggregate"},
	}
}
