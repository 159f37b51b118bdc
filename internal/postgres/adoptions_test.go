package postgres

import (
	"errors"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// ofRelease is somebody's grant for an act about a release, at an organisation where
// the act is one of its own.
func ofRelease(t testing.TB, who string, action policy.Action, of plugins.Digest, at measures.ODSCode) policy.Grant {
	t.Helper()
	return grantOf(t, seal(policy.Decision{Allow: true, Request: policy.Request{ID: "about a release", Action: action, Actor: policy.Actor{ID: who},
		Release: policy.Release{ID: "falls", Digest: string(of)},
		Change:  policy.Change{Kind: policy.ReleaseChange, Ref: string(of)}, Resource: policy.Resource{ODS: at, Grain: "aggregate"}}}))
}

// aRelease is one that an author has signed. Its contents are no real module, which
// the database does not look at.
func aRelease(t testing.TB, key registry.Key, id, version string) KeptRelease {
	t.Helper()
	r := registry.Release{Contents: []byte(id + " " + version), Manifest: plugins.Manifest{ID: id, Version: version, Title: "Falls in hospital",
		Measures: []measures.Measure{{ID: measures.MeasureID(id), Direction: measures.Decrease, ReviewDate: measures.DateOf(2027, 1, 1)}}}}
	signed, err := r.Sign(key, "bellmere", registry.Build{}, time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return KeptRelease{Release: signed, Digest: signed.Digest(), Artifact: plugins.DigestOf([]byte("artifact of " + id + version)), Publisher: "bellmere",
		Signers: []registry.Signer{{Holder: "Ada Example", Role: registry.RoleAuthor, Key: key.Public().ID()}},
		Issued:  time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC), Origin: FromHub}
}

func newKey(t testing.TB) registry.Key {
	t.Helper()
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sharing is a database with two organisations and two versions of a release.
func sharing(t testing.TB) (db *DB, first, second KeptRelease) {
	t.Helper()
	db = open(t)
	pgtest.Exec(t, db.ownerURL, `INSERT INTO organisation (ods, kind) VALUES ('RAA', 'trust'), ('RBB', 'trust')`)
	key := newKey(t)
	first, second = aRelease(t, key, "falls", "1.0.0"), aRelease(t, key, "falls", "1.1.0")
	for _, k := range []KeptRelease{first, second} {
		if err := db.KeepRelease(t.Context(), ofRelease(t, "ines", policy.ReleaseTake, k.Digest, ""), k); err != nil {
			t.Fatal(err)
		}
	}
	return db, first, second
}

func anAdoption(k KeptRelease) Adoption {
	return Adoption{Organisation: "RAA", Plugin: k.Manifest.ID, Digest: k.Digest, Stage: Adopted, First: measures.DateOf(2026, 6, 1), Sends: true,
		Layers: Layers{Datasets: map[measures.DatasetID]measures.DatasetID{"falls": "our_falls"},
			Measures: map[measures.MeasureID]Layer{"falls": {Targets: []measures.Target{{Value: 3.5, Label: "ours"}}, Note: "wards on two sites", Stratifiers: []string{},
				Baseline: &Baseline{From: measures.DateOf(2025, 1, 1), To: measures.DateOf(2026, 5, 1), Points: 17}}}}}
}

func adopt(t testing.TB, db *DB, k KeptRelease) int64 {
	t.Helper()
	id, err := db.Adopt(t.Context(), ofRelease(t, "ines", policy.ReleaseAdopt, k.Digest, "RAA"), anAdoption(k))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAnAdoptionIsReadAsItWasMade(t *testing.T) {
	db, first, _ := sharing(t)
	id := adopt(t, db, first)
	list, err := db.Adoptions(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("adoptions: %v, %v", list, err)
	}
	got, layer := list[0], list[0].Layers.Measures["falls"]
	if got.ID != id || got.Organisation != "RAA" || got.Digest != first.Digest || got.Stage != Adopted || got.First != measures.DateOf(2026, 6, 1) || !got.Sends ||
		got.By != "ines" || got.Replaces != 0 || !got.Ended.IsZero() || got.Layers.Datasets["falls"] != "our_falls" || layer.Targets[0].Value != 3.5 ||
		layer.Baseline.Points != 17 || layer.Stratifiers == nil || // none is another choice than those of the release
		layer.Baseline.To != measures.DateOf(2026, 5, 1) || time.Since(got.At) > time.Minute {
		t.Errorf("adopted: %+v", got)
	}
}

func TestANewVersionTakesThePlaceOfTheOldAndCanBeUndone(t *testing.T) {
	db, first, second := sharing(t)
	ctx := t.Context()
	one := adopt(t, db, first)
	two := adopt(t, db, second)
	live, err := db.Adoptions(ctx)
	if err != nil || len(live) != 1 || live[0].ID != two || live[0].Replaces != one || live[0].Digest != second.Digest {
		t.Fatalf("after the second: %+v, %v", live, err)
	}
	back, err := db.UndoAdoption(ctx, ofRelease(t, "ines", policy.ReleaseLeave, second.Digest, "RAA"), two)
	if err != nil {
		t.Fatal(err)
	}
	if live, err = db.Adoptions(ctx); err != nil || len(live) != 1 || live[0].ID != back || live[0].Digest != first.Digest || live[0].Layers.Measures["falls"].Note == "" {
		t.Fatalf("after it was undone: %+v, %v", live, err)
	}
	if err := db.EndAdoption(ctx, ofRelease(t, "ines", policy.ReleaseLeave, first.Digest, "RAA"), back, "not for us"); err != nil {
		t.Fatal(err)
	}
	history, err := db.AdoptionsOf(ctx, "RAA")
	if err != nil || len(history) != 3 || history[0].Reason != "not for us" || history[1].Reason != "undone" || history[2].EndedBy != "ines" {
		t.Errorf("history: %+v, %v", history, err)
	}
	if err := db.EndAdoption(ctx, ofRelease(t, "ines", policy.ReleaseLeave, first.Digest, "RAA"), back, "again"); !errors.Is(err, ErrEnded) {
		t.Errorf("ended twice: %v", err)
	}
	if live, err = db.Adoptions(ctx); err != nil || len(live) != 0 {
		t.Errorf("after leaving: %+v, %v", live, err)
	}
}
