package sharing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing/evidence"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// sendEvery is how often evidence of one measure is sent without anybody asking.
const sendEvery = 28 * 24 * time.Hour

// Monthly is what came of sending evidence for those who said "yes, each month".
type Monthly struct {
	Sent   int
	Same   int // nothing new since what was sent last
	Early  int // too few points for a result, or none
	Denied int // by the policy, as it is now
	Unseen int // nobody has looked at the first and sent it
}

// SendDue makes and signs the evidence of every adoption that is to send it and whose
// last is a month old. It acts for the person who adopted, as the record of that
// decision has them, and asks the policy as it is today: where they may not send any
// more, because it forbids it or their training has run out, nothing leaves until
// somebody sends it by hand. The first of a release is always sent by hand: nobody says
// yes to a document of a kind that they have never seen. What follows has the points
// if that one had them. Doing it twice sends nothing twice.
func (w *Witness) SendDue(ctx context.Context, live []postgres.Adoption) (Monthly, error) {
	var done Monthly
	var faults []error
	for _, a := range live {
		if !a.Sends {
			continue
		}
		if err := w.sendOf(ctx, a, &done); err != nil {
			faults = append(faults, fmt.Errorf("evidence of %s at %s: %w", a.Plugin, a.Organisation, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return done, errors.Join(faults...)
}

func (w *Witness) sendOf(ctx context.Context, a postgres.Adoption, done *Monthly) error {
	actor, err := w.adopted(ctx, a)
	if err != nil {
		return err
	}
	history, err := w.History(ctx, a.Organisation)
	if err != nil {
		return err
	}
	var faults []error
	for id, layer := range a.Layers.Measures {
		last := lastOf(history, a, id)
		if layer.Baseline == nil || last != nil && w.Now().Sub(last.At) < sendEvery {
			continue
		}
		if last == nil {
			done.Unseen++
			continue
		}
		faults = append(faults, w.sendOne(ctx, actor, a, id, last, done))
	}
	return errors.Join(faults...)
}

// sendOne sends the evidence of one measure, if it says something new.
func (w *Witness) sendOne(ctx context.Context, actor policy.Actor, a postgres.Adoption, id measures.MeasureID, last *Sent, done *Monthly) error {
	p, key, err := w.prepare(ctx, actor, a.Organisation, a.ID, id, len(last.Evidence.Points) > 0)
	switch {
	case errors.Is(err, policy.ErrDenied):
		done.Denied++
		return nil
	case errors.Is(err, evidence.ErrCase):
		done.Early++
		return nil
	case err != nil:
		return err
	case p.Evidence.Result == registry.Unclear && p.Evidence.After.Points < evidence.FewestAfter:
		done.Early++
		return nil
	}
	before, err := digestOf(last.Evidence)
	if err != nil {
		return err
	}
	if before == p.Digest {
		done.Same++
		return nil
	}
	if err := w.keep(ctx, p, key); err != nil {
		return err
	}
	done.Sent++
	return nil
}

// lastOf is the newest evidence of a measure by an adoption's release; nil if none was
// signed.
func lastOf(history []Sent, a postgres.Adoption, id measures.MeasureID) *Sent {
	for i := range history {
		if s := &history[i]; s.Digest == a.Digest && s.Evidence.Measure == id {
			return s
		}
	}
	return nil
}

// adopted is who adopted a release, as the record of that decision has them.
func (w *Witness) adopted(ctx context.Context, a postgres.Adoption) (policy.Actor, error) {
	lines, err := w.Record.LedgerEntries(ctx, a.Record-1, 1)
	if err != nil {
		return policy.Actor{}, err
	}
	if len(lines) != 1 {
		return policy.Actor{}, fmt.Errorf("record %d, by which it was adopted, is not there: %w", a.Record, ErrNotAnyMore)
	}
	entry, err := ledger.Decode(lines[0])
	if err != nil {
		return policy.Actor{}, fmt.Errorf("record %d, by which it was adopted: %w", a.Record, err)
	}
	if entry.Sequence != a.Record || entry.Decision == nil || !entry.Decision.Allow || entry.Decision.Input.Subject.ID != a.By {
		return policy.Actor{}, fmt.Errorf("record %d does not say that %s adopted it: %w", a.Record, a.By, ErrNotAnyMore)
	}
	return entry.Decision.Input.Request().Actor, nil
}
