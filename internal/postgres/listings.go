package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/semver"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// TakeIndex puts an index in the place of the one that was known, and with it the
// list of publishers it was checked against: both, or neither. Whoever calls has
// opened both with the root keys. One older than what is known is registry.ErrStale,
// whoever brings it. What is said of releases counts where that list believes it.
func (db *DB) TakeIndex(ctx context.Context, list registry.Envelope, index *registry.Index, listSerial int64) error {
	var publishers registry.List
	if err := json.Unmarshal(list.Payload, &publishers); err != nil {
		return fmt.Errorf("take index %d: its list of publishers: %w: %w", index.Serial, registry.ErrMalformed, err)
	}
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if err := db.moveHub(ctx, tx, list, index, listSerial); err != nil {
			return err
		}
		releases, err := stillWithdrawn(ctx, tx, index.Releases)
		if err != nil {
			return err
		}
		rows, err := listingRows(releases, &publishers, db.now())
		if err != nil {
			return err
		}
		return replaceListings(ctx, tx, rows)
	})
	if err != nil {
		return fmt.Errorf("take index %d: %w", index.Serial, err)
	}
	return nil
}

// moveHub makes the numbers those of the new index and list. Its row is the lock:
// of two that sync at once the second finds what the first has taken.
func (db *DB) moveHub(ctx context.Context, tx pgx.Tx, list registry.Envelope, index *registry.Index, listSerial int64) error {
	header := *index
	header.Releases = nil
	headerText, err := json.Marshal(header)
	if err != nil {
		return err
	}
	listText, err := json.Marshal(list)
	if err != nil {
		return err
	}
	var knownList, knownIndex int64
	if err := tx.QueryRow(ctx, `SELECT list_serial, index_serial FROM hub_state FOR UPDATE`).Scan(&knownList, &knownIndex); err != nil {
		return err
	}
	if listSerial < knownList || index.Serial < knownIndex {
		return fmt.Errorf("%w: list %d and index %d, where %d and %d are known", registry.ErrStale, listSerial, index.Serial, knownList, knownIndex)
	}
	_, err = tx.Exec(ctx, `
		UPDATE hub_state
		SET list = @list, list_serial = @listSerial, "index" = @index, index_serial = @serial, expires = @expires,
			synced_at = @at, tried_at = @at, problem = ''`,
		pgx.NamedArgs{"list": string(listText), "listSerial": listSerial, "index": string(headerText), "serial": index.Serial,
			"expires": index.Expires, "at": moment(db.now())})
	return err
}

// stillWithdrawn keeps what was withdrawn so, whatever a newer index says of it: a
// mended release is another version, and whoever steals the keys of the index could
// otherwise let a release run again that nobody should run.
func stillWithdrawn(ctx context.Context, tx pgx.Tx, releases []registry.Listing) ([]registry.Listing, error) {
	rows, err := tx.Query(ctx, `SELECT listing FROM listing WHERE state = 'withdrawn'`)
	if err != nil {
		return nil, err
	}
	withdrawn, err := pgx.CollectRows(rows, scanListing)
	if err != nil || len(withdrawn) == 0 {
		return releases, err
	}
	at := map[[2]string]int{}
	for i, l := range releases {
		at[[2]string{l.ID, l.Version}] = i
	}
	releases = slices.Clone(releases)
	for _, l := range withdrawn {
		i, listed := at[[2]string{l.ID, l.Version}]
		switch {
		case !listed:
			releases = append(releases, l)
		case releases[i].State != registry.Withdrawn:
			releases[i].State, releases[i].Until, releases[i].Reason = l.State, l.Until, l.Reason
		}
	}
	return releases, nil
}

func scanListing(row pgx.CollectableRow) (l registry.Listing, err error) {
	var text []byte
	if err := row.Scan(&text); err != nil {
		return l, err
	}
	return l, json.Unmarshal(text, &l)
}

// Listings gives all versions of a plugin that the hub knows, the highest first.
func (db *DB) Listings(ctx context.Context, plugin string) ([]registry.Listing, error) {
	list, err := db.readListings(ctx, `WHERE plugin = @plugin`, pgx.NamedArgs{"plugin": plugin})
	if err != nil {
		return nil, fmt.Errorf("releases of %s at the hub: %w", plugin, err)
	}
	slices.SortFunc(list, func(a, b registry.Listing) int { return semver.Compare("v"+b.Version, "v"+a.Version) })
	return list, nil
}

// ListingOf finds the release with these contents; ErrNotFound where the hub does not
// know it.
func (db *DB) ListingOf(ctx context.Context, contents plugins.Digest) (registry.Listing, error) {
	list, err := db.readListings(ctx, `WHERE contents = @contents LIMIT 1`, pgx.NamedArgs{"contents": contents})
	return only(list, err, "release %s at the hub", contents.Short())
}

// ListedStates tells what the hub says of releases, named by their contents. What it
// does not know is not there.
func (db *DB) ListedStates(ctx context.Context, of ...plugins.Digest) (map[plugins.Digest]registry.State, error) {
	rows, err := db.pool.Query(ctx, `SELECT contents, state FROM listing WHERE contents = ANY (@contents::text[])`,
		pgx.NamedArgs{"contents": textsOf(of)})
	if err != nil {
		return nil, fmt.Errorf("what the hub says of releases: %w", err)
	}
	states := map[plugins.Digest]registry.State{}
	var digest plugins.Digest
	var state registry.State
	_, err = pgx.ForEachRow(rows, []any{&digest, &state}, func() error {
		// The same bytes under two names: whatever is withdrawn is so under both.
		if states[digest] != registry.Withdrawn {
			states[digest] = state
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what the hub says of releases: %w", err)
	}
	return states, nil
}

func (db *DB) readListings(ctx context.Context, where string, args pgx.NamedArgs) ([]registry.Listing, error) {
	rows, err := db.pool.Query(ctx, `SELECT listing FROM listing `+where, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanListing)
}
