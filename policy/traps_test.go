package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/signalbox-health/signalbox/measures"
)

// yes is a decision that allows what was asked, for policies under test.
const yes = `{
	"allow": true, "reasons": [], "grants": [], "ods_scope": [input.resource.ods], "rows": [{"all": true}],
	"visible_columns": input.resource.columns,
	"disclosure": {"min_cell_count": 8, "round_to": 5, "secondary": true, "zero_visible": true},
	"obligations": ["audit"], "cache_seconds": 60,
}`

// schemaModule is the file that says what schema holds.
func schemaModule(t testing.TB) Module {
	t.Helper()
	modules, err := Baseline()
	if err != nil {
		t.Fatal(err)
	}
	return modules[slices.IndexFunc(modules, func(m Module) bool { return m.Name == "schemas.rego" })]
}

// national is a policy that stands in for the baseline.
func national(t testing.TB, rules string) Policy {
	t.Helper()
	return Policy{National: []Module{schemaModule(t), {Name: "trap.rego", Source: "package signalbox.national\n\n" + rules + "\n"}}}
}

func withPolicy(p Policy) func(*EngineOptions) { return func(o *EngineOptions) { o.Policy = p } }

func mustDeny(t *testing.T, e *Engine, r Request, code string) Decision {
	t.Helper()
	d := decide(t, e, r)
	if d.Allow || !slices.Contains(codes(d), code) || d.Rows != nil || d.Scope != nil || d.Columns != nil {
		t.Errorf("%+v; want a closed denial with %s", d, code)
	}
	return d
}

func mustRefuse(t *testing.T, p Policy, why string) {
	t.Helper()
	_, err := NewEngine(context.Background(), EngineOptions{Policy: p, Data: reference(t)})
	if !errors.Is(err, ErrBadPolicy) || !strings.Contains(err.Error(), why) {
		t.Errorf("%v; want a refusal that names %q\n%s", err, why, p.National[len(p.National)-1].Source)
	}
}

func TestUndefinedIsDenied(t *testing.T) {
	e := engine(t, withPolicy(national(t, `decision := `+yes+` if input.subject.purpose == "governance"`)))
	mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "policy_undefined")
}

func TestMistypedPackageIsRefused(t *testing.T) {
	p := national(t, "decision := "+yes)
	p.National[1].Source = strings.Replace(p.National[1].Source, "signalbox.national", "signalbox.natoinal", 1)
	mustRefuse(t, p, "there is no rule data.signalbox.national.decision")
	p.National[1].Source = strings.Replace(p.National[1].Source, "signalbox.natoinal", "signalbx.national", 1)
	mustRefuse(t, p, "is not below signalbox")
}

func TestMisspeltKeyIsRefused(t *testing.T) {
	for _, rule := range []string{
		`ok if not input.subject.purpos == "improvement"`,
		`ok if not input.plugin.digets`,
		`ok if not input.resource.period.form == null`,
		`ok if not input.subjects.id == ""`,
		`ok if not input.resource.colums`,
	} {
		mustRefuse(t, national(t, "decision := "+yes+"\n\n"+rule), "undefined ref")
	}
}

func TestMisspeltFactIsRefused(t *testing.T) {
	modules, err := Baseline()
	if err != nil {
		t.Fatal(err)
	}
	for _, fact := range []string{"facts.dataset.publised", "facts.plugin.aproved", "facts.owner.nam", "facts.everybody"} {
		mustRefuse(t, Policy{National: append(slices.Clone(modules), Module{Name: "more.rego",
			Source: "package signalbox.national\n\nimport data.signalbox.facts\n\nground contains {\"code\": \"x\"} if not " + fact + "\n"})}, "undefined ref")
	}
}

func TestOnlyFactsReadReferenceData(t *testing.T) {
	mustRefuse(t, national(t, "decision := "+yes+"\n\nok if data.reference.roles.clinician.right"), "only package signalbox.facts reads data.reference")
	mustRefuse(t, national(t, "decision := "+yes+"\n\nok if { some x; data[x].roles }"), "only package signalbox.facts reads data.reference")
}

func TestNoFileMayChangeTheSchema(t *testing.T) {
	p := national(t, "decision := "+yes)
	p.National[1].Source = "# METADATA\n# schemas:\n#   - input: {type: object}\n" + p.National[1].Source
	mustRefuse(t, p, "only package signalbox may say what schema holds")
}

