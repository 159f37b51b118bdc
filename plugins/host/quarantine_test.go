package host_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// book keeps quarantines in memory, for hosts that are started one after another.
type book struct {
	mu     sync.Mutex
	list   map[plugins.Digest]plugins.Quarantine
	lifted []string
	broken error
}

func (b *book) Quarantines(context.Context) ([]plugins.Quarantine, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.list)), b.broken
}

func (b *book) Quarantine(_ context.Context, q plugins.Quarantine) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list[q.Digest] = q
	return b.broken
}

func (b *book) Lift(_ context.Context, digest plugins.Digest, who string, _ time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.list, digest)
	b.lifted = append(b.lifted, who)
	return b.broken
}

// wary is a host with the usual tolerance, whose clock the test sets.
func wary(t *testing.T, keeper host.Keeper, now *time.Time) *host.Host {
	t.Helper()
	return newHost(t, func(o *host.Options) {
		o.Limits, o.Tolerance, o.Keeper = patient(), host.Tolerance{}, keeper
		if now != nil {
			o.Now = func() time.Time { return *now }
		}
	})
}

// ask puts one question about some organisations.
func ask(t *testing.T, h *host.Host, digest plugins.Digest, entry string, about ...measures.ODSCode) error {
	t.Helper()
	q := request(entry, len(about), 24)
	for i := range about {
		q.Series[i].Organisation = about[i]
	}
	charts, err := h.Run(within(t, 30*time.Second), digest, q)
	if err == nil {
		if err = plugins.Verify(plugins.Release{Digest: digest}, &q, charts); err != nil {
			h.Blame(digest, &q, err)
		}
	}
	return err
}

func TestAPluginThatGoesWrongForThreeOrganisationsIsNotRunAnyMore(t *testing.T) {
	kept := &book{list: map[plugins.Digest]plugins.Quarantine{}}
	h := wary(t, kept, nil)
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	wantCause(t, ask(t, h, digest, "panic", "ZZA"), plugins.ErrFault, "trap")
	wantCause(t, ask(t, h, digest, "untrue", "ZZB"), plugins.ErrFault, "untrue answer")
	if err := ask(t, h, digest, "honest", "ZZA"); err != nil || len(h.Quarantined()) != 0 {
		t.Fatalf("after two faults: %v, %v", err, h.Quarantined())
	}
	wantCause(t, ask(t, h, digest, "garbled", "ZZC"), plugins.ErrFault, "malformed answer")
	wantCause(t, ask(t, h, digest, "honest", "ZZD"), plugins.ErrQuarantined, "3 faults: malformed, trap, untrue")
	if list := h.Quarantined(); len(list) != 1 || list[0].Digest != digest {
		t.Fatalf("in quarantine: %v", list)
	}
	h.Close() // which waits for the keeper

	again := wary(t, kept, nil)
	if release := install(t, again, built(t, misbehaveFolder)); release.Digest != digest {
		t.Fatal("another plugin")
	}
	wantCause(t, ask(t, again, digest, "honest", "ZZD"), plugins.ErrQuarantined, "3 faults")
	good := install(t, again, built(t, spcFolder)).Digest
	if err := ask(t, again, good, "xmr", "ZZA"); err != nil {
		t.Errorf("a plugin that did nothing wrong: %v", err)
	}
	if err := again.Lift(t.Context(), digest, ""); err == nil {
		t.Error("nobody lifted it")
	}
	if err := again.Lift(t.Context(), digest, "an information manager"); err != nil {
		t.Fatal(err)
	}
	if err := ask(t, again, digest, "honest", "ZZD"); err != nil {
		t.Errorf("after it was lifted: %v", err)
	}
	if err := again.Lift(t.Context(), digest, "an information manager"); !errors.Is(err, host.ErrNotQuarantined) {
		t.Errorf("lifted twice: %v", err)
	}
	if len(kept.lifted) != 1 || kept.lifted[0] != "an information manager" {
		t.Errorf("who lifted it: %q", kept.lifted)
	}
}

