package postgres

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

var _ host.Keeper = (*DB)(nil)

func TestAQuarantineIsKeptUntilSomebodyLiftsIt(t *testing.T) {
	db := open(t)
	digest := plugins.DigestOf([]byte("a plugin"))
	since := time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC)
	q := plugins.Quarantine{Digest: digest, Since: since, Manners: []plugins.Manner{plugins.Trapped, plugins.Untrue, plugins.Trapped}}
	if err := db.Quarantine(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	later := q
	later.Since, later.Manners = since.Add(time.Minute), []plugins.Manner{plugins.BrokeOut}
	if err := db.Quarantine(t.Context(), later); err != nil {
		t.Fatalf("found out by another program too: %v", err)
	}
	list, err := openURL(t, db.ownerURL).Quarantines(t.Context())
	if err != nil || len(list) != 1 || list[0].Digest != digest || !list[0].Since.Equal(since) || !slices.Equal(list[0].Manners, q.Manners) {
		t.Fatalf("in quarantine: %+v, %v", list, err)
	}
	if err := db.Lift(t.Context(), digest, "", since); err == nil {
		t.Error("nobody lifted it")
	}
	if err := db.Lift(t.Context(), digest, "an information manager", since.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := db.Lift(t.Context(), digest, "an information manager", since.Add(time.Hour)); !errors.Is(err, ErrNotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	if list, err := db.Quarantines(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("in quarantine after it was lifted: %+v, %v", list, err)
	}
	if err := db.Quarantine(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if list, err := db.Quarantines(t.Context()); err != nil || len(list) != 1 || !slices.Equal(list[0].Manners, later.Manners) {
		t.Errorf("in quarantine again: %+v, %v", list, err)
	}
	var kept int
	if err := owner(t, db).QueryRow(t.Context(), `SELECT count(*) FROM quarantine WHERE lifted_by = 'an information manager'`).Scan(&kept); err != nil || kept != 1 {
		t.Errorf("who lifted the first is kept %d times, %v", kept, err)
	}
}