func TestBuiltinsOutsideTheListAreRefused(t *testing.T) {
	for _, call := range []string{`http.send({"method": "get", "url": "http://127.0.0.1/"})`, `time.now_ns()`, `rand.intn("x", 10)`,
		`uuid.rfc4122("x")`, `opa.runtime()`, `net.lookup_ip_addr("localhost")`, `bits.lsh(1, 1000000000)`,
		`regex.find_n("a", "a", -1)`, `numbers.range(1, 1000000000)`, `io.jwt.decode("x")`, `crypto.md5("x")`,
		`rego.parse_module("x", "package x")`, `json.unmarshal("{}")`, `graph.reachable({}, [])`, `glob.match("a", [], "a")`, `trace("x")`} {
		mustRefuse(t, national(t, "decision := "+yes+"\n\nok if "+call), "undefined function")
	}
}

func TestAllowListIsWholeAndDeterministic(t *testing.T) {
	known := map[string]bool{}
	for _, b := range capabilities().Builtins {
		known[b.Name] = true
		if b.Nondeterministic {
			t.Errorf("%s is not deterministic", b.Name)
		}
	}
	for _, name := range builtins {
		if !known[name] {
			t.Errorf("%s is on the list and this version of OPA does not have it", name)
		}
	}
}

func TestBuiltinErrorIsDenied(t *testing.T) {
	e := engine(t, withPolicy(national(t, "default allow := true\n\nallow := false if 1 / count(input.resource.stratifiers) > 1\n\ndecision := object.union("+yes+`, {"allow": allow})`)))
	mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "policy_error")
}

func TestTwoAnswersAreDenied(t *testing.T) {
	e := engine(t, withPolicy(national(t, "decision := "+yes+"\n\ndecision := object.union("+yes+`, {"allow": false})`)))
	mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "policy_error")
}

func TestMalformedDecisionIsDenied(t *testing.T) {
	for name, change := range map[string]string{
		"unknown field":            `{"alow": true}`,
		"capital field":            `{"Allow": true}`,
		"unknown obligation":       `{"obligations": ["audit", "watermark"]}`,
		"no audit":                 `{"obligations": []}`,
		"allow as text":            `{"allow": "yes"}`,
		"rows as null":             `{"rows": null}`,
		"row without conditions":   `{"rows": [{}]}`,
		"all beside conditions":    `{"rows": [{"all": true, "ods": {"in": ["RQW"]}}]}`,
		"unknown operator":         `{"rows": [{"ods": {"like": "R%"}}]}`,
		"in with text":             `{"rows": [{"ods": {"in": "RQW"}}]}`,
		"comparison with a list":   `{"rows": [{"period": {"gte": ["2024-01-01"]}}]}`,
		"negative threshold":       `{"disclosure": {"min_cell_count": -1}}`,
		"threshold with decimals":  `{"disclosure": {"min_cell_count": 7.5}}`,
		"unknown disclosure term":  `{"disclosure": {"noise": 1}}`,
		"scope that is no code":    `{"ods_scope": ["*"]}`,
		"denial without a reason":  `{"allow": false}`,
		"reason without help":      `{"allow": false, "reasons": [{"code": "x", "message": "x", "help": ""}]}`,
		"reason with a field more": `{"allow": false, "reasons": [{"code": "x", "message": "x", "help": "x", "rule": "x"}]}`,
		"kept for ever":            `{"cache_seconds": 1000000}`,
	} {
		e := engine(t, withPolicy(national(t, "decision := object.union("+yes+", "+change+")")))
		if d := mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "decision_malformed"); len(d.Reasons) != 1 {
			t.Errorf("%s: %+v", name, d.Reasons)
		}
	}
	e := engine(t, withPolicy(national(t, `decision := object.remove(`+yes+`, ["rows"])`)))
	mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "decision_malformed")
	e = engine(t, withPolicy(national(t, `decision := "yes"`)))
	mustDeny(t, e, read(clinician(), "diagnostics", "RQW"), "decision_malformed")
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"allow":true,"reasons":[],"grants":[{"code":"a","ref":"b"}],"ods_scope":["RQW"],"rows":[{"all":true},{"ods":{"in":["RQW"]}}],"visible_columns":["seen"],"disclosure":{"min_cell_count":8,"round_to":5,"secondary":true,"zero_visible":true},"obligations":["audit"],"cache_seconds":60}`))
	f.Add([]byte(`{"allow":false,"reasons":[{"code":"a","message":"b","help":"c"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var document any
		if decoder.Decode(&document) != nil {
			return
		}
		value, err := ast.InterfaceToValue(document)
		if err != nil {
			t.Fatal(err)
		}
		d, err := answer(value)
		if err != nil {
			return
		}
		// What was read without an error must say all that the document said.
		o := document.(map[string]any)
		if d.Allow != o["allow"] || len(d.Rows) != len(o["rows"].([]any)) || len(d.Columns) != len(o["visible_columns"].([]any)) ||
			!d.Allow && len(d.Reasons) == 0 {
			t.Errorf("%s was read as %+v", text, d)
		}
		if _, err := json.Marshal(d.Document()); err != nil {
			t.Errorf("%s cannot be recorded: %v", text, err)
		}
	})
}

