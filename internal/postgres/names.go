package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/measures"
)

type namedOrganisation struct {
	trust int16
	name  measures.OrganisationName
}

// putNames remembers names and the days they were seen. Spellings that differ
// only in capitals are one name: the register's spelling wins, then one that is
// not all capitals. It gives the organisations of which it learnt something.
func (in *Intake) putNames(ctx context.Context, names []namedOrganisation, rank int16, source string) (map[int16]bool, error) {
	trusts, keys, texts, from, to := []int16{}, []string{}, []string{}, []*string{}, []*string{}
	for _, n := range names {
		trusts = append(trusts, n.trust)
		keys = append(keys, nameKey(n.name.Name))
		texts = append(texts, n.name.Name)
		from = append(from, dateOrNull(n.name.From))
		to = append(to, dateOrNull(n.name.To))
	}
	rows, err := in.tx.Query(ctx, `
		INSERT INTO organisation_name AS n (trust_id, name_key, name, rank, seen_from, seen_to, source)
		SELECT trust_id, key, (array_agg(name ORDER BY name = upper(name), name))[1], @rank, min(seen_from::date), max(seen_to::date), @source
		FROM unnest(@trusts::int2[], @keys::text[], @names::text[], @from::text[], @to::text[])
			AS file (trust_id, key, name, seen_from, seen_to)
		GROUP BY trust_id, key
		ON CONFLICT (trust_id, name_key) DO UPDATE SET
			name = CASE WHEN EXCLUDED.rank < n.rank OR EXCLUDED.rank = n.rank AND n.name = upper(n.name) THEN EXCLUDED.name ELSE n.name END,
			source = CASE WHEN EXCLUDED.rank < n.rank THEN EXCLUDED.source ELSE n.source END,
			rank = least(n.rank, EXCLUDED.rank),
			seen_from = least(n.seen_from, EXCLUDED.seen_from),
			seen_to = CASE WHEN least(n.rank, EXCLUDED.rank) = 1 THEN NULL ELSE greatest(n.seen_to, EXCLUDED.seen_to) END
		WHERE EXCLUDED.rank < n.rank
			OR EXCLUDED.rank = n.rank AND n.name = upper(n.name) AND EXCLUDED.name <> upper(EXCLUDED.name)
			OR EXCLUDED.seen_from < n.seen_from OR n.seen_from IS NULL AND EXCLUDED.seen_from IS NOT NULL
			OR n.rank > 1 AND EXCLUDED.seen_to > n.seen_to
		RETURNING n.trust_id`,
		pgx.NamedArgs{"trusts": trusts, "keys": keys, "names": texts, "from": from, "to": to, "rank": rank, "source": source})
	if err != nil {
		return nil, err
	}
	learnt := map[int16]bool{}
	var trust int16
	_, err = pgx.ForEachRow(rows, []any{&trust}, func() error {
		learnt[trust] = true
		return nil
	})
	return learnt, err
}

// nameKey is a name for comparing: small letters, single spaces, no
// punctuation, "and" for "&".
func nameKey(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "&", " and ")
	name = strings.Map(func(r rune) rune {
		switch r {
		case '\'', '’', '.':
			return -1
		case ',', '-', '(', ')', '/', '\u00a0':
			return ' '
		}
		return r
	}, name)
	return strings.Join(strings.Fields(name), " ")
}

func dateOrNull(d measures.Date) *string {
	if d == 0 {
		return nil
	}
	text := d.String()
	return &text
}
