package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// LogQuery asks for recorded decisions that belong to one organisation: about its
// data, about everybody's where its own are among them, and those of its own
// people. What is empty is not asked for.
type LogQuery struct {
	Owner    measures.ODSCode
	Person   string // id of who asked
	Dataset  string
	Plugin   string // digest
	Asker    string // the organisation of who asked
	Action   string
	Code     string // of a reason or a grant
	Allow    *bool
	From, To time.Time // recorded from and before
	Before   int64     // only what was recorded before this entry: for the next page; 0: from the newest
	Limit    int       // 0: 50; 1000 at most
}

// LogLine is one recorded decision, and what became of it.
type LogLine struct {
	Sequence int64
	Time     time.Time
	Document policy.Document
	Result   *ledger.Result // nil: denied, nothing released, or not yet
	// ResultSequence is the entry of Result; 0 where there is none.
	ResultSequence int64
	Canonical      []byte // the decision's own bytes, for its proof
}

// Decisions gives recorded decisions, the newest first.
func (db *DB) Decisions(ctx context.Context, grant policy.Grant, q LogQuery) ([]LogLine, error) {
	if err := grant.For(policy.LogRead, q.Owner, "", ""); err != nil {
		return nil, fmt.Errorf("read the log: %w: %w", ErrOutOfScope, err)
	}
	search, err := db.searchOf(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", q.Owner, err)
	}
	rows, err := db.pool.Query(ctx, search.sql(true), search.args)
	if err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", q.Owner, err)
	}
	lines, err := pgx.CollectRows(rows, readLine)
	if err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", q.Owner, err)
	}
	return lines, nil
}

// LoggedDecision reads one decision that belongs to an organisation. One that
// belongs to others is ErrNotFound, as one that is not there.
func (db *DB) LoggedDecision(ctx context.Context, grant policy.Grant, owner measures.ODSCode, sequence int64) (LogLine, error) {
	if err := grant.For(policy.LogRead, owner, "", ""); err != nil {
		return LogLine{}, fmt.Errorf("read record %d: %w: %w", sequence, ErrOutOfScope, err)
	}
	search, err := db.searchOf(ctx, LogQuery{Owner: owner, Limit: 1})
	if err != nil {
		return LogLine{}, fmt.Errorf("read record %d: %w", sequence, err)
	}
	search.where("sequence = @sequence", "sequence", sequence)
	rows, err := db.pool.Query(ctx, search.sql(true), search.args)
	if err != nil {
		return LogLine{}, fmt.Errorf("read record %d: %w", sequence, err)
	}
	line, err := pgx.CollectExactlyOneRow(rows, readLine)
	if err != nil {
		return LogLine{}, notFound(err, "record %d in the log of %s", sequence, owner)
	}
	return line, nil
}

// Documents gives the recorded decisions about an organisation's data since a
// time, the newest first, at most limit of them: what a draft of its policy would
// have answered otherwise. It keeps a connection until it is read or left.
func (db *DB) Documents(ctx context.Context, grant policy.Grant, owner measures.ODSCode, since time.Time, limit int) iter.Seq2[policy.Document, error] {
	return func(yield func(policy.Document, error) bool) {
		err := db.documents(ctx, grant, owner, since, limit, func(d policy.Document) bool { return yield(d, nil) })
		if err != nil {
			yield(policy.Document{}, fmt.Errorf("recorded decisions about %s: %w", owner, err))
		}
	}
}

func (db *DB) documents(ctx context.Context, grant policy.Grant, owner measures.ODSCode, since time.Time, limit int, each func(policy.Document) bool) error {
	asked := grant.Record().Decision().Request
	if !grant.Valid() || asked.Resource.ODS != owner || asked.Action != policy.LogRead && asked.Action != policy.PolicyWrite {
		return fmt.Errorf("%w: by a grant for %s at %s", ErrOutOfScope, asked.Action, asked.Resource.ODS)
	}
	s, err := db.searchOf(ctx, LogQuery{Owner: owner, From: since})
	if err != nil {
		return err
	}
	s.branches = slices.DeleteFunc(s.branches, func(b string) bool { return b == byItsPeople })
	s.args["limit"] = limit
	rows, err := db.pool.Query(ctx, s.sql(false), s.args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		line, err := readLine(rows)
		if err != nil {
			return err
		}
		if !each(line.Document) {
			return nil
		}
	}
	return rows.Err()
}

