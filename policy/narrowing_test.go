package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// writtenRule is a row rule as a governance team might write one.
func writtenRule(random *rand.Rand) RowRule {
	if random.IntN(4) == 0 {
		return RowRule{All: true}
	}
	var rule RowRule
	add := func(field, op string, values ...any) {
		rule.Conditions = append(rule.Conditions, Condition{Field: field, Op: op, Values: values})
	}
	if random.IntN(2) == 0 {
		add("ods", "in", pick(random, organisations), pick(random, organisations))
	}
	if random.IntN(3) == 0 {
		add("ods", "eq", pick(random, organisations))
	}
	for _, op := range []string{"gte", "gt", "lte", "lt", "eq"} {
		if random.IntN(4) == 0 {
			add("period", op, pick(random, days))
		}
	}
	switch random.IntN(4) {
	case 0:
		add("stratum", "is_null", random.IntN(2) == 0)
	case 1:
		add("stratum", "in", "major", "minor")
	}
	if len(rule.Conditions) == 0 {
		rule.All = true
	}
	return rule
}

var days = []any{"2023-06-01", "2024-01-01", "2024-06-01", "2025-01-01", "2025-06-01", "2026-01-01", "2026-02-01"}

// universe is every row that a rule of these tests could tell from another.
func universe() []map[string]any {
	var rows []map[string]any
	for _, ods := range organisations {
		for _, period := range days {
			for _, stratum := range []any{nil, "major", "minor", "other"} {
				rows = append(rows, map[string]any{"ods": ods, "period": period, "stratum": stratum})
			}
		}
	}
	return rows
}

// written is a policy of a generated author: the decision that it gives, or nil
// where it gives none that can be read, and its text.
type written struct {
	decision *Decision
	text     string
}

// writePolicy writes one of all the shapes that a policy may have.
func writePolicy(t *testing.T, random *rand.Rand, pkg string, asked Resource) written {
	d := Decision{Allow: random.IntN(6) > 0, Obligations: []string{"audit"}, CacheSeconds: random.IntN(200)}
	for range 1 + random.IntN(2) {
		d.Rows = append(d.Rows, writtenRule(random))
	}
	scopes := [][]measures.ODSCode{{asked.ODS}, {asked.ODS}, {asked.ODS}, {}, {"RWG"}, {Everyone}, {"RQW", "RWG", "RXX"}}
	d.Scope = pick(random, scopes)
	d.Columns = subset(random, "seen", "total", "total", "waits")
	if random.IntN(3) > 0 {
		d.Columns = asked.Columns
	}
	d.Disclosure = Disclosure{MinCellCount: random.IntN(12), RoundTo: random.IntN(6), Secondary: random.IntN(2) == 0, ZeroVisible: random.IntN(2) == 0}
	if !d.Allow {
		d.Reasons = []Reason{{Code: "no", Message: "No.", Help: "Ask."}}
	}
	document, err := json.Marshal(map[string]any{"allow": d.Allow, "reasons": reasonsOf(d), "grants": []any{}, "ods_scope": filled(d.Scope),
		"rows": d.Rows, "visible_columns": filled(d.Columns), "disclosure": d.Disclosure, "obligations": d.Obligations, "cache_seconds": d.CacheSeconds})
	if err != nil {
		t.Fatal(err)
	}
	text := "package " + pkg + "\n\ndecision := "
	switch random.IntN(16) {
	case 0: // it has no answer to this question
		return written{nil, text + string(document) + " if input.subject.id == \"somebody else\"\n"}
	case 1: // a builtin fails
		return written{nil, text + "object.union(" + string(document) + ", {\"cache_seconds\": to_number(input.subject.id)})\n"}
	case 2: // an obligation that nobody can carry out
		return written{nil, text + strings.Replace(string(document), `["audit"]`, `["audit", "forget"]`, 1) + "\n"}
	case 3: // two answers at once
		return written{nil, text + string(document) + "\n\ndecision := " + strings.Replace(string(document), `"cache_seconds":`, `"cache_seconds":1`, 1) + "\n"}
	}
	return written{&d, text + string(document) + "\n"}
}

