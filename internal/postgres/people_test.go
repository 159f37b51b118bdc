package postgres

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// appointGrant is the key to the people of an organisation, as an engine would
// give it to somebody with a role.
func appointGrant(t *testing.T, by string, role policy.Role, owner measures.ODSCode, ref string) policy.Grant {
	t.Helper()
	return grantOf(t, seal(policy.Decision{Allow: true, Request: policy.Request{ID: "r", Action: policy.PeopleAppoint,
		Actor:    policy.Actor{ID: by, ODS: owner, Roles: []policy.Role{role}, Purpose: "governance"},
		Change:   policy.Change{Kind: PeopleChange, Ref: ref, Author: ref},
		Resource: policy.Resource{ODS: owner, Grain: "aggregate"}}}))
}

// withTrusts gives a database that knows the trusts RAA and RBB, whose clock the
// test may turn.
func withTrusts(t *testing.T) (*DB, *time.Time) {
	t.Helper()
	db := open(t)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	db.now = func() time.Time { return now }
	pgtest.SQL(t, db.ownerURL, `INSERT INTO organisation (ods, kind) VALUES ('RAA', 'trust'), ('RBB', 'trust')`)
	return db, &now
}

func putPerson(t *testing.T, db *DB, id string) {
	t.Helper()
	if _, err := db.PutPerson(t.Context(), Person{ID: id, Name: "Person " + id, Issuer: "https://id.example", Subject: "subject-" + id}); err != nil {
		t.Fatal(err)
	}
}

func roles(posts []Post) string {
	text := ""
	for _, p := range posts {
		text += string(p.ODS) + "/" + string(p.Role) + " "
	}
	return text
}

