package sharing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// ErrNotAnyMore says that something was decided on and may not be done any more.
var ErrNotAnyMore = errors.New("may not leave any more")

// StillMay asks again, just before something leaves, what somebody was allowed when
// they decided to send it: the hub may have been down for weeks, and the rules may be
// others now. It is asked for the same person and the same thing, as the record has
// them. A yes is not recorded a second time, because the first is what it is sent by;
// nothing leaves on a no.
type StillMay struct {
	Policy analysis.Policy
	Record Entries
	Now    func() time.Time
}

// Entries reads the record.
type Entries interface {
	LedgerEntries(ctx context.Context, after int64, limit int) ([][]byte, error)
}

// Allow gives nothing where it may leave. What opens nobody's data may always.
func (m *StillMay) Allow(ctx context.Context, s postgres.Saying) error {
	lines, err := m.Record.LedgerEntries(ctx, s.Record-1, 1)
	if err != nil {
		return err
	}
	if len(lines) != 1 {
		return fmt.Errorf("record %d, by which it was to be sent, is not there: %w", s.Record, ErrNotAnyMore)
	}
	entry, err := ledger.Decode(lines[0])
	if err != nil {
		return fmt.Errorf("record %d, by which it was to be sent: %w", s.Record, err)
	}
	if entry.Sequence != s.Record || entry.Decision == nil || !entry.Decision.Allow {
		return fmt.Errorf("record %d allows nobody to send it: %w", s.Record, ErrNotAnyMore)
	}
	if !entry.Decision.Input.Action.OpensData() {
		return nil
	}
	request := entry.Decision.Input.Request()
	request.ID, request.Now = entry.ID, m.Now().Unix()
	decision, err := m.Policy.Decide(ctx, request)
	if err != nil {
		return err
	}
	if !decision.Allow {
		return fmt.Errorf("%w: %s", ErrNotAnyMore, because(decision.Reasons))
	}
	return nil
}

// because is the first reason of a denial.
func because(reasons []policy.Reason) string {
	if len(reasons) == 0 {
		return "the policy says no"
	}
	return reasons[0].Message + " " + reasons[0].Help
}