func TestOneOrganisationsFiguresCannotTakeAPluginAwayFromTheOthers(t *testing.T) {
	now := time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC)
	h := wary(t, nil, &now)
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	// Alone, with others, in every picture of all trusts, and in a funnel, which
	// does not say whose figures it has.
	for i := range 3 {
		ask(t, h, digest, "panic", "ZZA")
		ask(t, h, digest, "panic", "ZZA", measures.ODSCode(fmt.Sprintf("ZZ%d", i)))
		ask(t, h, digest, "panic", "ZZA", "ZZB", "ZZC")
		ask(t, h, digest, "panic", "")
	}
	if list := h.Quarantined(); len(list) != 0 {
		t.Fatalf("in quarantine: %v", list)
	}
	if err := ask(t, h, digest, "honest", "ZZB"); err != nil {
		t.Errorf("figures that are well: %v", err)
	}
	// But it is not run for ever on figures that it cannot stand.
	runs := h.Usage()[0].Runs
	wantCause(t, ask(t, h, digest, "panic", "ZZA"), plugins.ErrFault, "3 faults about these figures within 10m0s; it is not asked about them again before 2026-08-03T09:10:00Z")
	if h.Usage()[0].Runs != runs {
		t.Error("it was asked again")
	}
	now = now.Add(11 * time.Minute)
	if err := ask(t, h, digest, "honest", "ZZA"); err != nil {
		t.Errorf("after the time: %v", err)
	}
}

func TestFaultsThatLieFarApartDoNotCountTogether(t *testing.T) {
	now := time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC)
	h := wary(t, nil, &now)
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	for i := range 6 {
		wantCause(t, ask(t, h, digest, "panic", measures.ODSCode(fmt.Sprintf("ZZ%d", i))), plugins.ErrFault, "trap")
		now = now.Add(6 * time.Minute)
	}
	if list := h.Quarantined(); len(list) != 0 {
		t.Errorf("in quarantine: %v", list)
	}
}

func TestExaminingAPluginDoesNotBringItIntoQuarantineNorDoesDeclining(t *testing.T) {
	h := wary(t, nil, nil)
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	for i := range 5 {
		code := measures.ODSCode(fmt.Sprintf("ZZ%d", i))
		if _, err := h.RunPayload(within(t, time.Minute), digest, []byte("no question"), 1, time.Second); err != nil {
			t.Logf("examined: %v", err)
		}
		wantCause(t, ask(t, h, digest, "count", code), plugins.ErrUnsuited, "question 1")
	}
	if list := h.Quarantined(); len(list) != 0 {
		t.Errorf("in quarantine: %v", list)
	}
}

func TestWhatOtherProgramsDecidedIsTakenNoticeOf(t *testing.T) {
	kept := &book{list: map[plugins.Digest]plugins.Quarantine{}}
	h := wary(t, kept, nil)
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	kept.list[digest] = plugins.Quarantine{Digest: digest, Since: time.Now(), Manners: []plugins.Manner{plugins.BrokeOut}}
	if err := h.Recall(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCause(t, ask(t, h, digest, "honest", "ZZD"), plugins.ErrQuarantined, "1 fault: broke-out")
	kept.broken = errors.New("the database is away")
	if err := h.Recall(t.Context()); err == nil || len(h.Quarantined()) != 1 {
		t.Errorf("a keeper that cannot be asked: %v, in quarantine %v", err, h.Quarantined())
	}
	if err := h.Lift(t.Context(), digest, "an information manager"); err == nil || len(h.Quarantined()) != 1 {
		t.Errorf("a keeper that cannot keep: %v, in quarantine %v", err, h.Quarantined())
	}
}

func TestUsageIsCountedByPlugin(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	digest := install(t, h, built(t, misbehaveFolder)).Digest
	for _, entry := range []string{"honest", "honest", "panic", "garbled", "untrue", "count"} {
		ask(t, h, digest, entry, "ZZA")
	}
	list := h.Usage()
	if len(list) != 1 || list[0].Digest != digest {
		t.Fatalf("usage %+v", list)
	}
	u := list[0]
	want := map[plugins.Manner]uint64{plugins.Trapped: 1, plugins.Malformed: 1, plugins.Untrue: 1}
	counted := uint64(0)
	for _, n := range u.Took.Counts {
		counted += n
	}
	if u.Runs != 6 || u.Declined != 1 || !maps.Equal(u.Faults, want) || counted != 6 || u.Took.Sum <= 0 {
		t.Errorf("usage %+v", u)
	}
	if u.Asked < 6*400 || u.Answered < 4*400 || u.Memory < 1<<20 || u.Memory > 16<<20 || u.Last.IsZero() {
		t.Errorf("bytes asked %d, answered %d, memory %d, last %v", u.Asked, u.Answered, u.Memory, u.Last)
	}
}
