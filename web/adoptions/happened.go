package adoptions

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/internal/sharing/evidence"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// happened is what became of a plugin where it was adopted, by the word of its
// adopters, which was checked here.
type happened struct {
	tables  []table // one for each of its measures
	leftOut int     // things that cannot be believed
}

// table is what became of one measure.
type table struct {
	measure measures.MeasureID
	title   string
	rows    []row
}

// row is one adopter.
type row struct {
	registry.Evidence
	drawn measures.Chart // no points: the adopter's policy keeps them
}

// Happened shows what became of a plugin where it was adopted, from all its versions:
// the good beside the bad. Each piece of evidence is believed only if an installation
// has signed it that speaks for the adopter; what is not is left out and counted. It
// gives nil where nobody has sent any.
func (p *Pages) Happened(r *http.Request, versions []registry.Listing) (templ.Component, error) {
	if !slices.ContainsFunc(versions, hasEvidence) {
		return nil, nil
	}
	list, err := p.List(r.Context())
	if list == nil && !errors.Is(err, sharing.ErrNoTrust) {
		return nil, err
	}
	if list == nil {
		list = &registry.List{} // it believes nobody, and everything is left out
	}
	var h happened
	for i := range versions {
		h.hear(p, list, &versions[i])
	}
	for i := range h.tables {
		h.tables[i].sort()
	}
	return happenedSection(h), nil
}

func hasEvidence(l registry.Listing) bool {
	return slices.ContainsFunc(l.Said, isEvidence)
}

func isEvidence(e registry.Envelope) bool {
	kind, _ := e.Kind()
	return kind == registry.KindEvidence
}

// hear takes in what is said of one version. Of one adopter and measure the newest
// counts, whichever version it is about.
func (h *happened) hear(p *Pages, list *registry.List, l *registry.Listing) {
	for _, envelope := range l.Said {
		if !isEvidence(envelope) {
			continue
		}
		e, err := list.OpenEvidence(envelope, p.Now())
		if err != nil || e.Contents != l.Contents || e.Plugin != l.ID || e.Version != l.Version {
			h.leftOut++
			continue
		}
		one := row{Evidence: e}
		if len(e.Points) > 0 {
			if one.drawn, err = evidence.Drawn(&e); err != nil {
				h.leftOut++ // it is signed, and still makes no sense
				continue
			}
		}
		h.table(e.Measure, e.Title).take(one)
	}
}

func (h *happened) table(measure measures.MeasureID, title string) *table {
	for i := range h.tables {
		if h.tables[i].measure == measure {
			return &h.tables[i]
		}
	}
	h.tables = append(h.tables, table{measure: measure, title: title})
	return &h.tables[len(h.tables)-1]
}

func (t *table) take(one row) {
	i := slices.IndexFunc(t.rows, func(r row) bool { return r.Organisation == one.Organisation })
	switch {
	case i < 0:
		t.rows = append(t.rows, one)
	case one.Issued.After(t.rows[i].Issued):
		t.rows[i] = one
	}
}

// sort puts results in their order, and adopters of one result in order of name:
// nobody is first among them.
func (t *table) sort() {
	order := evidence.Results()
	slices.SortStableFunc(t.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Result), slices.Index(order, b.Result)), cmp.Compare(a.name(), b.name()))
	})
}

func (t *table) tally() []tallied {
	count := map[registry.Result]int{}
	for _, r := range t.rows {
		count[r.Result]++
	}
	return talliedOf(count)
}

// mix is by what the change of any row was split; empty where none was.
func (t *table) mix() string {
	for _, r := range t.rows {
		if r.Mix != nil {
			return r.Mix.Of
		}
	}
	return ""
}

// stretches says what is compared, where all adopters compare the same.
func (t *table) stretches() string {
	first := t.rows[0].Evidence
	for _, r := range t.rows {
		if r.Before.From != first.Before.From || r.Before.To != first.Before.To || r.Adopted != first.Adopted {
			return "each the stretch before its own adoption against what followed."
		}
	}
	grain := grainOf(&t.rows[0])
	return counted(first.Before.Points, grain) + " to " + words.Period(int32(first.Before.To), grain) + " against the " + strconv.Itoa(first.After.Points) + " that followed."
}

// span heads the column of small charts: what they show, where all show the same.
func (t *table) span() string {
	var from, to measures.Date
	for i := range t.rows {
		c := &t.rows[i].drawn
		if c.Len() == 0 {
			continue
		}
		first, last := measures.Date(c.X[0]), measures.Date(c.X[c.Len()-1])
		if from != 0 && (first != from || last != to) {
			return "Before and after"
		}
		from, to = first, last
	}
	if from == 0 {
		return "Before and after"
	}
	grain := grainOf(&t.rows[0])
	return words.Period(int32(from), grain) + " to " + words.Period(int32(to), grain)
}

// grainOf is the length of a period, by the days on which points begin.
func grainOf(r *row) measures.Grain {
	if r.drawn.Len() > 0 {
		return r.drawn.Grain()
	}
	if _, _, day := r.Adopted.Civil(); day == 1 {
		return measures.Month
	}
	return measures.Day
}

// name is what an adopter is called, without what every name of the demonstration
// begins with.
func (r *row) name() string { return strings.TrimPrefix(r.OrganisationName, demo.Label) }

// small is the line below an adopter's name.
func (r *row) small() string {
	text := string(r.Organisation) + " · runs " + r.Version
	if len(r.Layered) > 0 {
		text += " · " + layersText(r.Layered)
	}
	return text
}

func (r *row) mean(s registry.Stretch) string {
	if s.Mean == nil {
		return "hidden"
	}
	return words.Line(*s.Mean, r.Unit)
}
