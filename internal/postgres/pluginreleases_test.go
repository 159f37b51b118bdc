package postgres

import (
	"errors"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

func TestAReleaseIsReadAsItCame(t *testing.T) {
	db, first, _ := sharing(t)
	got, err := db.KeptRelease(t.Context(), first.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Contents) != string(first.Contents) || got.Manifest.Measures[0].Direction != measures.Decrease || got.By != "ines" || got.Origin != FromHub ||
		got.Artifact != first.Artifact || !got.Issued.Equal(first.Issued) || !slices.Equal(got.Signers, first.Signers) || len(got.Signed) != 1 {
		t.Errorf("%+v was kept, and %+v read", first, got)
	}
	if a, _ := registry.ManifestDigest(first.Manifest); a == "" {
		t.Fatal("no digest")
	} else if b, _ := registry.ManifestDigest(got.Manifest); a != b {
		t.Error("its manifest is not the one that was signed")
	}
	list, err := db.KeptReleases(t.Context())
	if err != nil || len(list) != 2 || list[0].Contents != nil {
		t.Errorf("listed: %d, %v", len(list), err)
	}
	if _, err := db.KeptRelease(t.Context(), plugins.DigestOf([]byte("another"))); !errors.Is(err, ErrNotFound) {
		t.Errorf("one that is not here: %v", err)
	}
}

func TestAVersionNeverChanges(t *testing.T) {
	db, first, _ := sharing(t)
	other := first
	other.Contents = []byte("falls 1.0.0, but not quite")
	other.Digest = other.Release.Digest()
	err := db.KeepRelease(t.Context(), ofRelease(t, "ines", policy.ReleaseTake, other.Digest, ""), other)
	if !errors.Is(err, registry.ErrMisnamed) {
		t.Errorf("the same version with other contents: %v", err)
	}
	other.Digest = first.Digest
	err = db.KeepRelease(t.Context(), ofRelease(t, "ines", policy.ReleaseTake, other.Digest, ""), other)
	if !errors.Is(err, registry.ErrReplaced) {
		t.Errorf("other contents under the digest of the first: %v", err)
	}
}

func TestSignaturesAreAddedAndNoneIsLost(t *testing.T) {
	db, first, _ := sharing(t)
	ctx := t.Context()
	checker := newKey(t)
	second := registry.Signer{Holder: "Zoe Example", Role: registry.RoleChecker, Key: checker.Public().ID()}
	both, err := first.Sign(checker, "", registry.Build{}, first.Issued)
	if err != nil {
		t.Fatal(err)
	}
	grant := ofRelease(t, "tariq", policy.ReleaseCheck, first.Digest, "")
	for range 2 { // a second time it changes nothing
		if err := db.SignRelease(ctx, grant, first.Digest, []registry.Envelope{{PayloadType: both.Signed[0].PayloadType, Payload: both.Signed[0].Payload,
			Signatures: both.Signed[0].Signatures[1:]}}, []registry.Signer{second}); err != nil {
			t.Fatal(err)
		}
	}
	// Whoever brings it again as it was at first takes nothing away.
	if err := db.KeepRelease(ctx, ofRelease(t, "ines", policy.ReleaseTake, first.Digest, ""), first); err != nil {
		t.Fatal(err)
	}
	got, err := db.KeptRelease(ctx, first.Digest)
	if err != nil || len(got.Signed) != 1 || len(got.Signed[0].Signatures) != 2 || len(got.Signers) != 2 || got.Signers[1] != second || got.By != "ines" {
		t.Errorf("signed by %+v, %v", got.Signers, err)
	}
	if rows := pgtest.SQL(t, db.ownerURL, `SELECT count(*) FROM release_signature`); rows[0][0] != "1" {
		t.Errorf("%s rows for one signature", rows[0][0])
	}
}

func TestContentsThatSomebodyChangedAreNotGiven(t *testing.T) {
	db, first, _ := sharing(t)
	pgtest.Exec(t, db.ownerURL, `UPDATE plugin_release SET contents = 'evil' WHERE version = '1.0.0'`)
	if _, err := db.KeptRelease(t.Context(), first.Digest); !errors.Is(err, registry.ErrReplaced) {
		t.Errorf("changed contents: %v", err)
	}
}

func TestReleasesTakeAGrantForThem(t *testing.T) {
	db, first, second := sharing(t)
	ctx := t.Context()
	for name, grant := range map[string]policy.Grant{
		"none":                {},
		"for another":         ofRelease(t, "ines", policy.ReleaseTake, second.Digest, ""),
		"for something else":  ofRelease(t, "ines", policy.ReleasePull, first.Digest, ""),
		"at an organisation":  ofRelease(t, "ines", policy.ReleaseTake, first.Digest, "RAA"),
		"for a draft of mine": about(t, "efua", policy.PluginUpload, "innovator"),
	} {
		if err := db.KeepRelease(ctx, grant, first); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("kept by a grant %s: %v", name, err)
		}
		if err := db.SignRelease(ctx, grant, first.Digest, nil, nil); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("signed by a grant %s: %v", name, err)
		}
		if err := db.StepRelease(ctx, grant, ReleaseStep{Digest: first.Digest, Step: Submitted}); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("submitted by a grant %s: %v", name, err)
		}
		if _, err := db.Adopt(ctx, grant, anAdoption(first)); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("adopted by a grant %s: %v", name, err)
		}
	}
}

