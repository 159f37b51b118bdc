package sharing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// taker is an installation that takes releases of others in: a real sandbox, a real
// bench and the national policy.
type taker struct {
	shelf           *sharing.Shelf
	box             *host.Host
	db              *postgres.DB
	url             string
	engine          *policy.Engine
	library         *library.Library
	list            registry.List
	stale           error
	author, checker registry.Key
	now             time.Time
	examined        int
}

func newTaker(t testing.TB) *taker {
	t.Helper()
	k := &taker{url: pgtest.URL(t), library: shipped(t), author: newKey(t), checker: newKey(t), now: noon}
	if err := postgres.Migrate(t.Context(), k.url); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, k.url, `INSERT INTO organisation (ods, kind) VALUES ('RAA', 'trust')`)
	clock := func() time.Time { return k.now }
	var err error
	if k.db, err = postgres.Open(t.Context(), postgres.Config{URL: k.url, Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.db.Close)
	reference, err := policy.NationalReference()
	if err == nil {
		k.engine, err = policy.NewEngine(t.Context(), policy.EngineOptions{Data: reference, Now: clock, Deadline: time.Minute})
	}
	if err != nil {
		t.Fatal(err)
	}
	from := noon.AddDate(-1, 0, 0)
	k.list = registry.List{Serial: 3, Issued: noon.AddDate(0, 0, -1), Expires: noon.AddDate(0, 3, 0), Publishers: []registry.Publisher{{
		ID: "bellmere", Name: "Bellmere Trust (fictional)", Class: "trust", Names: []string{"bellmere-*"}, Threshold: 2,
		Keys: []registry.PublisherKey{{Key: k.author.Public(), Holder: "ward analyst", Role: registry.RoleAuthor, From: from},
			{Key: k.checker.Public(), Holder: "head of audit", Role: registry.RoleChecker, From: from}}}}}
	k.shelf, k.box = k.restarted(t)
	return k
}

