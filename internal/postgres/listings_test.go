package postgres

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// aHub is a hub of tests: a publisher, a node that speaks for two organisations, and
// the keys of both.
type aHub struct {
	root, author, node registry.Key
	serial             int64
}

func newHub(t testing.TB) *aHub {
	return &aHub{root: newKey(t), author: newKey(t), node: newKey(t)}
}

// list is the signed list of publishers, one newer each time.
func (h *aHub) list(t testing.TB) (registry.Envelope, int64) {
	t.Helper()
	h.serial++
	issued := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	list := registry.List{Serial: h.serial, Issued: issued, Expires: issued.AddDate(0, 3, 0),
		Publishers: []registry.Publisher{{ID: "bellmere", Name: "Bellmere Improvement Fellows", Class: "charity", Names: []string{"*"}, Threshold: 1,
			Keys: []registry.PublisherKey{{Key: h.author.Public(), Holder: "Ada Example", Role: registry.RoleAuthor, From: issued.AddDate(-1, 0, 0)}}}},
		Nodes: []registry.Node{{ID: "north", Name: "North", Organisations: []measures.ODSCode{"RAA", "RBB"}, Key: h.node.Public(), From: issued.AddDate(-1, 0, 0)}}}
	e, err := list.Seal(h.root)
	if err != nil {
		t.Fatal(err)
	}
	return e, h.serial
}

