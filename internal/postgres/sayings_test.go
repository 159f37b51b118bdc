package postgres

import (
	"errors"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// maySend is the grant by which somebody lets evidence leave an organisation.
func maySend(t testing.TB, who string, at measures.ODSCode) policy.Grant {
	t.Helper()
	return grantOf(t, seal(policy.Decision{Allow: true, Scope: []measures.ODSCode{at}, Request: policy.Request{ID: "send", Action: policy.EvidenceSend,
		Actor: policy.Actor{ID: who}, Resource: policy.Resource{ODS: at, Dataset: "falls", Grain: "aggregate"}}}))
}

func aSaying(kind string, k KeptRelease) Saying {
	return Saying{Organisation: "RAA", Kind: kind, Plugin: k.Manifest.ID, Digest: k.Digest, Artifact: k.Artifact,
		Envelope: registry.Envelope{PayloadType: "application/vnd.example", Payload: []byte(`{"a":1}`), Signatures: []registry.Signature{{KeyID: "k", Sig: []byte{1, 2}}}}}
}

func TestWhatIsSaidWaitsUntilTheHubHasIt(t *testing.T) {
	db, first, _ := sharing(t)
	ctx := t.Context()
	one, err := db.KeepSaying(ctx, maySend(t, "ines", "RAA"), aSaying("evidence", first))
	if err != nil {
		t.Fatal(err)
	}
	two, err := db.KeepSaying(ctx, ofRelease(t, "ines", policy.ReleaseTake, first.Digest, ""), aSaying("question", first))
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := db.UnsentSayings(ctx)
	if err != nil || len(waiting) != 2 || waiting[0].ID != one || waiting[1].ID != two {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	if s := waiting[0]; s.Kind != "evidence" || s.Organisation != "RAA" || s.By != "ines" || s.Artifact != first.Artifact || string(s.Envelope.Payload) != `{"a":1}` ||
		!s.Sent.IsZero() || s.Record != 1 || time.Since(s.At) > time.Minute {
		t.Errorf("it waits as %+v", s)
	}
	if err := db.SayingFailed(ctx, one, "the hub does not answer"); err != nil {
		t.Fatal(err)
	}
	if err := db.SayingSent(ctx, two); err != nil {
		t.Fatal(err)
	}
	if waiting, err = db.UnsentSayings(ctx); err != nil || len(waiting) != 1 || waiting[0].Problem != "the hub does not answer" {
		t.Errorf("waiting: %+v, %v", waiting, err)
	}
	if err := db.SayingSent(ctx, one); err != nil {
		t.Fatal(err)
	}
	all, err := db.SayingsOf(ctx, "RAA")
	if err != nil || len(all) != 2 || all[1].Sent.IsZero() || all[1].Problem != "" {
		t.Fatalf("said: %+v, %v", all, err)
	}
	// Whoever was slower does not unsay it.
	if err := errors.Join(db.SayingFailed(ctx, one, "too late"), db.SayingSent(ctx, one)); err != nil {
		t.Fatal(err)
	}
	if again, err := db.SayingsOf(ctx, "RAA"); err != nil || again[1].Problem != "" || !again[1].Sent.Equal(all[1].Sent) {
		t.Errorf("afterwards: %+v, %v", again, err)
	}
}

func TestNobodySaysAnythingForOthers(t *testing.T) {
	db, first, _ := sharing(t)
	for name, c := range map[string]struct {
		kind  string
		grant policy.Grant
	}{
		"evidence by nobody":                       {"evidence", policy.Grant{}},
		"evidence of another organisation":         {"evidence", maySend(t, "mallory", "RBB")},
		"evidence without a decision to send it":   {"evidence", ofRelease(t, "ines", policy.ReleaseAdopt, first.Digest, "RAA")},
		"evidence by a grant for a chart":          {"evidence", grantOf(t, decision("falls", []measures.ODSCode{"RAA"}, "n"))},
		"a reply by somebody who may only take it": {"reply", ofRelease(t, "ines", policy.ReleaseTake, first.Digest, "")},
		"a question in another's name":             {"question", ofRelease(t, "mallory", policy.ReleaseAdopt, first.Digest, "RBB")},
		"something else":                           {"gossip", maySend(t, "ines", "RAA")},
	} {
		if _, err := db.KeepSaying(t.Context(), c.grant, aSaying(c.kind, first)); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := db.KeepSaying(t.Context(), maySend(t, "ines", "RAA"), aSaying("evidence", first)); err != nil {
		t.Fatal(err)
	}
	for what, sql := range map[string]string{
		"somebody speaks in nobody's name": `INSERT INTO saying (trust_id, kind, plugin, digest, artifact, envelope, made_at, made_by, record)
			SELECT trust_id, kind, plugin, digest, artifact, envelope, made_at, made_by, record FROM saying`,
		"what was said is changed":    `UPDATE saying SET envelope = '{}'`,
		"what was said is taken away": `DELETE FROM saying`,
	} {
		if err := pgtest.Try(t, db.ownerURL, `SET ROLE `+AppRole+`; `+sql); err == nil {
			t.Errorf("%s", what)
		}
	}
}

func TestAHubIssuesNothingTwice(t *testing.T) {
	db := open(t)
	ctx := t.Context()
	if _, err := db.HubIssued(ctx, "index"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before the first: %v", err)
	}
	for _, c := range []struct {
		kind   string
		serial int64
		want   error
	}{{"index", 3, nil}, {"index", 3, registry.ErrStale}, {"index", 2, registry.ErrStale}, {"publishers", 2, nil}, {"index", 4, nil}} {
		if err := db.IssueHub(ctx, c.kind, c.serial, []byte(c.kind)); !errors.Is(err, c.want) {
			t.Errorf("%s number %d: %v, want %v", c.kind, c.serial, err, c.want)
		}
	}
	got, err := db.HubIssued(ctx, "index")
	if err != nil || got.Serial != 4 || string(got.Envelope) != "index" || time.Since(got.At) > time.Minute {
		t.Errorf("issued: %+v, %v", got, err)
	}
}
