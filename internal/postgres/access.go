package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// AccessState is how far a request for access has come.
type AccessState string

const (
	AccessWaiting   AccessState = "waiting"
	AccessGranted   AccessState = "granted"
	AccessRefused   AccessState = "refused"
	AccessWithdrawn AccessState = "withdrawn"
	AccessExpired   AccessState = "expired" // nobody answered for AccessDays
)

// AccessDays is how long a request waits for an answer before it has expired.
const AccessDays = 90

// AccessRequest is what somebody asked to see, and what became of it. All but
// Measure and Why is taken from the denial that it stands on.
type AccessRequest struct {
	Number         int64
	Owner, Partner measures.ODSCode // whose data, and for whom the asker works
	Dataset        measures.DatasetID
	Measure        measures.MeasureID
	Columns        []string
	Action         policy.Action
	Purpose        policy.Purpose
	Why            string // in the asker's own words
	By, Name       string // who asks: the actor's id, and what they are called
	Roles          []policy.Role
	At             time.Time
	Denied         int64 // sequence of the denial in the ledger
	State          AccessState
	Closed         time.Time // zero while it waits
	DecidedBy      string
	Reason         string
	Decided        int64 // sequence of the decision in the ledger
}

// Ref is the number as a Change names it.
func (r *AccessRequest) Ref() string { return strconv.FormatInt(r.Number, 10) }

// ErrAccessClosed says that a request waits no longer: somebody was quicker.
var ErrAccessClosed = errors.New("the request is not waiting any more")

// ErrNoDenial says that a record is not a denial of the person who asks.
var ErrNoDenial = errors.New("no denial of yours")

// DeniedTo reads a denial out of the ledger, for the person who was denied.
func (db *DB) DeniedTo(ctx context.Context, actor string, sequence int64) (policy.Document, error) {
	entries, err := db.LedgerEntries(ctx, sequence-1, 1)
	if err != nil {
		return policy.Document{}, err
	}
	if len(entries) == 1 {
		entry, err := ledger.Decode(entries[0])
		if err != nil {
			return policy.Document{}, fmt.Errorf("record %d: %w", sequence, err)
		}
		if d := entry.Decision; entry.Sequence == sequence && d != nil && !d.Allow && actor != "" && d.Input.Subject.ID == actor {
			return *d, nil
		}
	}
	return policy.Document{}, fmt.Errorf("record %d: %w", sequence, ErrNoDenial)
}

// AskAccess keeps a request for what a denial kept from an actor, and gives its
// number. Where a request for the same thing waits already, it gives that one's.
// The words are kept as they are: whoever calls has looked for what they must not
// hold.
func (db *DB) AskAccess(ctx context.Context, actor policy.Actor, denied int64, measure measures.MeasureID, why string) (number int64, err error) {
	d, err := db.DeniedTo(ctx, actor.ID, denied)
	if err != nil {
		return 0, fmt.Errorf("ask for access: %w", err)
	}
	in := d.Input
	if in.Subject.ODS == nil {
		return 0, fmt.Errorf("ask for access: %w: the person belongs to no organisation", ErrOutOfScope)
	}
	roles := make([]string, len(in.Subject.Roles))
	for i, role := range in.Subject.Roles {
		roles[i] = string(role)
	}
	args := pgx.NamedArgs{"actor": actor.ID, "owner": string(in.Resource.ODS), "partner": string(*in.Subject.ODS), "dataset": string(in.Resource.Dataset),
		"measure": string(measure), "columns": in.Resource.Columns, "action": string(in.Action), "purpose": string(in.Subject.Purpose),
		"why": why, "name": actor.Name, "roles": roles, "at": db.now(), "denied": denied, "days": AccessDays}
	err = db.asking(ctx, actor.ID, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, expireAccess, args); err != nil {
			return err
		}
		// The insert comes first: of two that are sent at once, one finds the other.
		err := tx.QueryRow(ctx, insertAccess, args).Scan(&number)
		if errors.Is(err, pgx.ErrNoRows) {
			err = tx.QueryRow(ctx, openAccess, args).Scan(&number)
		}
		return err
	})
	if err != nil {
		return 0, notFound(err, "ask for access to %s of %s", in.Resource.Dataset, in.Resource.ODS)
	}
	return number, nil
}

// accessKey finds what a request is about by codes.
const accessKey = `
	FROM organisation owner, organisation partner, dataset d
	WHERE owner.ods = @owner AND partner.ods = @partner AND d.id = @dataset`

const expireAccess = `
	UPDATE access_request
	SET state = 'expired', closed_at = asked_at + make_interval(days => @days)
	WHERE asked_by = @actor AND state = 'waiting' AND asked_at < @at::timestamptz - make_interval(days => @days)`

const insertAccess = `
	INSERT INTO access_request (owner_id, partner_id, dataset_id, measure, columns, action, purpose, why, asked_by, asked_name, roles, asked_at, denied)
	SELECT owner.trust_id, partner.trust_id, d.dataset_id, @measure, @columns, @action, @purpose, @why, @actor, @name, @roles, @at, @denied` +
	accessKey + `
	ON CONFLICT (asked_by, owner_id, partner_id, dataset_id, action, purpose) WHERE state = 'waiting' DO NOTHING
	RETURNING request_id`