// step takes one as somebody.
func step(t testing.TB, db *DB, who string, of plugins.Digest, s Step) error {
	t.Helper()
	return db.StepRelease(t.Context(), ofRelease(t, who, stepActions[s], of, ""), ReleaseStep{Digest: of, Step: s, Note: "because",
		Until: measures.DateOf(2026, 9, 30), Found: []check.Step{{Name: "It starts"}}, Cost: policy.ReleaseCost{Milliseconds: 3}})
}

func TestTheLifeOfARelease(t *testing.T) {
	db, first, _ := sharing(t)
	for _, c := range []struct {
		who  string
		step Step
		want error
	}{
		{"efua", Published, ErrChanged},
		{"efua", Submitted, nil},
		{"efua", Submitted, ErrChanged},
		{"efua", Published, ErrChanged},
		{"tariq", Refused, nil},
		{"efua", Submitted, nil},
		{"tariq", Checked, nil}, // what was refused in an earlier round is looked at anew
		{"tariq", Checked, ErrChanged},
		{"zoe", Checked, nil},
		{"zoe", Published, nil},
		{"zoe", Checked, ErrChanged},
		{"efua", Deprecated, nil},
		{"efua", Withdrawn, nil},
		{"efua", Deprecated, ErrChanged},
		{"efua", Submitted, ErrChanged},
	} {
		if err := step(t, db, c.who, first.Digest, c.step); !errors.Is(err, c.want) {
			t.Errorf("%s by %s: %v, want %v", c.step, c.who, err, c.want)
		}
	}
	steps, err := db.ReleaseSteps(t.Context(), first.Digest)
	if err != nil || len(steps) != 8 {
		t.Fatalf("%d steps, %v", len(steps), err)
	}
	if s := steps[6]; s.Step != Deprecated || s.By != "efua" || s.Note != "because" || s.Until != measures.DateOf(2026, 9, 30) || s.Found[0].Name != "It starts" ||
		s.Cost.Milliseconds != 3 || s.Record != 1 {
		t.Errorf("step: %+v", s)
	}
	if err := step(t, db, "efua", plugins.DigestOf([]byte("not here")), Submitted); !errors.Is(err, ErrNotFound) {
		t.Errorf("a release that is not here: %v", err)
	}
}

