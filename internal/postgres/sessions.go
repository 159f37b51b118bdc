package postgres

import (
	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
)

// SessionStore keeps sessions in the database. It starts no clean-up of its
// own: sessions that have ended are deleted when their number is looked up, and
// by upkeep.
func (db *DB) SessionStore() scs.Store { return pgxstore.NewWithCleanupInterval(db.pool, 0) }
