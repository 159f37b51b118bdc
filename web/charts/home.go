package charts

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// home is the first page: what changed at the reader's trust, or where to begin.
type home struct {
	board    board
	mine     bool   // the reader's organisation has charts
	changed  []line // concerns first, then improvements, then shifts: three at the most
	also     []line // the changes after those
	quiet    []line
	old      []line // nothing in them is news any more
	measures []*measures.Measure
	trusts   []measures.Organisation // of the reader's board or region, where it has no charts itself
	where    string
}

// Home shows what changed at the reader's own organisation. Readers whose
// organisation has no figures of its own find its trusts and all measures.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "What changed")
	h := home{board: board{page: page}, measures: p.comparable(actor.ODS)}
	organisation, err := p.Register.Organisation(r.Context(), actor.ODS, p.today())
	switch {
	case actor.ODS == "" || errors.Is(err, postgres.ErrNotFound):
		// somebody from outside, such as an innovator
	case err != nil:
		return fmt.Errorf("home of %s: %w", actor.ODS, err)
	default:
		h.board.organisation = organisation
		if err := p.fill(r.Context(), &h.board, actor, actor.ODS); err != nil {
			return err
		}
	}
	h.sort(p.today())
	if h.mine = len(h.board.lines) > 0; !h.mine {
		if err := p.begin(r, &h, organisation); err != nil {
			return err
		}
	}
	return homePage(h).Render(r.Context(), w)
}

// sort parts what changed from what did not.
func (h *home) sort(today measures.Date) {
	for _, l := range h.board.lines {
		if last := l.chart.Chart.Last(); last >= 0 && monthsBetween(measures.Date(l.chart.Chart.X[last]), today) > newsAge {
			h.old = append(h.old, l)
		} else if g := groupOf(&l.chart.Chart); g <= shift {
			h.changed = append(h.changed, l)
		} else {
			h.quiet = append(h.quiet, l)
		}
	}
	slices.SortStableFunc(h.changed, func(a, b line) int {
		return int(groupOf(&a.chart.Chart)) - int(groupOf(&b.chart.Chart))
	})
	// Three sentences can be read between two patients; thirty cannot.
	if len(h.changed) > newsShown {
		h.changed, h.also = h.changed[:newsShown], h.changed[newsShown:]
	}
}

const newsShown = 3

// newsAge is how many months old the last figure may be to count as news. NHS
// returns are published about six weeks late, some only yearly.
const newsAge = 18

// begin finds the trusts that a reader without figures of their own may want.
func (p *Pages) begin(r *http.Request, h *home, organisation measures.Organisation) error {
	trusts, err := p.Register.Organisations(r.Context(), measures.Trust)
	if err != nil {
		return fmt.Errorf("trusts: %w", err)
	}
	h.where = "England"
	if organisation.Kind == measures.ICB || organisation.Kind == measures.Region {
		h.where = organisation.Name
		trusts = slices.DeleteFunc(trusts, func(o measures.Organisation) bool {
			return o.ICB.ODS != organisation.ODS && o.Region.ODS != organisation.ODS
		})
	}
	h.trusts = trusts
	return nil
}

// title of the section about what did not change.
func (h home) quietTitle() string {
	if len(h.changed) == 0 {
		return "Nothing changed"
	}
	return capital(countWord(len(h.quiet))) + " unchanged"
}
