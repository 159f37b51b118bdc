// Package postgres keeps everything Signalbox remembers: organisations,
// figures, events, the ledger, sessions. It is the only package that speaks
// SQL. Trust data is read with a policy.Grant and in no other way; row-level
// security stands behind every such query as a second wall.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/signalbox-health/signalbox/measures"
)

// ErrNotFound says that there is no such row.
var ErrNotFound = errors.New("not found")

// ErrOutOfScope says that a query asked for more than its grant opens.
var ErrOutOfScope = errors.New("the grant does not open this")

// AppRole is the role that the program works as. It owns no table, so that
// row-level security holds for it.
const AppRole = "signalbox_app"

// Config says how to reach the database.
type Config struct {
	// URL is what the program works with. Its user must be allowed to become
	// AppRole. Several hosts may be given, as libpq understands them.
	URL string
	// OwnerURL is used for upkeep (VACUUM, CLUSTER), which only the owner of
	// a table may do; URL if empty.
	OwnerURL string
	// MaxConns is the most connections held at once; 0 means 16.
	MaxConns int32
	// Now is the clock of the ledger; time.Now if nil.
	Now func() time.Time
}

// DB is an open database, safe for concurrent use.
type DB struct {
	pool     *pgxpool.Pool
	ownerURL string
	now      func() time.Time
	book     book

	mu        sync.Mutex
	reference reference
	datasets  map[measures.DatasetID]*catalogueEntry
}

// Open connects and makes sure that the connection is as powerless as it
// should be. The tables must be there: see Migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	settings, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	settings.MaxConns = 16
	if cfg.MaxConns > 0 {
		settings.MaxConns = cfg.MaxConns
	}
	// As a start-up parameter the role costs no round trip, and RESET ROLE
	// leads back to it.
	settings.ConnConfig.RuntimeParams["role"] = AppRole
	settings.ConnConfig.RuntimeParams["application_name"] = "signalbox"
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := &DB{pool: pool, ownerURL: cfg.OwnerURL, now: cfg.Now,
		reference: newReference(), datasets: map[measures.DatasetID]*catalogueEntry{}}
	if db.ownerURL == "" {
		db.ownerURL = cfg.URL
	}
	if db.now == nil {
		db.now = time.Now
	}
	if err := db.checkRole(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// Close waits for queries under way and closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Ping asks the database whether it is there.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// checkRole fails closed: with a powerful role the second wall is not there.
func (db *DB) checkRole(ctx context.Context) error {
	var name string
	var powerful, owner bool
	err := db.pool.QueryRow(ctx, `
		SELECT r.rolname, r.rolsuper OR r.rolbypassrls,
			EXISTS (SELECT FROM pg_class c WHERE c.relname = 'observation' AND c.relowner = r.oid)
		FROM pg_roles r
		WHERE r.rolname = current_user`).Scan(&name, &powerful, &owner)
	if err != nil {
		return fmt.Errorf("work as %s: %w (run signalbox migrate as the owner, then GRANT %s TO the user of DATABASE_URL)", AppRole, err, AppRole)
	}
	if powerful || owner {
		return fmt.Errorf("the database role %s may pass row-level security; take SUPERUSER, BYPASSRLS and ownership of tables from it", name)
	}
	return nil
}

// notFound turns "no rows" into ErrNotFound and says what was looked for.
func notFound(err error, what string, args ...any) error {
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(what, args...), err)
}

// SQLSTATE codes of a row that another stands in the way of, and of one that
// needs another which is not there.
const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
)

// violates reports whether the database refused a row for one of these reasons.
func violates(err error, codes ...string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}
