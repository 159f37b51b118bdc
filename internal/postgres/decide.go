package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// AccessInbox is what a Change names where requests are read and none is decided.
const AccessInbox = "inbox"

// governing does something for the owner that a grant was given for. The grant is
// for deciding on access there, and for one thing that may be decided.
func (db *DB) governing(ctx context.Context, grant policy.Grant, ref string, do func(pgx.Tx) error) error {
	owner := grant.Record().Decision().Request.Resource.ODS
	if err := grant.For(policy.AccessDecide, owner, "access", ref); err != nil {
		return fmt.Errorf("%w: %w", ErrOutOfScope, err)
	}
	return db.inNameOf(ctx, owner, func(tx pgx.Tx, _ int16) error { return do(tx) })
}

// inNameOf does something that row-level security lets an organisation do for
// itself alone. Whoever calls has looked at the grant.
func (db *DB) inNameOf(ctx context.Context, owner measures.ODSCode, do func(tx pgx.Tx, trust int16) error) error {
	id, err := db.trustID(ctx, owner)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('signalbox.governs', @owner::int2::text, true)`, pgx.NamedArgs{"owner": id}); err != nil {
			return err
		}
		return do(tx, id)
	})
}

// AccessWaiting lists the requests that wait at the owner of a grant for the
// inbox, the oldest first.
func (db *DB) AccessWaiting(ctx context.Context, grant policy.Grant) (list []AccessRequest, err error) {
	err = db.governing(ctx, grant, AccessInbox, func(tx pgx.Tx) error {
		list, err = db.readAccess(ctx, tx, `WHERE r.state = 'waiting' AND NOT `+lapsed+` AND owner.ods = @owner ORDER BY r.asked_at, r.request_id`,
			pgx.NamedArgs{"owner": string(grant.Record().Decision().Request.Resource.ODS)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("requests that wait: %w", err)
	}
	return list, nil
}

// AccessRequestAt reads one request at the owner of a grant for the inbox.
func (db *DB) AccessRequestAt(ctx context.Context, grant policy.Grant, number int64) (AccessRequest, error) {
	var list []AccessRequest
	err := db.governing(ctx, grant, AccessInbox, func(tx pgx.Tx) (err error) {
		list, err = db.readAccess(ctx, tx, `WHERE r.request_id = @number AND owner.ods = @owner`,
			pgx.NamedArgs{"number": number, "owner": string(grant.Record().Decision().Request.Resource.ODS)})
		return err
	})
	return only(list, err, "request %d", number)
}

// closeAccess ends the waiting of the request that a grant was given for. The
// grant must have named its asker: the policy bars deciding on one's own work by
// that name.
const closeAccess = `
	UPDATE access_request
	SET state = @state, closed_at = @at, decided_by = @by, reason = NULLIF(@reason, ''), decided = @record
	WHERE request_id = @number AND asked_by = @author AND state = 'waiting'`

func (db *DB) closing(ctx context.Context, tx pgx.Tx, grant policy.Grant, r *AccessRequest, state AccessState, reason string) error {
	asked := grant.Record().Decision().Request
	tag, err := tx.Exec(ctx, closeAccess, pgx.NamedArgs{"state": string(state), "at": db.now(), "by": asked.Actor.ID, "reason": reason,
		"record": grant.Record().Sequence(), "number": r.Number, "author": asked.Change.Author})
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrAccessClosed
	}
	return err
}

// RefuseAccess refuses a request, with a reason that its asker will read.
func (db *DB) RefuseAccess(ctx context.Context, grant policy.Grant, r *AccessRequest, reason string) error {
	err := db.governing(ctx, grant, r.Ref(), func(tx pgx.Tx) error {
		return db.closing(ctx, tx, grant, r, AccessRefused, reason)
	})
	if err != nil {
		return fmt.Errorf("refuse request %d: %w", r.Number, err)
	}
	return nil
}

// GrantAccess grants a request: an agreement begins now, and takes the place of
// one between the same organisations about the same dataset.
func (db *DB) GrantAccess(ctx context.Context, grant policy.Grant, r *AccessRequest, terms Terms) error {
	purposes := make([]string, len(terms.Purposes))
	for i, p := range terms.Purposes {
		purposes[i] = string(p)
	}
	args := pgx.NamedArgs{"number": r.Number, "purposes": purposes, "export": terms.Export, "threshold": terms.MinCellCount, "at": db.now(),
		"until": terms.Until.String(), "by": grant.Record().Decision().Request.Actor.ID, "record": grant.Record().Sequence()}
	err := db.governing(ctx, grant, r.Ref(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, replaceAgreement, args); err != nil {
			return err
		}
		// The row is read through the policy of the table: it is the owner's own.
		tag, err := tx.Exec(ctx, insertAgreement, args)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrAccessClosed
		}
		return db.closing(ctx, tx, grant, r, AccessGranted, "")
	})
	if err != nil {
		return fmt.Errorf("grant request %d: %w", r.Number, err)
	}
	return nil
}

const replaceAgreement = `
	UPDATE agreement a
	SET ended_at = @at, ended_by = @by, ended = @record
	FROM access_request r
	WHERE r.request_id = @number AND (a.owner_id, a.partner_id, a.dataset_id) = (r.owner_id, r.partner_id, r.dataset_id) AND a.ended_at IS NULL`

const insertAgreement = `
	INSERT INTO agreement (owner_id, partner_id, dataset_id, purposes, export, min_cell_count, starts, until, request_id, granted_by, granted)
	SELECT owner_id, partner_id, dataset_id, @purposes, @export, @threshold, @at, @until::text::date, request_id, @by, @record
	FROM access_request
	WHERE request_id = @number AND state = 'waiting'`

// EndAgreement ends an agreement before its time, by a grant that names it.
func (db *DB) EndAgreement(ctx context.Context, grant policy.Grant, ref string) error {
	err := db.governing(ctx, grant, ref, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE agreement a
			SET ended_at = @at, ended_by = @by, ended = @record
			WHERE `+agreementRef+` = @ref AND ended_at IS NULL`,
			pgx.NamedArgs{"at": db.now(), "by": grant.Record().Decision().Request.Actor.ID, "record": grant.Record().Sequence(), "ref": ref})
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end the agreement %s: %w", ref, err)
	}
	return nil
}