func TestPersonIsKnownAgainByIssuerAndSubject(t *testing.T) {
	db, _ := withTrusts(t)
	first, err := db.PutPerson(t.Context(), Person{ID: "p1", Name: "Ada", Issuer: "https://id.example", Subject: "s"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := db.PutPerson(t.Context(), Person{ID: "p2", Name: "Ada Married", Issuer: "https://id.example", Subject: "s",
		Received: []Received{{ODS: "RAA", Name: "Nurse", Role: "clinician"}}})
	if err != nil || again != first {
		t.Fatalf("known as %s and then as %s (%v)", first, again, err)
	}
	other, err := db.PutPerson(t.Context(), Person{ID: "p3", Name: "Somebody", Issuer: "https://other.example", Subject: "s"})
	if err != nil || other == first {
		t.Fatalf("the same subject of another issuer is %s (%v)", other, err)
	}
	p, err := db.Person(t.Context(), first)
	if err != nil || p.Name != "Ada Married" || len(p.Received) != 1 || p.Received[0].Name != "Nurse" {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := db.Person(t.Context(), "p2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an id that was not needed: %v", err)
	}
}

func TestRolesAreGivenAndTakenByGrantOnly(t *testing.T) {
	db, now := withTrusts(t)
	putPerson(t, db, "ada")
	lead := appointGrant(t, "lead", "governance_lead", "RAA", "ada")
	if err := db.Appoint(t.Context(), lead, "RAA", "ada", "clinician", now.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := db.Appoint(t.Context(), lead, "RAA", "ada", "clinician", time.Time{}); !errors.Is(err, ErrHasRole) {
		t.Errorf("the same role twice: %v", err)
	}
	for name, err := range map[string]error{
		"no grant":                  db.Appoint(t.Context(), policy.Grant{}, "RAA", "ada", "analyst", time.Time{}),
		"grant of another trust":    db.Appoint(t.Context(), lead, "RBB", "ada", "analyst", time.Time{}),
		"grant for another person":  db.Appoint(t.Context(), lead, "RAA", "eve", "analyst", time.Time{}),
		"operator made by a lead":   db.Appoint(t.Context(), lead, "RAA", "ada", OperatorRole, time.Time{}),
		"training by another grant": db.EnterTraining(t.Context(), lead, "RBB", "ada", 20000),
		"sessions by another grant": db.EndSignInsOf(t.Context(), lead, "RAA", "eve"),
		"list by another grant":     second(db.People(t.Context(), lead, "RAA", "")),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	nobody := appointGrant(t, "lead", "governance_lead", "RAA", "nobody")
	if err := db.Appoint(t.Context(), nobody, "RAA", "nobody", "analyst", time.Time{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a role for nobody: %v", err)
	}
	posts, err := db.Posts(t.Context(), "ada", "")
	if err != nil || roles(posts) != "RAA/clinician " || posts[0].GivenBy != "lead" {
		t.Fatalf("%+v %v", posts, err)
	}
	*now = now.Add(49 * time.Hour)
	if posts, _ := db.Posts(t.Context(), "ada", ""); len(posts) != 0 {
		t.Errorf("a role outlives its end: %+v", posts)
	}
	*now = now.Add(-49 * time.Hour)
	if err := db.EndAppointment(t.Context(), lead, "RAA", "ada", posts[0].ID); err != nil {
		t.Fatal(err)
	}
	if posts, _ := db.Posts(t.Context(), "ada", ""); len(posts) != 0 {
		t.Errorf("a role that was taken counts: %+v", posts)
	}
	if err := db.EndAppointment(t.Context(), lead, "RAA", "ada", posts[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("taken twice: %v", err)
	}
	if n := pgtest.SQL(t, db.ownerURL, `SELECT count(*) FROM appointment WHERE ended_by = 'lead' AND given_record = 1`); n[0][0] != "1" {
		t.Error("the history of the appointment is gone")
	}
}

func second[T any](_ T, err error) error { return err }

func TestOnlyAnOperatorEndsAnOperator(t *testing.T) {
	db, _ := withTrusts(t)
	putPerson(t, db, "ada")
	operator := appointGrant(t, "op", OperatorRole, "RAA", "ada")
	if err := db.Appoint(t.Context(), operator, "RAA", "ada", OperatorRole, time.Time{}); err != nil {
		t.Fatal(err)
	}
	posts, _ := db.Posts(t.Context(), "ada", "")
	lead := appointGrant(t, "lead", "governance_lead", "RAA", "ada")
	if err := db.EndAppointment(t.Context(), lead, "RAA", "ada", posts[0].ID); !errors.Is(err, ErrOperatorOnly) {
		t.Errorf("a lead ends an operator: %v", err)
	}
	if posts, _ := db.Posts(t.Context(), "ada", ""); len(posts) != 1 {
		t.Error("the refused ending was kept")
	}
	if err := db.EndAppointment(t.Context(), operator, "RAA", "ada", posts[0].ID); err != nil {
		t.Error(err)
	}
}

func TestClaimsOfAProviderComeAndGoWithWhatItSays(t *testing.T) {
	db, now := withTrusts(t)
	putPerson(t, db, "ada")
	if err := db.Appoint(t.Context(), appointGrant(t, "lead", "governance_lead", "RAA", "ada"), "RAA", "ada", "data_manager", time.Time{}); err != nil {
		t.Fatal(err)
	}
	said := func(mapping string, posts ...Post) {
		t.Helper()
		if err := db.TakeClaims(t.Context(), "ada", Claims{Mapping: mapping, By: "https://id.example", Posts: posts, Until: now.Add(30 * 24 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(mapping, want string) {
		t.Helper()
		posts, err := db.Posts(t.Context(), "ada", mapping)
		if err != nil || roles(posts) != want {
			t.Errorf("under mapping %q: %q, want %q (%v)", mapping, roles(posts), want, err)
		}
	}
	nurse, analyst := Post{ODS: "RAA", Role: "clinician", Ref: "1"}, Post{ODS: "RBB", Role: "analyst", Ref: "2"}
	said("m1", nurse, analyst, nurse, Post{ODS: "RZZ", Role: "analyst"})
	want("m1", "RAA/clinician RAA/data_manager RBB/analyst ")
	want("", "RAA/data_manager ")
	want("m2", "RAA/data_manager ")
	before, _ := db.Posts(t.Context(), "ada", "m1")
	said("m1", nurse)
	want("m1", "RAA/clinician RAA/data_manager ")
	after, _ := db.Posts(t.Context(), "ada", "m1")
	if before[0].ID != after[0].ID {
		t.Error("a role that is still claimed became another one")
	}
	said("m2", nurse)
	want("m1", "RAA/data_manager ")
	want("m2", "RAA/clinician RAA/data_manager ")
	*now = now.Add(31 * 24 * time.Hour)
	want("m2", "RAA/data_manager ")
	said("m2")
	want("m2", "RAA/data_manager ")
	lead := appointGrant(t, "lead", "governance_lead", "RAA", "ada")
	said("m2", nurse)
	claimed, err := db.Posts(t.Context(), "ada", "m2")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.EndAppointment(t.Context(), lead, "RAA", "ada", claimed[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("a claimed role was ended here: %v", err)
	}
}

func TestTrainingIsWhatWasEnteredLast(t *testing.T) {
	db, _ := withTrusts(t)
	putPerson(t, db, "ada")
	lead := appointGrant(t, "lead", "governance_lead", "RAA", "ada")
	for _, on := range []measures.Date{measures.DateOf(2026, 3, 1), measures.DateOf(2025, 3, 1)} {
		if err := db.EnterTraining(t.Context(), lead, "RAA", "ada", on); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := db.Person(t.Context(), "ada"); err != nil || p.TrainedOn != measures.DateOf(2025, 3, 1) {
		t.Errorf("trained on %v (%v): a correction has to count", p.TrainedOn, err)
	}
}

func TestSessionsEndTogetherAndAtOnce(t *testing.T) {
	db, now := withTrusts(t)
	putPerson(t, db, "ada")
	putPerson(t, db, "ben")
	for id, person := range map[string]string{"a1": "ada", "a2": "ada", "b1": "ben"} {
		if err := db.BeginSignIn(t.Context(), SignIn{ID: id, Person: person, Begun: *now, Expires: now.Add(12 * time.Hour), How: "provider", Assurance: "aal2"}); err != nil {
			t.Fatal(err)
		}
	}
	s, p, _, err := db.SignedIn(t.Context(), "a1", "")
	if err != nil || s.Person != "ada" || p.Name != "Person ada" || s.Assurance != "aal2" {
		t.Fatalf("%+v %+v %v", s, p, err)
	}
	if err := db.EndSignIn(t.Context(), "ben", "a1"); err != nil {
		t.Fatal(err)
	}
	if list, _ := db.OpenSignIns(t.Context(), "ada"); len(list) != 2 {
		t.Error("somebody ended another person's session")
	}
	if err := db.EndSignIns(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a1", "a2", "none"} {
		if _, _, _, err := db.SignedIn(t.Context(), id, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("session %s goes on: %v", id, err)
		}
	}
	*now = now.Add(12*time.Hour + time.Second)
	if _, _, _, err := db.SignedIn(t.Context(), "b1", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("a session outlives its hours: %v", err)
	}
}

func TestSetUpLinkIsGoodOnceForFifteenMinutesAndTheLastOneOnly(t *testing.T) {
	db, now := withTrusts(t)
	hash := func(text string) []byte { sum := sha256.Sum256([]byte(text)); return sum[:] }
	for _, secret := range []string{"first", "second"} {
		if err := db.MakeSetUp(t.Context(), hash(secret), now.Add(15*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Invitation(t.Context(), hash("first")); !errors.Is(err, ErrNotFound) {
		t.Errorf("an older link is still good: %v", err)
	}
	key := Passkey{ID: []byte("k"), Name: "Laptop", Credential: []byte(`{}`)}
	ada := Person{ID: "ada", Name: "Ada"}
	if id, err := db.UseInvitation(t.Context(), hash("second"), ada, key); err != nil || id != "ada" {
		t.Fatal(id, err)
	}
	if _, err := db.UseInvitation(t.Context(), hash("second"), Person{ID: "eve", Name: "Eve"}, Passkey{ID: []byte("e"), Name: "x", Credential: []byte(`{}`)}); !errors.Is(err, ErrNotFound) {
		t.Errorf("used twice: %v", err)
	}
	if posts, _ := db.Posts(t.Context(), "ada", ""); roles(posts) != "ENG/operator " {
		t.Errorf("the first operator has %q", roles(posts))
	}
	if has, err := db.HasOperator(t.Context()); !has || err != nil {
		t.Error("there is an operator, and none is found", err)
	}
	if err := db.MakeSetUp(t.Context(), hash("third"), now.Add(15*time.Minute)); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(15 * time.Minute)
	if _, err := db.Invitation(t.Context(), hash("third")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a link outlives its minutes: %v", err)
	}
	if err := db.RemovePasskey(t.Context(), "ada", []byte("k")); !errors.Is(err, ErrLastPasskey) {
		t.Errorf("the only passkey was removed: %v", err)
	}
}

func TestHistoryOfPeopleCannotBeDeletedByTheProgram(t *testing.T) {
	db, _ := withTrusts(t)
	for _, table := range []string{"person", "appointment", "training", "passkey", "invitation", "signed_in", "api_token"} {
		if _, err := db.pool.Exec(t.Context(), `DELETE FROM `+table); !violates(err, "42501") {
			t.Errorf("DELETE FROM %s: %v, want permission denied", table, err)
		}
	}
	for _, change := range []string{"UPDATE appointment SET given_by = 'x'", "UPDATE appointment SET role = 'x'", "UPDATE training SET trained_on = 'today'",
		"UPDATE api_token SET hash = ''", "UPDATE invitation SET hash = ''", "UPDATE person SET subject = 'x'"} {
		if _, err := db.pool.Exec(t.Context(), change); !violates(err, "42501") {
			t.Errorf("%s: %v, want permission denied", change, err)
		}
	}
}

func TestUseOfATokenIsWrittenOnceADay(t *testing.T) {
	db, now := withTrusts(t)
	putPerson(t, db, "ada")
	hash := sha256.Sum256([]byte("secret"))
	token := Token{ID: "abc", Hash: hash[:], Person: "ada", Name: "nightly", ODS: "RAA", Role: "analyst", Purpose: "planning", Assurance: "aal2",
		Actions: []policy.Action{policy.DataExport}, Datasets: []measures.DatasetID{"ae_4h"}, Made: *now, Expires: now.Add(90 * 24 * time.Hour)}
	if err := db.MakeToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	version := func() string { return pgtest.SQL(t, db.ownerURL, `SELECT xmin FROM api_token`)[0][0] }
	if err := db.UsedToken(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	was := version()
	for range 3 {
		if err := db.UsedToken(t.Context(), "abc"); err != nil {
			t.Fatal(err)
		}
	}
	if version() != was {
		t.Error("a second use on one day writes")
	}
	*now = now.Add(24 * time.Hour)
	if err := db.UsedToken(t.Context(), "abc"); err != nil || version() == was {
		t.Error("the next day is not kept", err)
	}
	got, err := db.Token(t.Context(), "abc")
	if err != nil || got.Used != measures.DateOf(2026, 3, 3) || got.Datasets[0] != "ae_4h" || got.ODS != "RAA" {
		t.Errorf("%+v %v", got, err)
	}
	if err := db.RevokeToken(t.Context(), "ben", "abc", "ben"); !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody revoked another's token: %v", err)
	}
	if err := db.RevokeToken(t.Context(), "ada", "abc", "ada"); err != nil {
		t.Fatal(err)
	}
	if got, _ := db.Token(t.Context(), "abc"); got.Revoked.IsZero() {
		t.Error("revoked, and it does not say so")
	}
	token.ID, token.Expires = "long", now.Add(2*365*24*time.Hour)
	if err := db.MakeToken(t.Context(), token); err == nil {
		t.Error("a token of two years was kept")
	}
}
