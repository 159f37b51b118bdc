package postgres

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

func TestWhatAReaderWasToldIsKeptByReaderAndOwner(t *testing.T) {
	db := open(t)
	put(t, db, dataset("alpha", "n"), figure{org: "RAA", period: "2026-01-01", numbers: []float64{1}}, figure{org: "RBB", period: "2026-01-01", numbers: []float64{1}})
	first := disclosure.Telling{Organisation: "RAA", Sum: disclosure.Sum{Plus: []string{"n", "m"}, Minus: []string{"l"}, Stratifier: "ward", Stratum: "a \"b\""},
		Told: []disclosure.Told{{X: 20454, Load: 1, Low: 1, High: 7, Small: true}, {X: 20485, Load: 2, Low: 0, High: math.Inf(1)}}}
	tell := func(reader string, organisation measures.ODSCode, say ...disclosure.Telling) (before []disclosure.Telling) {
		t.Helper()
		grant := grantOf(t, decision("alpha", []measures.ODSCode{organisation}, "n"))
		if err := db.Told(t.Context(), grant, reader, []measures.ODSCode{organisation}, func(b []disclosure.Telling) ([]disclosure.Telling, error) {
			before = b
			return say, nil
		}); err != nil {
			t.Fatal(err)
		}
		return before
	}
	if before := tell("RZZ", "RAA", first); len(before) != 0 {
		t.Fatalf("%+v", before)
	}
	first.Sum.Plus = []string{"m", "n"} // in order
	if before := tell("RZZ", "RAA"); len(before) != 1 || !reflect.DeepEqual(before[0], first) {
		t.Errorf("kept %+v, want %+v", before, first)
	}
	if before := tell("RYY", "RAA"); len(before) != 0 {
		t.Errorf("another reader was told %+v", before)
	}
	if before := tell("RZZ", "RBB"); len(before) != 0 {
		t.Errorf("of another organisation %+v was told", before)
	}
	later := first
	later.Told = []disclosure.Told{{X: 20454, Load: 3, Low: 8, High: 12}}
	tell("RZZ", "RAA", later)
	if before := tell("RZZ", "RAA"); len(before) != 1 || !reflect.DeepEqual(before[0], later) {
		t.Errorf("kept %+v, want %+v", before, later)
	}
	refused := errors.New("refused")
	grant := grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n"))
	if err := db.Told(t.Context(), grant, "RZZ", nil, func([]disclosure.Telling) ([]disclosure.Telling, error) { return []disclosure.Telling{first}, refused }); !errors.Is(err, refused) {
		t.Error(err)
	}
	if before := tell("RZZ", "RAA"); !reflect.DeepEqual(before[0], later) {
		t.Errorf("what was refused is kept: %+v", before)
	}
	if _, err := db.pool.Exec(t.Context(), `DELETE FROM release`); err == nil {
		t.Error("the program may forget what it has told")
	}
}
