package sharing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// listedBy is a hub that lists what the adopter runs.
func listedBy(t *testing.T, h *adopter) (*hubSite, *sharing.Node) {
	t.Helper()
	hub := newHub(t, 0)
	live, err := h.db.Adoptions(t.Context())
	if err != nil || len(live) != 1 {
		t.Fatalf("%v, %v", live, err)
	}
	hub.list = h.list
	hub.index = registry.Index{Serial: 1, Issued: h.now.Add(-time.Hour), Expires: h.now.AddDate(0, 0, 7), Publishers: h.list.Serial,
		Releases: []registry.Listing{{ID: live[0].Plugin, Version: "1.0.0", Publisher: "bellmere", Title: "Falls on wards", Problem: "People fall.",
			Areas: []string{}, Datasets: []string{"falls"}, Contents: live[0].Digest, Artifact: live[0].Digest, State: registry.Published}}}
	hub.issue(t, hub.root)
	return hub, &sharing.Node{Hub: hub.url, Root: hub.keys(), Store: h.db, Changed: h.refresh, Now: func() time.Time { return h.now }}
}

// charted asks for the trust's own chart as its lead does.
func (h *adopter) charted(t *testing.T) (charts int, reasons string) {
	t.Helper()
	answers, err := h.main.Ask(t.Context(), analysis.Question{Actor: lead("RAA"), Action: policy.ChartRead, Measure: bellmereFalls, Organisation: "RAA"})
	if err != nil {
		t.Fatal(err)
	}
	denial := (*policy.Denial)(nil)
	if err := answers[0].Err; errors.As(err, &denial) {
		for _, r := range denial.Record.Decision().Reasons {
			reasons += r.Code + " "
		}
	} else if err != nil {
		t.Fatal(err)
	}
	return len(answers[0].Charts), reasons
}

// mustAct is what the trust is told.
func (h *adopter) mustAct(t *testing.T, at measures.ODSCode) []sharing.Must {
	t.Helper()
	list, err := h.shelf.MustAct(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAWithdrawalReachesTheNodeAtItsNextSyncAndSaysWhoMustAct(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	hub, node := listedBy(t, h)
	next := func(change func(*registry.Index)) {
		t.Helper()
		hub.index.Serial++
		change(&hub.index)
		hub.issue(t, hub.root)
		if synced, err := node.Sync(t.Context()); err != nil || !synced.New {
			t.Fatalf("%+v, %v", synced, err)
		}
	}
	next(func(*registry.Index) {})
	if n, why := h.charted(t); n != 1 || why != "" {
		t.Fatalf("%d charts: %s", n, why)
	}
	if list := h.mustAct(t, "RAA"); len(list) != 0 {
		t.Errorf("nobody has to act on what is published: %+v", list)
	}

	next(func(x *registry.Index) {
		x.Releases[0].State, x.Releases[0].Reason, x.Releases[0].Until = registry.Deprecated, "Version 1.1 counts falls from bed.", h.now.AddDate(0, 2, 0)
		newer := x.Releases[0]
		newer.Version, newer.State, newer.Reason, newer.Until, newer.Contents = "1.1.0", registry.Published, "", time.Time{}, plugins.DigestOf([]byte("1.1"))
		x.Releases = append(x.Releases, newer)
	})
	list := h.mustAct(t, "RAA")
	if len(list) != 1 || list[0].Withdrawn || list[0].Until != measures.DateOf(2025, 9, 15) || list[0].Instead != "1.1.0" || list[0].Reason != "Version 1.1 counts falls from bed." ||
		list[0].Title != "Falls on wards" || list[0].Version != "1.0.0" || len(list[0].Measures) != 1 || list[0].Passed(list[0].Until) || !list[0].Passed(list[0].Until+1) {
		t.Errorf("%+v", list)
	}
	if n, why := h.charted(t); n != 1 {
		t.Errorf("what ends one day runs until somebody decides: %d charts: %s", n, why)
	}

	next(func(x *registry.Index) {
		x.Releases[0].State, x.Releases[0].Reason, x.Releases[0].Until = registry.Withdrawn, "It counts a fall twice.", time.Time{}
	})
	if n, why := h.charted(t); n != 0 || !strings.Contains(why, "plugin_withdrawn") {
		t.Errorf("%d charts after the withdrawal: %s", n, why)
	}
	list = h.mustAct(t, "RAA")
	if len(list) != 1 || !list[0].Withdrawn || list[0].Until != 0 || list[0].Reason != "It counts a fall twice." || list[0].Instead != "1.1.0" {
		t.Errorf("%+v", list)
	}
	if list := h.mustAct(t, "RBB"); len(list) != 0 {
		t.Errorf("who does not run it need not act: %+v", list)
	}

	// The hub goes down. What it said last holds.
	node.Hub = "http://127.0.0.1:1/hub"
	if _, err := node.Sync(t.Context()); err == nil {
		t.Error("a hub that is down was asked")
	}
	h.look(t)
	if n, _ := h.charted(t); n != 0 || len(h.mustAct(t, "RAA")) != 1 {
		t.Errorf("%d charts while the hub is down", n)
	}
	// Whoever acts need act no more. The figures are as they were.
	if err := h.adopting.Leave(t.Context(), lead("RAA"), "bellmere-falls", "It was withdrawn."); err != nil {
		t.Fatal(err)
	}
	if list := h.mustAct(t, "RAA"); len(list) != 0 {
		t.Errorf("after it was ended: %+v", list)
	}
}

func TestAReleaseWhoseKeyIsRevokedStopsAndSaysWhy(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	hub, node := listedBy(t, h)
	hub.list.Serial, hub.list.Publishers[0].Keys[0].Revoked = 8, "It was on a stolen machine."
	hub.issue(t, hub.root)
	node.Changed = nil
	if _, err := node.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.list = hub.list // as it is read from what the node has kept
	h.look(t)
	list := h.mustAct(t, "RAA")
	if len(list) != 1 || !list[0].Withdrawn || !strings.Contains(list[0].Reason, "revoked") {
		t.Errorf("%+v", list)
	}
	if n, why := h.charted(t); n != 0 || !strings.Contains(why, "plugin_withdrawn") {
		t.Errorf("%d charts: %s", n, why)
	}
}

// While the hub is down everything that does not need it goes on.
func TestANodeGoesOnWhileItsHubIsDown(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	_, node := listedBy(t, h)
	if _, err := node.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	node.Hub = "http://127.0.0.1:1/hub"
	if _, err := node.Sync(t.Context()); err == nil {
		t.Fatal("a hub that is down was asked")
	}
	h.look(t)
	if n, why := h.charted(t); n != 1 {
		t.Errorf("%d charts: %s", n, why)
	}
	if err := h.adopting.Leave(t.Context(), lead("RAA"), "bellmere-falls", "We want to try without."); err != nil {
		t.Errorf("leaving needs the hub: %v", err)
	}
}
