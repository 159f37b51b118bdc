package candidate

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// asks gives one recorded question about falls at Ashford Trust.
func asks(n int, org measures.ODSCode, purpose policy.Purpose, now int64) policy.Document {
	r := policy.Request{ID: fmt.Sprintf("request-%d", n), Now: now, Action: policy.ChartRead,
		Actor: policy.Actor{ID: fmt.Sprintf("person-%d", n%50), ODS: org, Orgs: []measures.ODSCode{org}, Roles: []policy.Role{"clinician"},
			Purpose: purpose, Assurance: "aal2", TrainedOn: measures.Date(now/day - 20)},
		Plugin:   policy.Plugin{ID: "spc", Version: "1.0.0", Digest: "sha256:1111", Approval: "approved"},
		Resource: policy.Resource{Dataset: "falls", Columns: []string{"seen", "total"}, ODS: "RAA", Grain: "aggregate"}}
	return policy.Decision{Request: r}.Document()
}

// recorded gives n decisions, one every step seconds: our own staff, a trust with
// an agreement, and one without, in turn.
func recorded(n int, step int64) iter.Seq2[policy.Document, error] {
	return func(yield func(policy.Document, error) bool) {
		orgs := []measures.ODSCode{"RAA", "RCC", "RBB"}
		for i := range n {
			if !yield(asks(i, orgs[i%3], "improvement", noon-int64(n-i)*step), nil) {
				return
			}
		}
	}
}

const allOfIt = `package signalbox.trusts.RAA

import data.signalbox.national

decision := national.decision
`

// refusing says no to everybody of another organisation.
const refusing = `package signalbox.trusts.RAA

import data.signalbox.facts
import data.signalbox.national

decision := national.decision if facts.own

decision := national.decision if not national.decision.allow

decision := object.union(national.decision, {
	"allow": false,
	"reasons": [{"code": "ours_alone", "message": "Ashford Trust keeps this to itself.", "help": "Ask its governance team."}],
}) if {
	national.decision.allow
	not facts.own
}
`

func ask(t *testing.T, live, draft string, recorded iter.Seq2[policy.Document, error]) Impact {
	t.Helper()
	q := ImpactQuestion{Owner: "RAA", Reference: country(t), Recorded: recorded, Now: noon}
	if live != "" {
		q.Live.Trusts = map[measures.ODSCode][]policy.Module{"RAA": {{Name: "sharing.rego", Source: live}}}
	}
	if draft != "" {
		q.Draft = []policy.Module{{Name: "sharing.rego", Source: draft}}
	}
	impact, err := bench(t, Options{}).Impact(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return impact
}

func TestImpactTellsEachDirection(t *testing.T) {
	const n = 90
	for _, test := range []struct {
		name, live, draft string
		want              Direction
		times, same       int
		reason            string
	}{
		{"a draft that refuses others", allOfIt, refusing, NowDenied, 30, 60, "ours_alone"},
		{"a draft that no longer refuses them", refusing, allOfIt, NowAllowed, 30, 60, "ours_alone"},
		{"a draft that shows fewer rows", allOfIt, soundRules, Narrower, 30, 60, ""},
		{"a draft that shows more rows", soundRules, allOfIt, NowWider, 30, 60, ""},
		{"a draft that changes nothing", allOfIt, allOfIt + "\n# A remark.\n", "", 0, 90, ""},
		{"a first policy that allows what the baseline does", "", allOfIt, "", 0, 90, ""},
		{"no policy after one that refused", refusing, "", NowAllowed, 30, 60, "ours_alone"},
		{"a first policy", "", refusing, NowDenied, 30, 60, "ours_alone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			impact := ask(t, test.live, test.draft, recorded(n, 60))
			if impact.Replayed != n || impact.Same != test.same {
				t.Errorf("%d replayed, %d same, want %d and %d", impact.Replayed, impact.Same, n, test.same)
			}
			if test.want == "" {
				if len(impact.Changed)+len(impact.ChangedGenerated) > 0 {
					t.Errorf("changed: %+v", impact.Changed)
				}
				return
			}
			if len(impact.Changed) != 1 {
				t.Fatalf("%d groups, want 1: %+v", len(impact.Changed), impact.Changed)
			}
			got := impact.Changed[0]
			if got.Direction != test.want || got.Times != test.times {
				t.Errorf("%s %d times, want %s %d times", got.Direction, got.Times, test.want, test.times)
			}
			if test.reason != "" && (len(got.Reasons) == 0 || got.Reasons[0].Code != test.reason) {
				t.Errorf("reasons %+v, want %s", got.Reasons, test.reason)
			}
			if got.Before.Input.RequestID != "request-88" || got.After.Input.RequestID != "request-88" {
				t.Errorf("told by %s and %s, want the latest, request-88", got.Before.Input.RequestID, got.After.Input.RequestID)
			}
			if impact.Generated < 300 || len(impact.ChangedGenerated) == 0 {
				t.Errorf("%d generated questions, %d groups of changes", impact.Generated, len(impact.ChangedGenerated))
			}
			for i := 1; i < len(impact.ChangedGenerated); i++ {
				if order(impact.ChangedGenerated[i-1].Direction) > order(impact.ChangedGenerated[i].Direction) {
					t.Errorf("%s after %s", impact.ChangedGenerated[i].Direction, impact.ChangedGenerated[i-1].Direction)
				}
			}
		})
	}
}

func order(d Direction) int { return strings.Index("allowed wider denied narrower", string(d)) }