func reasonsOf(d Decision) []map[string]string {
	list := []map[string]string{}
	for _, r := range d.Reasons {
		list = append(list, map[string]string{"code": r.Code, "message": r.Message, "help": r.Help})
	}
	return list
}

// opens says whether a decision, nil for none, lets a row of an organisation through.
func opens(d *Decision, row map[string]any) bool {
	return d != nil && d.Allow && anyMeets(d.Rows, row) &&
		(slices.Contains(d.Scope, Everyone) || slices.Contains(d.Scope, measures.ODSCode(row["ods"].(string))))
}

// TestNoGeneratedPolicyWidensAnother puts policies that nobody would write
// through the engine as a baseline and as the policies of trusts, and compares what
// comes out with what each of them says: row by row, column by column.
func TestNoGeneratedPolicyWidensAnother(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	rows, open, closed := universe(), 0, 0
	for n := range 800 {
		question := read(clinician(), "diagnostics", pick(random, []measures.ODSCode{"RQW", "RWG", "RXX", Everyone}))
		question.Resource.Columns = pick(random, [][]string{{"seen", "total"}, {"total"}})
		base := writePolicy(t, random, "signalbox.national", question.Resource)
		policies, said := Policy{National: []Module{{Name: "national.rego", Source: base.text}}, Trusts: map[measures.ODSCode][]Module{}}, map[string]written{}
		for _, code := range organisations {
			if random.IntN(2) == 0 {
				continue
			}
			theirs := question.Resource
			theirs.ODS = measures.ODSCode(code.(string))
			own := writePolicy(t, random, "signalbox.trusts."+code.(string), theirs)
			said[code.(string)], policies.Trusts[theirs.ODS] = own, []Module{{Name: "own.rego", Source: own.text}}
		}
		e := engine(t, withPolicy(policies))
		for name, barred := range barredByHost(question) {
			if d := decide(t, e, barred); d.Allow {
				t.Fatalf("%s is allowed by\n%s", name, base.text)
			}
		}
		got := decide(t, e, question)
		where := fmt.Sprintf("case %d, %s of %s\n%s\n%v\n%+v", n, question.Resource.Columns, question.Resource.ODS, base.text, said, got)
		within := asked(question.Resource)
		for _, row := range rows {
			code := row["ods"].(string)
			own, has := said[code]
			may := opens(base.decision, row) && within.meets(row) && (!has || opens(own.decision, row))
			if opens(&got, row) {
				open++
				if !may {
					t.Fatalf("row %v is open\n%s", row, where)
				}
				for _, column := range got.Columns {
					if !slices.Contains(base.decision.Columns, column) || !slices.Contains(question.Resource.Columns, column) || has && !slices.Contains(own.decision.Columns, column) {
						t.Fatalf("column %s of row %v is open\n%s", column, row, where)
					}
				}
				if got.Disclosure.MinCellCount < leastHidden(question) || looser(got.Disclosure, base.decision.Disclosure) || has && looser(got.Disclosure, own.decision.Disclosure) {
					t.Fatalf("small numbers of row %v are told by milder terms\n%s", row, where)
				}
				if got.CacheSeconds > base.decision.CacheSeconds || has && got.CacheSeconds > own.decision.CacheSeconds {
					t.Fatalf("the answer stands for longer\n%s", where)
				}
			} else if may {
				closed++
			}
		}
	}
	t.Logf("%d rows open, %d closed that each policy alone would open", open, closed)
	if open < 2000 {
		t.Errorf("only %d rows were open: the test proves little", open)
	}
}

// barredByHost are questions that no policy may answer with yes.
func barredByHost(question Request) map[string]Request {
	nobody, person, unapproved := question, question, question
	nobody.Actor.ID, person.Resource.Grain, unapproved.Plugin.Digest = "", "person", "sha256:22"
	return map[string]Request{"nobody": nobody, "data of single people": person, "a plugin that nobody has approved": unapproved}
}

// leastHidden is the least threshold that the host asks for here.
func leastHidden(r Request) int {
	if r.Resource.ODS == r.Actor.ODS {
		return 0
	}
	return floorAcross
}

func looser(a, b Disclosure) bool {
	return a.MinCellCount < b.MinCellCount || a.RoundTo < b.RoundTo || a.ZeroVisible && !b.ZeroVisible || !a.Secondary && b.Secondary
}
