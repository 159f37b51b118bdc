package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestRowsAreTypedAgainstTheCatalogue(t *testing.T) {
	for rule, problem := range map[string]string{
		`{"ods": {"in": ["RQW"]}, "period": {"gte": "2025-01-01", "lt": "2026-01-01"}}`: "",
		`{"dataset": {"eq": "diagnostics"}, "period": {"in": ["2025-01-01"]}}`:          "",
		`{"stratifier": {"in": ["test"]}, "stratum": {"eq": "ct"}}`:                     "",
		`{"stratum": {"is_null": true}, "period": {"is_null": false}}`:                  "",
		`{"ods": {"in": []}}`:                        "",
		`{"ward": {"eq": "7"}}`:                      `rows have no field "ward"`,
		`{"seen": {"gte": 5}}`:                       `rows have no field "seen"`, // a column is no field: rows are chosen before they are read
		`{"ODS": {"eq": "RQW"}}`:                     `rows have no field "ODS"`,
		`{"period": {"gte": "yesterday"}}`:           "is compared with yesterday",
		`{"period": {"gte": "2025-13-01"}}`:          "is compared with 2025-13-01",
		`{"period": {"gte": 20250101}}`:              "is compared with 2.0250101e+07",
		`{"period": {"in": ["2025-01-01", "2025"]}}`: "is compared with 2025",
		`{"ods": {"gte": "R"}}`:                      "can be compared by",
		`{"ods": {"eq": "R%"}}`:                      "is compared with R%",
		`{"ods": {"eq": true}}`:                      "is compared with true",
		`{"stratum": {"lt": "m"}}`:                   "can be compared by",
		`{"stratifier": {"eq": "ward"}}`:             `no stratifier "ward"`,
	} {
		e := engine(t, withPolicy(national(t, "decision := object.union("+yes+`, {"rows": [`+rule+`]})`)))
		d := decide(t, e, read(clinician(), "diagnostics", "RQW"))
		malformed := slices.Equal(codes(d), []string{"decision_malformed"}) && strings.Contains(d.Reasons[0].Message, problem)
		if d.Allow != (problem == "") || malformed != (problem != "") {
			t.Errorf("%s: allowed %v, %+v", rule, d.Allow, d.Reasons)
		}
	}
}

func TestADatasetWithoutStrataHasNone(t *testing.T) {
	e := engine(t, withPolicy(national(t, "decision := object.union("+yes+`, {"rows": [{"stratum": {"in": ["major"]}}]})`)))
	mustDeny(t, e, read(clinician(), "ae", "RQW"), "decision_malformed")
	if d := decide(t, e, read(clinician(), "diagnostics", "RQW")); !d.Allow {
		t.Errorf("%+v", d.Reasons)
	}
	whole := engine(t, withPolicy(national(t, "decision := object.union("+yes+`, {"rows": [{"stratum": {"is_null": true}}]})`)))
	if d := decide(t, whole, read(clinician(), "ae", "RQW")); !d.Allow {
		t.Errorf("a row of a whole is asked whether it is one: %+v", d.Reasons)
	}
}

// The policy of a trust is held to the same types, and closes that trust alone.
func TestATrustsRowsAreTypedToo(t *testing.T) {
	e := engine(t, withTrusts(ofTrust("RWG", `decision := object.union(national.decision, {"rows": [{"ward": {"eq": "7"}}]})`)))
	mustDeny(t, e, read(clinician(), "ae", "RWG"), "decision_malformed")
	d := decide(t, e, read(clinician(), "ae", Everyone))
	if !d.Allow || slices.Contains(d.Scope, "RWG") || !slices.Contains(d.Scope, "RXX") {
		t.Errorf("%+v", d)
	}
}
