package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Run asks a plugin and gives its charts, held against the question. Errors are
// plugins.Fault where the plugin is the cause: of kind ErrFault when it did
// wrong, ErrUnsuited when it declined, ErrQuarantined when it did wrong so often
// that it is not asked any more. The context bounds the wait; the time of
// the run itself is bounded by the limits. A large question is put in parts,
// some at a time, because an instance has little memory.
func (h *Host) Run(ctx context.Context, digest plugins.Digest, q wire.Request) ([]measures.Chart, error) {
	m, err := h.installed(digest)
	if err != nil {
		return nil, err
	}
	about := subjectOf(&q)
	if err := h.ward.admit(digest, about); err != nil {
		return nil, err
	}
	charts, err := h.runParts(ctx, m, q)
	var fault *plugins.Fault
	switch {
	case err == nil:
		h.pool.prefer(m)
	case errors.Is(err, plugins.ErrUnsuited):
		h.usage.declined(digest)
	case errors.Is(err, plugins.ErrFault) && errors.As(err, &fault):
		h.blame(m, fault, about)
	}
	return charts, err
}

// runParts asks in as many parts as the question needs.
func (h *Host) runParts(ctx context.Context, m *installed, q wire.Request) ([]measures.Chart, error) {
	limit := h.o.Limits.Time(len(q.Series))
	parts := split(&q)
	if len(parts) == 1 {
		return h.runPart(ctx, m, &q, limit)
	}
	atOnce := make(chan struct{}, h.pool.laneFor(m, false).size)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	charts := make([][]measures.Chart, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		atOnce <- struct{}{}
		all.Go(func() {
			defer func() { <-atOnce }()
			if ctx.Err() != nil {
				return
			}
			one := q
			one.Series = q.Series[part.from:part.to]
			var err error
			if charts[i], err = h.runPart(ctx, m, &one, limit); err != nil {
				cancel(err)
			}
			for k := range charts[i] {
				charts[i][k].Series += part.from
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return slices.Concat(charts...), nil
}

// partRows is how many points are asked about in one go, where that is more
// than one series: few enough that a large question keeps all sandboxes busy, and
// that a small one does not wait long for its turn; many enough that a part costs
// more than its beginning. It is the same on every machine, and so is an answer.
const partRows = 9_000

// stretch is a run of series: from up to but not including to.
type stretch struct{ from, to int }

// split cuts a question into parts of some series each.
func split(q *wire.Request) []stretch {
	parts := []stretch{{}}
	rows := 0
	for i := range q.Series {
		n := len(q.Series[i].Periods)
		last := &parts[len(parts)-1]
		if rows+n > partRows && last.to > last.from {
			parts = append(parts, stretch{i, i})
			last, rows = &parts[len(parts)-1], 0
		}
		last.to, rows = i+1, rows+n
	}
	return parts
}

func (h *Host) runPart(ctx context.Context, m *installed, q *wire.Request, limit time.Duration) ([]measures.Chart, error) {
	digest := m.release.Digest
	payload, err := wire.AppendRequest(nil, q)
	if err != nil {
		return nil, fmt.Errorf("question to %s %s: %w", digest.Short(), q.Entry, err)
	}
	answer, err := h.payload(ctx, h.pool.laneFor(m, false), m, payload, q.Rows(), limit)
	if err != nil {
		return nil, err
	}
	return h.chartsIn(m, q, answer)
}

// chartsIn takes an answer's bytes for charts, if that is what they are.
func (h *Host) chartsIn(m *installed, q *wire.Request, payload []byte) ([]measures.Chart, error) {
	digest := m.release.Digest
	answer, err := wire.DecodeAnswer(payload)
	if err == nil {
		err = answer.Accept(q)
	}
	if err != nil {
		h.usage.fault(digest, plugins.Malformed)
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrFault, Manner: plugins.Malformed, Cause: "malformed answer: " + err.Error()}
	}
	if answer.Status != wire.OK {
		return nil, &plugins.Fault{Digest: digest, Kind: plugins.ErrUnsuited, Cause: answer.Message}
	}
	return answer.Charts, nil
}

// RunPayload gives a plugin bytes and gives back its bytes, unread: for tools
// that compare or examine payloads. Pages use Run. Whoever examines a plugin asks
// it strange things, so nothing that it does here brings it into quarantine, and
// one that is there already can be examined.
func (h *Host) RunPayload(ctx context.Context, digest plugins.Digest, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	m, err := h.installed(digest)
	if err != nil {
		return nil, err
	}
	return h.payload(ctx, h.pool.laneFor(m, true), m, payload, rows, limit)
}

func (h *Host) payload(ctx context.Context, l *lane, m *installed, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	var answer []byte
	run := func() (err error) {
		answer, err = h.runOnce(ctx, l, m, payload, rows, limit)
		return err
	}
	err := insist(m, run)
	if errors.Is(err, errNotCached) && m.forgotten.Load() {
		return nil, fmt.Errorf("%s: %w", m.release.Digest, ErrUnknown)
	}
	if errors.Is(err, errNotCached) {
		// Somebody emptied the folder of compiled code while we ran.
		if err = h.pool.install(ctx, l, m); err == nil {
			err = insist(m, run)
		}
	}
	var fault *plugins.Fault
	if errors.As(err, &fault) && errors.Is(err, plugins.ErrFault) {
		h.usage.fault(m.release.Digest, fault.Manner)
	}
	return answer, err
}

func (h *Host) runOnce(ctx context.Context, l *lane, m *installed, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	digest := m.release.Digest
	child, err := h.pool.acquire(ctx, l, digest)
	if errors.Is(err, plugins.ErrBusy) {
		h.usage.refused(digest)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", digest.Short(), err)
	}
	type outcome struct {
		answer []byte
		err    error
	}
	// The exchange goes on where the caller has gone away: a run that is cut
	// off costs a new process, one that ends costs nothing.
	done := make(chan outcome, 1)
	h.pool.background(func() {
		began := time.Now()
		answer, err := child.run(m, h, payload, wire.AnswerLimit(rows), limit)
		if !errors.Is(err, errNotCached) && !m.forgotten.Load() {
			h.usage.ran(digest, time.Since(began), len(payload), len(answer))
		}
		done <- outcome{answer, err}
		child.finish(h, digest)
		h.pool.settle(child)
	})
	select {
	case <-h.pool.done:
		return nil, fmt.Errorf("run %s: %w", digest.Short(), errClosed)
	case o := <-done:
		return o.answer, o.err
	case <-ctx.Done():
		return nil, fmt.Errorf("run %s: %w", digest.Short(), ctx.Err())
	}
}
