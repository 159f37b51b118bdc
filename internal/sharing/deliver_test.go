package sharing_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// counter is a registry of a hub, which may be down.
type counter struct {
	registry.Remote
	down  atomic.Bool
	asked atomic.Int64
}

func registryOfHub(t testing.TB) *counter {
	t.Helper()
	hub := newHub(t, 0)
	_, db := hub.node(t)
	c := &counter{}
	served := registry.Server(db.Registry(), registry.TrustsNobody)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked.Add(1)
		if c.down.Load() {
			http.Error(w, "down for the night", http.StatusNotImplemented)
			return
		}
		served.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c.Remote = registry.Remote{Name: strings.TrimPrefix(server.URL, "http://") + "/signalbox", Plain: true, Client: server.Client()}
	return c
}

// decided lets RAA's lead send evidence, and gives the node that is to carry it.
func (h *adopter) decided(t testing.TB, at *counter) (*sharing.Node, postgres.Saying) {
	t.Helper()
	id := h.aYearLater(t, fewer)
	p, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true)
	if err == nil {
		_, err = h.witness.Send(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true, p.Digest)
	}
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return h.now }
	node := &sharing.Node{Store: h.db, Speech: at, Now: clock, Allow: func(ctx context.Context, s postgres.Saying) error {
		return (&sharing.StillMay{Policy: h.main.Policy, Record: h.db, Now: clock}).Allow(ctx, s)
	}}
	return node, h.waiting(t, 1)[0]
}

func (h *adopter) waiting(t testing.TB, want int) []postgres.Saying {
	t.Helper()
	list, err := h.db.UnsentSayings(t.Context())
	if err != nil || len(list) != want {
		t.Fatalf("%d things wait for the hub, and %d should: %v", len(list), want, err)
	}
	return list
}

func (c *counter) heard(t testing.TB, plugin string, artifact plugins.Digest) []registry.Envelope {
	t.Helper()
	said, err := c.Heard(t.Context(), plugin, artifact)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func TestWhatWasDecidedIsSentOnceTheHubIsThereAndOnlyOnce(t *testing.T) {
	h, at := newAdopter(t, falls(0, 30, fewer)), registryOfHub(t)
	node, s := h.decided(t, at)
	at.down.Store(true)
	done, err := node.Deliver(t.Context())
	if err == nil || done.Failed != 1 || done.Sent != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if problem := h.waiting(t, 1)[0].Problem; !strings.Contains(problem, "evidence of RAA about bellmere-falls") {
		t.Errorf("the problem is %q", problem)
	}
	at.down.Store(false)
	if done, err := node.Deliver(t.Context()); err != nil || done.Sent != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	said := at.heard(t, s.Plugin, s.Artifact)
	if len(said) != 1 {
		t.Fatalf("the hub has heard %d things", len(said))
	}
	if e, err := h.list.OpenEvidence(said[0], h.now); err != nil || e.Organisation != "RAA" || e.Result != registry.Improved {
		t.Errorf("%+v, %v", e, err)
	}
	h.waiting(t, 0)
	asked := at.asked.Load()
	if done, err := node.Deliver(t.Context()); err != nil || done.Sent != 0 || at.asked.Load() != asked {
		t.Errorf("a second time: %+v, %v", done, err)
	}
	// A worker that died after sending, before it could say so: it is sent again.
	if err := node.Speech.Say(t.Context(), s.Plugin, s.Artifact, s.Envelope); err != nil {
		t.Errorf("sending again: %v", err)
	}
	if n := len(at.heard(t, s.Plugin, s.Artifact)); n != 1 {
		t.Errorf("the hub has heard %d things", n)
	}
}

// The hub was down when somebody decided, and their trust has changed its mind since.
func TestWhatTheTrustForbidsMeanwhileDoesNotLeave(t *testing.T) {
	h, at := newAdopter(t, falls(0, 30, fewer)), registryOfHub(t)
	node, s := h.decided(t, at)
	h.own = map[measures.ODSCode][]policy.Module{"RAA": {{Name: "own.rego", Source: keepsToItself}}}
	h.look(t)
	done, err := node.Deliver(t.Context())
	if !errors.Is(err, sharing.ErrNotAnyMore) || done.Sent != 0 || at.asked.Load() != 0 {
		t.Errorf("%+v, %v, and the hub was asked %d times", done, err, at.asked.Load())
	}
	if problem := h.waiting(t, 1)[0].Problem; !strings.Contains(problem, "Ashford Trust sends no evidence.") {
		t.Errorf("the problem is %q", problem)
	}
	h.own = nil
	h.look(t)
	if done, err := node.Deliver(t.Context()); err != nil || done.Sent != 1 {
		t.Errorf("once it may again: %+v, %v", done, err)
	}
	if n := len(at.heard(t, s.Plugin, s.Artifact)); n != 1 {
		t.Errorf("the hub has heard %d things", n)
	}
}

// invented stands for the database of a node with much to send.
type invented struct {
	sharing.Known
	waiting []postgres.Saying
	sent    []int64
	failed  []int64
}

func (d *invented) UnsentSayings(context.Context) ([]postgres.Saying, error) { return d.waiting, nil }
func (d *invented) SayingSent(_ context.Context, id int64) error {
	d.sent = append(d.sent, id)
	return nil
}
func (d *invented) SayingFailed(_ context.Context, id int64, _ string) error {
	d.failed = append(d.failed, id)
	return nil
}

// spoken is a hub that takes some things and not others.
type spoken func(plugin string) error

func (s spoken) Say(_ context.Context, plugin string, _ plugins.Digest, _ registry.Envelope) error {
	return s(plugin)
}

func TestOneThingThatCannotBeSentHoldsUpNoOtherAndAHubThatIsDownIsLeft(t *testing.T) {
	full := func() *invented {
		d := &invented{}
		for id := range int64(8) {
			s := postgres.Saying{ID: id, Plugin: "good"}
			if id == 2 {
				s.Plugin = "bad"
			}
			d.waiting = append(d.waiting, s)
		}
		return d
	}
	for name, try := range map[string]struct {
		hub          spoken
		sent, failed []int64
		left         int
	}{
		"one is refused": {func(plugin string) error {
			if plugin == "bad" {
				return errors.New("refused")
			}
			return nil
		}, []int64{0, 1, 3, 4, 5, 6, 7}, []int64{2}, 0},
		"all are": {func(string) error { return errors.New("connection refused") }, nil, []int64{0, 1, 2}, 5},
	} {
		d := full()
		node := &sharing.Node{Store: d, Speech: try.hub, Now: time.Now, Allow: func(context.Context, postgres.Saying) error { return nil }}
		done, err := node.Deliver(t.Context())
		if err == nil || !slices.Equal(d.sent, try.sent) || !slices.Equal(d.failed, try.failed) || done.Left != try.left || done.Sent != len(try.sent) || done.Failed != len(try.failed) {
			t.Errorf("%s: %+v, %v; sent %v, failed %v", name, done, err, d.sent, d.failed)
		}
	}
}
