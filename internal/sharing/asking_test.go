package sharing_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// asker is an installation with a voice, that a release of its own is asked about.
type asker struct {
	*maker
	*sharing.Asking
	node registry.Key
	of   registry.Listing
}

func newAsker(t testing.TB) *asker {
	t.Helper()
	a := &asker{maker: newMaker(t), node: newKey(t)}
	pgtest.Exec(t, a.url, `INSERT INTO organisation (ods, kind) VALUES ('RAA', 'trust')`)
	a.list.Nodes = []registry.Node{{ID: "ashford", Name: "Ashford Trust", Organisations: []measures.ODSCode{"RAA"}, Key: a.node.Public(), From: noon.AddDate(-1, 0, 0)}}
	s := a.published(t, "1.0.0")
	a.of = registry.Listing{ID: s.Manifest.ID, Version: s.Manifest.Version, Publisher: s.Publisher, Contents: s.Digest, Artifact: s.Artifact}
	list := a.Life.List
	a.Asking = &sharing.Asking{Policy: a.Life.Policy, Ledger: a.db, Store: a.db, List: list, Now: a.Life.Now,
		Voice: &sharing.Voice{List: list, Now: a.Life.Now, Key: func() (registry.Key, error) { return a.node, nil }},
		Name:  func(context.Context, measures.ODSCode) (string, error) { return "Ashford Trust", nil }}
	return a
}

// improver leads improvement at the trust.
func improver() policy.Actor {
	who := somebody("maud", "improvement_lead")
	who.ODS, who.Orgs, who.Purpose = "RAA", []measures.ODSCode{"RAA"}, "improvement"
	return who
}

// reply is what an author answers, as the command line writes it.
func (a *asker) reply(t testing.TB, question string, key registry.Key) registry.Envelope {
	t.Helper()
	e, err := registry.Reply{Contents: a.of.Contents, Plugin: a.of.ID, Version: a.of.Version, Publisher: "bellmere", Question: question,
		Issued: noon, Text: "It counts bank staff from version 1.1.0 on."}.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAQuestionIsAskedAndAnswered(t *testing.T) {
	a := newAsker(t)
	if err := a.Asking.Ask(t.Context(), improver(), a.of, "Does it count bank staff?"); err != nil {
		t.Fatal(err)
	}
	heard, err := a.Talk(t.Context(), a.of.ID)
	if err != nil || len(heard.Threads) != 1 || !heard.Threads[0].Waits || heard.Threads[0].OrganisationName != "Ashford Trust" {
		t.Fatalf("heard %+v: %v", heard, err)
	}
	if err := a.Reply(t.Context(), innovator, a.of.ID, a.reply(t, heard.Threads[0].ID, a.author)); err != nil {
		t.Fatal(err)
	}
	if heard, err = a.Talk(t.Context(), a.of.ID); err != nil || len(heard.Threads[0].Replies) != 1 {
		t.Fatalf("heard %+v: %v", heard, err)
	}
	waiting, err := a.db.UnsentSayings(t.Context())
	if err != nil || len(waiting) != 2 || waiting[0].Organisation != "RAA" || waiting[1].Organisation != "" || waiting[1].Artifact != a.of.Artifact {
		t.Errorf("what waits for the hub: %+v: %v", waiting, err)
	}
	// The hub tells the same, and it is heard once.
	of := a.of
	of.State = registry.Published
	for _, s := range waiting {
		of.Said = append(of.Said, s.Envelope)
	}
	index := registry.Index{Serial: 1, Issued: noon, Expires: noon.AddDate(0, 0, 7), Publishers: 3, Releases: []registry.Listing{of}}
	signed, err := a.list.Seal(newKey(t))
	if err == nil {
		err = a.db.TakeIndex(t.Context(), signed, &index, a.list.Serial)
	}
	if err != nil {
		t.Fatal(err)
	}
	if heard, err = a.Talk(t.Context(), a.of.ID); err != nil || len(heard.Threads) != 1 || len(heard.Threads[0].Replies) != 1 || heard.Threads[0].Waits {
		t.Errorf("heard %+v: %v", heard, err)
	}
}

func TestQuestionsAndAnswersAreRefusedToThoseWhoMayNotSpeak(t *testing.T) {
	a := newAsker(t)
	clinician := improver()
	clinician.Roles = []policy.Role{"clinician"}
	elsewhere := improver()
	elsewhere.ODS, elsewhere.Orgs = "RBB", []measures.ODSCode{"RBB"}
	for _, test := range []struct {
		name, text string
		who        policy.Actor
		is         func(error) bool
	}{
		{"a clinician", "Why?", clinician, func(err error) bool { return errors.Is(err, policy.ErrDenied) }},
		{"somebody of a trust that the hub does not know here", "Why?", elsewhere, func(err error) bool { return errors.Is(err, sharing.ErrNoVoice) }},
		{"somebody of no organisation", "Why?", innovator, misfit},
		{"nothing asked", " ", improver(), misfit},
		{"too much asked", strings.Repeat("why ", 600), improver(), misfit},
	} {
		if err := a.Asking.Ask(t.Context(), test.who, a.of, test.text); !test.is(err) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if err := a.Asking.Ask(t.Context(), improver(), a.of, "Does it count bank staff?"); err != nil {
		t.Fatal(err)
	}
	heard, err := a.Talk(t.Context(), a.of.ID)
	if err != nil {
		t.Fatal(err)
	}
	id := heard.Threads[0].ID
	for _, test := range []struct {
		name string
		e    registry.Envelope
		want error
	}{
		{"a stranger's key", a.reply(t, id, newKey(t)), registry.ErrStranger},
		{"to a question that nobody asked", a.reply(t, "ANOTHER", a.author), sharing.ErrNoQuestion},
	} {
		if err := a.Reply(t.Context(), innovator, a.of.ID, test.e); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if list, err := a.db.SayingsAbout(t.Context(), a.of.ID); err != nil || len(list) != 1 {
		t.Errorf("kept: %d, %v", len(list), err)
	}
}

func TestFaultsAreToldWithoutTheirData(t *testing.T) {
	a := newAsker(t)
	for i, trapped := range []int64{1, 2} {
		a.now = noon.Add(time.Duration(i) * time.Hour)
		if err := a.TellFaults(t.Context(), improver(), a.of, noon.AddDate(0, -1, 0), 40, map[plugins.Manner]int64{plugins.Trapped: trapped}); err != nil {
			t.Fatal(err)
		}
	}
	talk, err := a.Talk(t.Context(), a.of.ID)
	if err != nil || len(talk.Faults) != 1 || talk.Faults[0].Runs != 40 || talk.Faults[0].Counts[plugins.Trapped] != 2 {
		t.Errorf("heard %+v: %v", talk.Faults, err)
	}
}

func misfit(err error) bool {
	var m *sharing.Misfit
	return errors.As(err, &m)
}
