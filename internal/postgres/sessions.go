package postgres

import (
	"context"
	"fmt"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
)

// SessionStore keeps sessions in the database. It starts no clean-up of its
// own, since several programs share the table: see ForgetSessions. One that has
// ended is never given out.
func (db *DB) SessionStore() scs.Store { return pgxstore.NewWithCleanupInterval(db.pool, 0) }

// ForgetSessions removes sessions that have ended, and says how many.
func (db *DB) ForgetSessions(ctx context.Context) (int64, error) {
	tag, err := db.pool.Exec(ctx, `DELETE FROM sessions WHERE expiry < current_timestamp`)
	if err != nil {
		return 0, fmt.Errorf("remove sessions that have ended: %w", err)
	}
	return tag.RowsAffected(), nil
}
