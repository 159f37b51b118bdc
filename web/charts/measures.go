package charts

import (
	"net/http"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
)

type measureList struct {
	page layout.Page
	with []*measures.Measure // anybody may see it at all trusts
	own  []*measures.Measure // each trust's own: seen on the trust's board
	sans []*measures.Measure // defined, and waiting for data
}

// Measures lists every measure, those with data first.
func (p *Pages) Measures(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Measures", layout.Crumb{Name: "What changed", URL: "/"})
	list := measureList{page: page}
	for _, m := range p.Analysis.Catalogue.MeasuresOfAll(actor.ODS) {
		switch d, ok := p.Analysis.Catalogue.Dataset(m.Dataset); {
		case ok && d.Published:
			list.with = append(list.with, m.Measure)
		case ok:
			list.own = append(list.own, m.Measure)
		default:
			list.sans = append(list.sans, m.Measure)
		}
	}
	return measuresPage(list).Render(r.Context(), w)
}
