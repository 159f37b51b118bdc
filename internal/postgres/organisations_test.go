package postgres

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// register lays out a small world: a board made of two, a trust that merged
// and changed its name, an independent provider.
func register(t *testing.T, db *DB) {
	t.Helper()
	header := LoadHeader{As: measures.England, By: "test", File: "register.csv", Mapping: "test", Grants: mayLoad(t, RegisterData())}
	merger, boards := measures.DateOf(2020, 4, 1), measures.DateOf(2026, 4, 1)
	since := measures.DateOf(2022, 7, 1)
	load := func(put func(in *Intake) error) {
		t.Helper()
		in, err := db.BeginIntake(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer in.Rollback()
		if err := put(in); err != nil {
			t.Fatal(err)
		}
		if err := in.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	load(func(in *Intake) error {
		_, err := in.PutOrganisations(t.Context(), header, []OrganisationEntry{
			{ODS: "RAA", Kind: measures.Trust, Name: "Amber Vale and Northcombe NHS Foundation Trust", NamedFrom: merger, Region: "Midlands", ICB: "S1X5D", ICBFrom: since},
			{ODS: "RBB", Kind: measures.Trust, Name: "Brackenford University Hospitals NHS Trust", Region: "North West"},
		})
		return err
	})
	// The register of boards comes later and tells when the board began.
	load(func(in *Intake) error {
		_, err := in.PutOrganisations(t.Context(), header, []OrganisationEntry{
			{ODS: "S1X5D", Kind: measures.ICB, Name: "Middle Shires ICB", Opened: boards, Region: "Midlands"}})
		return err
	})
	load(func(in *Intake) error {
		_, err := in.PutSuccessions(t.Context(), header, []SuccessionEntry{
			{Predecessor: "RCC", Successor: "RAA", From: merger, Basis: "made up", Note: "all sites"},
			{Predecessor: "QX1", Successor: "S1X5D", From: boards, Basis: "made up"}})
		return err
	})
	in, err := db.BeginIntake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Rollback()
	if err := in.lock(t.Context(), header); err != nil {
		t.Fatal(err)
	}
	ids := map[string]int16{}
	for _, code := range []string{"RAA", "RCC"} {
		var id int16
		if err := in.tx.QueryRow(t.Context(), `SELECT trust_id FROM organisation WHERE ods = @ods`, pgx.NamedArgs{"ods": code}).Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids[code] = id
	}
	if _, err := in.putNames(t.Context(), []namedOrganisation{
		{ids["RAA"], measures.OrganisationName{Name: "AMBER VALE HOSPITALS NHS FOUNDATION TRUST", From: measures.DateOf(2019, 4, 1), To: measures.DateOf(2020, 3, 1)}},
		{ids["RAA"], measures.OrganisationName{Name: "Amber Vale Hospitals NHS Foundation Trust", From: measures.DateOf(2018, 4, 1), To: measures.DateOf(2019, 3, 1)}},
		{ids["RAA"], measures.OrganisationName{Name: "AMBER VALE AND NORTHCOMBE NHS FOUNDATION TRUST", From: measures.DateOf(2020, 4, 1), To: measures.DateOf(2026, 3, 1)}},
		{ids["RCC"], measures.OrganisationName{Name: "Northcombe General Hospital NHS Trust", From: measures.DateOf(2019, 4, 1), To: measures.DateOf(2020, 3, 1)}},
	}, 2, "a table"); err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAnOrganisationIsToldAsOfADay(t *testing.T) {
	db := open(t)
	register(t, db)
	for _, test := range []struct {
		on                string
		name, icb, region string
	}{
		{"2016-01-01", "Amber Vale Hospitals NHS Foundation Trust", "", "Midlands"}, // the nearest name
		{"2019-06-01", "Amber Vale Hospitals NHS Foundation Trust", "", "Midlands"},
		{"2020-04-01", "Amber Vale and Northcombe NHS Foundation Trust", "", "Midlands"},
		{"2026-03-31", "Amber Vale and Northcombe NHS Foundation Trust", "", "Midlands"},
		{"2026-04-01", "Amber Vale and Northcombe NHS Foundation Trust", "Middle Shires ICB", "Midlands"},
	} {
		on, _ := measures.ParseDate(test.on)
		o, err := db.Organisation(t.Context(), "RAA", on)
		if err != nil {
			t.Fatal(err)
		}
		if o.Name != test.name || o.ICB.Name != test.icb || o.Region.Name != test.region {
			t.Errorf("on %s: %q in %q, %q", test.on, o.Name, o.ICB.Name, o.Region.Name)
		}
	}
	now := measures.DateOf(2026, 6, 1)
	o, err := db.Organisation(t.Context(), "RAA", now)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Names) != 2 || len(o.Predecessors) != 1 || o.Predecessors[0].Other.ODS != "RCC" || o.Predecessors[0].From != measures.DateOf(2020, 4, 1) {
		t.Errorf("names %+v, predecessors %+v", o.Names, o.Predecessors)
	}
	old, err := db.Organisation(t.Context(), "RCC", now)
	if err != nil || old.Kind != measures.Trust || !old.ClosedOn(now) || len(old.Successors) != 1 || old.Successors[0].Other.ODS != "RAA" {
		t.Errorf("the closed one: %+v, %v", old, err)
	}
	if _, err := db.Organisation(t.Context(), "RZZ", now); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestSearchForgivesTypingAndFindsWhatIsGone(t *testing.T) {
	db := open(t)
	register(t, db)
	for text, want := range map[string]measures.ODSCode{
		"RAA": "RAA", "raa": "RAA", "RC": "RCC", "brakenford": "RBB", "Brackenfrod univercity": "RBB", "northcombe general": "RCC",
		"amber vale hospitals": "RAA", "middel shires": "S1X5D", "S1X": "S1X5D", "QX1": "QX1", "england": "ENG", " rbb ": "RBB",
	} {
		found, err := db.SearchOrganisations(t.Context(), text, 5)
		if err != nil || len(found) == 0 || found[0].ODS != want {
			t.Errorf("%q found %+v, want %s first (%v)", text, found, want, err)
		}
	}
	for _, text := range []string{"", "   ", "%", "zzzz qqqq", "'; DROP TABLE organisation; --", "\x00", "\xff\xfe"} {
		if found, err := db.SearchOrganisations(t.Context(), text, 5); err != nil || len(found) != 0 {
			t.Errorf("%q found %+v, %v", text, found, err)
		}
	}
	found, err := db.SearchOrganisations(t.Context(), "northcombe general hospital", 1)
	if err != nil || len(found) != 1 || found[0].Closed == 0 || len(found[0].Successors) != 1 {
		t.Errorf("the closed one comes without its successor: %+v, %v", found, err)
	}
	trusts, err := db.Organisations(t.Context(), measures.Trust)
	if err != nil || len(trusts) != 2 || trusts[0].ODS != "RAA" {
		t.Errorf("open trusts: %+v, %v", trusts, err)
	}
}

func TestEventsOfEverybodyAndOfOnesOwn(t *testing.T) {
	db := open(t)
	secrets(t, db)
	in, err := db.BeginIntake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Rollback()
	day := measures.DateOf(2026, 2, 1)
	events := []measures.Event{{Organisation: "RAA", Dataset: "beta", Start: day, Text: "only of beta"}, {Organisation: "RAA", Start: day, Kind: measures.Merger, Text: "took over", Rebase: true}}
	header := LoadHeader{As: measures.England, By: "test", File: "events.csv", Mapping: "test", Grants: mayLoad(t, RegisterData())}
	first, err := in.PutEvents(t.Context(), header, nil, events)
	if err != nil || first.Added != 2 {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := in.PutEvents(t.Context(), header, nil, events)
	if err != nil || again.Changed() || again.Unchanged != 2 {
		t.Fatalf("again %+v, %v", again, err)
	}
	if err := in.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := db.Events(t.Context(), grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n")), policy.Period{})
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].Text != "known" || got[2].Text != "took over" || !got[2].Rebase || got[2].Kind != measures.Merger || got[2].Start != day {
		t.Errorf("%+v", got)
	}
	phases, err := db.Phases(t.Context(), grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n")), "m")
	if err != nil || len(phases) != 1 || len(phases["RAA"]) != 1 || phases["RAA"][0].Baseline != 12 {
		t.Errorf("phases %+v, %v", phases, err)
	}
	loads, err := db.Loads(t.Context(), grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n")), 10)
	if err != nil || len(loads) != 2 || loads[0].By != "known" || loads[1].Added != 4 {
		t.Errorf("loads %+v, %v", loads, err)
	}
	coverage, err := db.DatasetsWithData(t.Context(), "RAA")
	if err != nil || len(coverage) != 2 || coverage[0].Dataset != "alpha" || coverage[0].Last != measures.DateOf(2026, 1, 1) || coverage[0].Rows != 2 {
		t.Errorf("coverage %+v, %v", coverage, err)
	}
}

func TestTakeoversOfAPeriod(t *testing.T) {
	db := open(t)
	register(t, db)
	merger, boards := measures.DateOf(2020, 4, 1), measures.DateOf(2026, 4, 1)
	trusts, icbs := Takeover{merger, "RCC", "RAA"}, Takeover{boards, "QX1", "S1X5D"}
	for _, test := range []struct {
		name   string
		period policy.Period
		want   []Takeover
	}{
		{"all there are", policy.Period{}, []Takeover{trusts, icbs}},
		{"both days of a period count", policy.Period{From: merger, To: boards}, []Takeover{trusts, icbs}},
		{"the day after", policy.Period{From: merger + 1, To: boards}, []Takeover{icbs}},
		{"the day before", policy.Period{From: merger, To: boards - 1}, []Takeover{trusts}},
		{"none", policy.Period{From: boards + 1, To: boards + 99}, []Takeover{}},
	} {
		got, err := db.Takeovers(t.Context(), test.period)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v (%v)", test.name, got, test.want, err)
		}
	}
}
