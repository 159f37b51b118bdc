package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// scope is what row-level security will let one transaction see.
type scope struct {
	everyone bool
	trusts   []int16
	datasets []int16
}

// setScope travels in the same batch, and so in the same transaction, as the
// query it opens the door for.
const setScope = `
	SELECT set_config('signalbox.scope',
			CASE WHEN @everyone::bool
				THEN (SELECT array_agg(trust_id ORDER BY trust_id)::text FROM organisation)
				ELSE @trusts::text
			END, true),
		set_config('signalbox.dataset', @datasets::text, true)`

// part is one query of a reading, and what to do with each of its rows.
type part struct {
	sql  string
	args pgx.NamedArgs
	each func(pgx.Rows) error
}

// read runs one query under a scope, in one round trip.
func (db *DB) read(ctx context.Context, s scope, sql string, args pgx.NamedArgs, each func(pgx.Rows) error) error {
	return db.readAll(ctx, s, part{sql, args, each})
}

// readAll runs queries under one scope, in one round trip.
func (db *DB) readAll(ctx context.Context, s scope, parts ...part) error {
	batch := &pgx.Batch{}
	batch.Queue(setScope, pgx.NamedArgs{"everyone": s.everyone, "trusts": arrayText(s.trusts), "datasets": arrayText(s.datasets)})
	for _, p := range parts {
		batch.Queue(p.sql, p.args)
	}
	results := db.pool.SendBatch(ctx, batch)
	defer results.Close()
	if _, err := results.Exec(); err != nil {
		return fmt.Errorf("set the scope: %w", err)
	}
	for _, p := range parts {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := p.each(rows); err != nil {
				rows.Close()
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
	}
	return results.Close()
}

// arrayText writes numbers as PostgreSQL writes an array: {1,2,3}.
func arrayText(numbers []int16) string {
	b := []byte{'{'}
	for i, n := range numbers {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, '}'))
}

// scopeOf turns a grant into a scope, no wider than the organisations asked
// for. Asking for one outside the grant is an error and not an empty answer.
func (db *DB) scopeOf(ctx context.Context, grant policy.Grant, wanted []measures.ODSCode, datasets ...int16) (scope, error) {
	if !grant.Valid() {
		return scope{}, fmt.Errorf("%w: it is empty", ErrOutOfScope)
	}
	granted := grant.Scope()
	everyone := slices.Contains(granted, policy.Everyone)
	if wanted == nil {
		if everyone {
			return scope{everyone: true, datasets: datasets}, nil
		}
		wanted = granted
	}
	s := scope{datasets: datasets}
	for _, code := range wanted {
		if !everyone && !slices.Contains(granted, code) {
			return scope{}, fmt.Errorf("%w: organisation %s", ErrOutOfScope, code)
		}
		id, err := db.trustID(ctx, code)
		if err != nil {
			return scope{}, err
		}
		s.trusts = append(s.trusts, id)
	}
	return s, nil
}

// rowsWhere writes the row rules of a grant, an OR of ANDs, as a condition on
// observation o. Every value becomes a bind parameter; an unknown field or
// operator is an error, so that a rule we cannot keep opens nothing.
func rowsWhere(rules []policy.RowRule, args pgx.NamedArgs) (string, error) {
	if len(rules) == 0 {
		return "FALSE", nil
	}
	var either []string
	for _, rule := range rules {
		if rule.All {
			return "TRUE", nil
		}
		if len(rule.Conditions) == 0 {
			return "", fmt.Errorf("row rule without conditions")
		}
		var both []string
		for _, c := range rule.Conditions {
			text, err := conditionWhere(c, args)
			if err != nil {
				return "", fmt.Errorf("row rule %s %s: %w", c.Field, c.Op, err)
			}
			both = append(both, text)
		}
		either = append(either, "("+strings.Join(both, " AND ")+")")
	}
	return "(" + strings.Join(either, " OR ") + ")", nil
}

// ruleFields says, for each field of policy.RowFields, how it is compared
// with a list of texts, and whether it is never, or exactly when, null.
var ruleFields = map[string]struct{ in, null string }{
	"ods":        {"o.trust_id IN (SELECT trust_id FROM organisation WHERE ods = ANY (%s::text[]))", "FALSE"},
	"dataset":    {"o.dataset_id IN (SELECT dataset_id FROM dataset WHERE id = ANY (%s::text[]))", "FALSE"},
	"stratifier": {"o.dim_id IN (SELECT dim_id FROM dim WHERE stratifier = ANY (%s::text[]) AND dim_id <> 0)", "(o.dim_id = 0)"},
	"stratum":    {"o.dim_id IN (SELECT dim_id FROM dim WHERE stratum = ANY (%s::text[]) AND dim_id <> 0)", "(o.dim_id = 0)"},
	"period":     {"o.period = ANY (%s::text[]::date[])", "FALSE"},
}

var ruleOrders = map[string]string{"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}

func conditionWhere(c policy.Condition, args pgx.NamedArgs) (string, error) {
	field, known := ruleFields[c.Field]
	if !known {
		return "", fmt.Errorf("observations have no such field")
	}
	if c.Op == "is_null" {
		if len(c.Values) != 1 {
			return "", fmt.Errorf("want one value")
		}
		switch c.Values[0] {
		case true:
			return field.null, nil
		case false:
			return "NOT " + field.null, nil
		}
		return "", fmt.Errorf("want true or false")
	}
	texts := []string{}
	for _, v := range c.Values {
		text, ok := v.(string)
		if !ok {
			return "", fmt.Errorf("compares with %T, want text", v)
		}
		if c.Field == "period" {
			if _, err := measures.ParseDate(text); err != nil {
				return "", err
			}
		}
		texts = append(texts, text)
	}
	name := "rule" + strconv.Itoa(len(args))
	order, ordered := ruleOrders[c.Op]
	switch {
	case c.Op == "in" || c.Op == "eq" && len(texts) == 1:
		args[name] = texts
		return fmt.Sprintf(field.in, "@"+name), nil
	case ordered && c.Field == "period" && len(texts) == 1:
		args[name] = texts[0]
		return fmt.Sprintf("o.period %s @%s::text::date", order, name), nil
	}
	return "", fmt.Errorf("cannot be compared so")
}
