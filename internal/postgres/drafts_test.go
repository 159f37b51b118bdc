package postgres

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/policy"
)

// about is a grant of somebody for an action about a plugin, on the given ground.
func about(t testing.TB, who string, action policy.Action, ground string) policy.Grant {
	t.Helper()
	return grantOf(t, seal(policy.Decision{Allow: true, Grants: []policy.GrantRef{{Code: ground, Ref: who}},
		Request: policy.Request{ID: "about a plugin", Action: action, Actor: policy.Actor{ID: who}, Resource: policy.Resource{Grain: "aggregate"}}}))
}

func aDraft(name string) Draft {
	module := []byte("module " + name)
	return Draft{Digest: plugins.DigestOf(module), At: time.Now().UTC().Truncate(time.Microsecond), FileName: name + ".wasm", Module: module,
		Manifest: plugins.Manifest{ID: name, Version: "0.1.0", ABI: 1, Entries: []string{"one"},
			Measures: []measures.Measure{{ID: measures.MeasureID(name), Direction: measures.Decrease, ReviewDate: measures.DateOf(2027, 1, 1)}}},
		Steps: []check.Step{{Name: "It starts", Took: time.Millisecond}, {Name: "It answers", Findings: []check.Finding{{Rule: "answers", Problem: "It does not.", Mend: "let it."}}}}}
}

func TestADraftIsItsAuthorsAndGovernances(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	want := aDraft("falls")
	id, err := db.KeepDraft(ctx, about(t, "efua", policy.PluginUpload, "innovator"), want)
	if err != nil {
		t.Fatal(err)
	}
	for _, reader := range []policy.Grant{about(t, "efua", policy.PluginTry, "innovator"), about(t, "hana", policy.PluginTry, "governance")} {
		got, err := db.Draft(ctx, reader, id)
		if err != nil {
			t.Fatal(err)
		}
		if got.By != "efua" || !got.At.Equal(want.At) || got.FileName != want.FileName || string(got.Module) != string(want.Module) || got.Sound() ||
			got.Manifest.Measures[0].Direction != measures.Decrease || got.Steps[1].Findings[0] != want.Steps[1].Findings[0] || got.Steps[0].Took != time.Millisecond {
			t.Errorf("%+v was kept, and %+v read", want, got)
		}
		if list, err := db.Drafts(ctx, reader); err != nil || len(list) != 1 || list[0].ID != id || len(list[0].Module) != 0 {
			t.Errorf("listed: %+v, %v", list, err)
		}
	}
	other := about(t, "ines", policy.PluginTry, "innovator")
	if _, err := db.Draft(ctx, other, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("another innovator reads it: %v", err)
	}
	if list, err := db.Drafts(ctx, other); err != nil || len(list) != 0 {
		t.Errorf("another innovator sees %+v, %v", list, err)
	}
	for _, nobodys := range []policy.Grant{other, about(t, "hana", policy.PluginTry, "governance")} {
		if err := db.ForgetDraft(ctx, nobodys, id); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else forgets it: %v", err)
		}
	}
	if err := db.ForgetDraft(ctx, about(t, "efua", policy.PluginTry, "innovator"), id); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Draft(ctx, about(t, "efua", policy.PluginTry, "innovator"), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("after it was forgotten: %v", err)
	}
}

func TestDraftsTakeAGrantForThem(t *testing.T) {
	db := open(t)
	for name, grant := range map[string]policy.Grant{"none": {}, "for a chart": grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n")),
		"to look only": about(t, "efua", policy.PluginTry, "innovator")} {
		if _, err := db.KeepDraft(t.Context(), grant, aDraft("falls")); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("kept by a grant %s: %v", name, err)
		}
	}
	if _, err := db.Drafts(t.Context(), grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n"))); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("listed by a grant for a chart: %v", err)
	}
}

func TestDraftsBehindTheirWallEvenWithoutAWhere(t *testing.T) {
	db := open(t)
	if _, err := db.KeepDraft(t.Context(), about(t, "efua", policy.PluginUpload, "innovator"), aDraft("falls")); err != nil {
		t.Fatal(err)
	}
	var seen int
	if err := db.pool.QueryRow(t.Context(), `SELECT count(*) FROM draft`).Scan(&seen); err != nil || seen != 0 {
		t.Errorf("without an author %d are seen, %v", seen, err)
	}
	tag, err := db.pool.Exec(t.Context(), `DELETE FROM draft`)
	if err != nil || tag.RowsAffected() != 0 {
		t.Errorf("without an author %d are deleted, %v", tag.RowsAffected(), err)
	}
	if _, err := db.pool.Exec(t.Context(), `INSERT INTO draft (digest, uploaded_by, uploaded_at, file_name, module, manifest, steps)
		VALUES ('sha256:' || repeat('0', 64), 'efua', now(), '', '', '{}', '[]')`); err == nil {
		t.Error("one was written for somebody else")
	}
}

func TestFewDraftsAreKeptAndNotForLong(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	upload, try := about(t, "efua", policy.PluginUpload, "innovator"), about(t, "efua", policy.PluginTry, "innovator")
	first := aDraft("same")
	id, err := db.KeepDraft(ctx, upload, first)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := db.KeepDraft(ctx, upload, first); err != nil || again != id {
		t.Errorf("the same module again is draft %d, %v; it was %d", again, err, id)
	}
	for i := range DraftsEach {
		if _, err := db.KeepDraft(ctx, upload, aDraft(fmt.Sprintf("draft-%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	list, err := db.Drafts(ctx, try)
	if err != nil || len(list) != DraftsEach || list[0].Manifest.ID != "draft-9" {
		t.Fatalf("%d drafts, %v", len(list), err)
	}
	if _, err := db.Draft(ctx, try, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("the oldest is still there: %v", err)
	}
	if _, err := owner(t, db).Exec(ctx, `UPDATE draft SET uploaded_at = uploaded_at - interval '31 days' WHERE draft_id = $1`, list[3].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Draft(ctx, try, list[3].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a draft of last month: %v", err)
	}
	if _, err := db.KeepDraft(ctx, about(t, "ines", policy.PluginUpload, "innovator"), aDraft("hers")); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := owner(t, db).QueryRow(ctx, `SELECT count(*) FROM draft`).Scan(&left); err != nil || left != DraftsEach {
		t.Errorf("%d rows are left, %v", left, err)
	}
	// Nobody brings a draft any more, and what is old goes all the same.
	if _, err := owner(t, db).Exec(ctx, `UPDATE draft SET uploaded_at = uploaded_at - interval '31 days' WHERE uploaded_by = 'ines'`); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{1, 0} {
		if gone, err := db.ForgetDrafts(ctx); err != nil || gone != want {
			t.Errorf("%d are forgotten, want %d, %v", gone, want, err)
		}
	}
}