// evidence is what a node says of a listing.
func evidence(t testing.TB, key registry.Key, l registry.Listing, of measures.ODSCode, result registry.Result) registry.Envelope {
	t.Helper()
	e, err := registry.Evidence{Subject: registry.Subject{Contents: l.Contents, Plugin: l.ID, Version: l.Version, Node: "north", Organisation: of,
		OrganisationName: string(of), Issued: time.Now().UTC().Truncate(time.Second).Add(-time.Minute)}, Measure: "m", Title: "M", Rules: "mdc", Result: result,
		Before: registry.Stretch{From: measures.DateOf(2025, 1, 1), To: measures.DateOf(2025, 12, 1), Points: 12},
		After:  registry.Stretch{From: measures.DateOf(2026, 1, 1), To: measures.DateOf(2026, 9, 1), Points: 9}}.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func listing(id, version, title string, datasets ...string) registry.Listing {
	return registry.Listing{ID: id, Version: version, Publisher: "bellmere", Title: title, Problem: "Too many " + title, Areas: []string{"Safety"}, Datasets: datasets,
		Contents: plugins.DigestOf([]byte(id + version)), Artifact: plugins.DigestOf([]byte("artifact " + id + version)), State: registry.Published}
}

func anIndex(serial int64, releases ...registry.Listing) *registry.Index {
	x := &registry.Index{Serial: serial, Issued: time.Now().UTC(), Expires: time.Now().UTC().AddDate(0, 0, 7), Releases: releases}
	x.Sort()
	return x
}

func take(t testing.TB, db *DB, hub *aHub, x *registry.Index) {
	t.Helper()
	list, serial := hub.list(t)
	if err := db.TakeIndex(t.Context(), list, x, serial); err != nil {
		t.Fatal(err)
	}
}

func found(t testing.TB, db *DB, q ListingQuery) (names []string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	list, _, err := db.SearchListings(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		names = append(names, l.ID+" "+l.Version)
	}
	return names
}

func TestTheCatalogueIsSearched(t *testing.T) {
	db, hub := open(t), newHub(t)
	falls, fractures := listing("falls-watch", "1.2.0", "falls on wards", "falls"), listing("hip", "0.9.0", "broken hips after falls", "falls", "theatres")
	waits := listing("ambulance-waits", "2.0.0", "ambulances that wait", "handover")
	waits.Areas, waits.Publisher = []string{"Urgent care"}, "calder"
	falls.Said = []registry.Envelope{evidence(t, hub.node, falls, "RAA", registry.Improved), evidence(t, hub.node, falls, "RBB", registry.Concern)}
	fractures.Said = []registry.Envelope{evidence(t, hub.node, fractures, "RAA", registry.MostlyMix)}
	take(t, db, hub, anIndex(1, falls, fractures, waits))
	for _, c := range []struct {
		name string
		q    ListingQuery
		want []string
	}{
		{"everything, what helped first", ListingQuery{}, []string{"falls-watch 1.2.0", "ambulance-waits 2.0.0", "hip 0.9.0"}},
		{"what runs here first", ListingQuery{Own: []measures.DatasetID{"handover"}}, []string{"ambulance-waits 2.0.0", "falls-watch 1.2.0", "hip 0.9.0"}},
		{"a word of the problem", ListingQuery{Words: "fall"}, []string{"falls-watch 1.2.0", "hip 0.9.0"}},
		{"a beginning", ListingQuery{Words: "ambul"}, []string{"ambulance-waits 2.0.0"}},
		{"two words", ListingQuery{Words: "broken, hips!"}, []string{"hip 0.9.0"}},
		{"the name of a publisher", ListingQuery{Words: "fellows"}, []string{"falls-watch 1.2.0", "hip 0.9.0"}},
		{"what means something to the database", ListingQuery{Words: `'); DROP TABLE listing; -- :* & | ! <->`}, nil},
		{"nothing but signs", ListingQuery{Words: `!! & ((`}, []string{"falls-watch 1.2.0", "ambulance-waits 2.0.0", "hip 0.9.0"}},
		{"an area", ListingQuery{Area: "Urgent care"}, []string{"ambulance-waits 2.0.0"}},
		{"a publisher", ListingQuery{Publisher: "calder"}, []string{"ambulance-waits 2.0.0"}},
		{"a dataset", ListingQuery{Dataset: "theatres"}, []string{"hip 0.9.0"}},
		{"evidence", ListingQuery{Evidence: registry.Concern}, []string{"falls-watch 1.2.0"}},
		{"evidence of mix", ListingQuery{Evidence: registry.MostlyMix}, []string{"hip 0.9.0"}},
		{"words and an area", ListingQuery{Words: "falls", Area: "Urgent care"}, nil},
		{"the second page", ListingQuery{Limit: 1, Offset: 1}, []string{"ambulance-waits 2.0.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(t, db, c.q); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
	list, total, err := db.SearchListings(t.Context(), ListingQuery{Own: []measures.DatasetID{"falls"}, Limit: 1})
	if err != nil || total != 3 || len(list) != 1 || !list[0].Runs || list[0].Improved != 1 || list[0].Concern != 1 || list[0].Unchanged != 0 || len(list[0].Said) != 2 {
		t.Errorf("found %+v of %d, %v", list, total, err)
	}
	choices, err := db.ListingChoices(t.Context())
	if err != nil || !slices.Equal(choices.Areas, []string{"Safety", "Urgent care"}) || !slices.Equal(choices.Publishers, []string{"bellmere", "calder"}) ||
		!slices.Equal(choices.Datasets, []string{"falls", "handover", "theatres"}) {
		t.Errorf("to choose from: %+v, %v", choices, err)
	}
}

func TestEvidenceCountsWhereTheListBelievesIt(t *testing.T) {
	db, hub := open(t), newHub(t)
	old, now := listing("falls", "1.0.0", "falls"), listing("falls", "1.1.0", "falls")
	old.Said = []registry.Envelope{
		evidence(t, hub.node, old, "RAA", registry.Improved),
		evidence(t, newKey(t), old, "RBB", registry.Improved),  // by a stranger's key
		evidence(t, hub.node, old, "RCC", registry.Improved),   // of an organisation that the node does not run for
		evidence(t, hub.node, now, "RBB", registry.Improved),   // about another version
		evidence(t, hub.author, old, "RBB", registry.Improved), // publishers are no nodes
	}
	take(t, db, hub, anIndex(1, old, now))
	list, _, err := db.SearchListings(t.Context(), ListingQuery{Limit: 9})
	if err != nil || len(list) != 1 || list[0].Improved != 1 || list[0].Version != "1.1.0" {
		t.Errorf("what became of the version before is told of the plugin: %+v, %v", list, err)
	}
}

func TestTheHighestVersionThatMayBeAdoptedIsFound(t *testing.T) {
	db, hub := open(t), newHub(t)
	day := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	ended := func(l registry.Listing, s registry.State) registry.Listing {
		l.State, l.Reason, l.Until = s, "because", day
		return l
	}
	take(t, db, hub, anIndex(1,
		listing("a", "9.0.0", "a"), listing("a", "10.0.0", "a"),
		listing("b", "1.0.0", "b"), ended(listing("b", "1.1.0", "b"), registry.Withdrawn),
		listing("c", "1.0.0", "c"), ended(listing("c", "2.0.0", "c"), registry.Deprecated),
		ended(listing("d", "1.0.0", "d"), registry.Deprecated), ended(listing("d", "1.0.1", "d"), registry.Deprecated),
		ended(listing("e", "1.0.0", "e"), registry.Withdrawn),
		listing("f", "1.0.0", "f"), listing("f", "1.0.0-rc.1", "f")))
	if got, want := found(t, db, ListingQuery{}), []string{"a 10.0.0", "b 1.0.0", "c 1.0.0", "d 1.0.1", "f 1.0.0"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	versions, err := db.Listings(t.Context(), "a")
	if err != nil || len(versions) != 2 || versions[0].Version != "10.0.0" {
		t.Errorf("versions: %+v, %v", versions, err)
	}
	withdrawn := listing("e", "1.0.0", "e").Contents
	states, err := db.ListedStates(t.Context(), withdrawn, listing("a", "9.0.0", "a").Contents, plugins.DigestOf([]byte("unknown")))
	if err != nil || len(states) != 2 || states[withdrawn] != registry.Withdrawn {
		t.Errorf("states: %v, %v", states, err)
	}
	if l, err := db.ListingOf(t.Context(), withdrawn); err != nil || l.Reason != "because" {
		t.Errorf("listing: %+v, %v", l, err)
	}
	if _, err := db.ListingOf(t.Context(), plugins.DigestOf([]byte("unknown"))); !errors.Is(err, ErrNotFound) {
		t.Errorf("one that the hub does not know: %v", err)
	}
}

func TestAnOlderIndexOrListIsRefusedAndNothingChanges(t *testing.T) {
	db, hub := open(t), newHub(t)
	ctx := t.Context()
	older, olderSerial := hub.list(t)
	take(t, db, hub, anIndex(5, listing("new", "1.0.0", "new")))
	newer, newerSerial := hub.list(t)
	if err := db.TakeIndex(ctx, newer, anIndex(4, listing("old", "1.0.0", "old")), newerSerial); !errors.Is(err, registry.ErrStale) {
		t.Errorf("an older index: %v", err)
	}
	if err := db.TakeIndex(ctx, older, anIndex(6, listing("old", "1.0.0", "old")), olderSerial); !errors.Is(err, registry.ErrStale) {
		t.Errorf("an older list: %v", err)
	}
	s, err := db.HubState(ctx)
	if err != nil || s.IndexSerial != 5 || s.ListSerial != 2 || s.List == nil || time.Since(s.Synced) > time.Minute || s.Expires.Before(time.Now()) {
		t.Errorf("known: %+v, %v", s, err)
	}
	if got := found(t, db, ListingQuery{}); !slices.Equal(got, []string{"new 1.0.0"}) {
		t.Errorf("found %q", got)
	}
	if err := db.HubTried(ctx, "the hub does not answer"); err != nil {
		t.Fatal(err)
	}
	if s, err = db.HubState(ctx); err != nil || s.Problem != "the hub does not answer" || s.Tried.Before(s.Synced) || s.IndexSerial != 5 {
		t.Errorf("after a try: %+v, %v", s, err)
	}
	take(t, db, hub, anIndex(6)) // the next good one takes the problem away
	if s, err = db.HubState(ctx); err != nil || s.Problem != "" || len(found(t, db, ListingQuery{})) != 0 {
		t.Errorf("after the next: %+v, %v", s, err)
	}
}

func TestWhatWasWithdrawnStaysSoWhateverANewerIndexSays(t *testing.T) {
	db, hub := open(t), newHub(t)
	bad := listing("late", "1.0.0", "late")
	bad.State, bad.Reason = registry.Withdrawn, "It counts twice"
	take(t, db, hub, anIndex(1, bad, listing("other", "1.0.0", "other")))
	again := listing("late", "1.0.0", "late")
	for serial, index := range []*registry.Index{anIndex(2, again, listing("other", "1.0.0", "other")), anIndex(3, listing("other", "1.0.0", "other"))} {
		take(t, db, hub, index)
		states, err := db.ListedStates(t.Context(), bad.Contents)
		if err != nil || states[bad.Contents] != registry.Withdrawn {
			t.Errorf("after index %d it is %q, %v", serial+2, states[bad.Contents], err)
		}
		versions, err := db.Listings(t.Context(), "late")
		if err != nil || len(versions) != 1 || versions[0].Reason != "It counts twice" {
			t.Errorf("after index %d the reason is lost: %+v, %v", serial+2, versions, err)
		}
	}
}

func TestAnotherHubMayHaveOtherNumbers(t *testing.T) {
	db, before, next := open(t), newHub(t), newHub(t)
	before.serial = 20_000
	take(t, db, before, anIndex(20_000, listing("old", "1.0.0", "old")))
	list, serial := next.list(t)
	if err := db.TakeIndex(t.Context(), list, anIndex(1, listing("new", "1.0.0", "new")), serial); !errors.Is(err, registry.ErrStale) {
		t.Fatalf("before the first is forgotten: %v", err)
	}
	if err := db.ForgetHub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := db.HubState(t.Context()); err != nil || s != (HubState{}) || len(found(t, db, ListingQuery{})) != 0 {
		t.Errorf("after it is forgotten: %+v, %v", s, err)
	}
	take(t, db, next, anIndex(1, listing("new", "1.0.0", "new")))
	if got := found(t, db, ListingQuery{}); !slices.Equal(got, []string{"new 1.0.0"}) {
		t.Errorf("found %q", got)
	}
}

// TestOneReleaseDoesNotKeepAnIndexOut: whoever publishes may write anything, and all
// others must go on.
func TestOneReleaseDoesNotKeepAnIndexOut(t *testing.T) {
	db, hub := open(t), newHub(t)
	odd := listing("odd", "not a version", strings.Repeat("wörter ", 400_000), "\x00", strings.Repeat("d", 1000))
	odd.Problem, odd.Areas = "nul \x00 and \xff", []string{strings.Repeat("x", 3000), "a\x00b"}
	take(t, db, hub, anIndex(1, odd, listing("falls", "1.0.0", "falls")))
	if got := found(t, db, ListingQuery{Words: "falls"}); !slices.Equal(got, []string{"falls 1.0.0"}) {
		t.Errorf("found %q", got)
	}
	if l, err := db.ListingOf(t.Context(), odd.Contents); err != nil || l.Title != odd.Title {
		t.Errorf("it is not as it was signed: %v", err)
	}
}

func FuzzSearchWords(f *testing.F) {
	db, hub := open(f), newHub(f)
	take(f, db, hub, anIndex(1, listing("falls", "1.0.0", "falls")))
	for _, words := range []string{"falls", "'", "a:*b", "\\", "ﬁ ½ ² \u200d", "!(a|b)", "ǅ", "\x00", "\xff"} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, words string) {
		if _, _, err := db.SearchListings(t.Context(), ListingQuery{Words: words, Limit: 5}); err != nil {
			t.Errorf("%q: %v", words, err)
		}
	})
}
