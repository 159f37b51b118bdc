package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// CountPolicyRows counts the current rows of an organisation's own data that each
// answer opens: 0 for a denial, -1 where the data is not here. It gives numbers of
// rows and no figure, to those who may write the organisation's policy.
func (db *DB) CountPolicyRows(ctx context.Context, grant policy.Grant, owner measures.ODSCode, answers []policy.Document) ([]int64, error) {
	asked := grant.Record().Decision().Request
	if !grant.Valid() || asked.Action != policy.PolicyWrite || asked.Resource.ODS != owner {
		return nil, fmt.Errorf("count rows of %s: %w: by a grant for %q of %s", owner, ErrOutOfScope, asked.Action, asked.Resource.ODS)
	}
	trust, err := db.trustID(ctx, owner)
	if err != nil {
		return nil, fmt.Errorf("count rows of %s: %w", owner, err)
	}
	s := scope{trusts: []int16{trust}}
	counts := make([]int64, len(answers))
	var parts []part
	for i, answer := range answers {
		if !answer.Allow || !answer.Input.Action.OpensData() {
			continue
		}
		entry, err := db.catalogue(ctx, answer.Input.Resource.Dataset)
		if errors.Is(err, ErrNotFound) {
			counts[i] = -1
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("count rows of %s: %w", owner, err)
		}
		args := pgx.NamedArgs{"dataset": entry.number, "owner": trust}
		where, err := rowsWhere(answer.Rows, args)
		if err != nil {
			return nil, fmt.Errorf("count rows of %s: %w", owner, err)
		}
		s.datasets = append(s.datasets, entry.number)
		parts = append(parts, part{sql: openRowsQuery + where, args: args, each: func(rows pgx.Rows) error { return rows.Scan(&counts[i]) }})
	}
	if err := db.readAll(ctx, s, parts...); err != nil {
		return nil, fmt.Errorf("count rows of %s: %w", owner, err)
	}
	return counts, nil
}

// openRowsQuery is followed by the row rules of an answer.
const openRowsQuery = `
	SELECT count(*)
	FROM observation o
	WHERE o.trust_id = @owner AND o.dataset_id = @dataset AND o.superseded_by = 2147483647 AND `
