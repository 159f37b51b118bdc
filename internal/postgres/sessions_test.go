package postgres

import (
	"testing"
	"time"
)

func TestSessionsThatHaveEndedAreForgottenAndOthersStay(t *testing.T) {
	db := open(t)
	store := db.SessionStore()
	for token, ends := range map[string]time.Duration{"ended": -time.Minute, "open": time.Hour} {
		if err := store.Commit(token, []byte("actor"), time.Now().Add(ends)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := db.ForgetSessions(t.Context()); err != nil || n != 1 {
		t.Fatalf("forgot %d sessions, %v; want 1", n, err)
	}
	if _, found, err := store.Find("open"); err != nil || !found {
		t.Errorf("an open session: found %v, %v", found, err)
	}
	if _, found, err := store.Find("ended"); err != nil || found {
		t.Errorf("an ended session: found %v, %v", found, err)
	}
}