// What belongs to an organisation. Each is read by an index of its own, the
// newest first, and no two have a record in common.
const (
	aboutIt       = "ods = @owner"
	byItsPeople   = "subject_ods = @owner AND ods <> @owner"
	aboutEveryone = "ods = 'ENG' AND @owner <> 'ENG' AND subject_ods <> @owner AND dataset = ANY (@datasets)"
)

// search is a query of the log as it grows.
type search struct {
	branches   []string
	conditions []string
	args       pgx.NamedArgs
}

func (s *search) where(condition, name string, value any) {
	s.conditions = append(s.conditions, condition)
	s.args[name] = value
}

// mostLines is the most that one page of the log holds.
const mostLines = 1000

func (db *DB) searchOf(ctx context.Context, q LogQuery) (*search, error) {
	coverage, err := db.DatasetsWithData(ctx, q.Owner)
	if err != nil {
		return nil, err
	}
	datasets := []string{}
	for _, c := range coverage {
		datasets = append(datasets, string(c.Dataset))
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	s := &search{branches: []string{aboutIt, byItsPeople, aboutEveryone},
		args: pgx.NamedArgs{"owner": q.Owner, "datasets": datasets, "limit": min(limit, mostLines)}}
	for _, text := range []struct{ column, value string }{
		{"actor", q.Person}, {"dataset", q.Dataset}, {"plugin", q.Plugin}, {"subject_ods", q.Asker}, {"action", q.Action},
	} {
		if text.value != "" {
			s.where(text.column+" = @"+text.column, text.column, text.value)
		}
	}
	if q.Code != "" {
		s.where("codes @> ARRAY[@code::text]", "code", q.Code)
	}
	switch {
	case q.Allow == nil:
	case *q.Allow:
		s.conditions = append(s.conditions, "allow")
	default:
		s.conditions = append(s.conditions, "NOT allow")
	}
	if !q.From.IsZero() {
		s.where("recorded >= @from", "from", q.From)
	}
	if !q.To.IsZero() {
		s.where("recorded < @to", "to", q.To)
	}
	if q.Before > 0 {
		s.where("(recorded, sequence) < (SELECT l.recorded, l.sequence FROM ledger l WHERE l.sequence = @before)", "before", q.Before)
	}
	return s, nil
}

// sql writes the query: each branch gives its own newest, out of an index alone,
// and the newest of all are taken. One condition with OR would read and sort
// everything.
func (s *search) sql(results bool) string {
	var each []string
	for _, branch := range s.branches {
		conditions := append([]string{"kind = 'decision'", branch}, s.conditions...)
		each = append(each, `(
			SELECT sequence, recorded
			FROM ledger
			WHERE `+strings.Join(conditions, " AND ")+`
			ORDER BY recorded DESC, sequence DESC
			LIMIT @limit)`)
	}
	entry, join := `NULL::bytea`, ``
	if results {
		entry = `r.entry`
		join = `LEFT JOIN ledger r ON d.allow AND r.request_id = d.request_id AND r.kind = 'result' AND r.sequence > d.sequence`
	}
	return `
		SELECT d.sequence, d.recorded, d.entry, ` + entry + `
		FROM (` + strings.Join(each, " UNION ALL ") + `
			ORDER BY recorded DESC, sequence DESC
			LIMIT @limit) found
		JOIN ledger d USING (sequence) ` + join + `
		ORDER BY found.recorded DESC, found.sequence DESC`
}

func readLine(row pgx.CollectableRow) (line LogLine, err error) {
	var entry, result []byte
	if err := row.Scan(&line.Sequence, &line.Time, &entry, &result); err != nil {
		return line, err
	}
	decided, err := ledger.Decode(entry)
	if err != nil {
		return line, fmt.Errorf("record %d (signalbox audit verify says more): %w", line.Sequence, err)
	}
	if decided.Decision == nil || decided.Sequence != line.Sequence {
		return line, fmt.Errorf("record %d is not the decision that it is filed as: run signalbox audit verify", line.Sequence)
	}
	line.Canonical, line.Time, line.Document = entry, decided.Time.Time, *decided.Decision
	if result == nil {
		return line, nil
	}
	released, err := ledger.Decode(result)
	if err != nil {
		return line, fmt.Errorf("result of record %d (signalbox audit verify says more): %w", line.Sequence, err)
	}
	if released.Result == nil || released.Result.Record != line.Sequence {
		return line, fmt.Errorf("entry %d is not the result of record %d: run signalbox audit verify", released.Sequence, line.Sequence)
	}
	line.Result, line.ResultSequence = released.Result, released.Sequence
	return line, nil
}
