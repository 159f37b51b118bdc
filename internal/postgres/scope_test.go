package postgres

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy"
)

// The engine refuses what the database could not be asked, field by field and
// operator by operator, so that no decision stands that cannot be carried out.
func TestTheEngineAndTheDatabaseAgreeOnRowRules(t *testing.T) {
	db := open(t)
	strata := policy.DatasetFacts{Stratifiers: []string{"type"}}
	values := map[string]any{"a code": "RAA", "a date": "2025-01-01", "a stratifier": "type", "a number": 7.0, "a truth": true}
	fields := []string{"numerator", "trust_id", "ODS", ""}
	for _, f := range policy.RowFields() {
		if _, known := ruleFields[f.Name]; !known {
			t.Errorf("the database does not know the field %q", f.Name)
		}
		fields = append(fields, f.Name)
	}
	if len(ruleFields) != len(policy.RowFields()) {
		t.Errorf("the database knows %d fields, the engine %d", len(ruleFields), len(policy.RowFields()))
	}
	kept := 0
	for _, field := range fields {
		for _, op := range []string{"eq", "in", "gte", "gt", "lte", "lt", "is_null", "like", ""} {
			for what, value := range values {
				if _, boolean := value.(bool); boolean != (op == "is_null") {
					continue // no decision is read that way, whatever the field
				}
				rule := policy.RowRule{Conditions: []policy.Condition{{Field: field, Op: op, Values: []any{value}}}}
				args := pgx.NamedArgs{}
				where, dberr := rowsWhere([]policy.RowRule{rule}, args)
				err := rule.Check(strata)
				if dberr != nil && err == nil {
					t.Errorf("%s %s %s: the engine lets it through, the database says %v", field, op, what, dberr)
				}
				// A code and a stratifier are text to the database and more to the engine.
				if dberr == nil && err != nil && !slices.Contains([]string{"ods", "stratifier"}, field) {
					t.Errorf("%s %s %s: the database could be asked, the engine says %v", field, op, what, err)
				}
				if dberr != nil {
					continue
				}
				kept++
				var n int
				if err := db.pool.QueryRow(t.Context(), "SELECT count(*) FROM observation o WHERE "+where, args).Scan(&n); err != nil {
					t.Errorf("%s %s %s: %v in %s", field, op, what, err, where)
				}
			}
		}
	}
	if kept < 30 {
		t.Errorf("only %d rules were tried in the database", kept)
	}
}