func TestEqualQuestionsAreCountedAndAskedOnce(t *testing.T) {
	same := func(yield func(policy.Document, error) bool) {
		for i := range 1000 {
			d := asks(0, "RCC", "improvement", noon)
			d.Input.RequestID = fmt.Sprint(i)
			if !yield(d, nil) {
				return
			}
		}
	}
	impact := ask(t, allOfIt, refusing, same)
	if impact.Replayed != 1000 || len(impact.Changed) != 1 || impact.Changed[0].Times != 1000 || impact.Changed[0].After.Input.RequestID != "999" {
		t.Errorf("%+v", impact)
	}
}

func TestADraftThatDoesNotCompileHasNoImpact(t *testing.T) {
	q := ImpactQuestion{Owner: "RAA", Reference: country(t), Draft: []policy.Module{{Name: "a.rego", Source: "package signalbox.trusts.RAA\n\ndecision := nothing"}}}
	if _, err := bench(t, Options{}).Impact(t.Context(), q); err == nil || !strings.Contains(err.Error(), "a.rego:3") {
		t.Errorf("%v", err)
	}
}

func TestRecordedDecisionsThatCannotBeReadAreAnError(t *testing.T) {
	broken := func(yield func(policy.Document, error) bool) {
		yield(policy.Document{}, fmt.Errorf("the ledger is torn"))
	}
	q := ImpactQuestion{Owner: "RAA", Reference: country(t), Draft: sound(), Recorded: broken}
	if _, err := bench(t, Options{}).Impact(t.Context(), q); err == nil || !strings.Contains(err.Error(), "the ledger is torn") {
		t.Errorf("%v", err)
	}
}

func TestRowsThatCannotBeComparedCountAsWider(t *testing.T) {
	rule := func(field, op string, values ...any) policy.RowRule {
		return policy.RowRule{Conditions: []policy.Condition{{Field: field, Op: op, Values: values}}}
	}
	all := policy.RowRule{All: true}
	for _, test := range []struct {
		a, b policy.RowRule
		want bool
	}{
		{all, all, false},
		{all, rule("ods", "in", "RAA"), true},
		{rule("ods", "in", "RAA"), all, false},
		{rule("ods", "in", "RAA"), rule("ods", "in", "RAA", "RBB"), false},
		{rule("ods", "in", "RAA", "RCC"), rule("ods", "in", "RAA", "RBB"), true},
		{rule("ods", "eq", "RAA"), rule("ods", "in", "RAA"), false},
		{rule("period", "gte", "2025-01-01"), rule("period", "gte", "2024-01-01"), false},
		{rule("period", "gte", "2024-01-01"), rule("period", "gte", "2025-01-01"), true},
		{rule("period", "gt", "2025-01-01"), rule("period", "gte", "2025-01-01"), false},
		{rule("period", "gte", "2025-01-01"), rule("period", "gt", "2025-01-01"), true},
		{rule("period", "lt", "2025-01-01"), rule("period", "lte", "2025-01-01"), false},
		{rule("period", "lte", "2025-01-01"), rule("period", "lt", "2025-01-01"), true},
		{rule("period", "eq", "2025-02-01"), rule("period", "gt", "2025-01-01"), false},
		{rule("period", "lte", "2025-01-01"), rule("period", "gte", "2024-01-01"), true},
		{rule("stratum", "is_null", true), rule("stratum", "is_null", false), true},
		{rule("stratum", "eq", "a"), rule("stratum", "is_null", false), false},
		{rule("ods", "in", "RAA"), rule("period", "gte", "2025-01-01"), true},
	} {
		if got := rowsMore([]policy.RowRule{test.a}, []policy.RowRule{test.b}); got != test.want {
			t.Errorf("%+v beside %+v: more is %v", test.a, test.b, got)
		}
	}
}

// ownTime is the processor time of one question, measured in this process over the
// first few thousand.
func ownTime(b *testing.B, q ImpactQuestion) float64 {
	b.Helper()
	after := policy.Policy{Trusts: map[measures.ODSCode][]policy.Module{"RAA": q.Draft}}
	rivals, err := policy.NewRivals(b.Context(), "RAA", q.Live, after, q.Reference)
	if err != nil {
		b.Fatal(err)
	}
	var questions []asked
	for document := range q.Recorded {
		if questions = append(questions, asked{document.Input.Request(), 1}); len(questions) == 3000 {
			break
		}
	}
	before := processorTime()
	if _, err := replay(b.Context(), q.Owner, rivals, questions); err != nil {
		b.Fatal(err)
	}
	return float64((processorTime() - before).Microseconds()) / float64(len(questions))
}

// BenchmarkImpact replays 100,000 decisions of 30 days. Distinct asks each in a
// minute of its own, so that nothing is asked once for several.
func BenchmarkImpact(b *testing.B) {
	const n = 100_000
	for name, step := range map[string]int64{"distinct": 26, "crowded": 1} {
		b.Run(name, func(b *testing.B) {
			bench := bench(b, Options{ImpactTime: 20 * time.Minute})
			q := ImpactQuestion{Owner: "RAA", Reference: country(b), Draft: []policy.Module{{Name: "sharing.rego", Source: soundRules}}, Recorded: recorded(n, step), Now: noon,
				Live: policy.Policy{Trusts: map[measures.ODSCode][]policy.Module{"RAA": {{Name: "sharing.rego", Source: allOfIt}}}}}
			b.ReportAllocs()
			for b.Loop() {
				impact, err := bench.Impact(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				if impact.Replayed != n {
					b.Fatalf("%d replayed", impact.Replayed)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/100k")
			b.ReportMetric(ownTime(b, q), "cpu-µs/question")
		})
	}
}
