package postgres

import (
	"errors"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

func TestNothingIsLoadedWithoutADecisionAboutAllOfIt(t *testing.T) {
	db := open(t)
	ods := func(values ...any) []policy.RowRule {
		return []policy.RowRule{{Conditions: []policy.Condition{{Field: "ods", Op: "in", Values: values}}}}
	}
	grant := func(change func(*policy.Decision)) []policy.Grant {
		d := decision("alpha", []measures.ODSCode{policy.Everyone}, "n")
		d.Request.Action = policy.DataLoad
		change(&d)
		return []policy.Grant{grantOf(t, d)}
	}
	loads := func(grants []policy.Grant) error {
		in, err := db.BeginIntake(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer in.Rollback()
		header := LoadHeader{As: measures.England, By: "test", File: "test.csv", Mapping: "test", Grants: grants}
		return in.Resolve(t.Context(), header, FileLists{Datasets: []measures.Dataset{dataset("alpha", "n")}, Strata: []FileStratum{{}},
			Organisations: []FileOrganisation{{ODS: "RAA"}, {ODS: "RBB"}}, Source: "test", Refused: []int64{0}})
	}
	for name, test := range map[string]struct {
		grants []policy.Grant
		good   bool
	}{
		"everything":                {grant(func(*policy.Decision) {}), true},
		"all its organisations":     {grant(func(d *policy.Decision) { d.Rows = ods("RBB", "RAA") }), true},
		"each in a rule of its own": {grant(func(d *policy.Decision) { d.Rows = append(ods("RBB"), ods("RAA")...) }), true},
		"nobody asked":              {nil, false},
		"an empty grant":            {[]policy.Grant{{}}, false},
		"a grant to read":           {grant(func(d *policy.Decision) { d.Request.Action = policy.ChartRead }), false},
		"for another organisation":  {grant(func(d *policy.Decision) { d.Request.Resource.ODS = "RAA" }), false},
		"of another dataset":        {grant(func(d *policy.Decision) { d.Request.Resource.Dataset = "beta" }), false},
		"without its column":        {grant(func(d *policy.Decision) { d.Columns = nil }), false},
		"one organisation of two":   {grant(func(d *policy.Decision) { d.Rows = ods("RAA") }), false},
		"no rows":                   {grant(func(d *policy.Decision) { d.Rows = nil }), false},
		"only the rows of some years": {grant(func(d *policy.Decision) {
			d.Rows[0] = policy.RowRule{Conditions: []policy.Condition{{Field: "period", Op: "gte", Values: []any{"2020-01-01"}}}}
		}), false},
	} {
		if err := loads(test.grants); test.good != (err == nil) || err != nil && !errors.Is(err, ErrOutOfScope) {
			t.Errorf("with a grant of %s: %v", name, err)
		}
	}
	in, err := db.BeginIntake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Rollback()
	bare := LoadHeader{As: measures.England, By: "test", File: "test.csv", Mapping: "test"}
	for name, put := range map[string]func() error{
		"organisations": func() error { _, err := in.PutOrganisations(t.Context(), bare, nil); return err },
		"successions":   func() error { _, err := in.PutSuccessions(t.Context(), bare, nil); return err },
		"events":        func() error { _, err := in.PutEvents(t.Context(), bare, nil, nil); return err },
	} {
		if err := put(); !errors.Is(err, ErrOutOfScope) {
			t.Errorf("%s without a grant: %v", name, err)
		}
	}
}
