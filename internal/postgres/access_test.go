package postgres

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// bram works at RBB and was denied the falls of RAA.
var bram = policy.Actor{ID: "bram", Name: "Dr Bram Oakes (fictional)", ODS: "RBB", Orgs: []measures.ODSCode{"RBB"},
	Roles: []policy.Role{"clinician"}, Purpose: "improvement"}

// denial writes a denial of somebody into the ledger and gives its number.
func denial(t testing.TB, db *DB, actor policy.Actor, action policy.Action) policy.Record {
	t.Helper()
	d := seal(policy.Decision{Reasons: []policy.Reason{{Code: "not_your_trust", Message: "No.", Help: "Ask."}},
		Request: policy.Request{ID: "denied", Now: time.Now().Unix(), Action: action, Actor: actor,
			Resource: policy.Resource{Dataset: "alpha", Columns: []string{"n"}, ODS: "RAA", Grain: "aggregate"}}})
	record, err := db.Record(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// deciding is a grant of RAA's governance to read the inbox, or to decide on what
// an author asked for.
func deciding(t testing.TB, db *DB, owner measures.ODSCode, ref, author string) policy.Grant {
	t.Helper()
	record, err := db.Record(t.Context(), seal(policy.Decision{Allow: true, Request: policy.Request{ID: "decides", Action: policy.AccessDecide,
		Actor:    policy.Actor{ID: "isla", ODS: owner},
		Change:   policy.Change{Kind: "access", Ref: ref, Author: author},
		Resource: policy.Resource{ODS: owner, Grain: "aggregate"}}}))
	if err != nil {
		t.Fatal(err)
	}
	grant, err := record.Grant()
	if err != nil {
		t.Fatal(err)
	}
	return grant
}

var terms = Terms{Purposes: []policy.Purpose{"improvement"}, MinCellCount: 8, Until: measures.DateOf(2099, 5, 22)}

// bramAsked is a database in which bram has asked.
func bramAsked(t testing.TB) (*DB, AccessRequest) {
	t.Helper()
	db := open(t)
	put(t, db, dataset("alpha", "n"), figure{org: "RAA", period: "2026-01-01", numbers: []float64{3}}, figure{org: "RAA", period: "2026-02-01", numbers: []float64{5}},
		figure{org: "RAA", period: "2026-02-01", stratum: "s", numbers: []float64{2}}, figure{org: "RBB", period: "2026-03-01", numbers: []float64{4}})
	number, err := db.AskAccess(t.Context(), bram, denial(t, db, bram, policy.ChartRead).Sequence(), "falls", "To learn how they did it.")
	if err != nil {
		t.Fatal(err)
	}
	r, err := db.OwnAccessRequest(t.Context(), bram.ID, number)
	if err != nil {
		t.Fatal(err)
	}
	return db, r
}

func TestARequestIsWhatWasDeniedAndTheAskersWords(t *testing.T) {
	db, r := bramAsked(t)
	if r.Owner != "RAA" || r.Partner != "RBB" || r.Dataset != "alpha" || r.Measure != "falls" || !slices.Equal(r.Columns, []string{"n"}) ||
		r.Action != policy.ChartRead || r.Purpose != "improvement" || r.Why != "To learn how they did it." || r.By != "bram" ||
		!slices.Equal(r.Roles, bram.Roles) || r.State != AccessWaiting || r.Denied < 1 || !r.Closed.IsZero() {
		t.Errorf("the request is %+v", r)
	}
	again, err := db.AskAccess(t.Context(), bram, denial(t, db, bram, policy.ChartRead).Sequence(), "falls", "Once more.")
	if err != nil || again != r.Number {
		t.Errorf("asking again gives request %d, %v; the first, %d, still waits", again, err, r.Number)
	}
	other, err := db.AskAccess(t.Context(), bram, denial(t, db, bram, policy.DataExport).Sequence(), "falls", "For our own table.")
	if err != nil || other == r.Number {
		t.Errorf("asking to take figures away gives request %d, %v", other, err)
	}
	if list, err := db.OwnAccess(t.Context(), bram.ID); err != nil || len(list) != 2 || list[0].Number != other {
		t.Errorf("own requests: %+v, %v", list, err)
	}
	open, err := db.OpenAccess(t.Context(), denial(t, db, bram, policy.ChartRead).Decision())
	if err != nil || open.Number != r.Number {
		t.Errorf("the open request is %+v, %v", open, err)
	}
}

func TestNobodyAsksOnAnothersDenialOrOnAYes(t *testing.T) {
	db, r := bramAsked(t)
	wanda := bram
	wanda.ID = "wanda"
	yes, err := db.Record(t.Context(), decision("alpha", []measures.ODSCode{"RAA"}, "n"))
	if err != nil {
		t.Fatal(err)
	}
	clinician := policy.Actor{ID: "demo-clinician"}
	for name, ask := range map[string]struct {
		actor  policy.Actor
		record int64
	}{"of somebody else": {wanda, r.Denied}, "that was a yes": {clinician, yes.Sequence()}, "that is not there": {bram, 1 << 40},
		"before the first": {bram, 0}, "of nobody": {policy.Actor{}, r.Denied}} {
		if _, err := db.AskAccess(t.Context(), ask.actor, ask.record, "falls", "Please."); !errors.Is(err, ErrNoDenial) {
			t.Errorf("asking on a record %s: %v", name, err)
		}
	}
	if _, err := db.OwnAccessRequest(t.Context(), "wanda", r.Number); !errors.Is(err, ErrNotFound) {
		t.Errorf("somebody else reads the request: %v", err)
	}
	if err := db.WithdrawAccess(t.Context(), "wanda", r.Number); !errors.Is(err, ErrAccessClosed) {
		t.Errorf("somebody else withdraws it: %v", err)
	}
}

func TestAGrantedRequestIsAnAgreementUntilItIsEnded(t *testing.T) {
	db, r := bramAsked(t)
	ctx := t.Context()
	if err := db.GrantAccess(ctx, deciding(t, db, "RAA", r.Ref(), "bram"), &r, terms); err != nil {
		t.Fatal(err)
	}
	a, err := db.AgreementByRequest(ctx, r.Number)
	if err != nil || a.Ref != "DSA-000001" || a.Owner != "RAA" || a.Partner != "RBB" || a.Dataset != "alpha" || a.Until != terms.Until || !a.InForce(time.Now()) {
		t.Fatalf("the agreement is %+v, %v", a, err)
	}
	// 22 May is in summer time: its end in London is an hour before that of UTC.
	if want := time.Date(2099, 5, 22, 23, 0, 0, 0, time.UTC); !a.Expires.Equal(want) {
		t.Errorf("it expires at %s, want %s", a.Expires, want)
	}
	facts, err := db.Agreements(ctx)
	if fact := facts["RAA|RBB|alpha"]; err != nil || fact.Ref != a.Ref || fact.Expires != a.Expires.Unix() || fact.Export || fact.MinCellCount != 8 {
		t.Errorf("the policy is told %+v, %v", facts, err)
	}
	got, err := db.OwnAccessRequest(ctx, "bram", r.Number)
	if err != nil || got.State != AccessGranted || got.DecidedBy != "isla" || got.Decided != a.Granted {
		t.Errorf("the request is %+v, %v", got, err)
	}
	if err := db.RefuseAccess(ctx, deciding(t, db, "RAA", r.Ref(), "bram"), &r, "Too late."); !errors.Is(err, ErrAccessClosed) {
		t.Errorf("refused after it was granted: %v", err)
	}
	if err := db.EndAgreement(ctx, deciding(t, db, "RBB", a.Ref, ""), a.Ref); !errors.Is(err, ErrNotFound) {
		t.Errorf("another organisation ends it: %v", err)
	}
	if err := db.EndAgreement(ctx, deciding(t, db, "RAA", a.Ref, ""), a.Ref); err != nil {
		t.Fatal(err)
	}
	if facts, err := db.Agreements(ctx); err != nil || len(facts) != 0 {
		t.Errorf("after it was ended the policy is told %+v, %v", facts, err)
	}
	if list, err := db.AgreementsOf(ctx, "RAA"); err != nil || len(list) != 1 || list[0].EndedBy != "isla" || list[0].InForce(time.Now()) {
		t.Errorf("kept of it is %+v, %v", list, err)
	}
}

func TestALaterAgreementTakesThePlaceOfTheEarlier(t *testing.T) {
	db, r := bramAsked(t)
	ctx := t.Context()
	if err := db.GrantAccess(ctx, deciding(t, db, "RAA", r.Ref(), "bram"), &r, terms); err != nil {
		t.Fatal(err)
	}
	number, err := db.AskAccess(ctx, bram, denial(t, db, bram, policy.DataExport).Sequence(), "falls", "For our own table.")
	if err != nil {
		t.Fatal(err)
	}
	more, err := db.AccessRequestAt(ctx, deciding(t, db, "RAA", AccessInbox, ""), number)
	if err != nil {
		t.Fatal(err)
	}
	wider := terms
	wider.Export = true
	if err := db.GrantAccess(ctx, deciding(t, db, "RAA", more.Ref(), "bram"), &more, wider); err != nil {
		t.Fatal(err)
	}
	facts, err := db.Agreements(ctx)
	if fact := facts["RAA|RBB|alpha"]; err != nil || len(facts) != 1 || fact.Ref != "DSA-000002" || !fact.Export {
		t.Errorf("the policy is told %+v, %v", facts, err)
	}
}

func TestARequestIsDecidedByAGrantForItAndByNoOther(t *testing.T) {
	db, r := bramAsked(t)
	ctx := t.Context()
	for name, grant := range map[string]policy.Grant{
		"none":                     {},
		"for the inbox":            deciding(t, db, "RAA", AccessInbox, ""),
		"for another request":      deciding(t, db, "RAA", "999", "bram"),
		"that names another asker": deciding(t, db, "RAA", r.Ref(), "wanda"),
		"that names no asker":      deciding(t, db, "RAA", r.Ref(), ""),
		"of another organisation":  deciding(t, db, "RBB", r.Ref(), "bram"),
		"for a chart":              grantOf(t, decision("alpha", []measures.ODSCode{"RAA"}, "n")),
	} {
		if err := db.GrantAccess(ctx, grant, &r, terms); err == nil {
			t.Errorf("granted by a grant %s", name)
		}
		if err := db.RefuseAccess(ctx, grant, &r, "No."); err == nil {
			t.Errorf("refused by a grant %s", name)
		}
	}
	if facts, err := db.Agreements(ctx); err != nil || len(facts) != 0 {
		t.Errorf("there are agreements: %+v, %v", facts, err)
	}
	if list, err := db.AccessWaiting(ctx, deciding(t, db, "RBB", AccessInbox, "")); err != nil || len(list) != 0 {
		t.Errorf("the inbox of another organisation has %+v, %v", list, err)
	}
	if list, err := db.AccessWaiting(ctx, deciding(t, db, "RAA", AccessInbox, "")); err != nil || len(list) != 1 {
		t.Errorf("the inbox has %+v, %v", list, err)
	}
}

// TestTheDatabaseKeepsRequestsAndAgreements writes past the program's own checks, as
// a mistake in it would.
func TestTheDatabaseKeepsRequestsAndAgreements(t *testing.T) {
	db, r := bramAsked(t)
	ctx := t.Context()
	if err := db.GrantAccess(ctx, deciding(t, db, "RAA", r.Ref(), "bram"), &r, terms); err != nil {
		t.Fatal(err)
	}
	attempts := map[string]struct{ actor, governs, sql string }{
		"erase an agreement":             {"bram", "RAA", `DELETE FROM agreement`},
		"erase a request":                {"bram", "RAA", `DELETE FROM access_request`},
		"make an agreement for others":   {"bram", "RBB", `INSERT INTO agreement (owner_id, partner_id, dataset_id, purposes, export, min_cell_count, starts, until, request_id, granted_by, granted) SELECT owner_id, partner_id, dataset_id, purposes, true, 8, starts, until, request_id, 'x', 1 FROM agreement`},
		"make an agreement longer":       {"bram", "RAA", `UPDATE agreement SET until = until + 1`},
		"ask as somebody else":           {"wanda", "", `INSERT INTO access_request (owner_id, partner_id, dataset_id, measure, columns, action, purpose, why, asked_by, asked_name, roles, asked_at, denied) VALUES (1, 2, 1, '', '{}', 'chart.read', 'improvement', 'x', 'bram', '', '{}', now(), 1)`},
		"decide on what was asked above": {"bram", "RAA", `INSERT INTO access_request (owner_id, partner_id, dataset_id, measure, columns, action, purpose, why, asked_by, asked_name, roles, asked_at, denied, state, closed_at, decided_by, decided) VALUES (1, 2, 1, '', '{}', 'chart.read', 'improvement', 'x', 'bram', '', '{}', now(), 1, 'granted', now(), 'isla', 1)`},
	}
	for name, attempt := range attempts {
		err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT set_config('signalbox.actor', $1, true), set_config('signalbox.governs', coalesce((SELECT trust_id::text FROM organisation WHERE ods = $2), ''), true)`,
				attempt.actor, attempt.governs); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, attempt.sql)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "permission denied") && !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Without a setting, there is nothing to see and nothing to change.
	for sql, want := range map[string]int64{`SELECT 1 FROM access_request`: 0, `UPDATE access_request SET reason = 'x'`: 0,
		`UPDATE agreement SET ended_at = now(), ended_by = 'x', ended = 1`: 0, `SELECT 1 FROM agreement`: 1} {
		tag, err := db.pool.Exec(ctx, sql)
		if err != nil || tag.RowsAffected() != want {
			t.Errorf("%s: %v, %v", sql, tag, err)
		}
	}
}

func TestARequestThatNobodyAnswersExpires(t *testing.T) {
	db, r := bramAsked(t)
	ctx := t.Context()
	db.now = func() time.Time { return r.At.Add((AccessDays + 1) * 24 * time.Hour) }
	if got, err := db.OwnAccessRequest(ctx, "bram", r.Number); err != nil || got.State != AccessExpired {
		t.Errorf("after %d days the request is %+v, %v", AccessDays+1, got, err)
	}
	if list, err := db.AccessWaiting(ctx, deciding(t, db, "RAA", AccessInbox, "")); err != nil || len(list) != 0 {
		t.Errorf("the inbox has %+v, %v", list, err)
	}
	again, err := db.AskAccess(ctx, bram, denial(t, db, bram, policy.ChartRead).Sequence(), "falls", "Still.")
	if err != nil || again == r.Number {
		t.Errorf("asking again gives request %d, %v", again, err)
	}
	if err := db.WithdrawAccess(ctx, "bram", again); err != nil {
		t.Error(err)
	}
	if got, err := db.OwnAccessRequest(ctx, "bram", again); err != nil || got.State != AccessWithdrawn {
		t.Errorf("the second request is %+v, %v", got, err)
	}
}

func TestTheReachOfAnAnswerIsCountedAndBoundToTheOwner(t *testing.T) {
	db, _ := bramAsked(t)
	grant := deciding(t, db, "RAA", AccessInbox, "")
	all := policy.Decision{Allow: true, Request: policy.Request{Resource: policy.Resource{Dataset: "alpha"}}, Rows: []policy.RowRule{{All: true}}}
	want := Reach{Rows: 3, Periods: 2, First: measures.DateOf(2026, 1, 1), Last: measures.DateOf(2026, 2, 1)}
	if reach, err := db.AccessReach(t.Context(), grant, all); err != nil || reach != want {
		t.Errorf("everything: %+v, %v, want %+v", reach, err, want)
	}
	others := all
	others.Rows = []policy.RowRule{{Conditions: []policy.Condition{{Field: "ods", Op: "in", Values: []any{"RBB"}}}}}
	if reach, err := db.AccessReach(t.Context(), grant, others); err != nil || reach.Rows != 0 {
		t.Errorf("rows of another organisation: %+v, %v", reach, err)
	}
	if _, err := db.AccessReach(t.Context(), policy.Grant{}, all); !errors.Is(err, ErrOutOfScope) {
		t.Errorf("counted without a grant: %v", err)
	}
}
