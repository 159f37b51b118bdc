package charts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// board is a trust and all its measures.
type board struct {
	page         layout.Page
	organisation measures.Organisation
	lines        []line
	closed       []closedLine // measures that this reader may not see
	failed       []failedLine
	fresh        []freshness
	tally        tally
	receipts     []analysis.Receipt
	isTrust      bool
	adopted      bool // it runs releases of others
}

// closedLine is a measure that the policy keeps from the reader, and why.
type closedLine struct {
	measure *measures.Measure
	href    string
	reason  string
}

// failedLine is a measure whose chart could not be made.
type failedLine struct {
	measure *measures.Measure
	err     error
}

// freshness says how far the data of one dataset reach.
type freshness struct {
	dataset measures.Dataset
	last    measures.Date
	months  int // since the last period ended
}

// Board shows all measures that an organisation has data for.
func (p *Pages) Board(w http.ResponseWriter, r *http.Request) error {
	code := measures.ODSCode(r.PathValue("ods"))
	organisation, err := p.Register.Organisation(r.Context(), code, p.today())
	if err != nil {
		return fmt.Errorf("board of %s: %w", code, err)
	}
	actor, page := p.frame(r, organisation.Name+" ("+string(code)+")", layout.Crumb{Name: "What changed", URL: "/"})
	b := board{page: page, organisation: organisation, isTrust: organisation.Kind == measures.Trust}
	if err := p.fill(r.Context(), &b, actor, code); err != nil {
		return err
	}
	return boardPage(b).Render(r.Context(), w)
}

// fill asks for every measure that the organisation has data for, in one go.
func (p *Pages) fill(ctx context.Context, b *board, actor policy.Actor, code measures.ODSCode) error {
	coverage, err := p.Register.DatasetsWithData(ctx, code)
	if err != nil {
		return fmt.Errorf("datasets of %s: %w", code, err)
	}
	last := map[measures.DatasetID]measures.Date{}
	for _, c := range coverage {
		last[c.Dataset] = c.Last
		if d, ok := p.Analysis.Catalogue.Dataset(c.Dataset); ok {
			b.fresh = append(b.fresh, freshness{dataset: d, last: c.Last, months: monthsBetween(c.Last, p.today())})
		}
	}
	var questions []analysis.Question
	for _, m := range p.Analysis.Catalogue.MeasuresAt(code) {
		b.adopted = b.adopted || m.Adoption != nil
		if _, has := last[m.Dataset]; has {
			questions = append(questions, analysis.Question{Actor: actor, Action: policy.ChartRead, Measure: m.ID, Organisation: code})
		}
	}
	answers, err := p.Analysis.Ask(ctx, questions...)
	if err != nil {
		return err
	}
	for i := range answers {
		b.add(&answers[i])
	}
	b.tally = tallyOf(b.lines)
	credit(&b.page, answers, code)
	return nil
}

// add puts one answer where it belongs on the board.
func (b *board) add(a *analysis.Answer) {
	href := chartAddress(b.organisation.ODS, a.Question.Measure)
	denial := (*policy.Denial)(nil)
	switch {
	case errors.As(a.Err, &denial):
		reason := "No rule opens it to you."
		if reasons := denial.Record.Decision().Reasons; len(reasons) > 0 {
			reason = reasons[0].Message
		}
		b.closed = append(b.closed, closedLine{a.Measure, href, reason})
	case a.Err != nil:
		b.failed = append(b.failed, failedLine{a.Measure, a.Err})
	case len(a.Charts) > 0:
		l := newLine(a.Measure, &a.Charts[0], a.Receipt.Disclosure)
		l.name, l.detail, l.href, l.published = a.Measure.Title, a.Measure.Scope, href, a.Dataset.Published
		if on := a.Definition.Adoption; on != nil && on.Stage == postgres.Pilot {
			l.detail = strings.TrimPrefix(l.detail+" · on trial", " · ")
		}
		b.lines = append(b.lines, l)
		b.receipts = append(b.receipts, a.Receipt)
	}
}

// history is what has happened to the organisation, in sentences.
func (b board) history() []string {
	var said []string
	o := &b.organisation
	for _, s := range o.Predecessors {
		said = append(said, fmt.Sprintf("Took over %s (%s) on %s.", s.Other.Name, s.Other.ODS, s.From.DayName()))
	}
	for _, s := range o.Successors {
		said = append(said, fmt.Sprintf("Became part of %s (%s) on %s; later figures are there.", s.Other.Name, s.Other.ODS, s.From.DayName()))
	}
	return said
}

// monthsBetween counts whole months from the month of a to the month of b.
func monthsBetween(a, b measures.Date) int {
	ya, ma, _ := a.Civil()
	yb, mb, _ := b.Civil()
	return (yb-ya)*12 + mb - ma
}

// allAt gives the one month that all datasets reach to, if it is one.
func allAt(fresh []freshness) (freshness, bool) {
	for _, f := range fresh {
		if f.last != fresh[0].last {
			return freshness{}, false
		}
	}
	return fresh[0], len(fresh) > 1
}
