package policy

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
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

func TestDocumentsFollowTheirSchemas(t *testing.T) {
	l := engine(t).live.Load()
	if problem := matches(t, "reference", l.data); problem != "" {
		t.Errorf("reference data: %s", problem)
	}
	n := 0
	for r := range questions() {
		if n++; n%37 != 0 || r.Action == "policy.publish" {
			continue
		}
		if problem := matches(t, "input", r.Input()); problem != "" {
			t.Errorf("input: %s", problem)
		}
		results, err := l.national.Eval(t.Context(), rego.EvalParsedInput(inputValue(r)))
		if err != nil {
			t.Fatal(err)
		}
		if problem := matches(t, "decision", results[0].Expressions[0].Value); problem != "" {
			t.Errorf("decision: %s", problem)
		}
	}
	if matches(t, "input", map[string]any{}) == "" || matches(t, "decision", map[string]any{"alow": true}) == "" {
		t.Error("the schemas accept anything")
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
