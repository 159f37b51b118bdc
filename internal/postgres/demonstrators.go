package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// DemoIssuer is the issuer of people who do not exist. Whoever looks up a session
// or a token refuses them where there is no demonstration.
const DemoIssuer = "demo"

// Demonstrator is an invented person with what they are and have.
type Demonstrator struct {
	ID, Name  string
	Purpose   policy.Purpose
	Posts     []Post // of which ODS and Role are looked at
	TrainedOn measures.Date
}

// PutDemonstrators keeps the people of the demonstration, with roles that nobody
// had to give. What was changed of them in the demonstration stays changed.
func (db *DB) PutDemonstrators(ctx context.Context, people []Demonstrator) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		for _, p := range people {
			args := pgx.NamedArgs{"id": p.ID, "name": p.Name, "issuer": DemoIssuer, "purpose": string(p.Purpose), "now": db.now(),
				"trained": int32(p.TrainedOn), "by": "signalbox --demo"}
			tag, err := tx.Exec(ctx, `
				INSERT INTO person (person_id, name, issuer, subject, created, purpose)
				VALUES (@id, @name, @issuer, @id, @now, @purpose)
				ON CONFLICT DO NOTHING`, args)
			if err != nil {
				return err
			}
			if err := renewTraining(ctx, tx, args); err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				continue
			}
			for i, post := range p.Posts {
				args["ods"], args["role"] = string(post.ODS), string(post.Role)
				_, err := tx.Exec(ctx, `
					INSERT INTO appointment (trust_id, person_id, role, since, given_by)
					SELECT trust_id, @id, @role, @now, @by FROM organisation WHERE ods = @ods`, args)
				if err != nil {
					return err
				}
				if i > 0 {
					continue // people begin in their first role
				}
				_, err = tx.Exec(ctx, `UPDATE person SET post = (SELECT min(appointment_id) FROM appointment WHERE person_id = @id) WHERE person_id = @id`, args)
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep the people of the demonstration: %w", err)
	}
	return nil
}

// renewTraining keeps a demonstration that was made long ago from falling out of
// training: nobody is there to send anybody to a course.
func renewTraining(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO training (person_id, trained_on, entered_at, entered_by)
		SELECT @id, DATE '1970-01-01' + @trained::int, @now, @by
		WHERE NOT EXISTS (SELECT FROM training WHERE person_id = @id AND (entered_by <> @by OR trained_on > DATE '1970-01-01' + @trained::int - 180))`, args)
	return err
}