const openAccess = `
	SELECT r.request_id
	FROM access_request r
	WHERE r.asked_by = @actor AND r.state = 'waiting' AND r.action = @action AND r.purpose = @purpose
		AND (r.owner_id, r.partner_id, r.dataset_id) = (SELECT owner.trust_id, partner.trust_id, d.dataset_id` + accessKey + `)`

// OpenAccess finds the request of an actor that waits for what a denial kept from
// them; ErrNotFound where there is none.
func (db *DB) OpenAccess(ctx context.Context, d policy.Decision) (AccessRequest, error) {
	r := d.Request
	list, err := db.ownAccess(ctx, r.Actor.ID, `
		WHERE r.asked_by = @actor AND r.state = 'waiting' AND NOT `+lapsed+` AND owner.ods = @owner AND partner.ods = @partner
			AND d.id = @dataset AND r.action = @action AND r.purpose = @purpose`,
		pgx.NamedArgs{"owner": string(r.Resource.ODS), "partner": string(r.Actor.ODS), "dataset": string(r.Resource.Dataset),
			"action": string(r.Action), "purpose": string(r.Actor.Purpose)})
	return only(list, err, "open request of %s", r.Actor.ID)
}

// OwnAccess lists what somebody has asked for, the newest first.
func (db *DB) OwnAccess(ctx context.Context, actor string) ([]AccessRequest, error) {
	list, err := db.ownAccess(ctx, actor, `WHERE r.asked_by = @actor ORDER BY r.request_id DESC`, pgx.NamedArgs{})
	if err != nil {
		return nil, fmt.Errorf("requests of %s: %w", actor, err)
	}
	return list, nil
}

// OwnAccessRequest reads one request of somebody's own. One of somebody else is
// ErrNotFound, as one that is not there.
func (db *DB) OwnAccessRequest(ctx context.Context, actor string, number int64) (AccessRequest, error) {
	list, err := db.ownAccess(ctx, actor, `WHERE r.asked_by = @actor AND r.request_id = @number`, pgx.NamedArgs{"number": number})
	return only(list, err, "request %d", number)
}

// WithdrawAccess takes a request back that still waits.
func (db *DB) WithdrawAccess(ctx context.Context, actor string, number int64) error {
	err := db.asking(ctx, actor, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE access_request
			SET state = 'withdrawn', closed_at = @at
			WHERE request_id = @number AND asked_by = @actor AND state = 'waiting'`,
			pgx.NamedArgs{"number": number, "actor": actor, "at": db.now()})
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrAccessClosed
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("withdraw request %d: %w", number, err)
	}
	return nil
}

// asking does something as the person who asks, who sees their own requests only.
func (db *DB) asking(ctx context.Context, actor string, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('signalbox.actor', @actor, true)`, pgx.NamedArgs{"actor": actor}); err != nil {
			return err
		}
		return do(tx)
	})
}

func (db *DB) ownAccess(ctx context.Context, actor, where string, args pgx.NamedArgs) (list []AccessRequest, err error) {
	args["actor"] = actor
	err = db.asking(ctx, actor, func(tx pgx.Tx) error {
		list, err = db.readAccess(ctx, tx, where, args)
		return err
	})
	return list, err
}

// lapsed is when nobody has answered for too long. The state in the table says so
// once its asker asks again; until then it is told from the date.
const lapsed = `(r.asked_at < @now::timestamptz - make_interval(days => @days))`

func (db *DB) readAccess(ctx context.Context, tx pgx.Tx, where string, args pgx.NamedArgs) ([]AccessRequest, error) {
	args["now"], args["days"] = db.now(), AccessDays
	rows, err := tx.Query(ctx, `
		SELECT r.request_id, owner.ods, partner.ods, d.id, r.measure, r.columns, r.action, r.purpose, r.why, r.asked_by, r.asked_name, r.roles,
			r.asked_at, r.denied, CASE WHEN r.state = 'waiting' AND `+lapsed+` THEN 'expired' ELSE r.state END,
			CASE WHEN r.state = 'waiting' AND `+lapsed+` THEN r.asked_at + make_interval(days => @days) ELSE r.closed_at END,
			coalesce(r.decided_by, ''), coalesce(r.reason, ''), coalesce(r.decided, 0)
		FROM access_request r
		JOIN organisation owner ON owner.trust_id = r.owner_id
		JOIN organisation partner ON partner.trust_id = r.partner_id
		JOIN dataset d USING (dataset_id)
		`+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r AccessRequest, err error) {
		var closed *time.Time
		err = row.Scan(&r.Number, &r.Owner, &r.Partner, &r.Dataset, &r.Measure, &r.Columns, &r.Action, &r.Purpose, &r.Why, &r.By, &r.Name, &r.Roles,
			&r.At, &r.Denied, &r.State, &closed, &r.DecidedBy, &r.Reason, &r.Decided)
		if closed != nil {
			r.Closed = *closed
		}
		return r, err
	})
}

// only gives the one row of a list that can have no more.
func only[T any](list []T, err error, what string, args ...any) (one T, _ error) {
	switch {
	case err != nil:
		return one, fmt.Errorf("%s: %w", fmt.Sprintf(what, args...), err)
	case len(list) == 0:
		return one, fmt.Errorf("%s: %w", fmt.Sprintf(what, args...), ErrNotFound)
	}
	return list[0], nil
}
