package analysis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// fallsHouse has two trusts with three years of falls each, loaded as their own.
func fallsHouse(t testing.TB, agreements ...agreement) *house {
	t.Helper()
	h := open(t, falls)
	h.trusts(t)
	h.load(t, "RAA", fallsOf(t, "RAA", 36))
	h.load(t, "RBB", fallsOf(t, "RBB", 36))
	h.lookAgain(t, agreements...)
	return h
}

func TestChartOfAnotherTrustIsDeniedAndRecorded(t *testing.T) {
	h := fallsHouse(t)
	answer := h.ask(t, chartOf(clinician("RAA"), "falls", "RBB"))
	var denial *policy.Denial
	if !errors.As(answer.Err, &denial) || !errors.Is(answer.Err, policy.ErrDenied) {
		t.Fatalf("the answer is %v, want a denial", answer.Err)
	}
	reasons := denial.Record.Decision().Reasons
	if len(reasons) == 0 || reasons[0].Code != "not_your_trust" || !strings.Contains(reasons[0].Message, "Birchwood Trust") || reasons[0].Help == "" {
		t.Errorf("reasons %+v, want one that names the trust and the way forward", reasons)
	}
	if len(answer.Charts) != 0 || h.reads.n.Load() != 0 || h.runs.n.Load() != 0 {
		t.Errorf("%d charts, %d readings and %d plugin calls after a denial", len(answer.Charts), h.reads.n.Load(), h.runs.n.Load())
	}
	book := h.book(t)
	if len(book) != 1 {
		t.Fatalf("%d entries in the ledger, want the denial alone", len(book))
	}
	in := book[0].Decision.Input
	if book[0].Decision.Allow || in.Subject.ID != "clinician-raa" || in.Resource.ODS != "RBB" || in.Resource.Dataset != "falls" || book[0].ID != denial.Record.Decision().Request.ID {
		t.Errorf("the ledger holds %+v", book[0])
	}
	if answer.Receipt.Record != book[0].Sequence {
		t.Errorf("the receipt names record %d, want %d", answer.Receipt.Record, book[0].Sequence)
	}
}

// A forgotten WHERE is caught by the second wall: in the scope that trust A's
// grant sets, the table of figures holds nothing of trust B.
func TestQueryWithoutItsWhereReturnsNothingOfTheOtherTrust(t *testing.T) {
	h := fallsHouse(t)
	numbers := pgtest.SQL(t, h.url, `
		SELECT (SELECT trust_id FROM organisation WHERE ods = 'RAA'), (SELECT trust_id FROM organisation WHERE ods = 'RBB'),
			(SELECT dataset_id FROM dataset WHERE id = 'falls')`)[0]
	count := func(scope, dataset string) string {
		rows := pgtest.SQL(t, h.url, `SET LOCAL ROLE `+postgres.AppRole+`;
			SELECT set_config('signalbox.scope', '`+scope+`', true), set_config('signalbox.dataset', '`+dataset+`', true);
			SELECT trust_id, count(*) FROM observation GROUP BY trust_id ORDER BY trust_id`)
		var text []string
		for _, row := range rows {
			text = append(text, strings.Join(row, ":"))
		}
		return strings.Join(text, " ")
	}
	a, b, d := numbers[0], numbers[1], numbers[2]
	for _, test := range []struct{ name, scope, dataset, want string }{
		{"as trust A", "{" + a + "}", "{" + d + "}", a + ":36"},
		{"as trust B", "{" + b + "}", "{" + d + "}", b + ":36"},
		{"without a scope", "", "{" + d + "}", ""},
		{"without a dataset", "{" + a + "," + b + "}", "", ""},
	} {
		if got := count(test.scope, test.dataset); got != test.want {
			t.Errorf("%s the whole table is %q, want %q", test.name, got, test.want)
		}
	}
}

// brokenLedger cannot write: the disk is full, or the database gone.
type brokenLedger struct{ err error }

func (b brokenLedger) RecordAll(context.Context, []policy.Decision) ([]policy.Record, error) {
	return nil, b.err
}
func (b brokenLedger) RecordResults(context.Context, []postgres.Result) error { return b.err }

