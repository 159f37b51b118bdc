package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/semver"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// listingColumns are those of the table, in the order of a row.
var listingColumns = []string{"plugin", "version", "contents", "publisher", "state", "areas", "datasets", "latest",
	"improved", "unchanged", "concern", "results", "listing", "lead", "rest", "print"}

// listingRow is a row of the table, and its key.
type listingRow struct {
	plugin, version string
	print           [sha256.Size]byte
	values          []any
}

// listingRows are the rows of an index. All versions of a plugin share their
// evidence: whoever looks for one wants to know what became of those who have it.
func listingRows(releases []registry.Listing, list *registry.List, now time.Time) ([]listingRow, error) {
	latest := latestOf(releases)
	outcomes := map[string]outcome{}
	for _, l := range releases {
		outcomes[l.ID] = outcomes[l.ID].and(list.Said(l, now).Evidence)
	}
	rows := make([]listingRow, 0, len(releases))
	for _, l := range releases {
		text, err := json.Marshal(l)
		if err != nil {
			return nil, fmt.Errorf("release %s %s: %w", l.ID, l.Version, err)
		}
		publisher := l.Publisher
		if known, there := list.Publisher(l.Publisher); there {
			publisher += " " + known.Name
		}
		o := outcomes[l.ID]
		row := listingRow{plugin: l.ID, version: l.Version, values: []any{l.ID, l.Version, string(l.Contents), l.Publisher, string(l.State), clean(l.Areas), clean(l.Datasets), latest[l.ID] == l.Version,
			o.count(registry.Improved), o.count(registry.Unchanged), o.count(registry.Concern), o.results(), string(text),
			searched(l.Title, l.Problem), searched(l.ID, publisher, strings.Join(l.Areas, " "), strings.Join(l.Datasets, " "))}}
		row.print = sha256.Sum256(fmt.Appendf(nil, "%q", row.values))
		row.values = append(row.values, row.print[:])
		rows = append(rows, row)
	}
	return rows, nil
}

// replaceListings puts rows in the place of all that there are. From one index to the
// next few change, and only those are written.
func replaceListings(ctx context.Context, tx pgx.Tx, rows []listingRow) error {
	there, err := printsOf(ctx, tx)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(rows), func(r listingRow) bool {
		key := [2]string{r.plugin, r.version}
		unchanged := there[key] == r.print
		if unchanged {
			delete(there, key)
		}
		return unchanged
	})
	plugins, versions := make([]string, 0, len(there)), make([]string, 0, len(there))
	for key := range there {
		plugins, versions = append(plugins, key[0]), append(versions, key[1])
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM listing l
		USING unnest(@plugins::text[], @versions::text[]) AS gone (plugin, version)
		WHERE (l.plugin, l.version) = (gone.plugin, gone.version)`, pgx.NamedArgs{"plugins": plugins, "versions": versions})
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"listing"}, listingColumns, pgx.CopyFromSlice(len(fresh), func(i int) ([]any, error) { return fresh[i].values, nil }))
	return err
}

// printsOf are the rows that there are.
func printsOf(ctx context.Context, tx pgx.Tx) (map[[2]string][sha256.Size]byte, error) {
	rows, err := tx.Query(ctx, `SELECT plugin, version, print FROM listing`)
	if err != nil {
		return nil, err
	}
	prints := map[[2]string][sha256.Size]byte{}
	var key [2]string
	var print []byte
	_, err = pgx.ForEachRow(rows, []any{&key[0], &key[1], &print}, func() error {
		prints[key] = [sha256.Size]byte(print)
		return nil
	})
	return prints, err
}

// latestOf is the version of each plugin that may be adopted: the highest that is
// published, or else the highest that has been deprecated.
func latestOf(releases []registry.Listing) map[string]string {
	best := map[string]registry.Listing{}
	for _, l := range releases {
		before, there := best[l.ID]
		switch {
		case l.State == registry.Withdrawn:
		case !there, l.State == registry.Published && before.State == registry.Deprecated:
			best[l.ID] = l
		case l.State == before.State && semver.Compare("v"+l.Version, "v"+before.Version) > 0:
			best[l.ID] = l
		}
	}
	latest := map[string]string{}
	for id, l := range best {
		latest[id] = l.Version
	}
	return latest
}

// adopter is one measure at one organisation.
type adopter struct {
	organisation measures.ODSCode
	measure      measures.MeasureID
}

// outcome is the newest evidence of each adopter of a plugin.
type outcome map[adopter]registry.Evidence

func (o outcome) and(more []registry.Evidence) outcome {
	if o == nil {
		o = outcome{}
	}
	for _, e := range more {
		key := adopter{e.Organisation, e.Measure}
		if before, there := o[key]; !there || e.Issued.After(before.Issued) {
			o[key] = e
		}
	}
	return o
}

// count is how many organisations have such evidence, whatever else they have.
func (o outcome) count(result registry.Result) int32 {
	seen := map[measures.ODSCode]bool{}
	for key, e := range o {
		if e.Result == result {
			seen[key.organisation] = true
		}
	}
	return int32(len(seen))
}

// results are all that the evidence says, each once.
func (o outcome) results() []string {
	said := []string{}
	for _, e := range o {
		said = append(said, string(e.Result))
	}
	slices.Sort(said)
	return slices.Compact(said)
}

// maxSearched is how much of a text is looked through, in bytes. PostgreSQL refuses
// very long ones, and one release must not keep an index from being taken.
const maxSearched = 16 << 10

func searched(texts ...string) string {
	text := strings.Join(clean(texts), " ")
	return strings.ToValidUTF8(text[:min(len(text), maxSearched)], "")
}

// clean takes out what PostgreSQL cannot keep in a text. The listing itself stays as
// it was signed.
func clean(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strings.ReplaceAll(text, "\x00", "")
	}
	return out
}