// Reach is what an answer would open.
type Reach struct {
	Rows    int64
	Periods int64
	First   measures.Date
	Last    measures.Date
}

// AccessReach counts what a supposed answer would open of the owner's own rows,
// for those who decide about it: numbers of rows and periods, and no figure.
func (db *DB) AccessReach(ctx context.Context, grant policy.Grant, supposed policy.Decision) (Reach, error) {
	asked := grant.Record().Decision().Request
	dataset := supposed.Request.Resource.Dataset
	if err := grant.For(policy.AccessDecide, asked.Resource.ODS, "access", asked.Change.Ref); err != nil {
		return Reach{}, fmt.Errorf("count what would be opened: %w: %w", ErrOutOfScope, err)
	}
	entry, err := db.catalogue(ctx, dataset)
	if err != nil {
		return Reach{}, fmt.Errorf("count what would be opened: %w", err)
	}
	owner, err := db.trustID(ctx, asked.Resource.ODS)
	if err != nil {
		return Reach{}, fmt.Errorf("count what would be opened: %w", err)
	}
	args := pgx.NamedArgs{"dataset": entry.number}
	where, err := rowsWhere(supposed.Rows, args)
	if err != nil {
		return Reach{}, fmt.Errorf("count what would be opened: %w", err)
	}
	var reach Reach
	err = db.read(ctx, scope{trusts: []int16{owner}, datasets: []int16{entry.number}}, reachQuery+where, args,
		func(rows pgx.Rows) error {
			var first, last int32
			err := rows.Scan(&reach.Rows, &reach.Periods, &first, &last)
			reach.First, reach.Last = measures.Date(first), measures.Date(last)
			return err
		})
	if err != nil {
		return Reach{}, fmt.Errorf("count what would be opened of %s: %w", dataset, err)
	}
	return reach, nil
}

// reachQuery is followed by the row rules of the answer. Row-level security keeps
// it to the owner's rows.
const reachQuery = `
	SELECT count(*), count(DISTINCT o.period), coalesce(min(o.period) - DATE '1970-01-01', 0), coalesce(max(o.period) - DATE '1970-01-01', 0)
	FROM observation o
	WHERE o.dataset_id = @dataset AND o.superseded_by = 2147483647 AND `