func TestTheRecordIsWrittenBeforeTheRead(t *testing.T) {
	h := fallsHouse(t)
	full := errors.New("no space left on device")
	h.Ledger = brokenLedger{full}
	answers, err := h.Ask(t.Context(), chartOf(clinician("RAA"), "falls", "RAA"))
	if !errors.Is(err, full) || answers != nil {
		t.Fatalf("without a ledger there were %d answers and error %v", len(answers), err)
	}
	if n := h.reads.n.Load(); n != 0 {
		t.Errorf("data were read %d times with nothing recorded", n)
	}

	// With a ledger that works, the decision stands in it when data are read.
	h.Ledger = h.db
	h.reads.before = func() {
		if book := h.book(t); len(book) != 1 || book[0].Kind != ledger.DecisionMade || !book[0].Decision.Allow {
			t.Errorf("at the moment of reading the ledger holds %+v", book)
		}
	}
	h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	if n := h.reads.n.Load(); n != 1 {
		t.Errorf("%d readings, want 1", n)
	}
	book := h.book(t)
	if len(book) != 2 || book[1].Kind != ledger.ResultReleased || book[1].Result.Record != book[0].Sequence || book[1].Result.Rows != 36 || book[1].Result.Digest == "" {
		t.Errorf("afterwards the ledger holds %+v", book)
	}
}

// failingPolicy cannot answer: its engine broke, or took too long.
type failingPolicy struct{ err error }

func (f failingPolicy) Decide(context.Context, policy.Request) (policy.Decision, error) {
	return policy.Decision{}, f.err
}

func TestPolicyUnavailableIsNotADenial(t *testing.T) {
	h := fallsHouse(t)
	h.Policy = failingPolicy{policy.ErrUnavailable}
	answer := h.ask(t, chartOf(clinician("RAA"), "falls", "RAA"))
	if !errors.Is(answer.Err, policy.ErrUnavailable) || errors.Is(answer.Err, policy.ErrDenied) {
		t.Errorf("the answer is %v, want that no policy answered", answer.Err)
	}
	if len(answer.Charts) != 0 || h.reads.n.Load() != 0 {
		t.Errorf("%d charts and %d readings", len(answer.Charts), h.reads.n.Load())
	}
	// Nobody has decided anything, so there is nothing to record.
	if book := h.book(t); len(book) != 0 {
		t.Errorf("the ledger holds %+v", book)
	}
}

func TestOneDeniedMeasureLeavesTheOthersOnTheBoard(t *testing.T) {
	h := fallsHouse(t)
	h.load(t, "", published(t, "RBB", 30))
	h.lookAgain(t)
	answers, err := h.Ask(t.Context(),
		chartOf(clinician("RAA"), "ae-4h", "RBB"),
		chartOf(clinician("RAA"), "falls", "RBB"),
		chartOf(clinician("RAA"), "no-such-measure", "RBB"),
		chartOf(clinician("RAA"), "falls", "RAA"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, policy.ErrDenied, analysis.ErrNoMeasure, nil} {
		if !errors.Is(answers[i].Err, want) {
			t.Errorf("answer %d: error %v, want %v", i, answers[i].Err, want)
		}
		if (want == nil) != (len(answers[i].Charts) == 1) {
			t.Errorf("answer %d: %d charts", i, len(answers[i].Charts))
		}
	}
	kinds := ""
	for _, entry := range h.book(t) {
		switch {
		case entry.Result != nil:
			kinds += "result "
		case entry.Decision.Allow:
			kinds += "yes "
		default:
			kinds += "no "
		}
	}
	if kinds != "yes no yes result result " {
		t.Errorf("the ledger holds %s", kinds)
	}
}

// published writes so many months of A&E figures from June 2023.
func published(t testing.TB, code measures.ODSCode, months int) string {
	var b strings.Builder
	b.WriteString("org_code,period,numerator,denominator,source\n")
	for i := range months {
		fmt.Fprintf(&b, "%s,%s,%d,%d,test\n", code, measures.DateOf(2023, 6+i, 1), 6000+(i*37)%230, 9000+(i*53)%170)
	}
	return write(t, "ae_4h.csv", b.String())
}
