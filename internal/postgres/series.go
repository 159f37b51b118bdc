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

// SeriesQuery asks for figures of the dataset that the grant names.
type SeriesQuery struct {
	Organisations []measures.ODSCode        // nil: all that the grant opens
	Kind          measures.OrganisationKind // only organisations of this kind; empty: any
	Columns       []string                  // of the dataset, in the order wanted
	Stratifier    string                    // empty: the whole organisation; else one series a stratum
	Period        policy.Period             // zero: the grant's; a side of zero is open
	AsOf          int32                     // load number; zero: as things stand now
}

// DataVersion names the loads that an answer was made from. The same question
// as of Load gives the same answer for ever.
type DataVersion struct {
	Load  int32 `json:"load"`  // the latest one, 0 if there were no rows
	Loads int   `json:"loads"` // how many
	Rows  int64 `json:"rows"`  // source rows read
}

// String is short enough for a receipt: "load 12", "3 loads up to load 12".
func (v DataVersion) String() string {
	if v.Loads <= 1 {
		return fmt.Sprintf("load %d", v.Load)
	}
	return fmt.Sprintf("%d loads up to load %d", v.Loads, v.Load)
}

// Series reads figures: one series for each organisation and stratum, ordered
// by organisation code and stratum. Its columns are the dataset columns asked
// for. A period that is not there, between two that are, is a row that was not
// measured, so that a gap is seen as a gap.
func (db *DB) Series(ctx context.Context, grant policy.Grant, q SeriesQuery) ([]measures.Series, DataVersion, error) {
	r, err := db.seriesReading(ctx, grant, q)
	if err == nil {
		err = db.readAll(ctx, r.scope, r.part)
	}
	var list []measures.Series
	if err == nil {
		list, err = r.series(ctx, db)
	}
	if err != nil {
		return nil, DataVersion{}, fmt.Errorf("series of %s: %w", grant.Dataset(), err)
	}
	return list, r.table.version(), nil
}

// seriesReading is a query for series, and where its rows are gathered.
type seriesReading struct {
	scope scope
	part  part
	table *seriesTable
	grain measures.Grain
	whole bool // strata are added up
}

// seriesReading checks what is asked for against the grant.
func (db *DB) seriesReading(ctx context.Context, grant policy.Grant, q SeriesQuery) (*seriesReading, error) {
	if len(q.Columns) == 0 {
		return nil, fmt.Errorf("no column was asked for")
	}
	for _, column := range q.Columns {
		if !grant.Sees(column) {
			return nil, fmt.Errorf("%w: column %s", ErrOutOfScope, column)
		}
	}
	entry, err := db.catalogue(ctx, grant.Dataset())
	if err != nil {
		return nil, err
	}
	scope, err := db.scopeOf(ctx, grant, q.Organisations, entry.number)
	if err != nil {
		return nil, err
	}
	sql, args, err := seriesQuery(grant, q, entry, scope)
	if err != nil {
		return nil, err
	}
	table := newSeriesTable(len(q.Columns))
	return &seriesReading{scope: scope, part: part{sql, args, table.add}, table: table,
		grain: entry.definition.Grain, whole: q.Stratifier == "" && entry.definition.Additive}, nil
}

// series cuts what was gathered into series.
func (r *seriesReading) series(ctx context.Context, db *DB) ([]measures.Series, error) {
	names, err := db.names(ctx, r.table.trusts, r.table.dims)
	if err != nil {
		return nil, err
	}
	return r.table.series(names, r.grain, r.whole), nil
}

// seriesQuery writes the query. Only places of columns, counted by us, and
// fixed text reach the SQL; everything else is a bind parameter. The two ways
// to pick a version differ in text because only a literal matches the
// predicate of the index on current rows.
func seriesQuery(grant policy.Grant, q SeriesQuery, entry *catalogueEntry, s scope) (string, pgx.NamedArgs, error) {
	args := pgx.NamedArgs{"dataset": entry.number}
	var columns strings.Builder
	for _, name := range q.Columns {
		place, ok := entry.places[name]
		if !ok {
			return "", nil, fmt.Errorf("column %s: %w", name, ErrNotFound)
		}
		columns.WriteString(", o.numbers[" + strconv.Itoa(place) + "]")
	}
	where := []string{"o.dataset_id = @dataset"}
	if !s.everyone {
		where = append(where, "o.trust_id = ANY (@trusts::int2[])")
		args["trusts"] = s.trusts
	}
	if q.Kind != "" {
		where = append(where, "o.trust_id IN (SELECT trust_id FROM organisation WHERE kind = @kind)")
		args["kind"] = string(q.Kind)
	}
	if q.AsOf > 0 {
		where = append(where, "o.load_id <= @as_of AND o.superseded_by > @as_of")
		args["as_of"] = q.AsOf
	} else {
		where = append(where, "o.superseded_by = 2147483647")
	}
	strata, err := strataWhere(grant, q, entry, args)
	if err != nil {
		return "", nil, err
	}
	periods, err := periodWhere(grant, q, args)
	if err != nil {
		return "", nil, err
	}
	rules, err := rowsWhere(grant.Rows(), args)
	if err != nil {
		return "", nil, err
	}
	where = slices.Concat(where, strata, periods, []string{rules})
	return `
	SELECT o.trust_id, o.dim_id, o.period, o.load_id, o.state` + columns.String() + `
	FROM observation o
	WHERE ` + strings.Join(where, "\n\t\tAND ") + `
	ORDER BY o.trust_id, o.dim_id, o.period`, args, nil
}

func strataWhere(grant policy.Grant, q SeriesQuery, entry *catalogueEntry, args pgx.NamedArgs) ([]string, error) {
	stratifier := q.Stratifier
	switch {
	case stratifier != "":
		if !slices.Contains(grant.Record().Decision().Request.Resource.Stratifiers, stratifier) {
			return nil, fmt.Errorf("%w: stratifier %s", ErrOutOfScope, stratifier)
		}
	case !entry.definition.Additive:
		return []string{"o.dim_id = 0"}, nil
	case len(entry.definition.Stratifiers) == 0:
		return nil, fmt.Errorf("it is additive and has no stratifier")
	default:
		// A rule that hides some strata would make the sum of the others
		// pass for the whole.
		for _, rule := range grant.Rows() {
			for _, c := range rule.Conditions {
				if c.Field == "stratum" {
					return nil, fmt.Errorf("%w: the whole, because its rule limits the strata and the whole is their sum", ErrOutOfScope)
				}
			}
		}
		stratifier = entry.definition.Stratifiers[0]
	}
	args["stratifier"] = stratifier
	return []string{"o.dim_id IN (SELECT dim_id FROM dim WHERE stratifier = @stratifier AND dim_id <> 0)"}, nil
}

// periodWhere keeps to the period of the request that the policy allowed.
func periodWhere(grant policy.Grant, q SeriesQuery, args pgx.NamedArgs) ([]string, error) {
	asked, allowed := q.Period, grant.Period()
	if asked == (policy.Period{}) {
		asked = allowed
	}
	if allowed != (policy.Period{}) && (asked.From < allowed.From || asked.To == 0 || asked.To > allowed.To) {
		return nil, fmt.Errorf("%w: period %s to %s, allowed is %s to %s", ErrOutOfScope, asked.From, asked.To, allowed.From, allowed.To)
	}
	var where []string
	if asked.From != 0 {
		where = append(where, "o.period >= @from::text::date")
		args["from"] = asked.From.String()
	}
	if asked.To != 0 {
		where = append(where, "o.period <= @to::text::date")
		args["to"] = asked.To.String()
	}
	return where, nil
}
