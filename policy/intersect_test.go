package policy

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// meets says whether a row meets a rule: the meaning that merging must keep.
func (r RowRule) meets(row map[string]any) bool {
	if r.All {
		return true
	}
	for _, c := range r.Conditions {
		value := row[c.Field]
		holds := false
		for _, want := range c.Values {
			order, comparable := compareValues(value, want)
			switch c.Op {
			case "eq", "in":
				holds = holds || value == want
			case "gte":
				holds = comparable && order >= 0
			case "gt":
				holds = comparable && order > 0
			case "lte":
				holds = comparable && order <= 0
			case "lt":
				holds = comparable && order < 0
			case "is_null":
				holds = (value == nil) == want
			}
		}
		if !holds {
			return false
		}
	}
	return true
}

func anyMeets(rules []RowRule, row map[string]any) bool {
	return slices.ContainsFunc(rules, func(r RowRule) bool { return r.meets(row) })
}

var organisations = []any{"RQW", "RWG", "RXX"}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

func randomRule(random *rand.Rand) RowRule {
	if random.IntN(8) == 0 {
		return RowRule{All: true}
	}
	var rule RowRule
	for _, field := range []string{"ods", "period", "n", "flag"} {
		for _, op := range operators {
			if random.IntN(7) > 0 {
				continue
			}
			c := Condition{Field: field, Op: op}
			switch {
			case op == "is_null":
				c.Values = []any{random.IntN(2) == 0}
			case op == "in":
				for range random.IntN(3) {
					c.Values = append(c.Values, pick(random, organisations))
				}
			case random.IntN(5) == 0:
				c.Values = []any{float64(random.IntN(4))}
			default:
				c.Values = []any{pick(random, organisations)}
			}
			rule.Conditions = append(rule.Conditions, c)
		}
	}
	if len(rule.Conditions) == 0 {
		rule.All = true
	}
	return rule
}

func randomRow(random *rand.Rand) map[string]any {
	row := map[string]any{}
	for _, field := range []string{"ods", "period", "n", "flag"} {
		switch random.IntN(4) {
		case 0:
			row[field] = float64(random.IntN(4))
		case 1:
			row[field] = nil
		default:
			row[field] = pick(random, organisations)
		}
	}
	return row
}

func subset(random *rand.Rand, from ...string) []string {
	var out []string
	for _, s := range from {
		if random.IntN(3) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func randomDecision(random *rand.Rand) Decision {
	d := Decision{Allow: random.IntN(6) > 0, Obligations: []string{"audit"}, CacheSeconds: random.IntN(100)}
	if !d.Allow {
		d.Reasons = []Reason{{Code: "x", Message: "x", Help: "x"}}
		return d
	}
	for range random.IntN(3) {
		d.Rows = append(d.Rows, randomRule(random))
	}
	for _, code := range subset(random, "RQW", "RWG", "RXX", "ENG") {
		d.Scope = append(d.Scope, measures.ODSCode(code))
	}
	d.Columns = subset(random, "seen", "total", "waits")
	d.Disclosure = Disclosure{MinCellCount: random.IntN(12), RoundTo: random.IntN(6), Secondary: random.IntN(2) == 0, ZeroVisible: random.IntN(2) == 0}
	return d
}

func TestIntersectionIsExactlyWhatBothAllow(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	met := 0
	for range 40000 {
		a, b := randomDecision(random), randomDecision(random)
		both := Intersect(a, b)
		if both.Allow != (a.Allow && b.Allow) || both.sealed {
			t.Fatalf("%+v and %+v give %+v", a, b, both)
		}
		row := randomRow(random)
		want := both.Allow && anyMeets(a.Rows, row) && anyMeets(b.Rows, row)
		if got := anyMeets(both.Rows, row); got != want {
			t.Fatalf("row %v: %v, want %v\n%+v\n%+v\n%+v", row, got, want, a.Rows, b.Rows, both.Rows)
		}
		if want {
			met++
		}
		for _, column := range []string{"seen", "total", "waits"} {
			if got, want := slices.Contains(both.Columns, column), both.Allow && slices.Contains(a.Columns, column) && slices.Contains(b.Columns, column); got != want {
				t.Fatalf("column %s: %v, want %v", column, got, want)
			}
		}
		for _, code := range []measures.ODSCode{"RQW", "RWG", "RXX"} {
			opens := func(d Decision) bool { return slices.Contains(d.Scope, code) || slices.Contains(d.Scope, Everyone) }
			if opens(both) && !(opens(a) && opens(b)) {
				t.Fatalf("scope %v and %v give %v", a.Scope, b.Scope, both.Scope)
			}
		}
		if d := both.Disclosure; both.Allow && (d.MinCellCount < max(a.Disclosure.MinCellCount, b.Disclosure.MinCellCount) ||
			d.RoundTo < max(a.Disclosure.RoundTo, b.Disclosure.RoundTo) || d.ZeroVisible && !(a.Disclosure.ZeroVisible && b.Disclosure.ZeroVisible) ||
			!d.Secondary && (a.Disclosure.Secondary || b.Disclosure.Secondary)) {
			t.Fatalf("disclosure %+v and %+v give %+v", a.Disclosure, b.Disclosure, d)
		}
		if !both.Allow && len(both.Reasons) == 0 {
			t.Fatal("a denial lost its reasons")
		}
	}
	if met < 500 {
		t.Errorf("only %d rows met both: the test proves little", met)
	}
}

func TestRowRulesSurviveJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		rule := randomRule(random)
		text, err := rule.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var again RowRule
		if err := again.UnmarshalJSON(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if second, err := again.MarshalJSON(); err != nil || string(second) != string(text) {
			t.Fatalf("%s became %s, %v", text, second, err)
		}
		for range 5 {
			if row := randomRow(random); rule.meets(row) != again.meets(row) {
				t.Fatalf("%s: row %v is judged otherwise", text, row)
			}
		}
	}
}

func FuzzRowRule(f *testing.F) {
	for _, seed := range []string{`{"all":true}`, `{"ods":{"in":["RQW"]},"period":{"gte":"2024-01-01"}}`, `{"n":{"eq":1e400}}`, `{}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var rule RowRule
		if rule.UnmarshalJSON(text) != nil {
			return
		}
		written, err := rule.MarshalJSON()
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", text, err)
		}
		var again RowRule
		if err := again.UnmarshalJSON(written); err != nil {
			t.Fatalf("%s cannot be read again: %v", written, err)
		}
	})
}