// restarted is the shelf of another program over the same database, whose sandboxes
// know nothing yet.
func (k *taker) restarted(t testing.TB) (*sharing.Shelf, *host.Host) {
	t.Helper()
	datasets, err := intake.Datasets()
	if err != nil {
		t.Fatal(err)
	}
	examiner := &sharing.Examiner{Bench: func(context.Context) (sharing.Workbench, error) { k.examined++; return newBench(t), nil },
		Known:     func(context.Context) ([]*measures.Measure, error) { return k.library.Measures(), nil },
		Datasets:  func() []measures.Dataset { return append(datasets, demo.Own()...) },
		Libraries: k.library.Releases}
	box := newHost(t, host.Options{})
	return &sharing.Shelf{Store: k.db, Policy: k.engine, Ledger: k.db, Host: box, Examine: examiner.Examine,
		List:    func(context.Context) (*registry.List, error) { return &k.list, k.stale },
		Refresh: func(context.Context) error { return nil }, Now: func() time.Time { return k.now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}, box
}

// made is real code, published by somebody else and signed by those who give their
// keys: the smallest module of the library under another name.
func (k *taker) made(t testing.TB, version string, change func(*measures.Measure), keys ...registry.Key) registry.Release {
	t.Helper()
	staff, there := k.library.Release("staff")
	if !there {
		t.Skip("this library was built without the module that is taken")
	}
	code, err := k.library.Module(staff.Digest)
	if err != nil {
		t.Fatal(err)
	}
	m := staff.Manifest
	m.ID, m.Version, m.Measures = "bellmere-waits", version, slices.Clone(m.Measures)
	for i := range m.Measures {
		own := &m.Measures[i]
		own.ID, own.Family = "bellmere-"+own.ID, "bellmere-"+own.Family
		if own.Uses.Plugin == staff.Manifest.ID {
			own.Uses.Plugin = m.ID
		}
	}
	if change != nil {
		change(&m.Measures[0])
	}
	if code, err = plugins.WithManifest(code, m); err != nil {
		t.Fatal(err)
	}
	r, err := registry.ReleaseOf(code)
	for _, key := range keys {
		if err == nil {
			r, err = r.Sign(key, "bellmere", registry.Build{}, k.now)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// taken is a release that was taken in, and that RAA runs.
func (k *taker) taken(t testing.TB) postgres.KeptRelease {
	t.Helper()
	kept, err := k.shelf.Bring(t.Context(), innovator, k.made(t, "1.0.0", nil, k.author, k.checker), postgres.FromHub)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, k.url, fmt.Sprintf(`INSERT INTO adoption (trust_id, plugin, digest, stage, layers, first, sends, begun_at, begun_by, begun)
		SELECT trust_id, 'bellmere-waits', '%s', 'adopted', '{}', DATE '2026-06-01', false, now(), 'ines', 1 FROM organisation WHERE ods = 'RAA'`, kept.Digest))
	return kept
}

// lists is what the hub says of one release.
func (k *taker) lists(t testing.TB, serial int64, of postgres.KeptRelease, state registry.State) {
	t.Helper()
	list, err := k.list.Seal(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	x := &registry.Index{Serial: serial, Issued: k.now, Expires: k.now.AddDate(0, 0, 7), Releases: []registry.Listing{{ID: of.Manifest.ID,
		Version: of.Manifest.Version, Publisher: "bellmere", Contents: of.Digest, Artifact: of.Artifact, State: state, Reason: "it counts some twice"}}}
	if err := k.db.TakeIndex(t.Context(), list, x, k.list.Serial); err != nil {
		t.Fatal(err)
	}
}

func (k *taker) looked(t testing.TB, s *sharing.Shelf) analysis.Kept {
	t.Helper()
	shared, err := s.Look(t.Context())
	if err != nil || len(shared.Releases) != 1 || len(shared.Adoptions) != 1 {
		t.Fatalf("%d releases and %d adoptions: %v", len(shared.Releases), len(shared.Adoptions), err)
	}
	return shared.Releases[0]
}

func ready(box *host.Host, of plugins.Digest) bool {
	_, err := box.Release(of)
	return err == nil
}

func TestAReleaseIsVerifiedTriedKeptAndStoodReady(t *testing.T) {
	k := newTaker(t)
	kept := k.taken(t)
	if kept.Publisher != "bellmere" || len(kept.Signers) != 2 || kept.Origin != postgres.FromHub || kept.By != innovator.ID || !kept.Artifact.Valid() {
		t.Errorf("kept: %s by %v, %s, %s", kept.Publisher, kept.Signers, kept.Origin, kept.By)
	}
	if k.examined != 1 || !ready(k.box, kept.Digest) {
		t.Errorf("it was tried %d times and stands ready: %v", k.examined, ready(k.box, kept.Digest))
	}
	if one := k.looked(t, k.shelf); !one.Verified || one.State != postgres.Published || !one.Offered() {
		t.Errorf("it is %s, verified %v", one.State, one.Verified)
	}
	facts, err := k.shelf.Facts(t.Context(), kept.Digest)
	if err != nil || !facts.Verified || facts.State != policy.ReleasePublished || facts.Threshold != 2 || facts.Publisher != "bellmere" || len(facts.Datasets) == 0 {
		t.Errorf("the policy is told %+v, %v", facts, err)
	}
	// Somebody brings it again: nothing is tried twice.
	if _, err := k.shelf.Bring(t.Context(), innovator, kept.Release, postgres.FromBundle); err != nil || k.examined != 1 {
		t.Errorf("brought again: tried %d times, %v", k.examined, err)
	}
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	k := newTaker(t)
	good := k.list
	stranger := newKey(t)
	both := []registry.Key{k.author, k.checker}
	for _, c := range []struct {
		name    string
		release registry.Release
		change  func()
		want    error
	}{
		{"by another key", k.made(t, "1.0.0", nil, stranger), nil, registry.ErrStranger},
		{"unsigned", k.made(t, "1.0.0", nil), nil, registry.ErrUnsigned},
		{"signed by too few", k.made(t, "1.0.0", nil, k.author), nil, registry.ErrTooFew},
		{"by a revoked key", k.made(t, "1.0.0", nil, both...), func() { k.revoke() }, registry.ErrTooFew},
		{"by an expired list", k.made(t, "1.0.0", nil, both...), func() { k.stale = registry.ErrStale }, registry.ErrStale},
		{"by nobody who is known", k.made(t, "1.0.0", nil, both...), func() { k.list.Publishers = nil }, registry.ErrStranger},
		{"under a name of others", k.made(t, "1.0.0", nil, both...), func() { k.list.Publishers[0].Names = []string{"falls"} }, registry.ErrMisnamed},
		{"from tomorrow", k.made(t, "1.0.0", nil, both...), func() { k.now = noon.Add(-time.Hour) }, registry.ErrFuture},
		{"with other code", other(k.made(t, "1.0.0", nil, both...), k.made(t, "1.0.1", nil)), nil, registry.ErrReplaced},
		{"unsound", k.made(t, "1.0.0", func(m *measures.Measure) { m.Problem = "" }, both...), nil, sharing.ErrUnsound},
	} {
		t.Run(c.name, func(t *testing.T) {
			k.list, k.stale, k.now = good, nil, noon
			k.list.Publishers = []registry.Publisher{good.Publishers[0]}
			if c.change != nil {
				c.change()
			}
			_, err := k.shelf.Bring(t.Context(), innovator, c.release, postgres.FromHub)
			if !errors.Is(err, c.want) {
				t.Errorf("it gives %v, want %v", err, c.want)
			}
			if kept, err := k.db.KeptReleases(t.Context()); err != nil || len(kept) != 0 || ready(k.box, c.release.Digest()) {
				t.Errorf("%d releases are kept, %v", len(kept), err)
			}
		})
	}
}

// revoke takes the checker's key out of the belief of everybody.
func (k *taker) revoke() {
	p := k.list.Publishers[0]
	p.Keys = []registry.PublisherKey{p.Keys[0], p.Keys[1]}
	p.Keys[1].Revoked = "the laptop was stolen"
	k.list.Publishers = []registry.Publisher{p}
	k.list.Serial++
}

// other has the code of one release under the signatures of another.
func other(signed, code registry.Release) registry.Release {
	code.Signed, code.SBOM = signed.Signed, signed.SBOM
	return code
}

func TestTakingIsForThosePolicyLets(t *testing.T) {
	k := newTaker(t)
	release := k.made(t, "1.0.0", nil, k.author, k.checker)
	if _, err := k.shelf.Bring(t.Context(), somebody("cleo", "clinician"), release, postgres.FromHub); !errors.Is(err, policy.ErrDenied) {
		t.Errorf("a clinician takes it: %v", err)
	}
	if _, err := k.shelf.Take(t.Context(), policy.Grant{}, release, postgres.FromHub); !errors.Is(err, postgres.ErrOutOfScope) {
		t.Errorf("without a grant: %v", err)
	}
	if k.examined != 0 {
		t.Error("code was run before anybody had decided")
	}
}

func TestTheHubsRegistryHasToGiveWhatTheIndexPins(t *testing.T) {
	k := newTaker(t)
	release := k.made(t, "1.0.0", nil, k.author, k.checker)
	l := registry.Listing{ID: "bellmere-waits", Version: "1.0.0", Contents: release.Digest()}
	if _, err := k.shelf.FromHub(t.Context(), innovator, l); !errors.Is(err, sharing.ErrNoRegistry) {
		t.Errorf("without a hub: %v", err)
	}
	k.shelf.Pull = func(context.Context, string, plugins.Digest) (registry.Release, error) { return release, nil }
	listed := l
	listed.State = registry.Published
	if !k.shelf.MayTake(t.Context(), innovator, listed) || k.shelf.MayTake(t.Context(), somebody("cleo", "clinician"), listed) {
		t.Error("an innovator may take what is listed, and a clinician may not")
	}
	if listed.State = registry.Withdrawn; k.shelf.MayTake(t.Context(), innovator, listed) {
		t.Error("what is withdrawn is offered")
	}
	lying := l
	lying.Contents = plugins.DigestOf([]byte("something else"))
	if _, err := k.shelf.FromHub(t.Context(), innovator, lying); !errors.Is(err, registry.ErrReplaced) {
		t.Errorf("another release than the index pins: %v", err)
	}
	lying = l
	lying.Version = "2.0.0"
	if _, err := k.shelf.FromHub(t.Context(), innovator, lying); !errors.Is(err, registry.ErrMisnamed) {
		t.Errorf("another version than the index says: %v", err)
	}
	if _, err := k.shelf.FromHub(t.Context(), innovator, l); err != nil {
		t.Error(err)
	}
}

func TestWhatIsRunStandsReadyAfterARestart(t *testing.T) {
	k := newTaker(t)
	kept := k.taken(t)
	shelf, box := k.restarted(t)
	k.looked(t, shelf)
	if !ready(box, kept.Digest) {
		t.Error("what another program has adopted does not stand ready")
	}
	// What nobody runs is stood ready when somebody asks it.
	shelf, lazy := k.restarted(t)
	q := wire.Request{Measure: "bellmere-waits", Entry: "xmr"}
	_, err := sharing.Box{Sandbox: lazy, Shelf: shelf}.Run(t.Context(), kept.Digest, q)
	if errors.Is(err, host.ErrUnknown) || !ready(lazy, kept.Digest) {
		t.Errorf("asked for the first time: %v", err)
	}
	if _, err := (sharing.Box{Sandbox: lazy, Shelf: shelf}).Run(t.Context(), plugins.DigestOf([]byte("unknown")), q); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("one that is not here: %v", err)
	}
}

func TestWhatWasWithdrawnStopsEverywhere(t *testing.T) {
	k := newTaker(t)
	kept := k.taken(t)
	k.lists(t, 1, kept, registry.Published)
	if one := k.looked(t, k.shelf); one.State != postgres.Published {
		t.Errorf("listed as published, it is %s", one.State)
	}
	k.lists(t, 2, kept, registry.Withdrawn)
	if one := k.looked(t, k.shelf); one.State != postgres.Withdrawn || one.Offered() || ready(k.box, kept.Digest) {
		t.Errorf("withdrawn, it is %s and ready: %v", one.State, ready(k.box, kept.Digest))
	}
	_, err := sharing.Box{Sandbox: k.box, Shelf: k.shelf}.Run(t.Context(), kept.Digest, wire.Request{Measure: "bellmere-waits", Entry: "xmr"})
	if !errors.Is(err, postgres.ErrWithdrawn) || ready(k.box, kept.Digest) {
		t.Errorf("it was run all the same: %v", err)
	}
	if _, err := k.shelf.Bring(t.Context(), innovator, kept.Release, postgres.FromBundle); !errors.Is(err, postgres.ErrWithdrawn) {
		t.Errorf("it was taken again, from a stick: %v", err)
	}
	if facts, err := k.shelf.Facts(t.Context(), kept.Digest); err != nil || facts.State != policy.ReleaseWithdrawn {
		t.Errorf("the policy is told %s, %v", facts.State, err)
	}
}

func TestARevokedKeyStopsWhatItHasSigned(t *testing.T) {
	k := newTaker(t)
	kept := k.taken(t)
	k.looked(t, k.shelf)
	k.revoke()
	if one := k.looked(t, k.shelf); one.State != postgres.Withdrawn || one.Verified || ready(k.box, kept.Digest) {
		t.Errorf("it is %s, verified %v", one.State, one.Verified)
	}
	if facts, err := k.shelf.Facts(t.Context(), kept.Digest); err != nil || facts.State != policy.ReleaseWithdrawn || facts.Verified {
		t.Errorf("the policy is told %s, %v", facts.State, err)
	}
}

func TestWhatRunsGoesOnWhileTheHubIsAway(t *testing.T) {
	k := newTaker(t)
	kept := k.taken(t)
	k.now, k.stale = noon.AddDate(1, 0, 0), registry.ErrStale // nobody has issued a list for months
	shelf, box := k.restarted(t)
	if one := k.looked(t, shelf); one.State != postgres.Published || one.Verified || one.Offered() || !ready(box, kept.Digest) {
		t.Errorf("it is %s, verified %v, ready %v", one.State, one.Verified, ready(box, kept.Digest))
	}
}

func TestCodeThatSomebodyChangedInTheDatabaseIsNotRun(t *testing.T) {
	k := newTaker(t)
	kept := k.taken(t)
	pgtest.Exec(t, k.url, `UPDATE plugin_release SET contents = contents || '\x00'`)
	shelf, box := k.restarted(t)
	if err := shelf.Ready(t.Context(), kept.Digest); !errors.Is(err, registry.ErrReplaced) || ready(box, kept.Digest) {
		t.Errorf("it is ready: %v", err)
	}
	if err := shelf.Ready(t.Context(), kept.Digest); err == nil || !strings.Contains(err.Error(), "bring it again") {
		t.Errorf("how to mend it: %v", err)
	}
}
