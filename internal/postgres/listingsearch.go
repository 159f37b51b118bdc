package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
)

// SearchListings finds plugins of the hub, each once, by the version that may be
// adopted, and how many there are in all. Those that run on data that the reader's
// organisation has come first, then those that fit the words best, then those with
// most evidence of improvement.
func (db *DB) SearchListings(ctx context.Context, q ListingQuery) (found []FoundListing, total int, err error) {
	where, args := q.where()
	args["limit"], args["offset"] = q.Limit, q.Offset
	rank := "0"
	if _, words := args["words"]; words {
		rank = `ts_rank(words, to_tsquery('english', @words))`
	}
	// What is found is kept narrow: the listings themselves are long, and are read for
	// the page only. A page beyond the last has no rows to tell the total.
	rows, err := db.pool.Query(ctx, `
		WITH found AS MATERIALIZED (
			SELECT plugin, version, datasets <> '{}' AND datasets <@ @own::text[] AS runs, `+rank+` AS rank, improved
			FROM listing
			WHERE `+where+`),
		page AS (
			SELECT * FROM found
			ORDER BY runs DESC, rank DESC, improved DESC, plugin COLLATE "C"
			LIMIT @limit OFFSET @offset)
		SELECT l.listing, p.runs, l.improved, l.unchanged, l.concern, (SELECT count(*) FROM found)
		FROM page p
		JOIN listing l USING (plugin, version)
		ORDER BY p.runs DESC, p.rank DESC, p.improved DESC, plugin COLLATE "C"`, args)
	if err == nil {
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (FoundListing, error) { return readFound(row, &total) })
	}
	if err == nil && len(found) == 0 && q.Offset > 0 {
		err = db.pool.QueryRow(ctx, `SELECT count(*) FROM listing WHERE `+where, args).Scan(&total)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("search the catalogue: %w", err)
	}
	return found, total, nil
}

func readFound(row pgx.CollectableRow, total *int) (f FoundListing, err error) {
	var text []byte
	if err := row.Scan(&text, &f.Runs, &f.Improved, &f.Unchanged, &f.Concern, total); err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f.Listing); err != nil {
		return f, fmt.Errorf("a listing: %w", err)
	}
	return f, nil
}

// where says which listings are wanted. What was not asked for has no condition, so
// that each question is planned for itself.
func (q ListingQuery) where() (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"own": textsOf(q.Own)}
	conditions := []string{"latest"}
	for _, c := range []struct{ name, value, condition string }{
		{"words", tsquery(q.Words), "words @@ to_tsquery('english', @words)"},
		{"area", q.Area, "@area = ANY (areas)"},
		{"publisher", q.Publisher, "publisher = @publisher"},
		{"dataset", string(q.Dataset), "@dataset = ANY (datasets)"},
		{"evidence", string(q.Evidence), "@evidence = ANY (results)"},
	} {
		if c.value != "" {
			args[c.name] = c.value
			conditions = append(conditions, c.condition)
		}
	}
	return strings.Join(conditions, " AND "), args
}

// maxWords is how many words of a question are looked for.
const maxWords = 12

// tsquery asks for all words, each whole or as a beginning: "ambul" finds
// ambulances. What is no letter or digit only parts words, so that nothing that a
// reader writes means something to PostgreSQL.
func tsquery(words string) string {
	parts := strings.FieldsFunc(words, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	parts = parts[:min(len(parts), maxWords)]
	for i := range parts {
		parts[i] += ":*"
	}
	return strings.Join(parts, " & ")
}

// ListingChoices are what the catalogue can be narrowed to.
type ListingChoices struct{ Areas, Publishers, Datasets []string }

// ListingChoices gives the areas, publishers and datasets of what may be adopted, each
// in order.
func (db *DB) ListingChoices(ctx context.Context) (c ListingChoices, err error) {
	err = db.pool.QueryRow(ctx, `
		SELECT coalesce((SELECT array_agg(DISTINCT area ORDER BY area) FROM listing, unnest(areas) AS area WHERE latest), '{}'),
			coalesce((SELECT array_agg(DISTINCT publisher ORDER BY publisher) FROM listing WHERE latest), '{}'),
			coalesce((SELECT array_agg(DISTINCT dataset ORDER BY dataset) FROM listing, unnest(datasets) AS dataset WHERE latest), '{}')`).
		Scan(&c.Areas, &c.Publishers, &c.Datasets)
	if err != nil {
		return c, fmt.Errorf("what the catalogue can be narrowed to: %w", err)
	}
	return c, nil
}