func TestNothingIsPublishedThatOnlyItsAuthorHasChecked(t *testing.T) {
	db, first, _ := sharing(t)
	for _, s := range []Step{Submitted, Checked} { // the policy bars it; this is what stands behind it
		if err := step(t, db, "efua", first.Digest, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := step(t, db, "efua", first.Digest, Published); err == nil {
		t.Error("published, checked by nobody but its author")
	}
}

func TestWhatWasWithdrawnIsNotAdopted(t *testing.T) {
	db, first, second := sharing(t)
	ctx := t.Context()
	one := adopt(t, db, first)
	two := adopt(t, db, second)
	for _, s := range []Step{Submitted, Withdrawn} {
		if err := step(t, db, "efua", first.Digest, s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Adopt(ctx, ofRelease(t, "ines", policy.ReleaseAdopt, first.Digest, "RAA"), anAdoption(first)); !errors.Is(err, ErrWithdrawn) {
		t.Errorf("adopted: %v", err)
	}
	if _, err := db.UndoAdoption(ctx, ofRelease(t, "ines", policy.ReleaseLeave, second.Digest, "RAA"), two); !errors.Is(err, ErrWithdrawn) {
		t.Errorf("gone back to: %v", err)
	}
	live, err := db.Adoptions(ctx)
	if err != nil || len(live) != 1 || live[0].ID != two || live[0].Replaces != one {
		t.Errorf("what ran does not run any more: %+v, %v", live, err)
	}
}

func TestAnAdoptionWantsAReleaseThatIsHere(t *testing.T) {
	db, first, _ := sharing(t)
	absent := anAdoption(first)
	absent.Digest = plugins.DigestOf([]byte("not here"))
	if _, err := db.Adopt(t.Context(), ofRelease(t, "ines", policy.ReleaseAdopt, absent.Digest, "RAA"), absent); !errors.Is(err, ErrNotFound) {
		t.Errorf("a release that is not here: %v", err)
	}
	renamed := anAdoption(first)
	renamed.Plugin = "another"
	if _, err := db.Adopt(t.Context(), ofRelease(t, "ines", policy.ReleaseAdopt, first.Digest, "RAA"), renamed); !errors.Is(err, ErrNotFound) {
		t.Errorf("under another name: %v", err)
	}
}

func TestOnlyAnOrganisationAdoptsForItself(t *testing.T) {
	db, first, _ := sharing(t)
	id := adopt(t, db, first)
	elsewhere := ofRelease(t, "mallory", policy.ReleaseLeave, first.Digest, "RBB")
	if err := db.EndAdoption(t.Context(), elsewhere, id, "not ours"); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("ended from elsewhere: %v", err)
	}
	if _, err := db.UndoAdoption(t.Context(), elsewhere, id); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("undone from elsewhere: %v", err)
	}
	if _, err := db.Adopt(t.Context(), ofRelease(t, "mallory", policy.ReleaseAdopt, first.Digest, "RBB"), anAdoption(first)); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("adopted for another: %v", err)
	}
	// And behind that the wall in the database.
	for _, sql := range []string{
		`UPDATE adoption SET ended_at = now(), ended_by = 'mallory', ended = 1`,
		`SELECT set_config('signalbox.governs', (SELECT trust_id::text FROM organisation WHERE ods = 'RBB'), false); UPDATE adoption SET ended_at = now(), ended_by = 'mallory', ended = 1`,
	} {
		as := `SET ROLE ` + AppRole + `; ` + sql
		pgtest.Exec(t, db.ownerURL, as)
	}
	if live, err := db.Adoptions(t.Context()); err != nil || len(live) != 1 {
		t.Errorf("after that %d run, %v", len(live), err)
	}
	for what, sql := range map[string]string{
		"an adoption is made in nobody's name": `INSERT INTO adoption (trust_id, plugin, digest, stage, layers, first, sends, begun_at, begun_by, begun)
			SELECT (SELECT trust_id FROM organisation WHERE ods = 'RBB'), plugin, digest, stage, layers, first, sends, now(), 'mallory', 1 FROM adoption`,
		"an adoption is pinned to another release": `UPDATE adoption SET digest = (SELECT digest FROM plugin_release WHERE version = '1.1.0')`,
		"an adoption is taken away":                `DELETE FROM adoption`,
		"a release is changed":                     `UPDATE plugin_release SET contents = 'evil'`,
		"a release is taken away":                  `DELETE FROM plugin_release`,
		"a step is changed":                        `UPDATE release_step SET step = 'published'`,
	} {
		if err := pgtest.Try(t, db.ownerURL, `SET ROLE `+AppRole+`; `+sql); err == nil {
			t.Errorf("%s", what)
		}
	}
}