// slow joins three long lists, which takes some minutes.
const slow = `numbers := [n | some i in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]; some j in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]; some k in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]; n := (i * 100) + (j * 10) + k]

busy if {
	some i in numbers
	some j in numbers
	some k in numbers
	i + j + k == 5000
}

`

func TestTimeoutIsNotADenial(t *testing.T) {
	e := engine(t, withPolicy(national(t, slow+"decision := "+yes+" if not busy")), func(o *EngineOptions) { o.Deadline = 50 * time.Millisecond })
	began := time.Now()
	d, err := e.Decide(context.Background(), read(clinician(), "diagnostics", "RQW"))
	if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDenied) || d.Allow {
		t.Errorf("%+v, %v", d, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the deadline of 50 ms held only after %v", took)
	}
	if _, err := Recorded(d, 1).Grant(); err == nil {
		t.Error("what nobody decided became a grant")
	}
}

func TestCancelledRequestIsNotADenial(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := engine(t, withPolicy(national(t, slow+"decision := "+yes+" if not busy")))
	if _, err := e.Decide(ctx, read(clinician(), "diagnostics", "RQW")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestBrokenCandidateLeavesTheLastGoodLive(t *testing.T) {
	e := engine(t)
	rules, data := e.Revisions()
	question := read(clinician(), "diagnostics", "RQW")
	for _, candidate := range []Policy{national(t, "decision := "), national(t, "decison := "+yes), national(t, "decision := http.send({})"),
		{National: []Module{}}, {Trusts: map[measures.ODSCode][]Module{"RQW": {{Name: "x.rego", Source: "package signalbox.national\n"}}}}} {
		if err := e.SetPolicy(context.Background(), candidate); !errors.Is(err, ErrBadPolicy) {
			t.Errorf("%v", err)
		}
	}
	broken := reference(t)
	broken.Suppression.MinCellCount = 2
	if err := e.SetData(context.Background(), broken); err == nil {
		t.Error("a threshold below the floor was taken in")
	}
	if r, d := e.Revisions(); r != rules || d != data || !decide(t, e, question).Allow {
		t.Errorf("revisions %s %s, were %s %s", r, d, rules, data)
	}
}

func TestPolicyThatIsTooLargeIsRefused(t *testing.T) {
	p := national(t, "decision := "+yes+"\n# "+strings.Repeat("x", maxPolicyBytes))
	mustRefuse(t, p, "the most are")
}

// TestRuleIndexingChangesNoAnswer guards an upgrade of OPA: the index is an
// optimisation, so every answer must be the same without it.
func TestRuleIndexingChangesNoAnswer(t *testing.T) {
	l := engine(t).live.Load()
	n := 0
	for r := range questions() {
		var answers []any
		for _, indexed := range []bool{true, false} {
			results, err := l.national.Eval(t.Context(), rego.EvalParsedInput(inputValue(r)), rego.EvalRuleIndexing(indexed), rego.EvalEarlyExit(indexed))
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, results[0].Expressions[0].Value)
		}
		if !equalJSON(t, answers[0], answers[1]) {
			t.Errorf("%+v:\nwith index    %v\nwithout index %v", r, answers[0], answers[1])
		}
		n++
	}
	if n < 1000 {
		t.Errorf("only %d questions", n)
	}
}

func TestAQuestionAboutAPluginOpensNoData(t *testing.T) {
	e := engine(t, withPolicy(national(t, "decision := "+yes)))
	r := read(clinician(), "falls", "RQW")
	r.Action = PluginTry
	mustDeny(t, e, r, "plugin_not_data")
	r.Resource = Resource{Grain: "aggregate"}
	generous := national(t, `decision := object.union(`+yes+`, {"ods_scope": ["RQW"], "visible_columns": ["total"]})`)
	mustDeny(t, engine(t, withPolicy(generous)), r, "wider_than_asked")
	modest := national(t, `decision := object.union(`+yes+`, {"ods_scope": []})`)
	if d := decide(t, engine(t, withPolicy(modest)), r); !d.Allow || d.Rows != nil || len(d.Scope) > 0 {
		t.Errorf("%+v; want a yes that opens no row", d)
	}
}
