package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// ErrEnded says that an adoption does not run any more: somebody was quicker.
var ErrEnded = errors.New("the adoption has ended")

// atOrganisation reports what is wrong, if anything, with a grant as the key to an
// act about a release at an organisation.
func atOrganisation(grant policy.Grant, ods measures.ODSCode, of plugins.Digest, action policy.Action) error {
	if err := grant.For(action, ods, policy.ReleaseChange, string(of)); err != nil {
		return fmt.Errorf("%w: %w", ErrOutOfScope, err)
	}
	return nil
}

// Adopt pins a release at an organisation and gives the number of the adoption. The
// one of the same plugin that runs there ends in the same transaction, so that there
// is never none and never two. Who adopts and when are the grant's and the clock's.
// A release that is not here is ErrNotFound, one that was withdrawn ErrWithdrawn.
func (db *DB) Adopt(ctx context.Context, grant policy.Grant, a Adoption) (id int64, err error) {
	action := policy.ReleaseAdopt
	if a.Stage == Pilot {
		action = policy.ReleasePilot
	}
	if err = atOrganisation(grant, a.Organisation, a.Digest, action); err == nil {
		err = db.inNameOf(ctx, a.Organisation, func(tx pgx.Tx, trust int16) error {
			if err := oneAdopts(ctx, tx, trust, a.Plugin); err != nil {
				return err
			}
			a.Replaces, err = db.endLive(ctx, tx, trust, grant, `plugin = @of`, a.Plugin, "another release was adopted")
			if err != nil && !errors.Is(err, ErrEnded) {
				return err
			}
			id, err = db.begin(ctx, tx, trust, grant, a)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("adopt %s %s at %s: %w", a.Plugin, a.Digest.Short(), a.Organisation, err)
	}
	return id, nil
}

// oneAdopts lets acts about one plugin at one organisation wait for each other.
func oneAdopts(ctx context.Context, tx pgx.Tx, trust int16, plugin string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('signalbox adoption ' || @plugin::text), @trust::int4)`,
		pgx.NamedArgs{"plugin": plugin, "trust": trust})
	return err
}

// begin adds an adoption. What was withdrawn is looked at in the same statement, so
// that no withdrawal is overtaken.
func (db *DB) begin(ctx context.Context, tx pgx.Tx, trust int16, grant policy.Grant, a Adoption) (id int64, err error) {
	layers, err := json.Marshal(a.Layers)
	if err != nil {
		return 0, fmt.Errorf("its layers: %w", err)
	}
	by, record := byGrant(grant)
	err = tx.QueryRow(ctx, `
		INSERT INTO adoption (trust_id, plugin, digest, stage, layers, first, sends, begun_at, begun_by, begun, replaces)
		SELECT @trust, @plugin, @digest, @stage, @layers, @first::text::date, @sends, @at, @by, @record, NULLIF(@replaces::int8, 0)
		WHERE NOT `+withdrawn+`
		RETURNING adoption_id`,
		pgx.NamedArgs{"trust": trust, "plugin": a.Plugin, "digest": a.Digest, "stage": a.Stage, "layers": string(layers), "first": a.First.String(),
			"sends": a.Sends, "at": moment(db.now()), "by": by, "record": record, "replaces": a.Replaces}).Scan(&id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, ErrWithdrawn
	case violates(err, foreignKeyViolation):
		return 0, fmt.Errorf("release %s of %s: %w: bring it here first", a.Digest.Short(), a.Plugin, ErrNotFound)
	}
	return id, err
}

// withdrawn is whether somebody has withdrawn a release, here or at the hub.
const withdrawn = `(EXISTS (SELECT FROM listing WHERE contents = @digest AND state = 'withdrawn')
	OR EXISTS (SELECT FROM release_step WHERE digest = @digest AND step = 'withdrawn'))`

// endLive ends the adoption that runs and gives its number; ErrEnded where none does.
func (db *DB) endLive(ctx context.Context, tx pgx.Tx, trust int16, grant policy.Grant, where string, of any, reason string) (id int64, err error) {
	by, record := byGrant(grant)
	err = tx.QueryRow(ctx, `
		UPDATE adoption
		SET ended_at = @at, ended_by = @by, ended = @record, reason = @reason
		WHERE trust_id = @trust AND ended_at IS NULL AND `+where+`
		RETURNING adoption_id`,
		pgx.NamedArgs{"at": moment(db.now()), "by": by, "record": record, "reason": reason, "trust": trust, "of": of}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrEnded
	}
	return id, err
}

// EndAdoption ends an adoption; nothing takes its place. One that has ended before is
// ErrEnded.
func (db *DB) EndAdoption(ctx context.Context, grant policy.Grant, id int64, reason string) error {
	err := db.leaving(ctx, grant, id, func(tx pgx.Tx, trust int16, a Adoption) error {
		_, err := db.endLive(ctx, tx, trust, grant, `adoption_id = @of`, id, reason)
		return err
	})
	if err != nil {
		return fmt.Errorf("end adoption %d: %w", id, err)
	}
	return nil
}

// UndoAdoption goes back to what was before an adoption, in one transaction: the
// release that it replaced runs again, as it was laid out, or none where there was
// none. It gives the number of the new adoption; 0 for none.
func (db *DB) UndoAdoption(ctx context.Context, grant policy.Grant, id int64) (back int64, err error) {
	err = db.leaving(ctx, grant, id, func(tx pgx.Tx, trust int16, a Adoption) error {
		if _, err := db.endLive(ctx, tx, trust, grant, `adoption_id = @of`, id, "undone"); err != nil || a.Replaces == 0 {
			return err
		}
		list, err := readAdoptions(ctx, tx, `WHERE a.trust_id = @trust AND a.adoption_id = @id`, pgx.NamedArgs{"trust": trust, "id": a.Replaces})
		before, err := only(list, err, "adoption %d", a.Replaces)
		if err != nil {
			return err
		}
		before.Replaces = id
		back, err = db.begin(ctx, tx, trust, grant, before)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("undo adoption %d: %w", id, err)
	}
	return back, nil
}

// leaving does something about one adoption for the organisation that a grant was
// given for.
func (db *DB) leaving(ctx context.Context, grant policy.Grant, id int64, do func(tx pgx.Tx, trust int16, a Adoption) error) error {
	list, err := readAdoptions(ctx, db.pool, `WHERE a.adoption_id = @id`, pgx.NamedArgs{"id": id})
	a, err := only(list, err, "adoption %d", id)
	if err != nil {
		return err
	}
	if err := atOrganisation(grant, a.Organisation, a.Digest, policy.ReleaseLeave); err != nil {
		return err
	}
	return db.inNameOf(ctx, a.Organisation, func(tx pgx.Tx, trust int16) error {
		if err := oneAdopts(ctx, tx, trust, a.Plugin); err != nil {
			return err
		}
		return do(tx, trust, a)
	})
}

// Adoptions lists all that run, of all organisations. Who runs what is no secret, and
// policies look it up.
func (db *DB) Adoptions(ctx context.Context) ([]Adoption, error) {
	list, err := readAdoptions(ctx, db.pool, `WHERE a.ended_at IS NULL ORDER BY o.ods, a.plugin`, nil)
	if err != nil {
		return nil, fmt.Errorf("list adoptions: %w", err)
	}
	return list, nil
}

// AdoptionsOf lists those of an organisation, ended ones too, the newest first.
func (db *DB) AdoptionsOf(ctx context.Context, ods measures.ODSCode) ([]Adoption, error) {
	list, err := readAdoptions(ctx, db.pool, `WHERE o.ods = @ods ORDER BY a.adoption_id DESC`, pgx.NamedArgs{"ods": string(ods)})
	if err != nil {
		return nil, fmt.Errorf("adoptions of %s: %w", ods, err)
	}
	return list, nil
}

func readAdoptions(ctx context.Context, from querier, where string, args pgx.NamedArgs) ([]Adoption, error) {
	rows, err := from.Query(ctx, `
		SELECT a.adoption_id, o.ods, a.plugin, a.digest, a.stage, a.layers, a.first - DATE '1970-01-01', a.sends, a.begun_at, a.begun_by, a.begun,
			coalesce(a.replaces, 0), a.ended_at, coalesce(a.ended_by, ''), coalesce(a.reason, '')
		FROM adoption a
		JOIN organisation o USING (trust_id)
		`+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Adoption, err error) {
		var layers []byte
		var first int32
		var ended *time.Time
		err = row.Scan(&a.ID, &a.Organisation, &a.Plugin, &a.Digest, &a.Stage, &layers, &first, &a.Sends, &a.At, &a.By, &a.Record,
			&a.Replaces, &ended, &a.EndedBy, &a.Reason)
		if err != nil {
			return a, err
		}
		a.First = measures.Date(first)
		if ended != nil {
			a.Ended = *ended
		}
		if err := json.Unmarshal(layers, &a.Layers); err != nil {
			return a, fmt.Errorf("layers of adoption %d: %w", a.ID, err)
		}
		return a, nil
	})
}
