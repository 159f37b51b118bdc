package postgres

import (
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

// filing is what an entry is found by: columns that repeat what stands in it.
type filing struct {
	sequence                                                           int64
	recorded                                                           time.Time
	kind, request, actor, asker, purpose, ods, dataset, plugin, action string
	allow                                                              *bool
	codes                                                              []string
}

func filingOf(e ledger.Entry) filing {
	f := filing{sequence: e.Sequence, recorded: e.Time.Time, kind: string(e.Kind), request: e.ID}
	if e.Decision == nil {
		return f
	}
	in := &e.Decision.Input
	f.actor, f.purpose, f.ods = in.Subject.ID, string(in.Subject.Purpose), string(in.Resource.ODS)
	f.dataset, f.action, f.allow, f.codes = string(in.Resource.Dataset), string(in.Action), &e.Decision.Allow, codesOf(e.Decision)
	if in.Subject.ODS != nil {
		f.asker = string(*in.Subject.ODS)
	}
	if in.Plugin != nil {
		f.plugin = in.Plugin.Digest
	}
	return f
}

// codesOf lists what a decision went by: its reasons, then its grants.
func codesOf(d *policy.Document) (codes []string) {
	for _, r := range d.Reasons {
		codes = append(codes, r.Code)
	}
	for _, g := range d.Grants {
		codes = append(codes, g.Code)
	}
	return codes
}

// differs names the first column that says something else than want, with both.
func (f *filing) differs(want *filing) (column string, have, should any) {
	switch {
	case !f.recorded.Equal(want.recorded):
		return "recorded", f.recorded, want.recorded
	case (f.allow == nil) != (want.allow == nil) || f.allow != nil && *f.allow != *want.allow:
		return "allow", answerOf(f.allow), answerOf(want.allow)
	case !slices.Equal(f.codes, want.codes):
		return "codes", f.codes, want.codes
	}
	for _, c := range []struct{ name, have, want string }{
		{"kind", f.kind, want.kind}, {"request_id", f.request, want.request}, {"actor", f.actor, want.actor}, {"subject_ods", f.asker, want.asker},
		{"purpose", f.purpose, want.purpose}, {"ods", f.ods, want.ods}, {"dataset", f.dataset, want.dataset}, {"plugin", f.plugin, want.plugin},
		{"action", f.action, want.action},
	} {
		if c.have != c.want {
			return c.name, c.have, c.want
		}
	}
	return "", nil, nil
}

func answerOf(allow *bool) string {
	switch {
	case allow == nil:
		return "nothing"
	case *allow:
		return "yes"
	}
	return "no"
}

// filings are columns of entries to be written: a statement for each entry took
// three times as long.
type filings struct {
	sequence                                                           []int64
	recorded                                                           []time.Time
	kind, request, actor, asker, purpose, ods, dataset, plugin, action []string
	allow                                                              []*bool
	codes                                                              []string // each as PostgreSQL writes a list
	entry                                                              [][]byte
}

func (l *filings) add(f filing, canonical []byte) {
	l.sequence, l.recorded, l.entry = append(l.sequence, f.sequence), append(l.recorded, f.recorded), append(l.entry, canonical)
	l.kind, l.request, l.actor = append(l.kind, f.kind), append(l.request, f.request), append(l.actor, f.actor)
	l.asker, l.purpose, l.ods = append(l.asker, f.asker), append(l.purpose, f.purpose), append(l.ods, f.ods)
	l.dataset, l.plugin, l.action = append(l.dataset, f.dataset), append(l.plugin, f.plugin), append(l.action, f.action)
	l.allow, l.codes = append(l.allow, f.allow), append(l.codes, listText(f.codes))
}

func (l *filings) queue(batch *pgx.Batch) {
	batch.Queue(`
		INSERT INTO ledger (sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)
		SELECT sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes::text[], entry
		FROM unnest(@sequence::int8[], @recorded::timestamptz[], @kind::text[], @request::text[], @actor::text[], @asker::text[], @purpose::text[],
				@ods::text[], @dataset::text[], @plugin::text[], @action::text[], @allow::bool[], @codes::text[], @entry::bytea[])
			AS made (sequence, recorded, kind, request_id, actor, subject_ods, purpose, ods, dataset, plugin, action, allow, codes, entry)`,
		pgx.NamedArgs{"sequence": l.sequence, "recorded": l.recorded, "kind": l.kind, "request": l.request, "actor": l.actor, "asker": l.asker,
			"purpose": l.purpose, "ods": l.ods, "dataset": l.dataset, "plugin": l.plugin, "action": l.action, "allow": l.allow, "codes": l.codes, "entry": l.entry})
}

// listText writes texts as PostgreSQL writes a list, whatever they hold.
func listText(texts []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var b strings.Builder
	b.WriteByte('{')
	for i, text := range texts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + escape.Replace(text) + `"`)
	}
	b.WriteByte('}')
	return b.String()
}
