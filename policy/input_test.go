package policy

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/signalbox-health/signalbox/measures"
)

// toJSON gives a value as the evaluator's own decoder would see it.
func toJSON(t testing.TB, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestEvaluatorSeesTheInputThatIsRecorded(t *testing.T) {
	for r := range questions() {
		in := r.Input()
		in.RequestID = "" // the evaluator is not told
		want, err := ast.InterfaceToValue(toJSON(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if got := inputValue(r); got.Compare(want) != 0 {
			t.Fatalf("evaluator %v\nrecord    %v", got, want)
		}
	}
}

// matches checks a document against a published schema with OPA's own checker.
func matches(t testing.TB, schema string, document any) string {
	t.Helper()
	text, err := Schema(schema)
	if err != nil {
		t.Fatal(err)
	}
	results, err := rego.New(rego.Query("json.match_schema(input.document, input.schema)"),
		rego.Input(map[string]any{"document": toJSON(t, document), "schema": string(text)})).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := results[0].Expressions[0].Value.([]any)
	if answer[0] == true {
		return ""
	}
	problems, _ := json.Marshal(answer[1])
	return string(problems)
}

// allMatch checks many documents against one schema at once; what is there twice
// is checked once.
func allMatch(t testing.TB, schema string, documents map[string]any) string {
	t.Helper()
	text, err := Schema(schema)
	if err != nil {
		t.Fatal(err)
	}
	var one map[string]any
	if err := json.Unmarshal(text, &one); err != nil {
		t.Fatal(err)
	}
	definitions := one["definitions"]
	delete(one, "definitions")
	many := map[string]any{"type": "array", "items": one, "definitions": definitions}
	if definitions == nil {
		delete(many, "definitions")
	}
	list := slices.Collect(maps.Values(documents))
	results, err := rego.New(rego.Query("json.match_schema(input.documents, input.schema)"),
		rego.Input(map[string]any{"documents": list, "schema": many})).Eval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := results[0].Expressions[0].Value.([]any)
	if answer[0] == true {
		return ""
	}
	problems, _ := json.Marshal(answer[1])
	return string(problems)
}

// Every question that is asked, and every answer that the baseline, the policy to
// start from and the engine itself give, follows what is published.
func TestDocumentsFollowTheirSchemas(t *testing.T) {
	trusts := map[measures.ODSCode][]Module{"RQW": templateOf(t, "RQW"), "RWG": switchedOn(t, "RWG")}
	l := engine(t, withPolicy(Policy{Trusts: trusts})).live.Load()
	if problem := matches(t, "reference", l.data); problem != "" {
		t.Errorf("reference data: %s", problem)
	}
	inputs, decisions := map[string]any{}, map[string]any{}
	keep := func(into map[string]any, document any) {
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		into[string(text)] = toJSON(t, document)
	}
	for r := range questions() {
		if r.Action == "policy.publish" {
			continue // there is no such action
		}
		keep(inputs, r.Input())
		queries := []rego.PreparedEvalQuery{l.national}
		if own, has := l.trusts[r.Resource.ODS]; has {
			queries = append(queries, own)
		}
		for _, query := range queries {
			results, err := query.Eval(t.Context(), rego.EvalParsedInput(inputValue(r)))
			if err != nil {
				t.Fatal(err)
			}
			keep(decisions, results[0].Expressions[0].Value)
		}
		d, err := l.decide(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		keep(decisions, asAnswer(d))
	}
	for schema, documents := range map[string]map[string]any{"input": inputs, "decision": decisions} {
		if problem := allMatch(t, schema, documents); problem != "" {
			t.Errorf("%s: %s", schema, problem)
		}
		documents["another"] = map[string]any{"allow": true}
		if allMatch(t, schema, documents) == "" {
			t.Errorf("%s: one bad document among many passes", schema)
		}
	}
	if len(inputs) < 1000 || len(decisions) < 100 {
		t.Errorf("%d inputs and %d decisions", len(inputs), len(decisions))
	}
	if matches(t, "input", map[string]any{}) == "" || matches(t, "decision", map[string]any{"alow": true}) == "" {
		t.Error("the schemas accept anything")
	}
}

// asAnswer is the engine's decision as a policy would have written it.
func asAnswer(d Decision) map[string]any {
	reasons := []any{}
	for _, r := range d.Reasons {
		reasons = append(reasons, map[string]any{"code": r.Code, "message": r.Message, "help": r.Help})
	}
	doc := d.Document()
	return map[string]any{"allow": doc.Allow, "reasons": reasons, "grants": doc.Grants, "ods_scope": doc.Scope, "rows": doc.Rows,
		"visible_columns": doc.Columns, "disclosure": doc.Disclosure, "obligations": doc.Obligations, "cache_seconds": doc.CacheSeconds}
}

// What the schema says of rows is what the engine takes, field by field.
func TestTheSchemaAndTheEngineAgreeOnRows(t *testing.T) {
	catalogue := DatasetFacts{Stratifiers: []string{"type"}}
	answer := asAnswer(Decision{Reasons: []Reason{{Code: "no", Message: "No.", Help: "Ask."}}, Obligations: []string{"audit"}})
	fields := []string{"ward", "ODS"}
	for _, f := range RowFields() {
		fields = append(fields, f.Name)
	}
	taken, n := 0, 0
	for _, field := range fields {
		for _, op := range append(slices.Clone(operators), "like") {
			for _, value := range []any{"RQW", "type", "2025-01-01", 7.0, true, []any{"RQW"}, []any{"2025-01-01"}} {
				rule, err := rowRule(map[string]any{field: map[string]any{op: value}})
				if err == nil {
					err = rule.Check(catalogue)
				}
				answer["rows"] = []any{map[string]any{field: map[string]any{op: value}}}
				published := matches(t, "decision", answer) == ""
				if err == nil && !published {
					t.Errorf("%s %s %v is taken and not in the schema", field, op, value)
				}
				// The schema does not know which codes and stratifiers there are.
				if err != nil && published && !slices.Contains([]string{"ods", "stratifier"}, field) {
					t.Errorf("%s %s %v is in the schema, and the engine says %v", field, op, value, err)
				}
				if n++; err == nil {
					taken++
				}
			}
		}
	}
	if taken < 20 || n-taken < 100 {
		t.Errorf("%d of %d are taken", taken, n)
	}
}

func TestEveryKeyOfTheInputIsAlwaysThere(t *testing.T) {
	full, empty := toJSON(t, read(clinician(), "ae", "RQW").Input()), toJSON(t, Request{}.Input())
	var compare func(path string, a, b any)
	compare = func(path string, a, b any) {
		left, ok := a.(map[string]any)
		if !ok || b == nil {
			return
		}
		for key := range left {
			value, found := b.(map[string]any)[key]
			if !found {
				t.Errorf("%s.%s is not there in an empty request", path, key)
			}
			compare(path+"."+key, left[key], value)
		}
	}
	compare("input", full, empty)
}

func TestInputGivesBackItsRequest(t *testing.T) {
	for r := range questions() {
		want := r
		want.Actor.Name = "" // the policy is not told
		want.Actor.Orgs, want.Actor.Roles = filled(want.Actor.Orgs), filled(want.Actor.Roles)
		if got := r.Input().Request(); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\n%+v", got, want)
		}
	}
}

func TestClockOfAPolicyTicksInMinutes(t *testing.T) {
	for in, want := range map[int64]int64{0: 0, 59: 0, 60: 60, 119: 60, -1: -60, -60: -60} {
		if got := minute(in); got != want {
			t.Errorf("minute(%d) = %d, want %d", in, got, want)
		}
	}
}
