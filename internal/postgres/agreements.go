package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Terms is what an owner grants.
type Terms struct {
	Purposes     []policy.Purpose
	Export       bool
	MinCellCount int           // at least 8
	Until        measures.Date // the last day, by the clock in London
}

// Agreement is what an organisation lets the staff of another see.
type Agreement struct {
	Ref            string // DSA-000123
	Owner, Partner measures.ODSCode
	Dataset        measures.DatasetID
	Terms
	Starts    time.Time
	Expires   time.Time // the end of its last day
	Request   int64
	GrantedBy string
	Granted   int64     // sequence of the decision in the ledger
	EndedAt   time.Time // zero: it was not ended before its time
	EndedBy   string
	Ended     int64
}

// InForce reports whether it opens anything at a moment.
func (a *Agreement) InForce(at time.Time) bool {
	return a.EndedAt.IsZero() && !at.Before(a.Starts) && at.Before(a.Expires)
}

// Fact is the agreement as policies look it up.
func (a *Agreement) Fact() (policy.AgreementKey, policy.Agreement) {
	return policy.KeyOf(a.Owner, a.Partner, a.Dataset), policy.Agreement{Ref: a.Ref, Expires: a.Expires.Unix(), Purposes: a.Purposes,
		Export: a.Export, MinCellCount: a.MinCellCount}
}

// Agreements gives what policies look up: the agreements that nobody has ended.
// One past its day is among them, because a denial says so.
func (db *DB) Agreements(ctx context.Context) (map[policy.AgreementKey]policy.Agreement, error) {
	list, err := db.readAgreements(ctx, `WHERE a.ended_at IS NULL AND a.starts <= @now`, pgx.NamedArgs{"now": db.now()})
	if err != nil {
		return nil, fmt.Errorf("agreements for the policy: %w", err)
	}
	facts := make(map[policy.AgreementKey]policy.Agreement, len(list))
	for i := range list {
		key, fact := list[i].Fact()
		facts[key] = fact
	}
	return facts, nil
}

// AgreementsOf lists the agreements of an owner, or of everybody if empty, ended
// ones too, the newest first. Agreements are no secret.
func (db *DB) AgreementsOf(ctx context.Context, owner measures.ODSCode) ([]Agreement, error) {
	list, err := db.readAgreements(ctx, `WHERE @owner = '' OR owner.ods = @owner ORDER BY a.agreement_id DESC`, pgx.NamedArgs{"owner": string(owner)})
	if err != nil {
		return nil, fmt.Errorf("agreements of %s: %w", owner, err)
	}
	return list, nil
}

// AgreementByRequest reads what was agreed on a request; ErrNotFound where nothing was.
func (db *DB) AgreementByRequest(ctx context.Context, number int64) (Agreement, error) {
	list, err := db.readAgreements(ctx, `WHERE a.request_id = @number`, pgx.NamedArgs{"number": number})
	return only(list, err, "agreement on request %d", number)
}

const agreementRef = `'DSA-' || lpad(a.agreement_id::text, 6, '0')`

// AgreementByRef reads one agreement by its name.
func (db *DB) AgreementByRef(ctx context.Context, ref string) (Agreement, error) {
	list, err := db.readAgreements(ctx, `WHERE `+agreementRef+` = @ref`, pgx.NamedArgs{"ref": ref})
	return only(list, err, "agreement %q", ref)
}

func (db *DB) readAgreements(ctx context.Context, where string, args pgx.NamedArgs) ([]Agreement, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT `+agreementRef+`, owner.ods, partner.ods, d.id, a.purposes, a.export, a.min_cell_count, a.until - DATE '1970-01-01',
			a.starts, (a.until + 1)::timestamp AT TIME ZONE 'Europe/London', a.request_id, a.granted_by, a.granted,
			a.ended_at, coalesce(a.ended_by, ''), coalesce(a.ended, 0)
		FROM agreement a
		JOIN organisation owner ON owner.trust_id = a.owner_id
		JOIN organisation partner ON partner.trust_id = a.partner_id
		JOIN dataset d USING (dataset_id)
		`+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Agreement, err error) {
		var until int32
		var ended *time.Time
		err = row.Scan(&a.Ref, &a.Owner, &a.Partner, &a.Dataset, &a.Purposes, &a.Export, &a.MinCellCount, &until,
			&a.Starts, &a.Expires, &a.Request, &a.GrantedBy, &a.Granted, &ended, &a.EndedBy, &a.Ended)
		a.Until = measures.Date(until)
		if ended != nil {
			a.EndedAt = *ended
		}
		return a, err
	})
}
